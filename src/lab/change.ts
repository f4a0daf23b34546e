import type { KubeEvent, LogLine, Member, Mutation, Node, Pod, Process, World } from './world.ts';

/** Small changes of a world, each returning a new one. */

/** The longest log that a member keeps: more than the runbooks read back. */
const LOG_LINES = 160;

/** Changes the pod of that UID, if it is still there. */
export const changePod = (world: World, uid: string, how: (pod: Pod) => Pod): World => ({
  ...world,
  pods: world.pods.map((pod) => (pod.uid === uid ? how(pod) : pod)),
});

/** Changes the node of that name. */
export const changeNode = (world: World, name: string, how: (node: Node) => Node): World => ({
  ...world,
  nodes: world.nodes.map((node) => (node.name === name ? how(node) : node)),
});

/** Changes the raft server of that name. */
export const changeMember = (world: World, id: string, how: (member: Member) => Member): World => ({
  ...world,
  members: world.members.map((member) => (member.id === id ? how(member) : member)),
});

/** Changes every raft server. */
export const changeMembers = (world: World, how: (member: Member) => Member): World => ({
  ...world,
  members: world.members.map(how),
});

/** Changes one process of a node; `undefined` ends it. */
export const changeProcess = (
  world: World,
  node: string,
  pid: number,
  how: (process: Process) => Process | undefined,
): World =>
  changeNode(world, node, (it) => ({
    ...it,
    processes: it.processes.flatMap((process) => {
      if (process.pid !== pid) return [process];
      const changed = how(process);
      return changed === undefined ? [] : [changed];
    }),
  }));

/** Appends to a member's log, now. A frozen or absent process writes nothing. */
export const say = (world: World, id: string, level: LogLine['level'], text: string): World =>
  changeMember(world, id, (member) => ({
    ...member,
    log: [...member.log, { at: world.at, level, text }].slice(-LOG_LINES),
  }));

/** Records a Kubernetes event, counting repetitions as the API server's correlator does. */
export function emit(
  world: World,
  pod: Pod,
  type: KubeEvent['type'],
  reason: string,
  message: string,
): World {
  const same = (it: KubeEvent): boolean =>
    it.podUid === pod.uid && it.reason === reason && it.message === message;
  if (world.events.some(same)) {
    return {
      ...world,
      events: world.events.map((it) =>
        same(it) ? { ...it, last: world.at, count: it.count + 1 } : it,
      ),
    };
  }
  const event: KubeEvent = {
    namespace: pod.namespace,
    host: pod.node,
    podUid: pod.uid,
    pod: pod.name,
    type,
    reason,
    message,
    first: world.at,
    last: world.at,
    count: 1,
  };
  return { ...world, events: [...world.events, event].slice(-120) };
}

/** Notes that somebody changed what people depend on. */
export const note = (world: World, what: Mutation['what'], target: string): World => ({
  ...world,
  mutations: [...world.mutations, { at: world.at, what, target }],
});

/** Sets or removes a label of a pod. */
export const label = (world: World, uid: string, name: string, value: string): World =>
  changePod(world, uid, (pod) => ({ ...pod, labels: { ...pod.labels, [name]: value } }));
