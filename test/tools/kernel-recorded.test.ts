import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stackOf } from '../../src/lab/objects/stack.ts';
import { askServer } from '../../src/tools/nfs/answer.ts';
import { nfsClients } from '../../src/tools/nfs/clients.ts';
import { testMount } from '../../src/tools/nfs/probe.ts';
import { nfsServer } from '../../src/tools/nfs/server.ts';
import { nfsState } from '../../src/tools/node/nfs-state.ts';
import { deadHolders, initiatesClient, killOrder } from '../../src/tools/node/poisoner.ts';
import { tasks } from '../../src/tools/node/tasks.ts';
import type { Command } from '../../src/runbook/command.ts';
import { exited, readWith, valueOf } from './output.ts';
import { SITE } from './site.ts';

/**
 * What the product's scripts printed on Debian's kernel 6.1 in each state of test/e2e/kernel-guest-reset.test.ts, read by the
 * product's parsers. Recorded by `SRE_RECORD=1` in that suite; the head of each file has the day and the versions.
 */
const FOLDER = join(import.meta.dirname, '..', 'fixtures', 'tools', 'linux-nfs', '6.1');

function reading<T>(name: string, command: Command<T> | undefined): T {
  if (command === undefined) throw new Error('the site names no host for it');
  const text = readFileSync(join(FOLDER, `${name}.txt`), 'utf8');
  expect(text).toMatch(/^# recorded 20\d\d-\d\d-\d\d on Linux 6\.1\.\S+ .* nfs-common \S+;/);
  return valueOf(readWith(command, exited(text.replaceAll(/^# .*\n/gm, ''))));
}

const NODE = 'k8s-node2';
const SERVER = { server: '10.98.1.15', export: '/export' };

test('one mount sets up the client, and others wait behind it', () => {
  const { tasks: all } = reading('poisoned.node-tasks', tasks(NODE));
  expect(all.map(({ comm, state }) => `${comm} ${state}`)).toEqual([
    'mount.nfs D',
    'mount.nfs D',
    'mount.nfs D',
  ]);
  expect(all.map(({ wchan, killable }) => [wchan, killable])).toEqual([
    ['rpc_wait_bit_killable', 'yes'],
    ['nfs_wait_client_init_complete', 'yes'],
    ['nfs4_discover_server_trunking', 'no'],
  ]);
  expect(all.map(initiatesClient)).toEqual([true, false, false]);
  const waits = ['set-up', 'queue', 'mutex'] as const;
  expect(all.map(({ stack }) => stack?.join(' '))).toEqual(waits.map(stackOf));
  expect(killOrder(all).map(({ wchan }) => wchan)).toEqual([
    'rpc_wait_bit_killable',
    'nfs_wait_client_init_complete',
  ]);
  expect(reading('poisoned.node-nfs-state', nfsState(NODE))).toMatchObject({ mounts: [] });
});

test('a process is dead over dirty pages', () => {
  const { tasks: all } = reading('dead-holder.node-tasks', tasks(NODE));
  const [holder, second] = deadHolders(all);
  expect(second).toBeUndefined();
  expect(holder?.leader).toMatchObject({ comm: 'mysqld', state: 'Z', threads: 2 });
  expect(holder?.thread).toMatchObject({ wchan: 'folio_wait_bit_common', killable: 'no' });
  const { mounts } = reading('dead-holder.node-nfs-state', nfsState(NODE));
  expect(mounts).toMatchObject([{ version: '4.2', podUid: holder?.leader.podUid }]);
});

test.for([
  ['well', { tcp: 'open', rpc: 'answers' }],
  ['hung', { tcp: 'open', rpc: 'silent' }],
  ['stopped', { tcp: 'refused', rpc: 'refused' }],
  ['unreached', { tcp: 'timeout', rpc: 'silent' }],
] as const)('the server is %s, as the node sees it', ([state, answer]) => {
  expect(reading(`${state}.nfs-answer`, askServer(NODE, SERVER.server))).toMatchObject(answer);
});

test('the server is well, stopped, and in its grace period, as it says itself', () => {
  expect(reading('well.nfs-server', nfsServer(SITE))).toMatchObject({
    threads: 4,
    leaseSeconds: 30,
    inGrace: false,
  });
  expect(reading('stopped.nfs-server', nfsServer(SITE))).toMatchObject({ threads: 0 });
  expect(reading('grace.nfs-server', nfsServer(SITE))).toMatchObject({
    threads: 4,
    graceSeconds: 300,
    inGrace: true,
  });
});

test('the server knows its clients by name and version', () => {
  const { clients } = reading('well.nfs-clients', nfsClients(SITE));
  expect(clients.find(({ hostname }) => hostname === NODE)).toMatchObject({
    minor: 2,
    status: 'confirmed',
  });
});

test('a test mount of the default version works, and hangs where 4.2 is not heard', () => {
  const tried = (state: string) =>
    reading(`${state}.nfs-probe`, testMount(NODE, SERVER, 'default'));
  expect(tried('well')).toMatchObject({ is: 'mounted', undone: true });
  expect(tried('wedged')).toMatchObject({ is: 'hung' });
  expect(reading('wedged.node-tasks', tasks(NODE)).tasks.filter(initiatesClient)).toEqual([]);
});
