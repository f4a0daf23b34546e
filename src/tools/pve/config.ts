import { bootOrder, isDrive } from './boot.ts';
import type { BootOrder } from './boot.ts';
import { smbiosUuid } from './uuid.ts';

/** What is needed of the lines of `qm config VMID --current` (COMMANDS D.1, D.2). */
export interface VmConfig {
  readonly name?: string;
  readonly lock?: string;
  /** Of `smbios1`, in lower case. */
  readonly uuid?: string;
  /** Of `netN`, in lower case. */
  readonly macs: readonly string[];
  /** The fixed addresses of `ipconfigN`, without their prefix length; `dhcp` hides one. */
  readonly addresses: readonly string[];
  readonly disks: Readonly<Record<string, string>>;
  readonly boot: BootOrder;
  /** The `hostpciN` lines, whole: devices of the host that a reset may not bring back (COMMANDS D.1). */
  readonly hostpci: readonly string[];
  readonly template: boolean;
}

/** One line, `key: value`. */
type Entry = readonly [key: string, value: string];

function toEntry(line: string): Entry | undefined {
  const match = /^([A-Za-z][\w-]*):(?: (.*))?$/s.exec(line);
  return match === null ? undefined : [match[1] ?? '', (match[2] ?? '').trim()];
}

/** The value of `name` in `a=1,b=2`. */
const option = (value: string, name: string): string | undefined =>
  value
    .split(',')
    .find((part) => part.startsWith(`${name}=`))
    ?.slice(name.length + 1);

const MAC = /\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b/gi;

const addressesOf = (ipconfig: string): readonly string[] =>
  [option(ipconfig, 'ip'), option(ipconfig, 'ip6')].flatMap((it) => {
    const address = it?.split('/')[0]?.toLowerCase() ?? '';
    return /^[0-9a-f.:]*[.:][0-9a-f.:]*$/.test(address) ? [address] : [];
  });

/** Reads the lines of a VM's configuration; `undefined` where one of them is no `key: value`. */
export function readConfig(lines: readonly string[]): VmConfig | undefined {
  const entries = lines.map(toEntry).filter((entry) => entry !== undefined);
  if (entries.length !== lines.length) return undefined;
  const one = (key: string): string | undefined => entries.find(([k]) => k === key)?.[1];
  const all = (key: RegExp): readonly string[] =>
    entries.flatMap(([k, v]) => (key.test(k) ? [v] : []));
  const [name, lock] = [one('name'), one('lock')];
  const uuid = smbiosUuid(option(one('smbios1') ?? '', 'uuid'));
  return {
    ...(name ? { name } : {}),
    ...(lock ? { lock } : {}),
    ...(uuid === undefined ? {} : { uuid }),
    macs: all(/^net\d+$/).flatMap((net) => net.toLowerCase().match(MAC) ?? []),
    addresses: all(/^ipconfig\d+$/).flatMap(addressesOf),
    disks: Object.fromEntries(entries.filter(([key]) => isDrive(key))),
    boot: bootOrder(one('boot'), one('bootdisk')),
    hostpci: entries.flatMap(([k, v]) => (/^hostpci\d+$/.test(k) ? [`${k}: ${v}`] : [])),
    template: one('template') === '1',
  };
}
