import { expect, test } from 'vitest';
import { byHand, orderOf, type Hands, type Order } from '../../src/transport/by-hand.ts';
import { route } from '../../src/transport/route.ts';
import { nothing } from '../../src/transport/not-begun.ts';
import { argv, command, LOCAL, never, says, text } from './commands.ts';

const NODE = { on: 'node', node: 'k8s-node1' } as const;

function hands(it: Partial<Hands> = {}): Hands & { readonly shown: Order[] } {
  const shown: Order[] = [];
  return {
    shown,
    show: (order) => void shown.push(order),
    paste: () => Promise.resolve('one\r\ntwo\r\n'),
    exit: () => Promise.resolve(0),
    ...it,
  };
}

test('what was pasted is what was printed, and of a failure its words too', async () => {
  const mine = hands({ exit: () => Promise.resolve(4) });
  const out = await byHand(mine).perform(command(LOCAL, argv(['kubectl', 'get', 'a b'])), never());
  expect(out).toEqual({
    ending: { how: 'exited', code: 4 },
    stdout: 'one\ntwo\n',
    stderr: 'one\ntwo\n',
    truncated: false,
  });
  expect(mine.shown[0]).toMatchObject({ where: 'here', line: "kubectl get 'a b' </dev/null" });
});

test.each([
  [LOCAL, argv(['cat'], text("it's")), 'here', String.raw`printf %s 'it'\''s' | cat`],
  [
    LOCAL,
    argv(['vault', 'login', '-'], { kind: 'secret', secret: 'vault-token' }),
    'here',
    'vault login - < FILE-WITH-VAULT-TOKEN',
  ],
  [
    { on: 'pve', host: 'pve1' } as const,
    argv(['qm', 'status', '202']),
    'on host pve1',
    'sudo -n timeout -s KILL 5 qm status 202 </dev/null',
  ],
  [
    NODE,
    { kind: 'script', script: 'node/tasks', args: ['a b'] } as const,
    'on node k8s-node1',
    "sudo -n timeout -s KILL 5 sh -s -- 'a b' < src/tools/node/tasks.sh",
  ],
])('what is shown can be typed: %#', (where, run, place, line) => {
  expect(orderOf(command(where, run))).toMatchObject({ where: place, line });
});

test('a prompt that ignores its signal does not hold the run', async () => {
  const stop = new AbortController();
  const stuck = hands({ paste: () => new Promise(() => {}) });
  setTimeout(() => stop.abort(), 20);
  const out = await byHand(stuck).perform(command(NODE, argv(['id'])), stop.signal);
  expect(out.ending).toEqual({ how: 'cancelled' });
});

const fails = (): Promise<never> => Promise.reject(new Error('no terminal'));

test('shown and not answered is lost; not even shown is refused', async () => {
  const lost = await byHand(hands({ paste: fails })).perform(command(NODE, argv(['id'])), never());
  expect(lost.ending).toMatchObject({ how: 'lost' });
  expect(says(lost)).toContain('no terminal');
  const unseen = await byHand(hands({ show: fails })).perform(command(NODE, argv(['id'])), never());
  expect(unseen.ending).toMatchObject({ how: 'refused' });
});

/** A performer that only says its name. */
const as = (name: string) => ({
  perform: () => Promise.resolve({ ...nothing({ how: 'exited', code: 0 } as const), stdout: name }),
});

test('the route sends local commands here and the others away', async () => {
  const both = route({ local: as('local'), far: as('far') });
  const place = async (where: Parameters<typeof command>[0]) =>
    (await both.perform(command(where, argv(['id'])), never())).stdout;
  expect(await place(LOCAL)).toBe('local');
  expect(await place(NODE)).toBe('far');
  expect(await place({ on: 'pve', host: 'p' })).toBe('far');
});
