/** A part of a text that must not be kept: from `start` up to, not including, `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
  /** What it is, for the mark that replaces it: `vault-token`. */
  readonly kind: string;
}

/** Finds secrets of one form. */
export type Rule = (text: string) => readonly Range[];

/** What a pattern's group `secret` matched, or the whole match where it has none. */
function byPattern(kind: string, source: string, flags = ''): Rule {
  const pattern = new RegExp(source, `gd${flags}`);
  return (text) =>
    Array.from(text.matchAll(pattern), ({ indices }) => {
      const [start, end] = indices?.groups?.['secret'] ?? indices?.[0] ?? [0, 0];
      return { start, end, kind };
    }).filter(({ start, end }) => start < end);
}

/**
 * Forms of secrets that are looked for only in a text that has one of the needles: whatever is of one of the forms has one in
 * it. A form takes long to look for, a needle takes little, and nearly no text has one.
 */
export interface Family {
  readonly needles: readonly RegExp[];
  readonly forms: readonly Rule[];
}

const where = (needle: RegExp | readonly RegExp[], forms: readonly Rule[]): Family => ({
  needles: [needle].flat(),
  forms,
});

/** What the forms of a family find in a text. */
export const foundBy = ({ needles, forms }: Family, text: string): readonly Range[] =>
  needles.some((it) => it.test(text)) ? forms.flatMap((form) => form(text)) : [];

/** Every match of `inner` inside a match of `outer`. */
function within(kind: string, outer: string, inner: string): Rule {
  const outside = new RegExp(outer, 'gi');
  const inside = byPattern(kind, inner);
  return (text) =>
    Array.from(text.matchAll(outside)).flatMap((match) =>
      inside(match[0]).map(({ start, end }) => ({
        start: start + match.index,
        end: end + match.index,
        kind,
      })),
    );
}

/** Not in the middle of a word; an escaped line end or a colour sequence before it is no word. */
const EDGE = String.raw`(?<=^|[^A-Za-z0-9_]|\\[nrt]|\[[0-9;]*m)`;
/** A quote, bare or escaped for JSON in JSON. */
const QUOTE = String.raw`\\*["']`;
/**
 * A quoted value at any depth of JSON in JSON. One level deeper turns r backslashes before a quote into 2r + 1, and a
 * backslash at the end of the value adds 2r + 2 of them: the closing quote is the first that has r and any number of those.
 */
const QUOTED = String.raw`(\\*)(["'])(?<secret>[^]{0,65536}?(?<!\\)(?:\1\1\\\\)*)\1\2`;
/** Up to a quote, a backslash or white space: what fits into JSON and shell text without breaking it. */
const BARE = String.raw`[^\s"'\\]+`;

const vaultTokens: readonly Rule[] = [
  byPattern('vault-token', String.raw`hv[sbr]\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9]{4,6}\b)?`),
  byPattern(
    'vault-token',
    String.raw`(?=[sr]\.)${EDGE}[sr]\.[A-Za-z0-9]{24,}(?:\.[A-Za-z0-9]{4,6}\b)?`,
  ),
  byPattern('vault-token', String.raw`(?=b\.)${EDGE}b\.[A-Za-z0-9_-]{24,}`),
];

const KEY_LISTS = '(?:unseal|recovery)_keys_(?:b64|hex)|keys_base64|keys';
const UNSEAL_WORDS = String.raw`(?:unseal|recovery) key \d|root token|operator unseal[ \t]|(?:${KEY_LISTS})(?:${QUOTE})?\s*:`;
const unsealKeys = where(new RegExp(UNSEAL_WORDS, 'i'), [
  byPattern('unseal-key', String.raw`(?:unseal|recovery) key \d+:\s*(?<secret>${BARE})`, 'i'),
  byPattern('vault-token', String.raw`initial root token:\s*(?<secret>${BARE})`, 'i'),
  byPattern('unseal-key', String.raw`operator unseal[ \t]+(?<secret>[^\s"'\\-]${BARE})`),
  within(
    'unseal-key',
    `(?:${KEY_LISTS})(?:${QUOTE})?\\s*:\\s*\\[[^\\]]*\\]`,
    '[A-Za-z0-9+/=]{24,}',
  ),
  within(
    'unseal-key',
    String.raw`(?:${KEY_LISTS}):(?:(?:\r?\n|\\+n)[ \t]*-[ \t]*${BARE})+`,
    '[A-Za-z0-9+/=]{24,}',
  ),
]);

