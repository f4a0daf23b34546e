import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseMount } from '../../../src/tools/node/mountinfo.ts';
import { podUidOf } from '../../../src/tools/node/pod-uid.ts';
import { parseStat } from '../../../src/tools/node/process-stat.ts';
import { waitChannel } from '../../../src/tools/node/wait-channel.ts';
import { codeUnits, counterexample } from '../counterexample.ts';
import { LAB_03, LAB_04, lab, statLine } from './lab.ts';

describe('stat', () => {
  test('recorded: a blocked mount, and a zombie with two threads and a weird name', () => {
    expect(parseStat(statLine(LAB_03, '537 (mount.nfs)'))).toEqual({
      id: 537,
      comm: 'mount.nfs',
      state: 'D',
      ppid: 1,
      threads: 1,
      startTicks: 9676,
    });
    expect(parseStat(statLine(LAB_04, '137 (weird) (na me) Z'))).toEqual({
      id: 137,
      comm: 'weird) (na me',
      state: 'Z',
      ppid: 1,
      threads: 2,
      startTicks: 5782,
    });
  });

  test('any name comes back', () => {
    const comm = fc.oneof(
      codeUnits(15),
      fc.constantFrom(') D 1 (', '(', ')', ') ', ' (', 'a) Z 1 2 3 (b', '', '\n', '\t) D'),
    );
    const property = fc.property(
      comm,
      fc.nat(),
      fc.constantFrom('D', 'Z', 'S', 'R'),
      fc.tuple(fc.nat(), fc.nat(), fc.nat()),
      (name, id, state, [ppid, threads, startTicks]) => {
        const middle = Array.from({ length: 15 }, (_, i) => (i === 4 ? '-1' : String(i)));
        const line = `${id} (${name}) ${state} ${ppid} ${middle.join(' ')} ${threads} 0 ${startTicks} 0 0`;
        expect(parseStat(line)).toEqual({ id, comm: name, state, ppid, threads, startTicks });
      },
    );
    expect(counterexample(property)).toBeUndefined();
  });

  test('no part of a line before the start field is a stat', () => {
    const line = statLine(LAB_03, '537 (mount.nfs)');
    const start = line.indexOf(' 9676 ') + 1;
    for (let end = 0; end < start; end += 1) expect(parseStat(line.slice(0, end))).toBeUndefined();
    expect(parseStat('')).toBeUndefined();
    expect(parseStat(`\u001B[31m${line}`)).toBeUndefined();
  });
});

describe('wait channels', () => {
  test.for([
    ['rpc_wait_bit_killable', 'yes', true],
    ['rpc_wait_bit_killable+0xd', 'yes', true],
    ['nfs_wait_client_init_complete', 'yes', true],
    ['nfs4_discover_server_trunking', 'no', true],
    ['folio_wait_bit_common', 'no', true],
    ['folio_wait_bit_common.constprop.0', 'no', true],
    ['wait_on_page_bit_common', 'no', true],
    ['path_openat', 'no', false],
    ['rwsem_down_write_slowpath', 'no', false],
    ['percpu_rwsem_wait', 'no', false],
    ['kernel_clone', 'yes', false],
    ['nfs4_something_new', 'unknown', true],
    ['rpc_something_new', 'unknown', true],
    ['jbd2_log_wait_commit', 'unknown', false],
    ['0', 'unknown', false],
    ['-', 'unknown', false],
    ['', 'unknown', false],
  ] as const)('%s: killable %s, nfs %s', ([wchan, killable, nfs]) => {
    expect(waitChannel(wchan)).toEqual({ killable, nfs });
  });

  test('every channel the lab saw a blocked task in is known', () => {
    const seen = [LAB_03, LAB_04].flatMap((file) =>
      [...lab(file).matchAll(/ D .*?wchan=(\w+)/g)].map((m) => m[1] ?? ''),
    );
    expect(new Set(seen).size).toBeGreaterThanOrEqual(3);
    for (const wchan of seen) expect(waitChannel(wchan).killable).not.toBe('unknown');
  });
});

describe('control groups', () => {
  const uid = '1f2e3d4c-0001-4222-8333-444444444444';
  test.for([
    [
      `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice/cri-containerd-${'a'.repeat(64)}.scope`,
      uid,
    ],
    [`/kubepods/besteffort/pod${uid}/${'b'.repeat(64)}`, uid],
    [`/kubepods.slice/kubepods-pod${uid.replaceAll('-', '_')}.slice`, uid],
    [
      '/kubepods.slice/kubepods-burstable-pod0123456789abcdef0123456789abcdef.slice/x',
      '0123456789abcdef0123456789abcdef',
    ],
    ['/system.slice/kubelet.service', undefined],
    [`/kubepods/pod${uid}f/x`, undefined],
    ['/', undefined],
    ['-', undefined],
  ] as const)('%s', ([group, pod]) => {
    expect(podUidOf(group)).toBe(pod);
  });
});

describe('mountinfo', () => {
  test('recorded: an NFS mount', () => {
    expect(
      parseMount(
        '29 21 0:25 / /mnt/v4.2 rw,relatime - nfs4 127.0.0.1:/ rw,vers=4.2,soft,addr=127.0.0.1',
      ),
    ).toEqual({
      path: '/mnt/v4.2',
      fstype: 'nfs4',
      source: '127.0.0.1:/',
    });
  });

  test('optional fields, escapes, and what is no mount', () => {
    expect(
      parseMount('36 35 98:0 /a /mnt/a\\040b\\134c rw shared:1 master:2 - ext4 /dev/sd\\040a rw'),
    ).toEqual({
      path: '/mnt/a b\\c',
      fstype: 'ext4',
      source: '/dev/sd a',
    });
    expect(parseMount('29 21 0:25 / /mnt rw')).toBeUndefined();
    expect(parseMount('')).toBeUndefined();
  });
});
