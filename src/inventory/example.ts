/** The least that an inventory can say. */
export const MINIMAL_INVENTORY = `cluster:
  context: homelab          # a context of your kubeconfig; the current one is never used by itself
ssh:
  user: ops                 # who logs in to the nodes; left out: as your ~/.ssh/config says
vault:
  unseal: hand              # how a restarted Vault pod gets unsealed: hand, kms, or a sidecar
`;

/** Everything that an inventory can say, with a word on each. */
export const EXAMPLE_INVENTORY = `# Inventory of sre. Looked for as ./sre.yaml, then as ~/.config/sre/sre.yaml, or given with --inventory FILE.
# Names, addresses and paths; no secrets. Relative paths are relative to this file. Only cluster.context is required.

cluster:
  context: homelab                    # the kubeconfig context that every kubectl command names
  name: homelab                       # what people call it; left out: the context
  kubeconfig: ~/.kube/config          # left out: kubectl's own default

# The nodes and their addresses. Left out: all nodes that the API server lists, and when it does not answer, those it listed
# last. Listed here they are known without it. These are then all of them; an address left out is discovered.
nodes:
  control-1: 192.0.2.10
  worker-1: 192.0.2.11
  worker-2: { address: 192.0.2.12, user: admin, port: 2222, sudo: true }

# Proxmox VE hosts and NFS servers, by any name.
hosts:
  pve: { address: 192.0.2.2, user: root }

# How to log in where a machine above says nothing else. Left out: as your ssh configuration says.
ssh:
  user: ops
  port: 22
  sudo: true                          # left out: sudo -n, unless the login is root
  config: ~/.ssh/config

vault:
  namespace: vault                    # these seven are the defaults of the Vault chart
  statefulSet: vault
  selector: app.kubernetes.io/name=vault,component=server
  container: vault
  scheme: http
  port: 8200
  activeService: vault-active
  externalUrl: https://vault.example.org/v1/sys/health    # left out: the outside is not looked at
  snapshots:                          # where raft snapshots lie, on one of the hosts
    host: pve
    directory: /srv/backup/vault
  unseal:                             # by: hand (the default), kms, or a sidecar that reads a Secret
    by: sidecar
    container: auto-unseal
    secret: vault-unseal-key
  tokenFile: ~/.config/sre/vault-token    # mode 0600; a token for the canary and the raft configuration

nfs:
  server: 192.0.2.2                   # as it stands in mount tables
  host: pve                           # on which of the hosts its list of clients can be read
  export: /srv/nfs                    # what a test mount mounts, read-only; left out: nothing is mounted for a test

csi:                                  # the driver that mounts volumes; these six are the defaults of the csi-driver-nfs chart
  driver: nfs.csi.k8s.io
  namespace: kube-system
  daemonSet: csi-nfs-node
  nodeSelector: app=csi-nfs-node
  deployment: csi-nfs-controller
  controllerSelector: app=csi-nfs-controller

network:                              # the agent that gives each node its pod network; these are Calico's names, the default
  namespace: calico-system
  selector: k8s-app=calico-node

speakers:                             # the load balancer's, where there is one; an empty mapping stands for MetalLB's names
  namespace: metallb-system
  selector: component=speaker

# The VMs under the nodes. Left out, or a node not listed here: sre never resets it.
pve:
  hosts: [pve]                        # the hosts on which qm is asked; a VM is looked for on each of them
  vms:
    worker-1: 201                     # its VM id; the VM is called like the node
    worker-2: { vmid: 202, name: k8s-worker-2 }

maintenance:
  kured:                              # its reboot lock blocks; an empty mapping stands for the chart's names
    namespace: kured
    daemonSet: kured
  upgradeJobs:
    namespace: system-upgrade         # running jobs there block

locks:                                # one run at a time, from wherever it is started
  namespace: kube-system              # where the Lease lies that a run holds while it may change something; the default

# Nodes that your own way in leads over (a jump host, a VPN): never a target.
accessPath: [control-1]

# What must never be kept or shown, besides what every token, key and password looks like.
redact:
  values: ['internal-project-name']
  files: [~/.config/sre/secrets.txt]  # one on each line
`;
