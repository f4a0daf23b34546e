import type { Command, RawOutput, Reading } from '../../runbook/command.ts';
import { unparsable, value } from '../../runbook/command.ts';
import { printable } from '../printable.ts';
import { failed } from '../reading.ts';

/** curl's exit codes that say where it broke off (curl(1), exit codes). */
const UNREACHABLE: Readonly<Record<number, string>> = {
  5: 'the proxy has no address',
  6: 'the name has no address',
  7: 'the connection was refused or had no route',
  35: 'TLS could not be set up',
  52: 'the connection was closed without an answer',
  56: 'the connection broke off',
  60: 'the certificate is not trusted',
};

function readStatus(out: RawOutput): Reading<{ readonly status: number }> {
  const code = out.ending.how === 'exited' ? out.ending.code : -1;
  const said = printable(out.stderr, 160);
  if (code === 28) return failed('timeout', 'no answer from outside within 5 s');
  if (code === 127) return failed('exit', 'there is no curl on this machine');
  const status = /^(\d{3})$/.exec(out.stdout.trim())?.[1];
  if (code !== 0 || status === '000') {
    return failed(
      'unreachable',
      `${UNREACHABLE[code] ?? `curl failed (exit code ${code})`}: ${said}`,
    );
  }
  return status === undefined
    ? unparsable('expected a status of three digits from curl, and got something else')
    : value({ status: Number(status) });
}

/**
 * The HTTP status that people outside get: `curl` with 5 s, redirects not followed. Every status is a value, 503 too;
 * no answer at all is unreachable or a timeout.
 */
export function externalHealth(url: string): Command<{ readonly status: number }> {
  return {
    kind: 'command',
    id: 'vault.external-health',
    about: `call ${url} as people outside do`,
    where: { on: 'local' },
    does: 'reads',
    run: {
      kind: 'argv',
      argv: ['curl', '-sS', '-o', '/dev/null', '-m', '5', '-w', '%{http_code}', url],
    },
    deadlineMs: 8000,
    read: readStatus,
  };
}
