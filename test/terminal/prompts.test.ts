import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { Pty } from './term.ts';

const SCRIPT = fileURLToPath(new URL('pty/operator.ts', import.meta.url));
const opened: Pty[] = [];

function open(...args: readonly string[]): Pty {
  const pty = new Pty(process.execPath, [SCRIPT, ...args], 80);
  opened.push(pty);
  return pty;
}

const PROMPT = /Type vault-2 to go ahead[^]*› *\n*$/;

describe.concurrent('a confirmation in a real terminal', { timeout: 30_000 }, () => {
  test('takes the name of the target and nothing less', async () => {
    const pty = open('confirm');
    await pty.sees(PROMPT);
    await pty.type('y');
    await pty.sees(/'y' does nothing: expected vault-2, exactly; or s, v, m, n, \+, a/);
    await pty.type('vault-1');
    await pty.sees(/'vault-1' does nothing/);
    await pty.type('Vault-2');
    await pty.sees(/'Vault-2' does nothing/);
    await pty.type('vault-2');
    expect(await pty.outcome()).toBe('RESULT {"answer":"yes","by":"mike"}');
    expect(await pty.exited).toBe(0);
  });

  test('does nothing on Enter alone', async () => {
    const pty = open('confirm');
    await pty.sees(PROMPT);
    await expect
      .poll(async () => {
        pty.send('\r');
        return pty.term.text();
      })
      .toMatch(/Enter alone does nothing: expected vault-2/);
    await pty.type('n');
    expect(await pty.outcome()).toBe('RESULT {"answer":"no","by":"mike"}');
  });

  test('discards what was typed before it was on the screen', async () => {
    const pty = open('confirm', '1500');
    // Before the terminal is in raw mode, while the step runs, and as soon as the prompt is painted.
    pty.send('vault-2\n');
    await pty.sees(/RUNNING/);
    pty.send('vault-2\r');
    await pty.sees(PROMPT);
    pty.send('vault-2\r');
    expect(await pty.outcome()).toBe('RESULT {"answer":"expired","by":"mike"}');
    expect(await pty.term.text()).not.toMatch(/› vault-2/);
  });

  test('takes the first of several pasted lines alone', async () => {
    const pty = open('confirm');
    await pty.sees(PROMPT);
    await expect
      .poll(async () => {
        pty.send('ls\rvault-2\r');
        return pty.term.text();
      })
      .toMatch(/'ls' does nothing/);
    await pty.type('n');
    expect(await pty.outcome()).toBe('RESULT {"answer":"no","by":"mike"}');
  });

  test('expires by the given clock while nobody types', async () => {
    const pty = open('confirm', '700');
    await pty.sees(PROMPT);
    expect(await pty.outcome()).toBe('RESULT {"answer":"expired","by":"mike"}');
    expect(await pty.exited).toBe(0);
  });

  test('rejects on Ctrl-C, at once', async () => {
    const pty = open('confirm');
    await pty.sees(PROMPT);
    pty.send('\u0003');
    expect(await pty.outcome()).toBe('REJECTED Interrupted: nothing was decided');
    expect(await pty.exited).toBe(0);
  });

  test('outlives end-of-input and suspend keys', async () => {
    const pty = open('confirm');
    await pty.sees(PROMPT);
    await pty.type('y');
    await pty.sees(/'y' does nothing/);
    await pty.type('x');
    await pty.sees(/'x' does nothing/);
    pty.send('\u0004\u001a');
    await pty.type('n');
    expect(await pty.outcome()).toMatch(/^RESULT {"answer":"no"/);
  });

  test('shows the evidence again, made safe, and asks again', async () => {
    const pty = open('confirm');
    await pty.sees(PROMPT);
    await pty.type('v');
    await pty.sees(/health of vault-2\n {5}read tcp: i\/o timeout\n {5}second\n {3}Type vault-2/);
    await pty.type('m');
    expect(await pty.outcome()).toBe('RESULT {"answer":"yes","by":"mike","byHand":true}');
  });

  test('skips with a typed reason only', async () => {
    const pty = open('confirm');
    await pty.sees(PROMPT);
    await pty.type('s');
    await pty.sees(/Why skip it\? At least three words; Enter alone goes back/);
    await pty.type('no');
    await pty.sees(/no reason yet|3 words/);
    await pty.type('Ana did it');
    expect(await pty.outcome()).toBe('RESULT {"answer":"skip","by":"mike","note":"Ana did it"}');
  });

  test('offers no skip where the step has no such edge', async () => {
    const pty = open('confirm', '60000', 'unskippable');
    await pty.sees(/Type unskippable to go ahead · v evidence/);
    await pty.type('s');
    await pty.sees(/'s' does nothing/);
    await pty.type('a');
    await pty.sees(/A note for the journal, or Enter for none ›/);
    await pty.type('no idea');
    expect(await pty.outcome()).toBe('RESULT {"answer":"abort","by":"mike","note":"no idea"}');
  });
});

const WHY = /Why are pods evicted although[^]*Enter alone goes back[^]*› *\n*$/;

describe.concurrent('a confirmation that needs a reason', { timeout: 30_000 }, () => {
  test('asks for it after the name, and takes no word or two for it', async () => {
    const pty = open('reason');
    await pty.sees(PROMPT);
    await pty.type('vault-2');
    await pty.sees(WHY);
    await pty.type('why not');
    await pty.sees(/that is no reason yet: expected at least 3 words and 10 characters/);
    await pty.type('the pods are lost anyway');
    expect(await pty.outcome()).toBe(
      'RESULT {"answer":"yes","by":"mike","note":"the pods are lost anyway"}',
    );
  });

  test('goes back to the name on Enter alone, and nothing was decided', async () => {
    const pty = open('reason');
    await pty.sees(PROMPT);
    await pty.type('vault-2');
    await pty.sees(WHY);
    await expect
      .poll(async () => {
        pty.send('\r');
        return pty.term.text();
      })
      .toMatch(/goes back[^]*Type vault-2 to go ahead[^]*Enter alone does nothing/);
    await pty.type('n');
    expect(await pty.outcome()).toBe('RESULT {"answer":"no","by":"mike"}');
  });

  test('asks for it too where it is done by hand', async () => {
    const pty = open('reason');
    await pty.sees(PROMPT);
    await pty.type('m');
    await pty.sees(WHY);
    await pty.type('Ana stands there now');
    expect(await pty.outcome()).toBe(
      'RESULT {"answer":"yes","by":"mike","note":"Ana stands there now","byHand":true}',
    );
  });

  test('expires while the reason is being typed', async () => {
    const pty = open('reason', '2500');
    await pty.sees(PROMPT);
    await pty.type('vault-2');
    await pty.sees(WHY);
    expect(await pty.outcome()).toBe('RESULT {"answer":"expired","by":"mike"}');
  });

  test('shows every command and name on v, before the raw outputs', async () => {
    const pty = open('reason');
    await pty.sees(PROMPT);
    await pty.type('v');
    await pty.sees(
      /commands +kubectl[^]*worker-19-7c9d5b6f4-x19\/eviction[^]*breaks +20 pods[^]*shop\/worker-19-7c9d5b6f4-x19[^]*health of vault-2/,
    );
    await pty.type('n');
    expect(await pty.outcome()).toMatch(/^RESULT {"answer":"no"/);
  });
});

describe.concurrent('other questions in a real terminal', { timeout: 30_000 }, () => {
  test('a choice has no default, and takes a number or a name', async () => {
    const pty = open('choice');
    await pty.sees(/Type the number or the name of one · v evidence · \+ note · a abort ›/);
    await pty.type('3');
    await pty.sees(/'3' does nothing: expected 1 to 2, or a name/);
    await pty.type('2');
    expect(await pty.outcome()).toBe('RESULT {"answer":"reset","by":"mike"}');
  });

  test('manual work is done when it is said in full', async () => {
    const pty = open('manual');
    await pty.sees(/Type done when it is done/);
    await pty.type('d');
    await pty.sees(/'d' does nothing: expected done/);
    await pty.type('done');
    expect(await pty.outcome()).toBe('RESULT {"answer":"done","by":"mike"}');
  });

  test('a doubt: p, m, v or a', async () => {
    const pty = open('doubt');
    await pty.sees(/What now\? · p probe again · m by hand, then prove · v evidence/);
    await pty.type('p');
    expect(await pty.outcome()).toBe('RESULT {"answer":"probe","by":"mike"}');
  });
});

describe.concurrent('a failure', { timeout: 30_000 }, () => {
  test('has no default: a letter, and nothing that is not offered', async () => {
    const pty = open('failure');
    await pty.sees(/What now\? · r try again · p probe again · m by hand, then prove/);
    await pty.type('e');
    await pty.sees(/'e' does nothing: expected r, p, m, s, g, v, \+ or a/);
    await pty.type('g');
    expect(await pty.outcome()).toBe('RESULT {"answer":"go-on","by":"mike"}');
  });

  test('is skipped with a typed reason only, and left with a note where there is one', async () => {
    const pty = open('failure');
    await pty.sees(/What now\?/);
    await pty.type('s');
    await pty.sees(/Why skip it\?/);
    await pty.type('the node goes tomorrow');
    expect(await pty.outcome()).toBe(
      'RESULT {"answer":"skip","by":"mike","note":"the node goes tomorrow"}',
    );
  });
});

describe.concurrent('a note', { timeout: 30_000 }, () => {
  test.for(['confirm', 'choice', 'manual', 'doubt', 'failure'])(
    'is written at the prompt of a %s, which stands again after it',
    async (kind) => {
      const pty = open(kind);
      await pty.sees(/\+ note/);
      await pty.type('+');
      await pty.sees(/A note for the journal; Enter alone goes back/);
      await pty.type('rack 2 blinks');
      await pty.sees(/NOTED mike: rack 2 blinks[^]*›/);
      await pty.type('a');
      await pty.sees(/A note for the journal, or Enter for none/);
      await expect
        .poll(async () => {
          pty.send('\r');
          return pty.term.text();
        })
        .toMatch(/RESULT/);
      expect(await pty.outcome()).toMatch(/RESULT \{"answer":"abort"/);
    },
  );
});

describe.concurrent('a doubt with a closer look', { timeout: 30_000 }, () => {
  test('offers e, and says so where something else is typed', async () => {
    const pty = open('closer');
    await pty.sees(
      /m by hand, then prove · e look closer\n {3}v evidence · \+ note · a abort\n {3}›/,
    );
    await pty.type('x');
    await pty.sees(/'x' does nothing: expected p, m, e, v, \+ or a/);
    await pty.type('e');
    expect(await pty.outcome()).toBe('RESULT {"answer":"examine","by":"mike"}');
  });
});

describe.concurrent('around prompts', { timeout: 30_000 }, () => {
  test('Ctrl-C while a step runs reaches the run', async () => {
    const pty = open('confirm');
    await pty.sees(/RUNNING/);
    pty.send('x\u0003');
    await pty.sees(/INTERRUPT while running/);
    expect(await pty.outcome()).toMatch(/^REJECTED Interrupted/);
  });

  test.each(['confirm', 'manual'])(
    'no terminal, nobody to ask: a pipe is never read (%s)',
    async (scenario) => {
      const stdout = await new Promise<string>((resolve) => {
        const child = execFile(process.execPath, [SCRIPT, scenario], (_error, out) => resolve(out));
        child.stdin?.end('vault-2\ndone\n');
      });
      expect(stdout).toMatch(/REJECTED NobodyToAsk: there is no terminal to ask at/);
      expect(stdout).not.toMatch(/RESULT/);
    },
  );

  test('keys piped in with a terminal to look at are not enough', async () => {
    const pty = new Pty('/bin/sh', [
      '-c',
      `echo vault-2 | '${process.execPath}' '${SCRIPT}' confirm`,
    ]);
    opened.push(pty);
    expect(await pty.outcome()).toMatch(/^REJECTED NobodyToAsk/);
  });
});

test(
  'a guided screen, its prompt and what follows do not garble each other',
  { timeout: 30_000 },
  async () => {
    const pty = open('guided');
    await pty.sees(PROMPT);
    await pty.type('vault-1');
    await pty.sees(/'vault-1' does nothing/);
    await pty.type('vault-2');
    expect(await pty.outcome()).toMatch(/^RESULT/);
    expect(await pty.exited).toBe(0);
    await expect(await pty.term.text()).toMatchFileSnapshot('golden/pty-guided-80.txt');
  },
);

afterAll(() => {
  for (const pty of opened) pty.kill();
});
