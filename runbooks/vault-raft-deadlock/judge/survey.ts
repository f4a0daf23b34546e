import type { Observation } from '../../../src/runbook/observation.ts';
import type { Pod } from '../../../src/tools/kubectl/pods.ts';
import type { Health, Leader } from '../../../src/tools/vault/proxy.ts';
import type { PodRef } from '../../../src/runbook/references.ts';

/** The first look: each pod's own word, and the world's outside. */
export interface Survey {
  readonly pods: Observation<readonly Pod[]>;
  readonly health: Readonly<Record<string, Observation<Health>>>;
  readonly leader: Readonly<Record<string, Observation<Leader>>>;
  readonly outside: Observation<{ readonly status: number }> | undefined;
}

export interface Surveyed {
  readonly is: 'well' | 'ill' | 'sealed' | 'terminating' | 'denied';
  readonly because: string;
  /** Pods that answered as unsealed standbys. */
  readonly standbys: readonly string[];
}

const isDenied = (it: Observation<unknown> | undefined): boolean =>
  it?.ok === false && it.why === 'denied';

function sayPod(name: string, seen: Survey): string {
  const health = seen.health[name];
  if (health?.ok !== true) return `${name} does not answer (${health?.says ?? 'not asked'})`;
  if (health.value.sealed) return `${name} is sealed`;
  if (!health.value.initialized) return `${name} is not initialised`;
  const cut = health.value.haConnectionHealthy === false ? ', cut off from the active node' : '';
  return `${name} is ${health.value.standby ? 'standby' : 'active'}${cut}`;
}

function sayOutside(outside: Survey['outside']): string {
  if (outside === undefined) return 'the outside was not looked at (no externalUrl)';
  return outside.ok ? `outside: ${outside.value.status}` : `outside: ${outside.says}`;
}

/** Internal against external health: which of them is ill (DOMAIN 2.2, confirm 1 to 3). */
export function readSurvey(pods: readonly PodRef[], seen: Survey): Surveyed {
  const names = pods.map((p) => p.name);
  const because = [...names.map((n) => sayPod(n, seen)), sayOutside(seen.outside)].join('; ');
  const healths = names.map((n) => seen.health[n]);
  const answering = healths.flatMap((h) => (h?.ok === true ? [h.value] : []));
  const standbys = names.filter((n) => {
    const it = seen.health[n];
    return it?.ok === true && !it.value.sealed && it.value.standby;
  });
  if (names.length > 0 && names.every((n) => isDenied(seen.health[n]))) {
    return {
      is: 'denied',
      because: `your identity may not use the pods' proxy: ${because}`,
      standbys,
    };
  }
  const leaving = seen.pods.ok
    ? seen.pods.value.find((p) => p.deletionTimestamp !== undefined)
    : undefined;
  if (leaving !== undefined) {
    return {
      is: 'terminating',
      because: `${leaving.name} is terminating since ${leaving.deletionTimestamp}; ${because}`,
      standbys,
    };
  }
  if (answering.length === names.length && answering.some((h) => h.sealed)) {
    return { is: 'sealed', because, standbys };
  }
  const active = names.filter((n) => {
    const it = seen.health[n];
    const word = seen.leader[n];
    return (
      it?.ok === true &&
      !it.value.sealed &&
      !it.value.standby &&
      word?.ok === true &&
      word.value.isSelf &&
      word.value.activeTime !== undefined
    );
  });
  const well =
    answering.length === names.length &&
    active.length === 1 &&
    answering.every((h) => h.initialized && h.haConnectionHealthy !== false) &&
    seen.pods.ok &&
    seen.pods.value.every((p) => p.ready);
  return { is: well ? 'well' : 'ill', because, standbys };
}
