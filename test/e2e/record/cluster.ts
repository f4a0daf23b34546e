import { dirname } from 'node:path';
import type { Performer } from '../../../src/engine/ports.ts';
import type { Site } from '../../../src/runbook/site.ts';
import { local } from '../../../src/transport/local.ts';
import type { Subject } from '../../recordings/case.ts';
import type { CaseId } from '../../recordings/cases.ts';
import { SITE } from '../../tools/site.ts';
import type { Components } from '../harness/components.ts';
import type { ControlPlane } from '../harness/control-plane.ts';
import type { KubeObject } from '../harness/kube-object.ts';
import type { LabNodes } from '../harness/nodes.ts';
import type { Uninitialised } from './raft.ts';
import type { Recorder, Versions } from './recorder.ts';

/** Whom the questions to the raft's cluster are about, read anew from its API server. */
export class Cluster {
  readonly plane: ControlPlane;
  readonly lab: LabNodes;
  readonly members: Uninitialised['members'];
  readonly versions: Versions;
  readonly kubectl: string;
  readonly #recorder: Recorder;

  constructor(
    raft: Uninitialised,
    { kubectl }: Components,
    versions: Versions,
    recorder: Recorder,
  ) {
    this.plane = raft.plane;
    this.lab = raft.lab;
    this.members = raft.members;
    this.kubectl = kubectl;
    this.versions = versions;
    this.#recorder = recorder;
  }

  /** kubectl first in PATH; `token` is the secret that a command may name. */
  here(token = ''): Performer {
    const env = { PATH: `${dirname(this.kubectl)}:${process.env['PATH'] ?? ''}` };
    return local({ env, secrets: () => Promise.resolve(token) });
  }

  /** An inventory that names another kubeconfig. */
  site(kubeconfig = this.plane.operator): Site {
    const cluster = { name: 'e2e', context: kubeconfig.context, kubeconfig: kubeconfig.path };
    return { ...SITE, cluster };
  }

  /** Asks one question in the state that the cluster is in. */
  async ask(id: CaseId, more: Partial<Subject> = {}, by = this.here()): Promise<void> {
    await this.#recorder.ask(id, { ...(await this.#subject()), ...more }, by, this.versions);
  }

  /** All cases of a component whose names are given, one after the other. */
  async askAll(ids: readonly CaseId[], more: Partial<Subject> = {}): Promise<void> {
    // oxlint-disable-next-line no-await-in-loop -- each may change what the next one sees
    for (const id of ids) await this.ask(id, more);
  }

  /** Asks one while the API server is stopped whole. */
  async askFrozen(id: CaseId): Promise<void> {
    const subject = await this.#subject();
    this.plane.freeze();
    try {
      await this.#recorder.ask(id, subject, this.here(), this.versions);
    } finally {
      await this.plane.thaw();
    }
  }

  async #subject(): Promise<Subject> {
    const { items: pods } = await this.#list('/api/v1/namespaces/vault/pods');
    const { items: nodes } = await this.#list('/api/v1/nodes');
    const lease = await this.plane.api.ask(
      '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/sre-run',
    );
    const { metadata } = JSON.parse(lease.text) as {
      metadata?: { resourceVersion?: string };
    };
    return {
      site: this.site(),
      pod: (name) => ({
        namespace: 'vault',
        name,
        uid: uidIn(pods, name),
        address: this.members.find((it) => it.name === name)?.vault.address ?? '',
      }),
      node: (name) => ({ name, uid: uidIn(nodes, name) }),
      leaseVersion: metadata?.resourceVersion ?? '',
      lockNumber: 0,
      task: { node: 'k8s-node1', pid: 1, startTicks: 1, comm: '' },
      podUid: '',
      volume: '',
    };
  }

  #list(path: string): Promise<{ readonly items: readonly KubeObject[] }> {
    return this.plane.api.call<{ items: readonly KubeObject[] }>(path);
  }
}

const uidIn = (objects: readonly KubeObject[], name: string): string =>
  objects.find((it) => it.metadata.name === name)?.metadata.uid ?? '';
