import { describeAll } from '../plan/describe.ts';
import { describeInWords } from '../plan/words.ts';
import { chooseRunbook } from './choose-runbook.ts';

/** One runbook in words or as JSON, with every one that it may call, and nothing run. */
export async function showCommand(id: string, json: boolean): Promise<string> {
  const { book, library } = await chooseRunbook(id);
  const description = describeAll(library, book);
  return json ? `${JSON.stringify(description, undefined, 2)}\n` : describeInWords(description);
}
