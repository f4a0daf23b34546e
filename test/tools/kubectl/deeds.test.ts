import { describe, expect, test } from 'vitest';
import { setUnschedulable } from '../../../src/tools/kubectl/cordon.ts';
import { evictPod } from '../../../src/tools/kubectl/evict.ts';
import { exited, readWith, valueOf, whyOf } from '../output.ts';
import { CLUSTER, UID } from '../site.ts';
import { recorded, transcript } from './recorded.ts';

const NODE = { name: 'k8s-node3', uid: 'n-k8s-node3' };
const CORDON = setUnschedulable(CLUSTER, NODE, true);
const EVICT = evictPod(CLUSTER, { namespace: 'vault', name: 'vault-2', uid: UID });

const VERSIONS = ['cordon-drain-1.27.txt', 'cordon-drain-1.30.txt', 'cordon-drain-1.33.txt'];

describe('cordon', () => {
  test('reads back the node as it is now', () => {
    expect(valueOf(readWith(CORDON, recorded('cordon-accepted')))).toMatchObject({
      ...NODE,
      unschedulable: true,
      ready: 'True',
    });
  });

  test('another node of that name, one that may not be changed, and none', () => {
    expect(whyOf(readWith(CORDON, recorded('cordon-other-node')))).toEqual({
      why: 'exit',
      says: 'node k8s-node3 was not changed: it has another UID than the one seen, or the API server does not take the patch',
    });
    expect(whyOf(readWith(CORDON, recorded('cordon-forbidden'))).why).toBe('denied');
    expect(whyOf(readWith(CORDON, recorded('cordon-gone'))).says).toBe(
      'nodes missing does not exist',
    );
    expect(whyOf(readWith(CORDON, recorded('etcd-timeout'))).why).toBe('timeout');
  });

  test('what kubectl cordon itself prints is no node', () => {
    expect(whyOf(readWith(CORDON, exited('node/k8s-node3 cordoned\n'))).why).toBe('unparsable');
  });

  test.for(VERSIONS)(
    '%s: kubectl cordon exits 0 where it is forbidden, so it is not used',
    (name) => {
      const [, out] = transcript(name).find(([line]) => line === 'kubectl cordon k8s-node4') ?? [];
      expect(out?.ending).toEqual({ how: 'exited', code: 0 });
      expect(out?.stderr).toContain('is forbidden');
      expect(readWith(CORDON, out ?? exited('{}')).ok).toBe(false);
    },
  );

  test('uncordon sets it to false, and has a name of its own', () => {
    const { id, run } = setUnschedulable(CLUSTER, NODE, false);
    expect(id).toBe('kubectl.uncordon');
    expect(run.kind === 'argv' && run.argv.join(' ')).toContain(
      '{"op":"add","path":"/spec/unschedulable","value":false}',
    );
  });
});

/** The body that an eviction sends. */
const body = (graceSeconds?: number): unknown => {
  const { run } = evictPod(
    CLUSTER,
    { namespace: 'vault', name: 'vault-2', uid: UID },
    graceSeconds,
  );
  const stdin = run.kind === 'argv' ? run.stdin : undefined;
  return stdin?.kind === 'text' ? (JSON.parse(stdin.text) as unknown) : undefined;
};

describe('evict', () => {
  test.for([
    ['evict-accepted', 'accepted'],
    ['evict-blocked', 'blocked-by-budget'],
    ['evict-replaced', 'already-replaced'],
    ['evict-gone', 'gone'],
  ] as const)('%s', ([name, answer]) => {
    expect(valueOf(readWith(EVICT, recorded(name)))).toBe(answer);
  });

  test('a busy API server is no budget, and two budgets are no answer', () => {
    expect(whyOf(readWith(EVICT, recorded('evict-busy'))).says).toContain('too many requests');
    expect(whyOf(readWith(EVICT, recorded('evict-two-budgets'))).says).toContain(
      'more than one PodDisruptionBudget',
    );
    expect(whyOf(readWith(EVICT, recorded('timeout'))).why).toBe('timeout');
    expect(whyOf(readWith(EVICT, recorded('namespace-missing'))).why).toBe('exit');
    expect(whyOf(readWith(EVICT, exited('{"kind":"Pod"}'))).why).toBe('unparsable');
    expect(whyOf(readWith(EVICT, exited('evicting pod vault/vault-2\n'))).why).toBe('unparsable');
  });

  test.for(VERSIONS)('%s words the budget in the same way', (name) => {
    const words = transcript(name)
      .flatMap(([, out]) => out.stderr.split('\n'))
      .flatMap((line) => /\(will retry after 5s\): (.*)$/.exec(line)?.[1] ?? []);
    expect(words).toHaveLength(1);
    const says = `Error from server (TooManyRequests): ${words[0] ?? ''}\n`;
    expect(valueOf(readWith(EVICT, exited('', 1, says)))).toBe('blocked-by-budget');
  });

  test('carries the UID that was seen, and a grace only where one is given', () => {
    const eviction = {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: 'vault-2', namespace: 'vault' },
    };
    expect(body()).toEqual({ ...eviction, deleteOptions: { preconditions: { uid: UID } } });
    expect(body(30)).toEqual({
      ...eviction,
      deleteOptions: { preconditions: { uid: UID }, gracePeriodSeconds: 30 },
    });
  });
});
