/**
 * Commands are data. A tool function returns a {@link Command}; planning, showing, journalling, running, rehearsing and
 * replaying all work on the same value, so what is shown is what is run (DESIGN: promise 5).
 */

/** Where a command runs: beside the operator, on a cluster node, or on a Proxmox VE (and NFS server) host of the inventory. */
export type Where =
  | { readonly on: 'local' }
  | { readonly on: 'node'; readonly node: string }
  | { readonly on: 'pve'; readonly host: string };

/**
 * What a command does to the world.
 * `reads` changes nothing; `intrusive` leaves a trace that does no harm (a canary write, a test mount) and is journalled
 * as an intent; `mutates` changes what people depend on and runs only behind a confirmation.
 */
export type Does = 'reads' | 'intrusive' | 'mutates';

/** Names a secret of the inventory; its value is read by the transport at the last moment and never enters a `Command`. */
export type SecretName = 'vault-token';

/** What a command is given on its standard input. */
export type Stdin =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'secret'; readonly secret: SecretName };

/** A POSIX `sh` script kept as a file under `src/tools`, named by its path there without `.sh`: `node/tasks`. */
export type ScriptName = `${string}/${string}`;

/** How a command is spelled: a program with arguments (never through a shell), or a kept script with arguments. */
export type Invocation =
  | {
      readonly kind: 'argv';
      readonly argv: readonly [string, ...string[]];
      readonly stdin?: Stdin;
    }
  | { readonly kind: 'script'; readonly script: ScriptName; readonly args: readonly string[] };

/** How a command ended. Only `exited` says anything about the far side; the others say why nothing is known. */
export type Ending =
  | { readonly how: 'exited'; readonly code: number }
  /** Killed at its deadline; the far side may still be at it. */
  | { readonly how: 'deadline' }
  | { readonly how: 'cancelled' }
  /** It began, and its end was never seen: the connection broke, or the end line is missing. */
  | { readonly how: 'lost'; readonly because: string }
  /** It never began. */
  | {
      readonly how: 'refused';
      readonly why: 'unreachable' | 'denied';
      readonly because: string;
    }
  /** It was not run at all: a plan and a diagnosis run nothing intrusive. */
  | { readonly how: 'withheld'; readonly because: string };

/** What came back, bounded in size; `truncated` says that more was sent than is kept. */
export interface RawOutput {
  readonly ending: Ending;
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
}

/** What a parser makes of the output of a command that exited: a value, or the reason why there is none. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly why: 'timeout' | 'unreachable' | 'denied' | 'exit' | 'unparsable';
      readonly says: string;
    };

/** A command as data: where it runs, how it is spelled, how long it may take, and how its output is read. Nothing here runs anything. */
export interface Command<T> {
  readonly kind: 'command';
  /** The family, for journals and tests: `kubectl.pods`, `node.tasks`. */
  readonly id: string;
  /** A few words for a person: `read the health of vault-2`. */
  readonly about: string;
  readonly where: Where;
  readonly does: Does;
  readonly run: Invocation;
  /** The longest it may take, in milliseconds; it is killed then, on both sides. */
  readonly deadlineMs: number;
  /** What an intrusive or mutating command acts on: at most one intrusive command is outstanding for each. */
  readonly scope?: string;
  /** It ends processes or objects without waiting for them (a delete with grace 0): allowed only behind a fence. */
  readonly forces?: true;
  /** Of several commands of one action, this one's refusal says nothing about the next: one eviction that a disruption budget refuses does not keep the others back. One that never began, or whose answer was lost, still stops the rest. */
  readonly independent?: true;
  /** Reads what came back. Never throws, never invents: what it does not recognise is `unparsable`. */
  readonly read: (out: RawOutput) => Reading<T>;
}

/** The parser's success. */
export const value = <T>(it: T): Reading<T> => ({ ok: true, value: it });

/** The parser's failure: the output is not what the tool documents. */
export const unparsable = (says: string): Reading<never> => ({
  ok: false,
  why: 'unparsable',
  says,
});
