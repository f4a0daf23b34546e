import { expect, test } from 'vitest';
import { scenarios } from '../../src/lab/index.ts';
import { killedAt } from './killed.ts';

/** The real process killed by SIGKILL: at every boundary of the default scenarios, and around every mutation of all. */

const say = (id: string, killed: Awaited<ReturnType<typeof killedAt>>): void => {
  const { kills, idle, resumed, faults } = killed;
  console.log(
    `${id}: killed at ${kills} moments (${idle} had nothing to be killed in), ${resumed} of them different and gone on with, ${faults.length} faults`,
  );
  for (const fault of faults) console.log(`  ${fault}`);
};

const WHOLE = { nth: 1, from: 0 };

/** The long run takes hours of one processor: it can be had in parts, on the same commit, in any order. */
const PART = {
  nth: Number(process.env['SRE_KILL_EVERY'] ?? '1'),
  from: Number(process.env['SRE_KILL_FROM'] ?? '0'),
};

test.for([
  ['vault-raft-deadlock', WHOLE],
  ['kernel-nfs-reset', WHOLE],
  ['nfs-csi-recovery', PART],
] as const)('%s is killed at every boundary', async ([id, part]) => {
  const killed = await killedAt(id, id, 'all', part);
  say(id, killed);
  expect(killed.faults).toEqual([]);
  expect(killed.kills).toBeGreaterThan(Math.floor(400 / part.nth));
});

test.for(scenarios.map((it) => [it.id, it.runbook] as const))(
  '%s is killed around each of its mutations',
  async ([id, runbook]) => {
    const killed = await killedAt(runbook, id, 'mutations');
    say(id, killed);
    expect(killed.faults).toEqual([]);
  },
);
