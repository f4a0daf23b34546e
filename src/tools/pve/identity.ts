import type { SiteVm } from '../../runbook/site.ts';
import { sameUuid, smbiosUuid } from './uuid.ts';
import type { Vm } from './vm.ts';

/** Whether a VM is the machine under a node: proven by its name and one fact of its hardware, or not (COMMANDS D.2). */
export type SameVm =
  | { readonly is: 'proven'; readonly facts: readonly [string, string, ...string[]] }
  /** Two facts speak of different machines: whatever else agrees, it is not touched. */
  | { readonly is: 'contradicted'; readonly because: string }
  | { readonly is: 'unproven'; readonly because: string };

/** The node as the API server knows it; `systemUUID` may be empty. */
export interface NodeIdentity {
  readonly systemUUID: string;
  readonly address: string;
}

/** What the machine said of itself over SSH. */
export interface MachineIdentity {
  readonly productUuid?: string;
  readonly macs?: readonly string[];
}

/** What one comparison found: a fact for it, a contradiction, or nothing to compare. */
type Found = { readonly fact: string } | { readonly against: string } | undefined;

function byName({ vmid, name, template }: Vm, listed: SiteVm): Found {
  if (vmid !== listed.vmid) {
    return {
      against: `VM ${vmid} was read, and the inventory gives ${listed.node} VM ${listed.vmid}`,
    };
  }
  if (template === true) return { against: `VM ${vmid} is a template` };
  return name === listed.name
    ? { fact: `name ${name} in qm config` }
    : { against: `VM ${vmid} is called ${name}, and the inventory calls it ${listed.name}` };
}

const byTwins = ({ vmid, twins }: Vm): Found =>
  twins.length === 0
    ? undefined
    : {
        against: `VM ${vmid} shares its name or its SMBIOS UUID with VM ${twins.join(', VM ')}, so neither identifies it`,
      };

function byUuid(vm: Vm, other: string | undefined, whose: string): Found {
  const [one, two] = [smbiosUuid(vm.uuid), smbiosUuid(other)];
  if (one === undefined || two === undefined) return undefined;
  return sameUuid(one, two)
    ? { fact: `SMBIOS UUID ${one} is ${whose}` }
    : { against: `SMBIOS UUID ${one} of VM ${vm.vmid} is not ${whose}, ${two}` };
}

/** The node object and the machine that answers over SSH must be one. */
function byBoth({ systemUUID }: NodeIdentity, { productUuid }: MachineIdentity): Found {
  const [one, two] = [smbiosUuid(systemUUID), smbiosUuid(productUuid)];
  return one === undefined || two === undefined || sameUuid(one, two)
    ? undefined
    : { against: `the node's systemUUID is ${one}, and the machine says that it is ${two}` };
}

function byMac({ vmid, macs }: Vm, seen: readonly string[]): Found {
  const own = seen.map((mac) => mac.trim().toLowerCase());
  if (macs.length === 0 || own.length === 0) return undefined;
  const shared = macs.find((mac) => own.includes(mac.toLowerCase()));
  return shared === undefined
    ? { against: `the machine has none of the MAC addresses of VM ${vmid} (${macs.join(', ')})` }
    : { fact: `MAC ${shared.toLowerCase()} is on the machine` };
}

function byAddress({ vmid, addresses }: Vm, { address }: NodeIdentity): Found {
  const own = address.toLowerCase();
  const alike = addresses.filter((it) => it.includes(':') === own.includes(':'));
  if (own === '' || alike.length === 0) return undefined;
  return alike.some((it) => it.toLowerCase() === own)
    ? { fact: `address ${own} in ipconfig is the node's InternalIP` }
    : { against: `VM ${vmid} is set to ${alike.join(', ')}, and the node's address is ${own}` };
}

/**
 * Whether the VM of a host is the one under a node: its name is the inventory's, and its SMBIOS UUID, a MAC or a fixed
 * address is the node's. Any two facts that disagree refuse it, and so does another VM with the same name or UUID
 * (COMMANDS D.2; DESIGN: promise 6).
 */
export function sameVm(
  vm: Vm,
  listed: SiteVm,
  node: NodeIdentity,
  machine: MachineIdentity = {},
): SameVm {
  const hardware = [
    byUuid(vm, node.systemUUID, "the node's systemUUID"),
    byUuid(vm, machine.productUuid, 'the product UUID that the machine itself shows'),
    byMac(vm, machine.macs ?? []),
    byAddress(vm, node),
  ];
  const found = [byName(vm, listed), byTwins(vm), byBoth(node, machine), ...hardware];
  const against = found.find((it) => it !== undefined && 'against' in it);
  if (against !== undefined && 'against' in against) {
    return { is: 'contradicted', because: against.against };
  }
  const [name, hard, ...more] = found.flatMap((it) =>
    it !== undefined && 'fact' in it ? [it.fact] : [],
  );
  if (name === undefined || hard === undefined) {
    return {
      is: 'unproven',
      because: `VM ${vm.vmid} has the name ${vm.name}, and neither a SMBIOS UUID nor an address of it can be compared with the node's`,
    };
  }
  return { is: 'proven', facts: [name, hard, ...more] };
}
