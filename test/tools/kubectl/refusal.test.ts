import { describe, expect, test } from 'vitest';
import { classify } from '../../../src/tools/kubectl/kubectl.ts';
import { exited } from '../output.ts';
import { recorded, transcript } from './recorded.ts';

describe('recorded with kubectl 1.32', () => {
  test.for([
    ['pod-missing', 'not-found', 'exit', 'pods missing does not exist'],
    ['secret-missing', 'not-found', 'exit', 'secrets missing does not exist'],
    ['delete-gone', 'not-found', 'exit', 'pods missing does not exist'],
    [
      'namespace-missing',
      'failed',
      'exit',
      'namespace gone does not exist: check the namespace in the inventory',
    ],
    ['path-missing', 'failed', 'exit', 'the API server does not serve this path'],
    [
      'delete-replaced',
      'uid-conflict',
      'exit',
      'an object of that name exists, and it is not the one seen',
    ],
    [
      'delete-replaced-storage',
      'uid-conflict',
      'exit',
      'an object of that name exists, and it is not the one seen',
    ],
    [
      'pod-forbidden',
      'failed',
      'denied',
      'not permitted for your identity: pods "forbidden" is forbidden',
    ],
    ['proxy-no-right', 'failed', 'denied', 'cannot get resource "pods/proxy"'],
    ['pod-unauthorized', 'failed', 'denied', 'does not accept your credentials'],
    [
      'context-missing',
      'failed',
      'denied',
      'kubectl knows no context nowhere: check cluster.context',
    ],
    ['kubeconfig-missing', 'failed', 'denied', 'kubectl cannot read its configuration'],
    ['etcd-timeout', 'failed', 'timeout', 'whether it did it is unknown'],
    ['timeout', 'failed', 'timeout', 'ran out of time'],
    ['gateway-timeout', 'failed', 'timeout', 'whether it did it is unknown'],
    ['hang', 'failed', 'timeout', 'no answer from the API server in time'],
    ['tls-stall', 'failed', 'timeout', 'no answer from the API server in time'],
    ['refused', 'failed', 'unreachable', 'the API server refused the connection'],
    ['no-such-host', 'failed', 'unreachable', 'no such host'],
    ['proxy-refused', 'failed', 'unreachable', 'the API server could not get through'],
    ['proxy-no-answer', 'failed', 'timeout', 'the API server could not get through'],
    ['exec-kubelet-down', 'failed', 'unreachable', 'error dialing backend'],
    ['logs-kubelet-down', 'failed', 'unreachable', 'connection refused'],
    ['vault-sealed', 'failed', 'unreachable', 'answered that it cannot'],
    ['internal-error', 'failed', 'exit', 'Internal error occurred: boom'],
    ['not-ready', 'failed', 'exit', 'etcd failed'],
    ['patch-test-fails', 'failed', 'exit', 'the API server refused the change'],
  ] as const)('%s is %s (%s)', ([name, is, why, says]) => {
    const refusal = classify(recorded(name));
    expect(refusal?.is).toBe(is);
    expect(refusal?.reading.why).toBe(why);
    expect(refusal?.reading.says).toContain(says);
  });

  test('success is no refusal', () => {
    expect(classify(recorded('ready'))).toBeUndefined();
    expect(classify(recorded('delete-at-once'))).toBeUndefined();
  });
});

describe.for(['1.27', '1.30', '1.33'])('transcripts of kubectl %s', (version) => {
  const lines = transcript(`errors-${version}.txt`);
  const of = (part: string) =>
    lines.filter(([argv]) => argv.includes(part)).map(([, out]) => classify(out)?.reading.why);

  test('log lines of client libraries before the last word do not count', () => {
    const last = lines.slice(-2).map(([, out]) => classify(out)?.reading);
    expect(last.map((it) => it?.why)).toEqual(['unreachable', 'unreachable']);
    expect(last[0]?.says).toContain('refused the connection');
    expect(last[1]?.says).toContain('no such host');
  });

  test('a missing pod, a missing namespace and a full budget are told apart', () => {
    expect(lines.slice(0, 2).map(([, out]) => classify(out)?.is)).toEqual(['not-found', 'failed']);
    expect(of('delete pod tmr')).toEqual(['exit']);
  });

  test('a certificate that does not fit is unreachable, a stalled handshake a timeout', () => {
    expect(of('get --raw /version').slice(0, 2)).toEqual(['unreachable', 'timeout']);
  });

  test('kubectl killed while it only logged its troubles still yields a sentence', () => {
    const killed = lines.filter(([argv]) => argv.includes('--request-timeout=3s get pod vault-2'));
    for (const [, out] of killed) expect(classify(out)?.reading.says).toContain('exit code 124');
  });
});

describe('by hand', () => {
  test.for([
    ['error: unable to upgrade connection: container not found ("vault")', 'unreachable'],
    [
      'Unable to connect to the server: getting credentials: exec: executable aws failed with exit code 255',
      'denied',
    ],
    ['Please enter Username: error: EOF', 'exit'],
    ['error: EOF', 'denied'],
    ['error: the server doesn\'t have a resource type "bogus"', 'exit'],
    [
      'Error from server (Conflict): Operation cannot be fulfilled on statefulsets.apps "vault": the object has been modified',
      'exit',
    ],
    ['Warning: deprecated\nE1122 05:52:35.874930    5784 memcache.go:265] nothing', 'exit'],
    ['', 'exit'],
  ] as const)('%j', ([stderr, why]) => {
    expect(classify(exited('', 1, stderr))?.reading.why).toBe(why);
  });

  test('a sentence carries no escape sequence and is cut', () => {
    const says = classify(exited('', 1, `error: \u001B[31mred\u001B[0m\u0007 ${'x'.repeat(999)}`))
      ?.reading.says;
    expect(says).toMatch(/^kubectl refused: red x+…$/);
    expect(says?.length).toBe(300);
  });
});
