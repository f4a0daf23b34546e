import type { Command } from '../../runbook/command.ts';
import { between } from '../chance.ts';
import { EXTERNAL_URL } from '../site.ts';
import { failed, printed, unknownCommand } from '../said.ts';
import type { Said } from '../said.ts';
import type { World } from '../world.ts';
import { get } from './vault-http.ts';

/** `curl` from beside the operator: the outside way in, through the ingress to the active service (DOMAIN 1). */

/** What the outside gets: a 503 from the ingress where no backend answers in time (DOMAIN 2.2, symptoms). */
function external(world: World): { readonly status: number; readonly afterMs: number } {
  const behind = world.pods.filter(
    (pod) => pod.labels['vault-active'] === 'true' && pod.ip !== undefined,
  );
  const pod = behind[between(0, Math.max(0, behind.length - 1), world.seed, 'ingress', world.at)];
  const heard = pod === undefined ? undefined : get(world, pod, '/v1/sys/health');
  return heard?.is === 'status'
    ? { status: heard.status, afterMs: heard.afterMs }
    : { status: 503, afterMs: heard?.is === 'silent' ? 3_000 : 0 };
}

/** Answers `curl -sS -o /dev/null -m 5 -w %{http_code} URL`. */
export function curl(world: World, command: Command<unknown>): Said {
  const argv: readonly string[] = command.run.kind === 'argv' ? command.run.argv : [];
  const url = argv.at(-1) ?? '';
  const limitMs = Number(argv[argv.indexOf('-m') + 1] ?? '5') * 1000;
  if (url !== EXTERNAL_URL || !argv.includes('%{http_code}')) return unknownCommand(argv.join(' '));
  const { status, afterMs } = external(world);
  if (afterMs >= limitMs) {
    const late = failed(
      'curl/late',
      `curl: (28) Operation timed out after ${limitMs + 1} milliseconds with 0 bytes received`,
      28,
      limitMs,
    );
    return late.is === 'exit' ? { ...late, stdout: '000' } : late;
  }
  return printed('curl/status', String(status), afterMs);
}