const HEADERS = 'authorization|x-vault-token|x-consul-token|x-api-key|cookie';
const PARAMETER = String.raw`[\w-]+=(?:\\*"[^"\\]*\\*"|[^\s,"'\\]+)`;
const DIGEST = String.raw`(?:Digest|AWS4-HMAC-SHA256)[ \t]+${PARAMETER}(?:,?[ \t]*${PARAMETER})*`;
const headers = where(new RegExp(HEADERS, 'i'), [
  // Authorization: Bearer …, X-Vault-Token:[…]
  byPattern(
    'header',
    String.raw`(?:${HEADERS})[ \t]*[:=][ \t]*\[?(?:${QUOTE})?(?<secret>${DIGEST}|[^\s"'\\\]{[][^\r\n\u001B"'\\\]]*)`,
    'i',
  ),
  // "X-Vault-Token": ["…"]
  byPattern(
    'header',
    String.raw`(?:${HEADERS})${QUOTE}\s*[:=]\s*(?:\[\s*)?${QUOTE}(?<secret>${DIGEST}|[^\r\n\u001B"'\\]+)`,
    'i',
  ),
]);

const BLOCK = String.raw`-----(?:BEGIN|END) [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----`;
const privateKeys: readonly Rule[] = [
  // Without its end it was cut off: everything after its beginning may be key, as far as a text of its own goes.
  byPattern(
    'private-key',
    String.raw`-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:[^]*?-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|[^"'{}<>|]*)`,
  ),
  // The tail of a key whose beginning was cut off.
  (text) =>
    Array.from(text.matchAll(new RegExp(BLOCK, 'g'))).map((match) => {
      let start = match.index;
      if (match[0].startsWith('-----END')) {
        while (start > 0 && /[A-Za-z0-9+/=\s\\]/.test(text.charAt(start - 1))) start -= 1;
      }
      return { start, end: match.index + match[0].length, kind: 'private-key' };
    }),
  // PEM in base64 (kubeconfig, Secrets) begins like this; certificates, which say so, are not secret.
  byPattern('private-key', String.raw`LS0tLS1CRUdJTi(?!BDRVJUSUZJQ0FURS)[A-Za-z0-9+/=_-]+`),
  byPattern('private-key', String.raw`AGE-SECRET-KEY-1[A-Z0-9]{20,}`),
];

const apiTokens: readonly Rule[] = [
  byPattern('jwt', String.raw`(?=eyJ)${EDGE}eyJ[\w-]{8,}(?:\.[\w-]*){1,4}`),
  byPattern('api-token', String.raw`(?:PVEAPIToken|PVEAuthCookie)=(?<secret>${BARE})`),
  byPattern('api-token', String.raw`PVE:[^\s:"'\\]+:[0-9A-Fa-f]{8}::[A-Za-z0-9+/=]+`),
  byPattern('api-token', String.raw`(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{16}`),
  byPattern(
    'api-token',
    String.raw`gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|glpat-[\w-]{20,}`,
  ),
  byPattern('api-token', String.raw`xox[abeprs]-[A-Za-z0-9-]{10,}`),
];

/**
 * Secrets that begin with a mark of their own: one look for all the marks takes a third of a look for each. `yJ` is of a
 * token's `eyJ`: texts are full of `e`, and looking at each of them takes as long as all the rest.
 */
const marked = where(
  /hv[sbr]\.|[sbr]\.[A-Za-z0-9_-]{24}|PRIVATE KEY|LS0tLS1CRUdJTi|AGE-SECRET-KEY|yJ|PVE|A(?:KI|SI|GP|ID|RO)A[A-Z0-9]|gh[pousr]_|github_pat_|glpat-|xox/,
  [...vaultTokens, ...privateKeys, ...apiTokens],
);

const urls = where(/:\/\/[^\s/"'\\]+@/, [
  byPattern('url-password', String.raw`:\/\/[^\s/"'\\:@]*:(?<secret>[^\s/"'\\]+)@`),
  byPattern('url-password', String.raw`:\/\/(?<secret>[^\s/"'\\:@]{16,})@`),
]);

