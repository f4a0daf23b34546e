import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Loaded before sre in a process that is to die: kills it with SIGKILL at one moment, from inside, so that the moment is exact.
 * `SRE_TEST_KILL=event:57`: event 57 is on disk, and nothing has followed from it. `SRE_TEST_KILL=reached:57`: the mutation
 * that event 57 tells the start of has reached the lab's world, which is on disk, and its answer has not come back.
 */
const [how = '', at = ''] = (process.env['SRE_TEST_KILL'] ?? '').split(':');
const seq = Number(at);
let last = 0;

const die = (): never => {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('still alive');
};

const seqOf = (text: string): number | undefined => {
  const found = /"run":"[0-9A-Z]{26}","seq":(\d+),"at"/.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
};

const probe = await fs.promises.open(import.meta.filename, 'r');
const handles = Object.getPrototypeOf(probe) as {
  write: (...args: unknown[]) => Promise<unknown>;
};
await probe.close();
const { write } = handles;

// The journal is open with O_DSYNC: what is written is on disk when the write is over.
handles.write = async function written(this: object, ...args: unknown[]) {
  const [chunk] = args;
  const text = chunk instanceof Uint8Array ? Buffer.from(chunk).toString('utf8') : String(chunk);
  const result = await write.apply(this, args);
  const found = seqOf(text);
  if (found !== undefined) {
    last = found;
    if (how === 'event' && found === seq) die();
  }
  return result;
};

const { renameSync } = fs;
fs.renameSync = (from, to) => {
  renameSync(from, to);
  if (how !== 'reached' || last < seq || !String(to).endsWith('world.json')) return;
  const { mutations } = JSON.parse(fs.readFileSync(to, 'utf8')) as {
    readonly mutations: unknown[];
  };
  if (mutations.length >= Number(process.env['SRE_TEST_MUTATIONS'])) die();
};
syncBuiltinESMExports();
