import type { KubeObject } from './kube-object.ts';

/** One right of the operator, as a rule of RBAC; without a namespace it holds in the cluster. */
export interface Right {
  readonly namespace?: string;
  readonly groups?: readonly string[];
  readonly resources: readonly string[];
  readonly names?: readonly string[];
  readonly verbs: readonly string[];
}

const RBAC = 'rbac.authorization.k8s.io';

/** Roles and bindings that give one user exactly these rights, beside what everyone may do. */
export function rbacObjects(user: string, rights: readonly Right[]): readonly KubeObject[] {
  const places = new Set(rights.map(({ namespace }) => namespace));
  return [...places].flatMap((namespace) => {
    const cluster = namespace === undefined ? 'Cluster' : '';
    const metadata = { name: user, ...(namespace === undefined ? {} : { namespace }) };
    const rules = rights.filter((right) => right.namespace === namespace).map(ruleOf);
    const roleRef = { apiGroup: RBAC, kind: `${cluster}Role`, name: user };
    const subjects = [{ apiGroup: RBAC, kind: 'User', name: user }];
    const apiVersion = `${RBAC}/v1`;
    return [
      { apiVersion, kind: `${cluster}Role`, metadata, rules },
      { apiVersion, kind: `${cluster}RoleBinding`, metadata, roleRef, subjects },
    ];
  });
}

/** The question, as an object of the API, whether a user has a right: one per verb and resource. */
export function accessReviews(user: string, rights: readonly Right[]): readonly unknown[] {
  return rights.flatMap((right) =>
    right.verbs.flatMap((verb) =>
      right.resources.map((path) => {
        const [resource, subresource] = path.split('/');
        const { namespace, groups = [''], names = [] } = right;
        const attributes = { namespace, verb, group: groups[0], resource, subresource };
        const resourceAttributes = { ...attributes, name: names[0] };
        return {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          spec: { user, resourceAttributes },
        };
      }),
    ),
  );
}

function ruleOf({ groups = [''], resources, names = [], verbs }: Right): unknown {
  const resourceNames = names.length === 0 ? {} : { resourceNames: names };
  return { apiGroups: groups, resources, verbs, ...resourceNames };
}
