import { hex } from '../chance.ts';
import type { Stdin } from '../../runbook/command.ts';
import { changeMembers } from '../change.ts';
import { serverIn } from '../objects/pod.ts';
import type { AnswerId } from '../marks/answers.ts';
import { leaderOf, peerAddress, takesPart } from '../raft.ts';
import { failed, printed, unknownCommand } from '../said.ts';
import type { Said } from '../said.ts';
import { START } from '../start.ts';
import type { Member, World } from '../world.ts';
import { notFound } from './route.ts';
import type { Kubectl, Turn } from './turn.ts';
import { forward } from './vault-http.ts';

/** `kubectl exec -i POD -c vault -- timeout … sh -c … sre vault …` with the token on standard input (COMMANDS A.3, A.7). */

interface Client {
  /** Words after `vault`. */
  readonly words: readonly string[];
  /** What ends it inside the pod, and in the client. */
  readonly podMs: number;
  readonly clientMs: number;
}

function clientOf(args: readonly string[]): Client | undefined {
  const inPod = args.slice(args.indexOf('--') + 1);
  const start = inPod.indexOf('vault');
  if (inPod[0] !== 'timeout' || inPod[start - 1] !== 'sre') return undefined;
  const text = inPod.join(' ');
  return {
    words: inPod.slice(start + 1),
    podMs: Number(inPod[3] ?? '7') * 1000,
    clientMs: Number(/VAULT_CLIENT_TIMEOUT=(\d+)/.exec(text)?.[1] ?? '60') * 1000,
  };
}

/** A command in a container that failed: kubectl adds a line and exits with its code. */
const inPod = (by: AnswerId, stderr: string, code: number, afterMs = 0): Said =>
  failed(
    by,
    `${stderr}${stderr === '' ? '' : '\n'}command terminated with exit code ${code}`,
    code,
    afterMs,
  );

interface Call {
  readonly by: AnswerId;
  readonly method: 'GET' | 'PUT';
  readonly path: string;
  readonly action: string;
  /** Without a body, the client prints nothing. */
  readonly does: (world: World, active: Member) => readonly [World, object | undefined];
}

const envelope = (world: World, mount: string, data: object): object => ({
  request_id: `${hex(8, world.at)}-0000-4000-8000-${hex(12, world.at, 'request')}`,
  lease_id: '',
  lease_duration: 0,
  renewable: false,
  data,
  warnings: null,
  mount_type: mount,
});

const peers: Call = {
  by: 'vault-client/peers',
  method: 'GET',
  path: 'sys/storage/raft/configuration',
  action: 'Error reading the raft cluster configuration',
  does: (world) => {
    const leader = leaderOf(world);
    const servers = world.members.map(({ id }) => ({
      address: peerAddress(id),
      leader: leader?.id === id,
      node_id: id,
      protocol_version: '3',
      voter: true,
    }));
    return [world, envelope(world, 'system', { config: { index: 0, servers } })];
  },
};

const canary: Call = {
  by: 'vault-client/canary',
  method: 'PUT',
  path: 'cubbyhole/sre-canary',
  action: 'Error writing data to cubbyhole/sre-canary',
  does: (world, active) => {
    const index = active.index + 1;
    const written = changeMembers(world, (member) =>
      takesPart(world, member) ? { ...member, index } : member,
    );
    return [{ ...written, canaries: world.canaries + 1 }, undefined];
  },
};

const lookup: Call = {
  by: 'vault-client/audited',
  method: 'GET',
  path: 'auth/token/lookup-self',
  action: 'Error looking up token',
  does: (world) => [
    world,
    envelope(world, 'token', {
      accessor: hex(24, 'accessor'),
      creation_time: Math.floor(START / 1000) - 86_400,
      creation_ttl: 0,
      display_name: 'sre',
      entity_id: '',
      expire_time: null,
      explicit_max_ttl: 0,
      id: 'hvs.REDACTED',
      meta: null,
      num_uses: 0,
      orphan: true,
      path: 'auth/token/create',
      policies: ['default', 'sre'],
      ttl: 0,
      type: 'service',
    }),
  ],
};

function callOf(words: readonly string[]): Call | undefined {
  const line = words.join(' ');
  if (line === 'operator raft list-peers -format=json') return peers;
  if (/^write -format=json cubbyhole\/sre-canary mark=\S+$/.test(line)) return canary;
  return line === 'token lookup -format=json' ? lookup : undefined;
}

