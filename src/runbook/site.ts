/**
 * The place a runbook works on, as the inventory knows it: names, addresses and paths, never secrets. Nothing of the
 * reference cluster is written into a runbook; it is all here (DOMAIN, opening).
 */
export interface Site {
  readonly cluster: Cluster;
  /** Cluster nodes with the addresses SSH uses; from the inventory, from discovery, or from the last good discovery. */
  readonly nodes: readonly SiteNode[];
  /** Proxmox VE hosts (one of them may be the NFS server), by inventory name. */
  readonly hosts: readonly SiteHost[];
  readonly vault: VaultSite;
  readonly nfs?: NfsSite;
  /** The NFS CSI driver. */
  readonly csi: CsiSite;
  /** The agent that gives every node its pod network (Calico). */
  readonly network: PodNetworkSite;
  /** The load balancer's speakers (MetalLB), where there is one. */
  readonly speakers?: SpeakersSite;
  /** The hypervisors under the nodes (Proxmox VE), where there are any. */
  readonly pve?: PveSite;
  readonly maintenance: MaintenanceSite;
  /** Where runs lock each other out; absent (also in older journals): {@link DEFAULT_LOCKS}. */
  readonly locks?: LocksSite;
  /** Nodes that carry the operator's own way in (a jump host, a VPN or the tool itself): never a target. */
  readonly accessPath: readonly string[];
}

export interface Cluster {
  /** How people call it; shown in every heading. */
  readonly name: string;
  /** The kubeconfig context that every kubectl command names. */
  readonly context: string;
  readonly kubeconfig?: string;
}

export interface SiteNode {
  readonly name: string;
  /** An address, not a host name: cluster DNS may be down (DESIGN: promise 9). */
  readonly address: string;
}

export interface SiteHost {
  readonly name: string;
  readonly address: string;
}

export interface VaultSite {
  readonly namespace: string;
  readonly statefulSet: string;
  /** Label selector of the server pods. */
  readonly selector: string;
  readonly container: string;
  readonly scheme: 'http' | 'https';
  readonly port: number;
  /** The service whose endpoints name the active pod. */
  readonly activeService: string;
  /** What people outside call; absent: the outside is not looked at. */
  readonly externalUrl?: string;
  /** Where raft snapshots lie, on a host of the inventory. */
  readonly snapshots?: { readonly host: string; readonly directory: string };
  readonly unseal: Unseal;
  /** Whether the inventory names a file that holds a token for the canary and the raft configuration. */
  readonly token: boolean;
}

/** How a restarted Vault pod gets unsealed. Proven before any pod is deleted. */
export type Unseal =
  | { readonly by: 'sidecar'; readonly container: string; readonly secret: string }
  | { readonly by: 'kms' }
  | { readonly by: 'hand' };

export interface NfsSite {
  /** The server's address as it stands in mount tables. */
  readonly server: string;
  /** The inventory host on which the server's own client list can be read, where it can. */
  readonly host?: string;
  /** The export that test mounts mount, read-only; absent: nothing is mounted for a test, and what needs that is unknown. */
  readonly export?: string;
}

/** The NFS CSI driver, by its chart's names unless the inventory says otherwise (COMMANDS C.1). */
export interface CsiSite {
  /** As `CSINode` names it: `nfs.csi.k8s.io`. */
  readonly driver: string;
  readonly namespace: string;
  /** The DaemonSet of its node pods, and the label selector of those. */
  readonly daemonSet: string;
  readonly nodeSelector: string;
  /** The Deployment of its controllers, and the label selector of those. */
  readonly deployment: string;
  readonly controllerSelector: string;
}

export interface PodNetworkSite {
  readonly namespace: string;
  /** Label selector of the pod that runs on every node. */
  readonly selector: string;
}

export interface SpeakersSite {
  readonly namespace: string;
  readonly selector: string;
}

export interface PveSite {
  /** Inventory hosts on which `qm` is asked; a VM is looked for on each of them. */
  readonly hosts: readonly string[];
  /** The VM of each node. A node that is not here is never reset (COMMANDS D.2: a table, no arithmetic). */
  readonly vms: readonly SiteVm[];
}

export interface SiteVm {
  readonly node: string;
  readonly vmid: number;
  /** The VM's name in Proxmox VE. */
  readonly name: string;
}

export interface MaintenanceSite {
  /** The kured DaemonSet that carries the reboot lock annotation. */
  readonly kured?: { readonly namespace: string; readonly daemonSet: string };
  /** The namespace of node upgrade jobs. */
  readonly upgradeJobs?: { readonly namespace: string };
}

export interface LocksSite {
  /** The namespace of the Lease that a mutating run holds. */
  readonly namespace: string;
}

/** A namespace that every cluster has, and where leases of its own components lie. */
export const DEFAULT_LOCKS: LocksSite = { namespace: 'kube-system' };

/** The names that the chart of csi-driver-nfs gives its parts (COMMANDS C.1). */
export const CHART_CSI: CsiSite = {
  driver: 'nfs.csi.k8s.io',
  namespace: 'kube-system',
  daemonSet: 'csi-nfs-node',
  nodeSelector: 'app=csi-nfs-node',
  deployment: 'csi-nfs-controller',
  controllerSelector: 'app=csi-nfs-controller',
};

/** The names that Calico's operator gives its node agent (DOMAIN 1). */
export const CHART_NETWORK: PodNetworkSite = {
  namespace: 'calico-system',
  selector: 'k8s-app=calico-node',
};