/** Names whose values are secret. A bare `secret` is not among them: Kubernetes calls the name of an object so. */
const NAMES =
  'token|password|passwd|passphrase|(?:[_-]|client)secret|secret[_-]?id|' +
  '(?:secret|private|api|encryption|unseal|recovery|signing|master)[_-]?key|secret[_-]access[_-]key|' +
  String.raw`(?:key|client-certificate)-data|\.dockerconfigjson|csrfpreventiontoken`;
const ENV_NAMES =
  '(?:TOKEN|PASSWORD|PASSWD|PASSPHRASE|SECRET|API_?KEY|ACCESS_KEY|PRIVATE_KEY|CREDENTIALS?)';

/**
 * What may stand between a name and its value. Kubernetes has such names in every pod, with objects and lists as values:
 * what they hold is looked at by itself.
 */
const BEFORE_VALUE = String.raw`(?:=\S|:[ \t]*\S|(?:${QUOTE})?\s*[:=]\s*[^\s{[]|[ \t]+\S|${QUOTE}\s*,\s*\\*["'])`;
/** The end of every name that ends in "key". */
const KEY = '[_einlygrt-]key';
/** The names, in as few and as plain words as can be, for the sake of speed; `-data` is the end of many a claim's name. */
const NAMED = [
  `(?:token|password|passwd|passphrase|secret|secret[_-]?id|${KEY}|dockerconfigjson)${BEFORE_VALUE}`,
  `-data(?<=key-data|certificate-data)${BEFORE_VALUE}`,
].map((it) => new RegExp(it, 'i'));

const fields = where(NAMED, [
  // "password": "…", password = '…', and inside JSON strings, however deep: \"password\":\"…\"
  byPattern('field', String.raw`(?:${NAMES})(?:${QUOTE})?\s*[:=]\s*${QUOTED}`, 'i'),
  // The same, cut off before its closing quote.
  byPattern(
    'field',
    String.raw`(?:${NAMES})(?:${QUOTE})?\s*[:=]\s*${QUOTE}(?<secret>[^"'\\]+)$`,
    'i',
  ),
  // A line of YAML, at the beginning of a line or after an escaped line end.
  byPattern(
    'field',
    String.raw`^[ \t]*(?:- )?[\w.-]{0,64}?(?:${NAMES}):[ \t]+(?<secret>[^\s"'{[|>&*!].*)$`,
    'im',
  ),
  byPattern(
    'field',
    String.raw`\\n[ ]*(?:- )?[\w.-]{0,64}?(?:${NAMES}):[ ]+(?<secret>${BARE})`,
    'i',
  ),
  // PASSWORD=…, --password …, "--token","…", and in the middle of a sentence.
  byPattern('field', String.raw`(?:${NAMES})=(?<secret>[^\s"'\\&;,]+)`, 'i'),
  byPattern(
    'field',
    String.raw`--[\w-]{0,40}?(?:${NAMES})(?:[ \t]+|${QUOTE}\s*,\s*${QUOTE})(?<secret>[^\s"'\\-]${BARE})`,
    'i',
  ),
  // NOPASSWD: of sudoers(5) is followed by a command, which an operator is told to allow.
  byPattern(
    'field',
    String.raw`(?:password|(?<!\bno)passwd|passphrase|key-data|client-certificate-data):[ \t]*(?<secret>[^\s"'\\,;]+)`,
    'i',
  ),
  byPattern('field', String.raw`token:[ \t]*(?<secret>[\w.~+/-]{16,}=*)`, 'i'),
]);

/** A variable of a pod: {"name":"DB_PASSWORD","value":"…"} */
const podVariables = where(new RegExp(ENV_NAMES), [
  byPattern(
    'field',
    String.raw`"name\\*"\s*:\s*\\*"[A-Z0-9_]{0,64}?${ENV_NAMES}[A-Z0-9_]{0,64}\\*"\s*,\s*\\*"value\\*"\s*:\s*${QUOTED}`,
  ),
]);

/** Every form of secret that is known without being told. */
export const FAMILIES: readonly Family[] = [
  marked,
  unsealKeys,
  headers,
  urls,
  fields,
  podVariables,
];

const SECRET_NAME = new RegExp(`(?:${NAMES}|${HEADERS}|${KEY_LISTS})$`, 'i');

/** Whether a field of this name holds a secret, whatever it looks like. */
export const isSecretName = (name: string): boolean => name !== 'keys' && SECRET_NAME.test(name);
