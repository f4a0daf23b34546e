/**
 * `npm run fixtures:record`: asks the real components all questions of the product and writes what they answer to
 * `test/fixtures`. What says the same as before keeps its file as it is, with its day.
 */
import { missing } from '../harness/components.ts';
import { askReality } from './session.ts';
import { writeRecordings } from './write.ts';

const lacking = missing();
if (lacking.length > 0) {
  const lines = lacking.map(({ what, how }) => `  ${what}: ${how}\n`).join('');
  process.stderr.write(`recording needs what this machine lacks:\n${lines}`);
  process.exit(1);
}

const { written, same } = await writeRecordings((await askReality()).values());
process.stdout.write(`${written} recordings written, ${same} as they were\n`);
