/** One line of Vault's log; a value that it wrote over several lines is joined by spaces. */
export interface LogLine {
  /** Milliseconds since 1970, UTC, by the node's clock. */
  readonly at: number;
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'unknown';
  /** Everything after the level: `storage.raft: election won: term=32 tally=2`. */
  readonly text: string;
}

/** Vault's log as far as it could be read. Silence in it is no evidence: an idle Vault logs nothing (COMMANDS A.4, L8). */
export interface VaultLog {
  readonly lines: readonly LogLine[];
  /** How many lines had no time stamp in front: the cut-off first line of a tail, mostly. */
  readonly unread: number;
}

/** A line about another member of the raft. */
export interface PeerLine extends LogLine {
  /** The address the line names: `vault-2.vault-internal:8201`; absent where it names none. */
  readonly peer?: string;
}

/**
 * What a line says about the role of the server that wrote it. `raft-leader` without a later `active` is a raft leader
 * whose HA layer never came up (COMMANDS A.4, HA-NOT-ACTIVE).
 */
export interface HaEvent extends LogLine {
  readonly is:
    | 'candidate'
    | 'raft-leader'
    | 'raft-follower'
    | 'standby'
    | 'active'
    | 'post-unseal'
    | 'post-unseal-failed'
    | 'leadership-lost'
    | 'lock-failed'
    | 'unsealed'
    | 'sealed';
}

const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:?\d\d)(?: (.*))?$/s;
const CRI = /^(?:stdout|stderr) ([FP])(?::\S*)? (.*)$/s;
const HCLOG = /^\[(\w+)\]\s*(.*)$/s;

/** A time stamp to milliseconds (RFC 3339, and the offset without a colon that hclog writes), and what follows it. */
function timed(line: string): { readonly at: number; readonly rest: string } | undefined {
  const match = TIME.exec(line);
  if (match === null) return undefined;
  const [, seconds = '', fraction = '', zone = '', rest = ''] = match;
  const colon = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
  const at = Date.parse(`${seconds}.${fraction.padEnd(3, '0').slice(0, 3)}${colon}`);
  return Number.isNaN(at) ? undefined : { at, rest };
}

const LEVELS: ReadonlySet<string> = new Set(['trace', 'debug', 'info', 'warn', 'error']);
const isLevel = (word: string): word is LogLine['level'] => LEVELS.has(word);
const levelOf = (word: unknown): LogLine['level'] => {
  const lower = typeof word === 'string' ? word.trim().toLowerCase() : '';
  return isLevel(lower) ? lower : 'unknown';
};

/** Vault's JSON log format, in the words of its text format. */
function fromJson(text: string): Pick<LogLine, 'level' | 'text'> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const entry = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const message = entry['@message'];
    if (typeof message !== 'string') return undefined;
    const { '@module': module } = entry;
    const rest = Object.entries(entry)
      .filter(([key]) => !key.startsWith('@'))
      .map(([key, it]) => `${key}=${typeof it === 'string' ? it : JSON.stringify(it)}`);
    const head = typeof module === 'string' ? `${module}: ${message}` : message;
    return {
      level: levelOf(entry['@level']),
      text: rest.length === 0 ? head : `${head}: ${rest.join(' ')}`,
    };
  } catch {
    return undefined;
  }
}

/** What Vault wrote, after the time stamp of the container runtime: its own time stamp goes, its level is read. */
function toLine(at: number, written: string): LogLine {
  const json = fromJson(written);
  if (json !== undefined) return { at, ...json };
  const own = timed(written);
  const match = HCLOG.exec(own?.rest ?? written);
  return match === null
    ? { at, level: 'unknown', text: written.trim() }
    : { at, level: levelOf(match[1]), text: (match[2] ?? '').trim() };
}

const isContinuation = (written: string): boolean => /^\s+\S/.test(written);

/**
 * Reads Vault's log from lines of the CRI format (`TIME stderr F TEXT`, as `podLogFile` gives them) or of
 * `kubectl … timestamps=true` (`TIME TEXT`). The runtime's time stamp counts. Parts of a long line (`P`) and the
 * indented lines of one value are joined; a line without a time stamp is left out and counted.
 */
