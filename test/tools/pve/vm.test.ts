import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { vmOn } from '../../../src/tools/pve/vm.ts';
import type { Vm } from '../../../src/tools/pve/vm.ts';
import { runScript, SHELLS } from '../node/run-script.ts';
import { exited, readWith, records, valueOf, whyOf } from '../output.ts';
import { BOOT } from '../site.ts';
import {
  changed,
  CLUSTER_FILES,
  HEALTHY,
  hypervisor,
  noConfig,
  printed,
  qmList,
} from './hypervisor.ts';

const VM_202 = vmOn('pve', 202);

type World = Parameters<typeof hypervisor>[0];

/** What the real script makes of a hypervisor. */
const run = (world: World = {}, shell: readonly [string, ...string[]] = ['sh']) =>
  runScript(VM_202, hypervisor(world).env, shell);

async function vm(world: World = {}, shell?: readonly [string, ...string[]]): Promise<Vm> {
  const out = await run(world, shell);
  const it = valueOf(readWith(VM_202, out));
  if (it === undefined) throw new Error('absent');
  return it;
}

describe.for(SHELLS)('vm.sh in %s', (shell) => {
  test('a healthy VM', async () => {
    const out = await run({}, shell);
    expect(out.stderr).toBe('');
    expect(valueOf(readWith(VM_202, out))).toEqual({
      host: 'pve',
      hypervisor: hostname().split('.')[0],
      vmid: 202,
      name: 'k8s-node2',
      status: 'running',
      qmpStatus: 'running',
      uuid: '6f0c2b1a-3d4e-4f50-8192-a3b4c5d6e7f8',
      macs: ['bc:24:11:0a:02:02'],
      addresses: ['10.0.20.102'],
      disks: {
        ide2: 'local-lvm:vm-202-cloudinit,media=cdrom,size=4M',
        scsi0: 'local-lvm:vm-202-disk-0,discard=on,iothread=1,size=256G,ssd=1',
        scsi1: expect.stringContaining('vm-9999-pvc-'),
      },
      boot: { kind: 'order', devices: ['scsi0', 'net0'] },
      hostpci: [],
      pending: [],
      ha: 'none',
      twins: [],
      agent: true,
    });
  });

  test('a VM of another host, and a host without any, have it not', async () => {
    const others = { ...HEALTHY, list: { out: qmList([{ vmid: 2020, name: '202' }]) } };
    expect(valueOf(readWith(VM_202, await run({ qm: others }, shell)))).toBeUndefined();
    const none = { ...HEALTHY, list: { out: qmList([]) } };
    expect(valueOf(readWith(VM_202, await run({ qm: none }, shell)))).toBeUndefined();
  });

  test('a name that overflows its column, and a VM without a name', async () => {
    const long = 'k8s-node2-with-a-name-longer-than-its-column';
    const list = { out: qmList([{ vmid: 202, name: long }]) };
    const config = {
      out: changed(printed('config-202.txt'), { name: undefined }),
    };
    const nameless = { ...HEALTHY, list, 'config 202 --current': config };
    expect(await vm({ qm: nameless }, shell)).toMatchObject({ name: long, status: 'running' });
    const two = { ...nameless, list: { out: qmList([{ vmid: 202, name: 'VM 202' }]) } };
    expect(await vm({ qm: two }, shell)).toMatchObject({ name: 'VM 202', status: 'running' });
  });

  test('twins by name and by UUID, of any node of the cluster, once each', async () => {
    const configs = {
      ...CLUSTER_FILES,
      'pve/205': 'name: K8S-NODE2\nsmbios1: uuid=6f0c2b1a-3d4e-4f50-8192-a3b4c5d6e7f8\n',
      'pve2/206': 'name: other\nsmbios1: serial=x,uuid=6F0C2B1A-3D4E-4F50-8192-A3B4C5D6E7F8\n',
      'pve2/207': 'name: k8s-node2\ntemplate: 1\n',
      'pve2/208': 'name: k8s-node22\nsmbios1: uuid=6f0c2b1a-3d4e-4f50-8192-a3b4c5d6e7f9\n',
    };
    expect((await vm({ configs }, shell)).twins).toEqual([205, 206, 207]);
  });

  test('what is pending, what HA has, and what is locked', async () => {
    const qm = {
      ...HEALTHY,
      'pending 202': { out: printed('pending-some.txt') },
      'status 202 --verbose': {
        out: changed(printed('status-202.txt'), { qmpstatus: 'paused', lock: 'backup' }),
      },
      'agent 202 ping': { err: 'QEMU guest agent is not running\n', code: 255 },
    };
    expect(await vm({ qm, ha: { out: printed('ha-config.txt') } }, shell)).toMatchObject({
      status: 'running',
      qmpStatus: 'paused',
      lock: 'backup',
      ha: 'managed',
      agent: false,
      pending: [
        'new cores: 12',
        'del hotplug: disk,network',
        'new memory: 49152',
        'new scsi2: local-lvm:vm-202-disk-1,size=32G',
      ],
    });
  });

  test('a stopped VM has no guest agent to ask', async () => {
    const list = { out: qmList([{ vmid: 202, name: 'k8s-node2', status: 'stopped' }]) };
    const host = hypervisor({ qm: { ...HEALTHY, list } });
    const out = await runScript(VM_202, host.env, shell);
    expect(valueOf(readWith(VM_202, out))).toMatchObject({ status: 'stopped', agent: false });
    expect(host.asked().join()).not.toContain('agent');
  });

  test.for([['20x'], [''], ['-1'], ['2020202020'], []])('refuses the VMID %j', async (args) => {
    const wrong = { run: { kind: 'script', script: 'pve/vm', args } } as const;
    const out = await runScript(wrong, hypervisor().env, shell);
    expect(out.ending).toEqual({ how: 'exited', code: 64 });
  });
});

