import type { AnswerId } from '../marks/answers.ts';
import { failed } from '../said.ts';
import type { Said } from '../said.ts';
import type { World } from '../world.ts';

/** What a command did to the world, and what it answers. */
export interface Turn {
  readonly world: World;
  readonly said: Said;
}

/** A kubectl command line, taken apart. */
export interface Kubectl {
  readonly namespace: string;
  /** The request timeout in milliseconds. */
  readonly timeoutMs: number;
  /** What is left when the global flags are gone. */
  readonly args: readonly string[];
}

/** The words for an answer that does not come before the request timeout (COMMANDS E). */
export const timedOut = (by: AnswerId, timeoutMs: number): Said =>
  failed(by, 'Unable to connect to the server: context deadline exceeded', 1, timeoutMs);
