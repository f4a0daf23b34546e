import { z } from 'zod';
import type { Command, Reading } from '../../runbook/command.ts';
import { unparsable, value } from '../../runbook/command.ts';
import { readAs } from '../json.ts';
import { andThen } from '../reading.ts';
import { headOf, only } from './head.ts';
import { script } from './script.ts';
import type { ScriptRecord } from './script.ts';

/** A pod sandbox, as the container runtime knows it, whatever the API says. */
export interface Sandbox {
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** Of a static pod this is the hash of its configuration, not the UID its mirror pod shows (COMMANDS C.3). */
  readonly podUid: string;
  readonly namespace: string;
  readonly name: string;
  readonly attempt: number;
  readonly ready: boolean;
  /** Milliseconds since 1970, UTC, by the node's clock. */
  readonly createdAt: number;
}

/** A container in a sandbox. */
export interface SandboxContainer {
  readonly id: string;
  /** The id of its sandbox. */
  readonly sandbox: string;
  readonly name: string;
  readonly state: 'running' | 'exited' | 'created' | 'unknown';
}

/** What the container runtime of a node holds. */
export interface Sandboxes {
  readonly bootId: string;
  readonly root: boolean;
  readonly sandboxes: readonly Sandbox[];
  readonly containers: readonly SandboxContainer[];
}

const id = z.string().regex(/^[0-9a-f]{64}$/, 'no 64 hexadecimal digits');

/** The fields of cri-api's PodSandbox that are needed; 64-bit numbers are text, nanoseconds since 1970 (COMMANDS C.3). */
const podsSchema = z.object({
  items: z.array(
    z.object({
      id,
      metadata: z.object({
        name: z.string().min(1),
        uid: z.string().min(1),
        namespace: z.string().min(1),
        attempt: z.number().int().min(0).default(0),
      }),
      state: z.enum(['SANDBOX_READY', 'SANDBOX_NOTREADY']),
      createdAt: z.string().regex(/^\d{1,19}$/, 'no number of nanoseconds'),
    }),
  ),
});

const STATES = {
  CONTAINER_RUNNING: 'running',
  CONTAINER_EXITED: 'exited',
  CONTAINER_CREATED: 'created',
  CONTAINER_UNKNOWN: 'unknown',
} as const;

const containersSchema = z.object({
  containers: z.array(
    z.object({
      id,
      podSandboxId: id,
      metadata: z.object({ name: z.string().min(1) }),
      state: z.enum([
        'CONTAINER_RUNNING',
        'CONTAINER_EXITED',
        'CONTAINER_CREATED',
        'CONTAINER_UNKNOWN',
      ]),
    }),
  ),
});

function json(records: readonly ScriptRecord[], kind: string, what: string): Reading<unknown> {
  const text = only(records, kind);
  if (text === undefined) return unparsable(`expected ${what}, and there is none`);
  try {
    return value(JSON.parse(text) as unknown);
  } catch {
    return unparsable(`expected ${what} as JSON, and got something else`);
  }
}

const toSandbox = (item: z.infer<typeof podsSchema>['items'][number]): Sandbox => ({
  id: item.id,
  podUid: item.metadata.uid,
  namespace: item.metadata.namespace,
  name: item.metadata.name,
  attempt: item.metadata.attempt,
  ready: item.state === 'SANDBOX_READY',
  createdAt: Math.floor(Number(item.createdAt) / 1e6),
});

function readSandboxes(records: readonly ScriptRecord[]): Reading<Sandboxes> {
  const head = headOf(records);
  if (head === undefined)
    return unparsable('expected the boot id and the user id of the node first');
  const [podsText, containersText] = ['the list of sandboxes', 'the list of containers'] as const;
  return andThen(json(records, 'pods', podsText), (podsJson) =>
    andThen(readAs(podsJson, podsText, podsSchema), ({ items }) =>
      andThen(json(records, 'containers', containersText), (containersJson) =>
        andThen(readAs(containersJson, containersText, containersSchema), ({ containers }) =>
          value({
            ...head,
            sandboxes: items.map(toSandbox),
            containers: containers.map((it) => ({
              id: it.id,
              sandbox: it.podSandboxId,
              name: it.metadata.name,
              state: STATES[it.state],
            })),
          }),
        ),
      ),
    ),
  );
}

/** The sandboxes and containers of a node, asked of its runtime and not of the API; 40 s. */
export function sandboxes(node: string): Command<Sandboxes> {
  return script<Sandboxes>({
    where: { on: 'node', node },
    id: 'node.sandboxes',
    about: `list the pod sandboxes of ${node}`,
    script: 'node/sandboxes',
    args: [],
    deadlineMs: 40_000,
    read: readSandboxes,
  });
}