describe('what is not known', () => {
  test.for([
    ['No QEMU guest agent configured\n', false],
    ['QEMU guest agent is not running\n', false],
    ["VM 202 qmp command 'guest-ping' failed - got timeout\n", undefined],
  ] as const)('the guest agent says %j', async ([err, agent]) => {
    const qm = { ...HEALTHY, 'agent 202 ping': { err, code: 255 } };
    expect((await vm({ qm })).agent).toBe(agent);
  });

  test('a status that does not come is no state', async () => {
    const failing = { err: 'got no status\n', code: 255 };
    const qm = { ...HEALTHY, 'status 202 --verbose': failing };
    expect((await vm({ qm })).qmpStatus).toBe('unknown');
  });

  test('an HA manager that fails, or is not there, is unknown', async () => {
    expect((await vm({ ha: { err: 'cfs not ready\n', code: 2 } })).ha).toBe('unknown');
    expect((await vm({ ha: 'missing' })).ha).toBe('unknown');
    expect((await vm({ ha: { out: 'vm:2020\n\tstate started\n\nct:202\n' } })).ha).toBe('none');
  });

  test.for([
    ['list', 'qm list ended with exit code 255', 'please run as root'],
    ['config 202 --current', 'qm config ended with exit code 255', 'please run as root'],
    ['pending 202', 'qm pending ended with exit code 255', 'please run as root'],
  ])('qm %s that fails fails the whole, with its words', async ([line = '', says, words]) => {
    const qm = { ...HEALTHY, [line]: { err: 'please run as root\n', code: 255 } };
    const why = whyOf(readWith(VM_202, await run({ qm })));
    expect(why.why).toBe('exit');
    expect(why.says).toContain(says);
    expect(why.says).toContain(words);
  });

  test('a VM that moves away in the middle is no VM', async () => {
    const qm = { ...HEALTHY, 'config 202 --current': noConfig(202) };
    expect(whyOf(readWith(VM_202, await run({ qm }))).says).toContain('202.conf');
  });

  test('without the configurations of the cluster nothing is said of twins', async () => {
    const why = whyOf(readWith(VM_202, await run({ configs: {} })));
    expect(why.says).toContain('configurations of the cluster');
  });

  test('a host without qm says so', async () => {
    const why = whyOf(readWith(VM_202, await runScript(VM_202)));
    expect(why.says).toContain('this is no Proxmox VE host');
  });

  test('a qm that hangs is killed, and that is a timeout', async () => {
    const qm = { ...HEALTHY, list: { hangs: true } };
    expect(whyOf(readWith(VM_202, await run({ qm }))).why).toBe('timeout');
  });
});

