import { expect, test } from 'vitest';
import { deletePod } from '../../../src/tools/kubectl/delete-pod.ts';
import { podLogs } from '../../../src/tools/kubectl/logs.ts';
import { apiReady } from '../../../src/tools/kubectl/ready.ts';
import { secretExists } from '../../../src/tools/kubectl/secrets.ts';
import { exited, readWith, valueOf, whyOf } from '../output.ts';
import { CLUSTER, UID } from '../site.ts';
import { recorded } from './recorded.ts';

const DELETE = deletePod(CLUSTER, { namespace: 'vault', name: 'vault-2', uid: UID });
const SECRET = secretExists(CLUSTER, 'vault', 'vault-unseal-key');

test('the API server is ready when it says so, and only then', () => {
  expect(valueOf(readWith(apiReady(CLUSTER), recorded('ready')))).toBe('ready');
  expect(whyOf(readWith(apiReady(CLUSTER), recorded('not-ready'))).why).toBe('exit');
  expect(whyOf(readWith(apiReady(CLUSTER), exited('<html>ok</html>'))).why).toBe('unparsable');
});

test.for([
  ['delete-accepted', { is: 'accepted', deletionTimestamp: '2026-04-22T10:00:30Z' }],
  ['delete-at-once', { is: 'accepted' }],
  ['delete-replaced', { is: 'already-replaced' }],
  ['delete-replaced-storage', { is: 'already-replaced' }],
  ['delete-gone', { is: 'gone' }],
] as const)('%s', ([name, answer]) => {
  expect(valueOf(readWith(DELETE, recorded(name)))).toEqual(answer);
});

test('a delete whose outcome is unknown is no answer', () => {
  expect(whyOf(readWith(DELETE, recorded('etcd-timeout')))).toMatchObject({ why: 'timeout' });
  expect(whyOf(readWith(DELETE, recorded('hang')))).toMatchObject({ why: 'timeout' });
  expect(whyOf(readWith(DELETE, recorded('namespace-missing'))).says).toContain(
    'check the namespace',
  );
  expect(whyOf(readWith(DELETE, exited('pod "vault-2" deleted\n'))).why).toBe('unparsable');
});

test('a secret that is there, one that is not, and one that may not be seen', () => {
  expect(valueOf(readWith(SECRET, recorded('secret-exists')))).toBe(true);
  expect(valueOf(readWith(SECRET, recorded('secret-missing')))).toBe(false);
  expect(whyOf(readWith(SECRET, recorded('namespace-missing'))).why).toBe('exit');
  expect(whyOf(readWith(SECRET, recorded('pod-forbidden'))).why).toBe('denied');
  expect(whyOf(readWith(SECRET, exited('secret/another\n'))).why).toBe('unparsable');
});

test('log lines, none, and a kubelet that is down', () => {
  const logs = podLogs(CLUSTER, { namespace: 'vault', name: 'vault-2' }, 'vault', 5);
  const lines = valueOf(readWith(logs, recorded('logs')));
  expect(lines).toHaveLength(5);
  expect(lines.at(-1)).toContain('election won: term=32');
  expect(valueOf(readWith(logs, exited('')))).toEqual([]);
  expect(whyOf(readWith(logs, recorded('logs-kubelet-down'))).why).toBe('unreachable');
});
