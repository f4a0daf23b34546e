import type { Case } from './case.ts';
import { KUBECTL } from './cases/kubectl.ts';
import { KUBERNETES_READS } from './cases/kubernetes-reads.ts';
import { KUBERNETES_WRITES } from './cases/kubernetes-writes.ts';
import { LOCKS, SSH } from './cases/hosts.ts';
import { LINUX } from './cases/machines.ts';
import { VAULT_API, VAULT_CLIENT } from './cases/vault.ts';

/** Every question that is recorded, by component. */
export const CASES = {
  kubectl: KUBECTL,
  'kube-apiserver': { ...KUBERNETES_READS, ...KUBERNETES_WRITES },
  vault: { ...VAULT_API, ...VAULT_CLIENT },
  linux: { ...LINUX, ...LOCKS },
  openssh: SSH,
} as const;

/** A component of the real world. */
export type Component = keyof typeof CASES;

/** The name of a case: `vault/health-active`. */
export type CaseId = {
  readonly [C in Component]: `${C}/${Extract<keyof (typeof CASES)[C], string>}`;
}[Component];

const ALL: ReadonlyMap<string, Case> = new Map(
  Object.entries(CASES).flatMap(([component, cases]) =>
    Object.entries(cases).map(([name, it]): [string, Case] => [`${component}/${name}`, it]),
  ),
);

/** All names, in the order of the tables. */
export const CASE_IDS = [...ALL.keys()] as readonly CaseId[];

/** The case of that name; throws where there is none. */
export function caseOf(id: string): Case {
  const found = ALL.get(id);
  if (found === undefined) throw new Error(`no case ${id}`);
  return found;
}