const read = (...lines: readonly (readonly (string | number)[])[]) =>
  readWith(VM_202, exited(records(...lines)));

describe('reading', () => {
  const head = [
    ['boot', BOOT],
    ['uid', 0],
    ['host', 'pve'],
  ] as const;
  const whole = [
    ...head,
    ['list', 'running', 'k8s-node2'],
    ['status', 'qmpstatus', 'running'],
    ['config', 'name: k8s-node2'],
    ['ha', 'none'],
    ['agent', 'yes'],
  ] as const;

  test('the seed case: bootdisk names scsi0, and the only disk is scsi1; a device of the host', () => {
    const lines = printed('config-201.txt').trimEnd().split('\n');
    const config = lines.map((line) => ['config', line] as const);
    const it = valueOf(read(...head, ['list', 'running', 'x'], ...config, ['ha', 'none']));
    expect(it).toMatchObject({
      name: 'k8s-node1-with-the-gpu-in-it',
      boot: { kind: 'legacy', bootdisk: 'scsi0' },
      disks: { scsi1: 'local-lvm:vm-201-disk-0,size=512G' },
      hostpci: ['hostpci0: 0000:01:00,pcie=1,x-vga=1'],
      macs: ['bc:24:11:0a:02:01', 'bc:24:11:0a:02:11'],
      addresses: [],
      agent: undefined,
      qmpStatus: 'unknown',
    });
    expect(it).not.toHaveProperty('uuid');
  });

  test.for([
    ['ip=dhcp', []],
    ['ip=10.0.20.9/24,ip6=auto', ['10.0.20.9']],
    ['gw6=fe80::1,ip6=FD00::9/64', ['fd00::9']],
  ] as const)('the addresses of ipconfig0: %s', ([ipconfig, addresses]) => {
    const it = valueOf(read(...whole, ['config', `ipconfig0: ${ipconfig}`]));
    expect(it?.addresses).toEqual(addresses);
  });

  test('a template, a lock of the configuration, and a UUID that is none', () => {
    const it = valueOf(
      read(
        ...whole,
        ['config', 'template: 1'],
        ['config', 'lock: migrate'],
        ['config', 'smbios1: uuid=00000000-0000-0000-0000-000000000000'],
      ),
    );
    expect(it).toMatchObject({ template: true, lock: 'migrate' });
    expect(it).not.toHaveProperty('uuid');
  });

  test.for([
    ['without its head', whole.slice(1)],
    ['without a word on whether it is there', head],
    ['in a state of its own', [...head, ['list', 'paused', 'x'], ...whole.slice(4)]],
    ['without its configuration', whole.filter(([kind]) => kind !== 'config')],
    ['with a line that is none of a configuration', [...whole, ['config', 'warning of some kind']]],
    ['without its HA state', whole.filter(([kind]) => kind !== 'ha')],
    ['with a pending change that is none', [...whole, ['pending', 'maybe cores: 8']]],
    ['with a twin that is no VMID', [...whole, ['twin', 'k8s']]],
  ] as const)('%s it is not understood', ([, lines]) => {
    expect(whyOf(read(...lines)).why).toBe('unparsable');
  });
});
