import type { Invocation, SecretName } from '../runbook/command.ts';
import { messageOf, refusal } from './not-begun.ts';

/** Reads a secret of the inventory at the last moment. Rejects with a sentence where it cannot. */
export type Secrets = (name: SecretName) => Promise<string>;

/** The port of a transport that was given no secrets: asking for one is an error. */
export const noSecrets: Secrets = (name) =>
  Promise.reject(new Error(`the inventory names no file for ${name}`));

/**
 * What a command is given on its standard input, secrets resolved; `undefined`: nothing at all. Throws `NotBegun`. A secret
 * is a whole line: behind `kubectl exec` the far side may never be told that the input ended, and would wait for it.
 */
export async function inputOf(run: Invocation, secrets: Secrets): Promise<string | undefined> {
  if (run.kind === 'script' || run.stdin === undefined) return undefined;
  if (run.stdin.kind === 'text') return run.stdin.text;
  const { secret } = run.stdin;
  try {
    return `${await secrets(secret)}\n`;
  } catch (thrown) {
    throw refusal('denied', `the secret ${secret} cannot be read: ${messageOf(thrown)}`);
  }
}
