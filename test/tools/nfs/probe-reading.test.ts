import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { testMount } from '../../../src/tools/nfs/probe.ts';
import type { NfsVersion } from '../../../src/tools/nfs/probe.ts';
import { counterexample } from '../counterexample.ts';
import { lab } from '../node/lab.ts';
import { exited, readWith, records, valueOf, whyOf } from '../output.ts';
import { BOOT } from '../site.ts';
import { MATRIX, recorded } from './recorded-mounts.ts';

const NFS = { server: '192.168.1.127', export: '/srv/nfs' };
const LAB_11 = 'nfs/lab-11-nfs-server-hung-with-existing-42.txt';

const head = [
  ['boot', BOOT],
  ['uid', 0],
] as const;

const read = (version: NfsVersion, ...lines: readonly (readonly (string | number)[])[]) =>
  readWith(testMount('n', NFS, version), exited(records(...head, ...lines)));

describe('reading a test mount', () => {
  test.for(MATRIX)('recorded: %s %s is %s', ([file, tag, reason]) => {
    const it = recorded(file, tag);
    expect(it.said.length).toBe(1);
    const lines = it.said.map((line) => ['said', line]);
    const tried = ['try', it.version, it.code, it.seconds] as const;
    expect(valueOf(read(it.version, tried, ...lines, ['undone', 'yes']))).toEqual({
      bootId: BOOT,
      is: 'failed',
      seconds: Number(it.seconds),
      code: 32,
      reason,
      says: it.said.join('; '),
    });
  });

  test('recorded: with a mount of version 4.2 there, other words for a server that is stopped', () => {
    // Lab 11: nfsd stopped; 4.2 finds its client of before, 4.1 begins anew, and version 3 misleads.
    const stopped = lab(LAB_11).split('## nfsd stopped')[1] ?? '';
    const tries = [
      ...stopped.matchAll(/^(mount\.nfs: .*)\nprobe nfsvers=([\d.]+)\S* rc=32 ([\d.]+)$/gm),
    ];
    const reasons = tries.map(([, said = '', version = '', seconds = '']) => {
      const it = valueOf(
        read(
          version as NfsVersion,
          ['try', version, 32, Number(seconds).toFixed(2)],
          ['said', said],
          ['undone', 'yes'],
        ),
      );
      return [version, it.is === 'failed' ? it.reason : it.is];
    });
    expect(reasons).toEqual([
      ['4.2', 'no-reply'],
      ['4.1', 'refused'],
      ['3', 'other'],
    ]);
  });

  test('words that mean a version only where one was asked for', () => {
    const said = 'mount.nfs: requested NFS version or transport protocol is not supported';
    const reason = (version: NfsVersion) => {
      const it = valueOf(read(version, ['try', version, 32, 1], ['said', said], ['undone', 'yes']));
      return it.is === 'failed' ? it.reason : it.is;
    };
    expect([reason('4.2'), reason('3'), reason('default')]).toEqual(['protocol', 'other', 'other']);
  });

  test('mounted; hung with a survivor and without; busy; locked', () => {
    expect(
      valueOf(read('default', ['try', 'default', 0, '0.25'], ['vers', '4.2'], ['undone', 'yes'])),
    ).toEqual({ bootId: BOOT, is: 'mounted', seconds: 0.25, version: '4.2', undone: true });
    expect(valueOf(read('4.2', ['try', '4.2', 137, '15.20'], ['undone', 'yes']))).toEqual({
      bootId: BOOT,
      is: 'hung',
      seconds: 15.2,
    });
    expect(
      valueOf(
        read('4.2', ['try', '4.2', 137, 15], ['left', 502, 99, 'D', 'mount.nfs'], ['undone', 'no']),
      ),
    ).toEqual({
      bootId: BOOT,
      is: 'hung',
      seconds: 15,
      left: { pid: 502, startTicks: 99, comm: 'mount.nfs' },
    });
    expect(valueOf(read('4.2', ['busy', 537, 9676, 'rpc_wait_bit_killable', 'mount.nfs']))).toEqual(
      {
        bootId: BOOT,
        is: 'busy',
        task: { pid: 537, startTicks: 9676, wchan: 'rpc_wait_bit_killable', comm: 'mount.nfs' },
      },
    );
    expect(valueOf(read('4.2', ['locked']))).toEqual({ bootId: BOOT, is: 'locked' });
  });

  test.for([
    [
      'another version',
      [
        ['try', '4.1', 0, 1],
        ['vers', '4.2'],
        ['undone', 'yes'],
      ],
    ],
    [
      'a mount that no table shows',
      [
        ['try', '4.2', 0, 1],
        ['undone', 'yes'],
      ],
    ],
    [
      'no word of whether it is undone',
      [
        ['try', '4.2', 0, 1],
        ['vers', '4.2'],
      ],
    ],
    ['no exit code', [['try', '4.2', 'x', 1]]],
    [
      'a survivor without a state',
      [
        ['try', '4.2', 137, 1],
        ['left', 5, 6, 'mount.nfs'],
      ],
    ],
    ['a stuck mount without a start', [['busy', 5, 'x', 'y', 'z']]],
    ['nothing', []],
  ] as const)('%s is not understood', ([, lines]) => {
    expect(whyOf(read('4.2', ...lines)).why).toBe('unparsable');
  });

  test('what is cut off is never a result, and nothing is mounted that was not seen', () => {
    const text = records(...head, ['try', '4.2', 0, '0.25'], ['vers', '4.2'], ['undone', 'yes']);
    for (let end = 0; end < text.length - 1; end += 1) {
      expect(readWith(testMount('n', NFS, '4.2'), exited(text.slice(0, end))).ok).toBe(false);
    }
    const line = fc.tuple(
      fc.constantFrom('try', 'said', 'vers', 'left', 'undone'),
      fc.array(fc.constantFrom('4.2', '0', '32', '137', '1.5', 'yes', 'no', 'D', '-', 'x'), {
        maxLength: 4,
      }),
    );
    const property = fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
      const reading = read('4.2', ...lines.map(([kind, fields]) => [kind, ...fields]));
      if (!reading.ok) return true;
      const it = reading.value;
      const first = lines.find(([kind]) => kind === 'try')?.[1] ?? [];
      const code = { mounted: '0', hung: '137', failed: '32', busy: '', locked: '' }[it.is];
      return first[0] === '4.2' && (first[1] === code || it.is === 'failed');
    });
    expect(counterexample(property, 500)).toBeUndefined();
  });
});
