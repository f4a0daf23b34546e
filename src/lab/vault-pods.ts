/** What the chart gives every Vault pod of the lab's cluster (DOMAIN 1; COMMANDS A.6). */

/** The pods of the StatefulSet. */
export const VAULT_REPLICAS: readonly string[] = ['vault-0', 'vault-1', 'vault-2'];

/** Their containers: healthy is 3/3. */
export const CONTAINERS: readonly string[] = ['vault', 'auto-unseal', 'audit-tail'];

/** The claims of one of them. */
export const claimsOf = (name: string): readonly string[] => [`data-${name}`, `audit-${name}`];

/** The labels that the chart sets; Vault itself adds `vault-*`. */
export const vaultLabels = (name: string): Readonly<Record<string, string>> => ({
  'app.kubernetes.io/instance': 'vault',
  'app.kubernetes.io/name': 'vault',
  'apps.kubernetes.io/pod-index': name.slice(-1),
  component: 'server',
  'helm.sh/chart': 'vault-0.29.1',
  'statefulset.kubernetes.io/pod-name': name,
});
