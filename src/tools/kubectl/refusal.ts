import type { RawOutput } from '../../runbook/command.ts';
import type { Failed } from '../reading.ts';
import { failed } from '../reading.ts';
import { printable } from '../printable.ts';

/**
 * Why a kubectl command did not do what was asked, read from its words: the exit code is 1 for everything (COMMANDS E).
 * `reading` is what a parser returns that has nothing better to say; `reason` is the API's own word for it.
 */
export interface Refusal {
  /**
   * `not-found`: the very object does not exist (not its namespace, and not the path).
   * `uid-conflict`: an object of that name exists, and it is another one.
   * `failed`: everything else.
   */
  readonly is: 'not-found' | 'uid-conflict' | 'failed';
  /** `Forbidden`, `InternalError`, … where the server gave one. */
  readonly reason?: string;
  /** The sentence after the reason, as kubectl printed it. */
  readonly message: string;
  readonly reading: Failed;
}

const SPEAKS =
  /^(?:Error from server|error:|Unable to connect|The connection|The .* is invalid|The request is invalid|Server returned)/;
const KLOG = /^[IWEF]\d{4} \d\d:\d\d:\d\d/;
const FROM_SERVER = /^Error from server(?: \((\w+)\))?: (.*)$/s;

/** The line that counts: the last one in kubectl's own voice; else the last that is no log line or warning. */
function lastWord(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.replace(/\r$/, ''));
  const spoken = lines.findLast((line) => SPEAKS.test(line));
  if (spoken !== undefined) return spoken;
  return lines.findLast((l) => l.trim() !== '' && !KLOG.test(l) && !l.startsWith('Warning:')) ?? '';
}

const refused = (why: Failed['why'], says: string, message: string, reason?: string): Refusal => ({
  is: 'failed',
  ...(reason === undefined ? {} : { reason }),
  message,
  reading: failed(why, printable(says)),
});

function notFound(message: string): Refusal {
  const named = /^(\S+) "([^"]*)" not found$/.exec(message.trim());
  if (named === null) {
    return refused(
      'exit',
      `the API server does not serve this path: ${message}`,
      message,
      'NotFound',
    );
  }
  const [, kind = '', name = ''] = named;
  if (kind === 'namespaces') {
    return refused(
      'exit',
      `namespace ${name} does not exist: check the namespace in the inventory`,
      message,
      'NotFound',
    );
  }
  return {
    is: 'not-found',
    reason: 'NotFound',
    message,
    reading: failed('exit', printable(`${kind} ${name} does not exist`)),
  };
}

const NO_ROUTE =
  /connection refused|no route to host|network is unreachable|no such host|server misbehaving/;
const TIMED_OUT =
  /i\/o timeout|timed out|TLS handshake timeout|Client\.Timeout|deadline exceeded|operation was canceled/;

/** What the server said about something behind it: a pod, a kubelet, etcd. */
function behind(message: string, reason: string | undefined): Refusal | undefined {
  if (/etcdserver: |unable to return a response in the time allotted/.test(message)) {
    const says = `the API server ran out of time; whether it did it is unknown: ${message}`;
    return refused('timeout', says, message, reason);
  }
  const far =
    /error trying to reach service|error dialing backend|: dial tcp |\/containerLogs\/|No agent available/.test(
      message,
    );
  if (!far) return undefined;
  const why = TIMED_OUT.test(message) ? 'timeout' : 'unreachable';
  return refused(why, `the API server could not get through: ${message}`, message, reason);
}