const apiError = ({ action, method, path }: Call, status: number, error: string): string =>
  `${action}: Error making API request.\n\nURL: ${method} http://127.0.0.1:8200/v1/${path}\nCode: ${status}. Errors:\n\n* ${error}`;

/** The Vault client gives up, or is killed in the pod before it does. */
function waits(call: Call, { clientMs, podMs }: Client): Said {
  if (podMs <= clientMs) return inPod('vault-client/killed', '', 137, podMs);
  return inPod('vault-client/silent', `${call.action}: context deadline exceeded`, 2, clientMs);
}

function ask(world: World, member: Member, call: Call, client: Client): Turn {
  if (member.health === 'gone') {
    const method = call.method === 'GET' ? 'Get' : 'Put';
    const refused = `${call.action}: ${method} "http://127.0.0.1:8200/v1/${call.path}": dial tcp 127.0.0.1:8200: connect: connection refused`;
    return { world, said: inPod('vault-client/refused', refused, 2) };
  }
  if (member.health === 'silent' || member.health === 'frozen')
    return { world, said: waits(call, client) };
  const there = forward(world, member);
  if (there.is === 'silent') return { world, said: waits(call, client) };
  if (there.is === 'sealed')
    return { world, said: inPod('vault-client/sealed', apiError(call, 503, 'Vault is sealed'), 2) };
  if (there.is === 'no-active')
    return { world, said: inPod('vault-client/no-active', apiError(call, 500, NO_ACTIVE), 2) };
  if (there.afterMs >= client.clientMs) return { world, said: waits(call, client) };
  if (there.member.audit === 'fails') {
    return {
      world,
      said: inPod('vault-client/audit-fails', apiError(call, 500, 'internal error'), 2, 2_000),
    };
  }
  const [after, body] = call.does(world, there.member);
  const shown = body === undefined ? '' : `${JSON.stringify(body, null, 2)}\n`;
  return {
    world: after,
    said: printed(call.by, shown, there.afterMs),
  };
}

const NO_ACTIVE = 'local node not active but active cluster node not found';

/** kubectl's words where the API server finds no kubelet: with the whole command, as a query (kubectl 1.34). */
function noKubelet(line: Kubectl, address: string, pod: string, container: string): string {
  const query = new URLSearchParams([
    ...line.args
      .slice(line.args.indexOf('--') + 1)
      .map((word): [string, string] => ['command', word]),
    ['error', '1'],
    ['input', '1'],
    ['output', '1'],
  ]);
  const url = `https://${address}:10250/exec/${line.namespace}/${pod}/${container}?${query.toString()}`;
  return `error: Internal error occurred: error sending request: Post "${url}": dial tcp ${address}:10250: connect: connection refused`;
}

/** Answers an exec into a Vault pod. */
export function exec(world: World, line: Kubectl, stdin: Stdin | undefined): Turn {
  const dashes = line.args.indexOf('--');
  const [name = '', container = ''] = line.args
    .slice(1, dashes)
    .filter((arg) => arg !== '-i' && arg !== '-c');
  const pod = world.pods.find((it) => it.namespace === line.namespace && it.name === name);
  if (pod === undefined) return { world, said: notFound('exec/pod-missing', 'pods', name) };
  const node = world.nodes.find((it) => it.name === pod.node);
  if (node?.power === 'on' && node.kubelet === 'down') {
    return {
      world,
      said: failed('exec/no-kubelet', noKubelet(line, node.address, name, container)),
    };
  }
  if (node?.kubelet !== 'running') return { world, said: { by: 'exec/kubelet-hangs', is: 'hang' } };
  const member = serverIn(world, pod);
  if (pod.stage !== 'running' || member === undefined) {
    const says = `error: unable to upgrade connection: container not found ("${container}")`;
    return { world, said: failed('exec/container-missing', says) };
  }
  const client = clientOf(line.args);
  const call = client === undefined ? undefined : callOf(client.words);
  if (client === undefined || call === undefined) {
    return { world, said: unknownCommand(`kubectl ${line.args.join(' ')}`) };
  }
  if (!world.token || stdin?.kind !== 'secret')
    return { world, said: inPod('exec/no-token', '', 90) };
  return ask(world, member, call, client);
}
