import { local } from '../../../src/transport/local.ts';
import { ssh } from '../../../src/transport/ssh.ts';
import type { Performer } from '../../../src/engine/ports.ts';
import type { Command } from '../../../src/runbook/command.ts';
import { until } from '../harness/until.ts';
import { clientsThatWait } from '../raft/clients.ts';
import type { Member } from '../raft/members.ts';
import type { Cluster } from './cluster.ts';
import type { RecordedRaft } from './raft.ts';

/** Asks Vault in every state that one of its servers can be in; `vault-2` leads, and in the end two of three are gone. */
export async function vaultStates(cluster: Cluster, raft: RecordedRaft): Promise<void> {
  const [first, second, leader] = raft.members;
  if (first === undefined || second === undefined || leader === undefined)
    throw new Error('a raft of three is needed');
  await healthy(cluster, raft, first);
  await sealed(cluster, raft, first);
  await blocked(cluster, raft, [first, leader]);
  await stopped(cluster, raft, leader);
  await alone(cluster, raft, [first, second]);
}

async function healthy(cluster: Cluster, raft: RecordedRaft, standby: Member): Promise<void> {
  await cluster.askAll([
    'vault/health-active',
    'vault/health-standby',
    'vault/leader-active',
    'vault/leader-standby',
    'vault/ha-status-active',
    'vault/ha-status-standby',
    'vault/health-pod-missing',
  ]);
  const client = inPlaceOf(standby, raft);
  await cluster.ask('vault/peers', {}, client);
  await cluster.ask('vault/canary', {}, client);
  await cluster.ask('vault/audited', {}, client);
}

async function sealed(cluster: Cluster, raft: RecordedRaft, member: Member): Promise<void> {
  await member.vault.restart();
  await cluster.askAll(['vault/health-sealed', 'vault/leader-sealed', 'vault/ha-status-sealed']);
  const client = inPlaceOf(member, raft);
  await cluster.ask('vault/peers-sealed', {}, client);
  await cluster.ask('vault/canary-sealed', {}, client);
  await raft.unseal();
}

async function blocked(
  cluster: Cluster,
  raft: RecordedRaft,
  [standby, leader]: readonly [Member, Member],
): Promise<void> {
  await leader.vault.freezeStorage();
  const clients = clientsThatWait(raft);
  try {
    await leader.vault.waitsAsForNfs();
    await cluster.askAll([
      'vault/health-blocked',
      'vault/leader-blocked',
      'vault/leader-of-blocked',
      'vault/ha-status-blocked',
    ]);
    await cluster.ask('vault/canary-blocked', {}, inPlaceOf(standby, raft));
  } finally {
    await leader.vault.thawStorage();
    await clients.stop();
  }
}

/** A leader that is stopped whole, and then killed, seen through the API server and from another node. */
async function stopped(cluster: Cluster, raft: RecordedRaft, leader: Member): Promise<void> {
  const far = ssh({
    address: (where) => ({ address: where.on === 'node' ? where.node : where.host }),
    configFile: raft.lab.ssh.config,
  });
  const beside = { task: { node: 'k8s-node4', pid: 1, startTicks: 1, comm: '' } };
  const client = inPlaceOf(leader, raft);
  try {
    await cluster.ask('linux/reach-open', beside, far);
    await cluster.ask('linux/reach-closed', beside, far);
    await leader.vault.stop();
    await cluster.ask('vault/health-stopped');
    await cluster.ask('vault/peers-stopped', {}, client);
    await cluster.ask('linux/reach-silent', beside, far);
    await leader.vault.goOn();
    await leader.vault.kill();
    await cluster.ask('vault/health-killed');
    await cluster.ask('vault/peers-killed', {}, client);
    await cluster.ask('linux/reach-refused', beside, far);
  } finally {
    await far.close();
  }
}

/**
 * What is left when two of three are gone. Of a Vault 1.18.1 that is left it depends on chance what it takes itself for: a
 * standby that names nobody, one that goes on naming the dead leader, or, if it led for a moment, the active one.
 */
async function alone(
  cluster: Cluster,
  raft: RecordedRaft,
  [left, other]: readonly [Member, Member],
): Promise<void> {
  await other.vault.kill();
  const names = { seconds: 60, everyMs: 500 } as const;
  const nobody = await until('it names nobody as its leader', names, async () => {
    return (await left.vault.get('sys/leader'))?.body['leader_address'] === '';
  }).catch(() => false);
  if (!nobody) return;
  await cluster.askAll(['vault/health-alone', 'vault/leader-alone', 'vault/ha-status-alone']);
  const client = inPlaceOf(left, raft);
  await cluster.ask('vault/peers-alone', {}, client);
  await cluster.ask('vault/canary-alone', {}, client);
}

/** Runs what kubectl would run in a pod where its server is, with a token on its standard input. */
function inPlaceOf({ vault }: Member, { rootToken }: RecordedRaft): Performer {
  const here = local({ secrets: () => Promise.resolve(rootToken) });
  return {
    perform: (command: Command<unknown>, signal) => {
      const { run } = command;
      if (run.kind !== 'argv') throw new Error(`${command.id} is no program`);
      return here.perform({ ...command, run: { ...run, argv: vault.inPlace(run.argv) } }, signal);
    },
  };
}
