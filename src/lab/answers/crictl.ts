import { hash } from '../chance.ts';
import { note } from '../change.ts';
import type { Deed } from '../rules/sandboxes.ts';
import { removeSandbox, stopSandbox } from '../rules/sandboxes.ts';
import { unknownCommand } from '../said.ts';
import type { Sandboxed } from '../sandboxes.ts';
import { containerId, containerState, sandboxesOn } from '../sandboxes.ts';
import type { Mutation, Node, World } from '../world.ts';
import { head, records } from './records.ts';
import type { Script } from './records.ts';
import type { Turn } from './turn.ts';

/** `crictl` on a node: the list of sandboxes and containers, and what stops and removes one (COMMANDS C.3, C.4). */

/** Nanoseconds since 1970 as crictl prints an int64: a text. */
const nanos = (at: number, id: string): string =>
  `${at}${String(hash(id) % 1_000_000).padStart(6, '0')}`;

const about = ({ namespace, name, podUid }: Sandboxed): Readonly<Record<string, string>> => ({
  'io.kubernetes.pod.name': name,
  'io.kubernetes.pod.namespace': namespace,
  'io.kubernetes.pod.uid': podUid,
});

const podOf = (sandbox: Sandboxed): object => ({
  id: sandbox.id,
  metadata: {
    name: sandbox.name,
    uid: sandbox.podUid,
    namespace: sandbox.namespace,
    attempt: sandbox.attempt,
  },
  state: sandbox.ready ? 'SANDBOX_READY' : 'SANDBOX_NOTREADY',
  createdAt: nanos(sandbox.createdAt, sandbox.id),
  labels: about(sandbox),
  annotations: { 'kubernetes.io/config.source': sandbox.pod?.configHash ? 'file' : 'api' },
  runtimeHandler: '',
});

const containersOf = (node: Node, sandbox: Sandboxed): readonly object[] =>
  sandbox.containers.map((name) => {
    const id = containerId(sandbox.podUid, name);
    return {
      id,
      podSandboxId: sandbox.id,
      metadata: {
        name,
        attempt: sandbox.pod?.ended?.find((it) => it.container === name)?.restarts ?? 0,
      },
      state: `CONTAINER_${containerState(node, sandbox, name)}`,
      createdAt: nanos(sandbox.createdAt + 900, id),
      labels: { ...about(sandbox), 'io.kubernetes.container.name': name },
      annotations: {},
    };
  });

/** Answers `sandboxes`: `crictl pods -o json` and `crictl ps -a -o json`, each on one line. */
export const sandboxes: Script = (world, node) => {
  const all = sandboxesOn(world, node);
  return records('node/sandboxes', [
    ...head(node),
    ['pods', JSON.stringify({ items: all.map(podOf) })],
    ['containers', JSON.stringify({ containers: all.flatMap((it) => containersOf(node, it)) })],
  ]);
};

const DEEDS: Readonly<
  Record<
    string,
    {
      readonly what: Mutation['what'];
      readonly act: (world: World, node: Node, id: string) => Deed;
    }
  >
> = {
  stop: { what: 'stop-sandbox', act: stopSandbox },
  remove: { what: 'remove-sandbox', act: removeSandbox },
};

/** Answers `sandbox VERB ID POD_UID`: a deed on the very sandbox that was seen, its pod compared right before. */
export const sandbox: Script = (world, node, [verb = '', id = '', uid = '']): Turn => {
  const deed = DEEDS[verb];
  if (deed === undefined) return { world, said: unknownCommand(`sandbox ${verb}`) };
  const found = sandboxesOn(world, node).find((it) => it.id === id);
  if (found === undefined) return { world, said: records('node/sandbox-gone', [['gone']]) };
  if (found.podUid !== uid)
    return { world, said: records('node/sandbox-other', [['other', found.podUid]]) };
  const { world: after, code, says } = deed.act(world, node, id);
  const said = records(
    code === 0 ? 'node/sandbox-done' : 'node/sandbox-refused',
    [
      ['said', says],
      ['exit', code],
    ],
    code === 0 ? 900 : 2_100,
  );
  // What crictl refused and left as it was changed nothing.
  return after === world && code !== 0
    ? { world, said }
    : { world: note(after, deed.what, `${node.name}:${id.slice(0, 12)}`), said };
};
