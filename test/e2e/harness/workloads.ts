import { join } from 'node:path';
import type { WorkloadPrograms } from './components.ts';
import type { ControlPlane } from './control-plane.ts';
import { startDaemon } from './daemon.ts';
import { commandLineFlags } from './flags.ts';
import { freePorts, listens } from './ports.ts';
import type { Undo } from './undo.ts';

/** Of kube-controller-manager's controllers those that act on what a runbook touches. */
const CONTROLLERS = [
  'daemonset',
  'deployment',
  'disruption',
  'endpoints',
  'endpointslice',
  'garbage-collector',
  'node-lifecycle',
  'persistentvolume-binder',
  'replicaset',
  'statefulset',
];

/** A node whose kubelet kwok plays has this annotation (kwok.sigs.k8s.io, nodes). */
export const PLAYED = { 'kwok.x-k8s.io/node': 'fake' } as const;

/**
 * A pod with this annotation is left to the suite by kwok: it neither runs nor goes by itself (stages.yaml). Once the annotation
 * is taken off, kwok plays it as every other.
 */
export const OURS = 'sre-e2e/ours';

/** A pod with this annotation stays when it is deleted, as one whose process or volume does not let go (stages.yaml). */
export const HELD = 'sre-e2e/held';

/**
 * Starts the real kube-controller-manager and kube-scheduler, and kwok, which plays the kubelets of the nodes that are
 * annotated so: pods that are bound there run, have an address, and go when they are deleted. Closing `undo` stops them.
 */
export async function startWorkloads(
  undo: Undo,
  plane: ControlPlane,
  programs: WorkloadPrograms,
): Promise<void> {
  const start = async (name: string, file: string, flags: Flags): Promise<void> => {
    const [port = 0] = await freePorts(1);
    await startDaemon(undo, {
      file,
      args: commandLineFlags({ kubeconfig: plane.controllers.path, ...flags(String(port)) }),
      log: join(plane.folder, `${name}.log`),
      seconds: 60,
      ready: () => listens(port),
    });
  };
  const shared: Flags = (port) => ({
    'bind-address': '127.0.0.1',
    'secure-port': port,
    'leader-elect': 'false',
    'authentication-skip-lookup': 'true',
    'tls-cert-file': plane.serving.cert,
    'tls-private-key-file': plane.serving.key,
  });
  await Promise.all([
    start('controller-manager', programs.controllerManager, (port) => ({
      ...shared(port),
      controllers: CONTROLLERS.map((it) => `${it}-controller`).join(),
      // An API server that a test freezes is no kubelet that is dead.
      'node-monitor-grace-period': '10m',
    })),
    start('scheduler', programs.scheduler, shared),
    start('kwok', programs.kwok, (port) => ({
      config: programs.stages,
      'server-address': `127.0.0.1:${port}`,
      'manage-all-nodes': 'false',
      'manage-nodes-with-annotation-selector': Object.entries(PLAYED)
        .map((it) => it.join('='))
        .join(),
      'node-lease-duration-seconds': '40',
      cidr: '10.98.128.0/17',
    })),
  ]);
}

type Flags = (port: string) => Readonly<Record<string, string>>;
