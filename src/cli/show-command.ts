import { describe } from '../plan/describe.ts';
import { describeInWords } from '../plan/words.ts';
import { chooseRunbook } from './choose-runbook.ts';

/** One runbook in words or as JSON, with nothing run. */
export async function showCommand(id: string, json: boolean): Promise<string> {
  const description = describe(await chooseRunbook(id));
  return json ? `${JSON.stringify(description, undefined, 2)}\n` : describeInWords(description);
}