function fromServer(message: string, reason: string | undefined): Refusal {
  const far = behind(message, reason);
  if (far !== undefined) return far;
  switch (reason ?? '') {
    case 'NotFound':
      return notFound(message);
    case 'Conflict':
      return /UID in (?:the )?precondition/.test(message)
        ? {
            is: 'uid-conflict',
            reason: 'Conflict',
            message,
            reading: failed('exit', 'an object of that name exists, and it is not the one seen'),
          }
        : refused('exit', `the API server refused it as a conflict: ${message}`, message, reason);
    case 'Forbidden':
      return refused('denied', `not permitted for your identity: ${message}`, message, reason);
    case 'Timeout':
    case 'ServerTimeout':
    case 'GatewayTimeout':
      return refused('timeout', `the API server ran out of time: ${message}`, message, reason);
    case 'ServiceUnavailable':
      return refused('unreachable', `answered that it cannot: ${message}`, message, reason);
    default:
      return refused('exit', `the API server refused: ${message}`, message, reason);
  }
}

function unableToConnect(message: string, line: string): Refusal {
  if (/getting credentials|Unauthorized/.test(message)) {
    const says = `no credentials for the API server: ${message}; prove access with kubectl auth whoami`;
    return refused('denied', says, line);
  }
  if (/x509|certificate|tls:/.test(message)) {
    return refused('unreachable', `the API server is not trusted: ${message}`, line);
  }
  if (TIMED_OUT.test(message)) {
    const brief = message.replace(/\s*\(Client\.Timeout[^)]*\)/, '');
    return refused('timeout', `no answer from the API server in time: ${brief}`, line);
  }
  if (NO_ROUTE.test(message)) {
    return refused('unreachable', `the API server is not reachable: ${message}`, line);
  }
  return refused('unreachable', `no connection to the API server: ${message}`, line);
}

function ownError(message: string, line: string): Refusal {
  const context = /^context "([^"]*)" does not exist/.exec(message);
  if (context !== null) {
    const says = `kubectl knows no context ${context[1] ?? ''}: check cluster.context and cluster.kubeconfig in sre.yaml`;
    return refused('denied', says, line);
  }
  if (/You must be logged in|Unauthorized|^EOF$|getting credentials/.test(message)) {
    const says = `the API server does not accept your credentials: ${message}; log in again`;
    return refused('denied', says, line, 'Unauthorized');
  }
  if (
    /kubeconfig|loading config file|no configuration has been provided/.test(message) ||
    /^stat .*no such file/.test(message)
  ) {
    return refused('denied', `kubectl cannot read its configuration: ${message}`, line);
  }
  const far = behind(message, undefined);
  if (far !== undefined) return far;
  if (/unable to upgrade connection/.test(message)) {
    return refused(
      'unreachable',
      `the node's kubelet did not take the connection: ${message}`,
      line,
    );
  }
  return refused('exit', `kubectl refused: ${message}`, line);
}

/**
 * Reads the refusal of a kubectl command that exited, by the table of COMMANDS E; `undefined` where it succeeded.
 * Of several lines on stderr the last in kubectl's own voice counts: client libraries log before it.
 */
export function classify(out: RawOutput): Refusal | undefined {
  if (out.ending.how === 'exited' && out.ending.code === 0) return undefined;
  const line = lastWord(out.stderr);
  const server = FROM_SERVER.exec(line);
  if (server !== null) return fromServer(server[2] ?? '', server[1]);
  if (line.startsWith('error: ')) return ownError(line.slice('error: '.length), line);
  if (line.startsWith('The connection to the server')) {
    return refused(
      'unreachable',
      'the API server refused the connection: it is down, or the address is wrong',
      line,
    );
  }
  const unable = /^Unable to connect to the server: (.*)$/s.exec(line);
  if (unable !== null) return unableToConnect(unable[1] ?? '', line);
  if (/ is invalid/.test(line) && line.startsWith('The ')) {
    return refused('exit', `the API server refused the change: ${line}`, line, 'Invalid');
  }
  const code = out.ending.how === 'exited' ? `exit code ${out.ending.code}` : out.ending.how;
  const says =
    line === '' ? `kubectl failed (${code}) and said nothing` : `kubectl failed (${code}): ${line}`;
  return refused('exit', says, line);
}
