/**
 * One question to a person, for tests in a pseudo-terminal: `operator.ts confirm|reason|choice|manual|doubt|closer|guided [expiresInMs]`.
 * Waits a moment first, as a step would that runs; prints what was answered.
 */
import type { Question } from '../../../src/engine/events.ts';
import type { Confirmed } from '../../../src/engine/ports.ts';
import { Guided } from '../../../src/terminal/guided.ts';
import { Keyboard } from '../../../src/terminal/keyboard.ts';
import { prompts } from '../../../src/terminal/prompts.ts';
import { crowded, DOUBT } from '../called.ts';
import { asked, card, failure, stream } from '../streams.ts';

const [scenario = 'confirm', expiresIn = '60000', name = 'vault-2'] = process.argv.slice(2);
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const questions: Readonly<Record<string, Question>> = {
  choice: {
    about: 'choice',
    question: 'What now?',
    options: { wait: 'Wait', reset: 'Reset VM 202' },
  },
  manual: { about: 'manual', title: 'By hand', instructions: ['Do it'] },
  doubt: {
    about: 'doubt',
    title: 'Delete',
    because: 'no answer',
    options: { probe: 'look again', 'by-hand': 'by hand', abort: 'stop' },
  },
  closer: DOUBT,
  failure,
};

/** The card of this scenario: with twenty commands and a question for a reason, or the usual one. */
const shown = scenario === 'reason' ? crowded : card;

const style = { columns: 80, ascii: false };
const stop = new AbortController();
const keyboard = new Keyboard({
  input: process.stdin,
  onInterrupt: () => {
    say('INTERRUPT while running');
    stop.abort();
  },
});
const guided = new Guided({
  output: process.stderr,
  style,
  now: () => Date.parse('2026-05-08T11:04:12Z'),
});
const operator = prompts({
  by: 'mike',
  keyboard,
  output: process.stderr,
  clock: { now: () => Date.now() },
  style,
  ...(scenario === 'guided' ? { screen: guided } : {}),
  evidence: () => [{ title: 'health of vault-2', text: 'read tcp: i/o timeout\u001b[2J\nsecond' }],
});

const keep = async (note: string, by: string): Promise<void> => say(`NOTED ${by}: ${note}`);

/** A step that runs for a moment, while somebody may type ahead. */
async function running(): Promise<void> {
  keyboard.open();
  say('RUNNING');
  await new Promise((resolve) => {
    setTimeout(resolve, 250);
  });
}

async function confirming(): Promise<Confirmed> {
  if (scenario === 'guided') for (const event of asked) guided.saw(event);
  const target = { ...shown.target, name };
  const skippable = name !== 'unskippable';
  const at = { step: 'remove', visit: 1, depth: 0 };
  const expiresAt = Date.now() + Number(expiresIn);
  const confirmed = await operator.confirm(
    { ...shown, target, skippable },
    expiresAt,
    stop.signal,
    keep,
    at,
  );
  if (scenario === 'guided') {
    const [event] = stream([[0, { type: 'confirmation.answered', ...at, ...confirmed }]]);
    if (event !== undefined) guided.saw(event);
    await running();
    await guided.close();
  }
  return confirmed;
}

try {
  await running();
  const question = questions[scenario];
  const result = await (question === undefined
    ? confirming()
    : operator.answer(question, stop.signal, keep));
  say(`RESULT ${JSON.stringify(result)}`);
} catch (error) {
  say(`REJECTED ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
} finally {
  keyboard.close();
}
