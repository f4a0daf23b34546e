import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/engine/events.ts';
import { eventRedactor, redact, redactEvent } from '../../src/journal/redact.ts';
import { finishedCommand, happening, stamped, started } from './samples.ts';

const BASE62 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'.split('');
const of = (chars: readonly string[], minLength: number, maxLength = minLength) =>
  fc.array(fc.constantFrom(...chars), { minLength, maxLength }).map((it) => it.join(''));
const base62 = (min: number, max?: number) => of(BASE62, min, max);
const base64url = (min: number, max?: number) => of([...BASE62, '-', '_'], min, max);

/** A form of secret: how it stands in a text, and the part that must never survive. */
interface Planted {
  readonly text: string;
  readonly secret: string;
}
const itself = (it: fc.Arbitrary<string>) =>
  it.map((secret): Planted => ({ text: secret, secret }));
const inside = (it: fc.Arbitrary<string>, before: string, after = '') =>
  it.map((secret): Planted => ({ text: before + secret + after, secret }));

const pem = base62(64, 200).map((it) => it.replaceAll(/(.{64})/g, '$1\n'));
const token = base64url(16, 60);

const forms: Readonly<Record<string, fc.Arbitrary<Planted>>> = {
  'vault service token': itself(base64url(24, 95).map((it) => `hvs.${it}`)),
  'vault batch token': itself(base64url(90, 140).map((it) => `hvb.${it}`)),
  'vault recovery token': itself(base64url(24, 30).map((it) => `hvr.${it}`)),
  'legacy token': itself(base62(24).map((it) => `s.${it}`)),
  'legacy token of a namespace': itself(
    base62(29).map((it) => `s.${it.slice(0, 24)}.${it.slice(24)}`),
  ),
  'legacy batch token': itself(base64url(60, 120).map((it) => `b.${it}`)),
  'bearer header': inside(token, 'Authorization: Bearer '),
  'basic header': inside(base62(12, 40), '> authorization: Basic '),
  'unknown scheme': inside(token, 'Authorization: Whatever '),
  'digest header': inside(
    base62(32),
    'Authorization: Digest username="x", response="',
    '", uri="/"',
  ),
  'vault header': inside(token, 'X-Vault-Token: '),
  'header in a Go map': inside(token, 'map[Accept:[*/*] X-Vault-Token:[', ']]'),
  'header in JSON': inside(token, '{"X-Vault-Token":["', '"]}'),
  'header on a command line': inside(token, "curl -H 'X-Vault-Token: ", "' https://vault:8200"),
  jwt: itself(
    fc
      .tuple(base64url(20, 40), base64url(30, 90), base64url(43))
      .map(([head, body, sum]) => `eyJ${head}.eyJ${body}.${sum}`),
  ),
  'private key': inside(
    pem,
    '-----BEGIN RSA PRIVATE KEY-----\n',
    '\n-----END RSA PRIVATE KEY-----',
  ),
  'openssh key': inside(
    pem,
    '-----BEGIN OPENSSH PRIVATE KEY-----\n',
    '\n-----END OPENSSH PRIVATE KEY-----',
  ),
  'private key without its end': inside(pem, '-----BEGIN PRIVATE KEY-----\n'),
  'private key without its beginning': inside(pem, '\n', '\n-----END EC PRIVATE KEY-----'),
  'private key in base64': inside(base62(100, 200), 'key: LS0tLS1CRUdJTi'),
  'kubeconfig key': inside(base62(80, 160), '    client-key-data: '),
  'kubeconfig token': inside(token, 'users:\n- name: x\n  user:\n    token: '),
  'kubeconfig password': inside(base62(8, 20), '    password: "', '"'),
  'password in a URL': inside(base62(8, 20), 'postgres://sre:', '@db.example:5432/x'),
  'password with an at sign in a URL': inside(
    base62(8, 20).map((it) => `p@${it}`),
    'https://sre:',
    '@db.example/',
  ),
  'token as user of a URL': inside(base62(20, 40), 'https://', '@git.example/x.git'),
  'proxmox token': inside(base62(36), 'PVEAPIToken=root@pam!sre='),
  'proxmox ticket': inside(base62(80), 'PVE:root@pam:66F0A1B2::'),
  'aws key': itself(of('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.split(''), 16).map((it) => `AKIA${it}`)),
  'aws secret': inside(base62(40), 'aws_secret_access_key = "', '"'),
  'github token': itself(base62(36).map((it) => `ghp_${it}`)),
  'gitlab token': itself(base64url(20, 30).map((it) => `glpat-${it}`)),
  'slack token': itself(base62(20, 40).map((it) => `xoxb-${it}`)),
  'age key': itself(
    of('QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L'.split(''), 58).map((it) => `AGE-SECRET-KEY-1${it}`),
  ),
  'proxmox cookie': inside(base62(40), 'Cookie: PVEAuthCookie='),
  'field of YAML': inside(base62(8, 20), 'data:\n  admin_password: '),
  'field in the middle of a sentence': inside(base62(20, 40), 'renewed the token: '),
  'docker configuration': inside(base62(20, 40), '{".dockerconfigjson": "', '"}'),
  'unseal key': inside(base62(44), 'Unseal Key 3: '),
  'recovery key': inside(base62(44), 'Recovery Key 1: '),
  'root token': inside(base62(16, 30), 'Initial Root Token: '),
  'unseal keys in JSON': inside(base62(44), '{"unseal_keys_b64": [ "', '" ], "unseal_shares": 5}'),
  'unseal keys in YAML': inside(base62(44), 'unseal_keys_b64:\n- AAAA\n- '),
  'unseal key on a command line': inside(base62(44), 'vault operator unseal '),
  'environment variable': inside(token, 'VAULT_TOKEN='),
  flag: inside(base62(8, 20), 'mysql --password '),
  'flag in JSON': inside(base62(8, 20), '["--admin-password","', '"]'),
  'variable of a pod': inside(base62(8, 20), '{"name":"DB_PASSWORD","value":"', '"}'),
  'field in JSON': inside(
    fc.string({ minLength: 8 }).map((it) => JSON.stringify(it).slice(1, -1)),
    '{"client_token": "',
    '"}',
  ),
};

/** How deep a text can be buried. */
const wrappings: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (it) => it,
  'after a log prefix': (it) => `2026-11-22T03:00:00Z [ERROR] core: ${it}`,
  'in the middle of lines': (it) => `before\n${it}\nafter`,
  'after a colour': (it) => `\u001B[1;31m${it}\u001B[0m`,
  'in JSON': (it) => JSON.stringify({ message: `failed:\n${it}\n`, level: 'error' }),
  'in JSON in JSON': (it) => JSON.stringify({ log: JSON.stringify({ msg: `x\n${it}\ny` }) }),
  'deep in a large output': (it) => `${'x y z\n'.repeat(5000)}${it}\n${'{"a":"b"}\n'.repeat(5000)}`,
};

/** The planted secret as the wrapping spells it. */
const spellings = (secret: string): readonly string[] => {
  const once = JSON.stringify(secret).slice(1, -1);
  return [secret, once, JSON.stringify(once).slice(1, -1)];
};

describe.for(Object.entries(forms))('%s', ([, form]) => {
  test.for(Object.entries(wrappings))('never survives %s', ([where, wrap]) => {
    fc.assert(
      fc.property(form, ({ text, secret }) => {
        const clean = redact(wrap(text), []);
        expect(clean).toContain('‹redacted:');
        for (const it of spellings(secret)) expect(clean).not.toContain(it);
        expect(redact(clean, [])).toBe(clean);
      }),
      { numRuns: where === 'deep in a large output' ? 3 : 25 },
    );
  });

  test('leaves JSON around it JSON', () => {
    fc.assert(
      fc.property(form, ({ text }) => {
        const json = { before: [1, 'two'], text, after: { ok: true } };
        const clean = JSON.parse(redact(JSON.stringify(json), [])) as unknown;
        expect(clean).toMatchObject({ before: [1, 'two'], after: { ok: true } });
      }),
      { numRuns: 25 },
    );
  });
});

const plain = (value: string) => fc.constantFrom(`x ${value} y`, value);
const goJson = (it: string) =>
  JSON.stringify(it).replaceAll(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);
const stampedOne = (it: Parameters<typeof stamped>[1][number]): Event => {
  const [event] = stamped('01K9VJ8Q2M7R4T6W8Y0A2C4E6G', [it]);
  if (event === undefined) throw new Error('one event');
  return event;
};

describe('values that the inventory lists', () => {
  const known = fc
    .string({ unit: 'binary', minLength: 6, maxLength: 40 })
    .map((it) => it.trim())
    .filter((it) => it.length >= 6 && !'‹redacted:known›'.includes(it) && !/^[\w‹›:.-]*$/.test(it));

  test('never survive: bare, in JSON, in JSON in JSON, as Go writes it, in a URL', () => {
    fc.assert(
      fc.property(
        known.chain((it) => fc.tuple(fc.constant(it), plain(it))),
        ([secret, text]) => {
          const twice = JSON.stringify({ log: JSON.stringify({ msg: text }) });
          for (const it of [text, JSON.stringify({ msg: text }), twice, goJson(text)]) {
            const clean = redact(it, [secret]);
            for (const spelt of spellings(secret)) expect(clean).not.toContain(spelt);
            expect(clean).toContain('‹redacted:');
          }
          expect(redact(`?q=${encodeURIComponent(secret)}&x`, [secret])).toBe(
            '?q=‹redacted:known›&x',
          );
        },
      ),
    );
  });

  test('never survive in base64, wherever they begin in it', () => {
    fc.assert(
      fc.property(base62(8, 30), base62(0, 9), base62(0, 9), (secret, before, after) => {
        const clean = redact(Buffer.from(before + secret + after).toString('base64'), [secret]);
        const left = Buffer.from(clean.replaceAll(/‹.*?›/g, ''), 'base64').toString('latin1');
        expect(clean).toContain('‹redacted:known›');
        expect(left).not.toContain(secret.slice(0, 6));
      }),
    );
  });

  test('of several lines are each a value', () => {
    expect(redact('one: first-line two: second-line', ['first-line\nsecond-line\n'])).toBe(
      'one: ‹redacted:known› two: ‹redacted:known›',
    );
  });

  test('shorter than 6 characters are not looked for', () => {
    expect(redact('a node ran', ['node', '', '  '])).toBe('a node ran');
  });

  test('that overlap another secret leave nothing of either', () => {
    expect(redact('Authorization: Bearer abcdef-ghijkl', ['Bearer abcdef'])).toBe(
      'Authorization: ‹redacted:header›',
    );
    expect(redact('x password=hunter22 y', ['x password=hunter22'])).toBe('‹redacted:known› y');
  });
});

describe('what is no secret stays', () => {
  test.for([
    'pod/vault-2 · uid 6f0c1c2e-0000-4000-8000-0000000000e1 · on k8s-node2',
    'kubectl --context homelab delete --raw /api/v1/namespaces/vault/pods/vault-2 -f -',
    'msgpack decode error [pos 0]: read tcp 10.10.1.2:41234->10.10.2.3:8201: i/o timeout',
    '{"kind":"Pod","spec":{"volumes":[{"secret":{"secretName":"vault-unseal-key"}}],"serviceAccountName":"vault"}}',
    '{"automountServiceAccountToken":true,"token":null,"password":7,"cookie":{"a":"b"},"authorization":{"mode":"x"}}',
    'secret/vault-unseal-key',
    '2026-11-22T03:00:00Z [WARN] core: token expired, renewing',
    'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
    'certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1J',
    'wchan rpc_wait_bit_killable 1234 (mount.nfs) D',
    'put this line into /etc/sudoers.d/sre: ops ALL=(root) NOPASSWD: /usr/bin/timeout',
    'https://vault.example/v1/sys/health?standbycode=200',
    'docker-pullable://docker.io/hashicorp/vault@sha256:abcdef',
    '{"keys":["app.kubernetes.io/name","component"],"key":"unseal"}',
  ])('%s', (text) => {
    expect(redact(text, [])).toBe(text);
  });

  test('an event without secrets is the same event, its site and types included', () => {
    const event = stampedOne(started);
    expect(redactEvent(event, [])).toEqual(event);
  });
});

describe('events', () => {
  test('lose a planted secret wherever it stands: values, lists, keys, large outputs', () => {
    fc.assert(
      fc.property(base64url(30), fc.nat(20_000), (tail, at) => {
        const secret = `hvs.${tail}`;
        const stdout = `${'a'.repeat(at)}\n${secret}\n${'b'.repeat(20_000 - at)}`;
        const params = {
          deep: [{ list: ['x', `is ${secret}`] }],
          [secret]: 1,
          json: JSON.stringify({ secret }),
        };
        const events = [
          stampedOne({ ...started, params }),
          stampedOne(finishedCommand({ stdout, stderr: `\u001B[1m${secret}`, truncated: false })),
        ];
        const clean = JSON.stringify(events.map(eventRedactor([])));
        expect(clean).not.toContain(tail);
      }),
      { numRuns: 25 },
    );
  });

  test('lose what stands under a name that says secret, whatever it looks like', () => {
    const params = {
      password: 'hunter2',
      unseal_keys_b64: ['abc', 'def'],
      nested: { client_token: 'plain', Authorization: 'x', token: true, token_file: '/etc/x' },
    };
    expect(redactEvent(stampedOne({ ...started, params }), [])).toMatchObject({
      params: {
        password: '‹redacted:field›',
        unseal_keys_b64: ['‹redacted:field›', '‹redacted:field›'],
        nested: {
          client_token: '‹redacted:field›',
          Authorization: '‹redacted:field›',
          token: true,
          token_file: '/etc/x',
        },
      },
    });
  });

  test('keep their shape, and once redacted stay as they are', () => {
    fc.assert(
      fc.property(happening, (it) => {
        const once = redactEvent(stampedOne(it), ['a known value']);
        expect(once.type).toBe(it.type);
        expect(redactEvent(once, ['a known value'])).toEqual(once);
      }),
    );
  });

  test('have well-formed texts afterwards: what is folded is what is read back', () => {
    const output = { stdout: 'cut \uD83D', stderr: '', truncated: true };
    expect(redactEvent(stampedOne(finishedCommand(output)), [])).toMatchObject({
      output: { stdout: 'cut \uFFFD' },
    });
  });
});

test('a field that was cut off before its closing quote loses what is there', () => {
  expect(redact('{"data":{"client_token":"abc-def', [])).toBe(
    '{"data":{"client_token":"‹redacted:field›',
  );
});

test.for([
  ['words', 'token token password secret '],
  ['colons', '://a:'],
  ['dashes', '----------'],
  ['jwt beginnings', 'eyJeyJeyJeyJ'],
  ['base64', 'QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo='],
  ['key beginnings', '-----BEGIN RSA PRIVATE KEY-----'],
  ['key ends', '-----END RSA PRIVATE KEY-----\n'],
  ['escapes', '\\\\\\"token\\":\\"'],
  ['json', '{"name":"A_TOKEN","value":"x","token":"abc","keys":["a"]},'],
])('a megabyte of %s is read in reasonable time', ([, part = '']) => {
  const text = part.repeat(Math.ceil(1_000_000 / part.length));
  const start = performance.now();
  redact(text, ['a known value']);
  expect(performance.now() - start).toBeLessThan(5000);
});
