import type { Command } from '../../runbook/command.ts';
import { value } from '../../runbook/command.ts';
import type { Cluster } from '../../runbook/site.ts';
import { readAs } from '../json.ts';
import { andThen } from '../reading.ts';
import { getRaw, segment } from './kubectl.ts';
import { listOf } from './list.ts';
import { podSchema, toPod } from './pod-object.ts';
import type { Pod } from './pod-object.ts';

export type { Container, Init, Pod, PodVolume } from './pod-object.ts';

/** A pod by its name. */
export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

/**
 * The pods of a namespace that a label selector (`app=vault,component=server`) picks. A namespace that does not exist
 * answers with an empty list: the API server does not check it on a read.
 */
export function listPods(
  cluster: Cluster,
  namespace: string,
  selector: string,
): Command<readonly Pod[]> {
  return getRaw({
    cluster,
    id: 'kubectl.pods',
    about: `list the pods ${selector} in ${namespace}`,
    path: `/api/v1/namespaces/${segment(namespace)}/pods?labelSelector=${encodeURIComponent(selector)}`,
    read: (json) => listOf(json, 'a list of pods', podSchema, toPod),
  });
}

/** One pod; `undefined` where none of that name exists. The name of a StatefulSet pod is reused: compare UIDs. */
export function getPod(cluster: Cluster, { namespace, name }: PodName): Command<Pod | undefined> {
  return getRaw<Pod | undefined>({
    cluster,
    id: 'kubectl.pod',
    about: `read pod ${namespace}/${name}`,
    path: `/api/v1/namespaces/${segment(namespace)}/pods/${segment(name)}`,
    read: (json) => andThen(readAs(json, `pod ${name}`, podSchema), (it) => value(toPod(it))),
    notFound: { value: undefined },
  });
}

/** All pods bound to a node, of every namespace: what a reset of the node ends. */
export function podsOnNode(cluster: Cluster, node: string): Command<readonly Pod[]> {
  return getRaw({
    cluster,
    id: 'kubectl.pods-on-node',
    about: `list the pods on ${node}`,
    path: `/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${node}`)}`,
    read: (json) => listOf(json, 'a list of pods', podSchema, toPod),
  });
}

/** Every pod of every namespace, the finished ones too: who is known, so that the rest on a node is an orphan. */
export function listAllPods(cluster: Cluster): Command<readonly Pod[]> {
  return getRaw({
    cluster,
    id: 'kubectl.all-pods',
    about: 'list the pods of all namespaces',
    path: '/api/v1/pods',
    read: (json) => listOf(json, 'a list of pods', podSchema, toPod),
  });
}
