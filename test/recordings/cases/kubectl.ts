import { getPod } from '../../../src/tools/kubectl/pods.ts';
import { apiReady } from '../../../src/tools/kubectl/ready.ts';
import { secretExists } from '../../../src/tools/kubectl/secrets.ts';
import { health } from '../../../src/tools/vault/proxy.ts';
import { raftConfiguration } from '../../../src/tools/vault/token.ts';
import type { Cases, InLab } from '../case.ts';

const down = (until: RegExp): InLab => ({ scenario: 'api-down', until });

/** kubectl where the API server does not answer, or does not let it in. */
export const KUBECTL = {
  'context-missing': {
    about: 'the kubeconfig has no such context',
    asks: ({ site }) => apiReady({ ...site.cluster, context: 'elsewhere' }),
    means: { ok: false, why: 'denied' },
    lab: { scenario: 'healthy' },
  },
  'api-refused': {
    about: 'nothing listens on the port of the API server',
    asks: ({ site }) => apiReady(site.cluster),
    means: { ok: false, why: 'unreachable' },
    lab: down(/was refused/),
  },
  'api-dropped': {
    about: 'packets to the API server are lost',
    asks: ({ site }) => apiReady(site.cluster),
    means: { ok: false, why: 'timeout' },
    lab: down(/timeout|deadline/),
  },
  'api-frozen': {
    about: 'the API server takes connections and does not go on',
    asks: ({ site }) => apiReady(site.cluster),
    means: { ok: false, why: 'timeout' },
  },
  'pod-forbidden': {
    about: 'an identity that may not read pods',
    asks: ({ site }) => getPod(site.cluster, { namespace: 'vault', name: 'vault-0' }),
    means: { ok: false, why: 'denied' },
  },
  'secret-forbidden': {
    about: 'an identity that may not read secrets',
    asks: ({ site }) => secretExists(site.cluster, 'vault', 'vault-unseal-key'),
    means: { ok: false, why: 'denied' },
  },
  'proxy-forbidden': {
    about: 'an identity that may not use the pod proxy',
    asks: ({ site }) => health(site, { name: 'vault-0' }),
    means: { ok: false, why: 'denied' },
  },
  'exec-no-kubelet': {
    about: 'an exec on a node where no kubelet listens',
    asks: ({ site }) => raftConfiguration(site, { name: 'vault-2' }),
    means: { ok: false, why: 'unreachable' },
    lab: {
      scenario: 'healthy',
      world: (world) => ({
        ...world,
        nodes: world.nodes.map((it) =>
          it.name === 'k8s-node2' ? { ...it, kubelet: 'down' as const } : it,
        ),
      }),
    },
  },
} as const satisfies Cases;