export function readVaultLog(raw: readonly string[]): VaultLog {
  const lines: LogLine[] = [];
  let unread = 0;
  let partial: { readonly at: number; readonly text: string } | undefined;
  for (const line of raw) {
    const stamp = timed(line);
    if (stamp === undefined) {
      if (line.trim() !== '') unread += 1;
      continue;
    }
    const cri = CRI.exec(stamp.rest);
    const written = (partial?.text ?? '') + (cri?.[2] ?? stamp.rest);
    partial = cri?.[1] === 'P' ? { at: stamp.at, text: written } : undefined;
    if (partial !== undefined || written.trim() === '') continue;
    const last = lines.at(-1);
    if (last !== undefined && isContinuation(written) && last.text !== '') {
      lines[lines.length - 1] = { ...last, text: `${last.text} ${written.trim()}` };
    } else {
      lines.push(toLine(stamp.at, written));
    }
  }
  if (partial !== undefined) lines.push(toLine(partial.at, partial.text));
  return { lines, unread };
}

const since = (log: VaultLog, from: number, matches: RegExp): readonly LogLine[] =>
  log.lines.filter((line) => line.at >= from && matches.test(line.text));

/** Elections from a moment on (milliseconds since 1970): candidates and winners. One of them restarts a window (A.4). */
export const elections = (log: VaultLog, from: number): readonly LogLine[] =>
  since(log, from, /entering candidate state|election won/i);

const COMPLAINT =
  /failed to (?:heartbeat to|appendEntries to|make requestVote RPC|pipeline appendEntries).*(?:i\/o timeout|decode error)/;
const PEER = /(?:peer|target)=(?:"\{\w+ \S+ ([^\s}"]+)\}"|"?([^\s"{}]+)"?)/;

/**
 * Raft calls that got no sense out of a peer, from a moment on (milliseconds since 1970), with the peer they name
 * (COMMANDS A.4, L3). The verb does not tell the role of the one who wrote it. A peer without a process refuses the
 * connection and is no such line.
 */
export function leaderComplaints(log: VaultLog, from: number): readonly PeerLine[] {
  return since(log, from, COMPLAINT).map((line) => {
    const match = PEER.exec(line.text);
    const peer = match?.[1] ?? match?.[2];
    return peer === undefined ? line : { ...line, peer };
  });
}

/** Requests that a standby could not get to the active node, from a moment on: a line each (recorded: Vault 1.18.1). */
export const unforwarded = (log: VaultLog, from: number): readonly LogLine[] =>
  since(log, from, /forward request error/);

/** Requests that failed because no audit device took them, from a moment on (milliseconds since 1970). */
export const auditFailures = (log: VaultLog, from: number): readonly LogLine[] =>
  since(
    log,
    from,
    /failed to audit (?:request|response)|audit: backend .*failed to log|event not processed by enough/,
  );

/** Names that did not resolve, from a moment on (milliseconds since 1970). */
export const dnsFailures = (log: VaultLog, from: number): readonly LogLine[] =>
  since(log, from, /no such host/);

const ROLES: readonly (readonly [RegExp, HaEvent['is']])[] = [
  [/entering candidate state/, 'candidate'],
  [/entering leader state/, 'raft-leader'],
  [/entering follower state/, 'raft-follower'],
  [/entering standby mode/, 'standby'],
  [/acquired lock, enabling active operation/, 'active'],
  [/post-unseal setup failed/, 'post-unseal-failed'],
  [/post-unseal setup (?:starting|complete)/, 'post-unseal'],
  [/leadership lost, stopping active operation/, 'leadership-lost'],
  [/failed to acquire lock/, 'lock-failed'],
  [/vault is unsealed/, 'unsealed'],
  [/vault is sealed/, 'sealed'],
];

/** Every line that says what role the server took, oldest first (COMMANDS A.4, leader log lines). */
export function haEvents(log: VaultLog): readonly HaEvent[] {
  return log.lines.flatMap((line): readonly HaEvent[] => {
    const is = ROLES.find(([pattern]) => pattern.test(line.text))?.[1];
    return is === undefined ? [] : [{ ...line, is }];
  });
}
