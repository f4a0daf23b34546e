import type { Observation } from '../../../src/runbook/observation.ts';
import type { NodeLease } from '../../../src/tools/kubectl/leases.ts';
import type { Kubelet } from '../../../src/tools/node/kubelet.ts';

/**
 * What a kubelet's own health endpoint says. Only an answer other than 200, a refusal, or silence is ill; one that could not be
 * asked is unknown.
 */
export function kubeletSays(it: Observation<Kubelet>): 'well' | 'ill' | 'unknown' {
  if (!it.ok || it.value.healthz.is === 'unknown') return 'unknown';
  return it.value.healthz.is === 'status' && it.value.healthz.status === 200 ? 'well' : 'ill';
}

/** The same for a person. */
export function sayKubelet(it: Observation<Kubelet>): string {
  if (!it.ok) return `its kubelet could not be looked at: ${it.says}`;
  const { healthz } = it.value;
  switch (healthz.is) {
    case 'status':
      return `its kubelet's health endpoint answers ${healthz.status}`;
    case 'refused':
      return "its kubelet's health endpoint refuses connections";
    case 'silent':
      return "its kubelet's health endpoint takes the connection and says nothing";
    case 'unknown':
      return "its kubelet's health endpoint could not be asked";
  }
}

/** A kubelet renews its lease about every 10 s; the node controller waits 40 s for it (COMMANDS D.3). */
const LEASE_MS = 40_000;

/** How old a node's lease is, in words, and whether that is too old; `undefined` age: it could not be read. `now` in milliseconds. */
export function leaseOf(
  lease: Observation<NodeLease | undefined>,
  now: number,
): { readonly is: 'fresh' | 'stale' | 'unknown'; readonly says: string } {
  const renewed = lease.ok ? Date.parse(lease.value?.renewTime ?? '') : Number.NaN;
  if (Number.isNaN(renewed)) return { is: 'unknown', says: 'its lease could not be read' };
  const says = `its lease is ${Math.round((now - renewed) / 1000)} s old`;
  return { is: now - renewed < LEASE_MS ? 'fresh' : 'stale', says };
}
