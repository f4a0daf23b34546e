import { describe, expect, test } from 'vitest';
import { nfsState } from '../../../src/tools/node/nfs-state.ts';
import { exited, readWith, records, valueOf, whyOf } from '../output.ts';
import { BOOT, UID } from '../site.ts';
import { files, folder, HEAD } from './fake-proc.ts';
import { lab, LAB_04 } from './lab.ts';
import { runScript, SHELLS } from './run-script.ts';

const STATE = nfsState('k8s-node3');
const POD = `/var/lib/kubelet/pods/${UID}/volumes/kubernetes.io~csi/pvc-0b0b/mount`;
const LAB_09 = 'nfs/lab-09-nfs-abandoned-mount-poison-kill-heals.txt';

/** The lines of a recording that a pattern fits. */
const linesOf = (file: string, pattern: RegExp): readonly string[] =>
  lab(file)
    .split('\n')
    .filter((line) => pattern.test(line));

/** Lab 09 cut the lines to 90 characters; only the end of the options is missing. */
const MOUNTS = linesOf(LAB_09, /^\d+ \d+ 0:\d+ .* - nfs4 /);
const [VOLUME = ''] = linesOf(LAB_04, /^v4 7f000001 +801 +0:/);
const HEADING = 'NV SERVER   PORT DEV          FSID                              FSC';

const head = [
  ['boot', BOOT],
  ['uid', 0],
] as const;

describe('reading', () => {
  test('recorded: two mounts of one server, and a volume that a lazy umount left behind', () => {
    expect(MOUNTS.length).toBe(2);
    const text = records(
      ...head,
      ...MOUNTS.map((line) => ['mount', line]),
      ['volume', HEADING],
      ['volume', VOLUME.replace('0:29', '0:30')],
      ['volume', VOLUME.replace('0:29', '0:31')],
    );
    expect(valueOf(readWith(STATE, exited(text)))).toEqual({
      bootId: BOOT,
      root: true,
      mounts: [
        {
          path: '/mnt/m2',
          source: '127.0.0.1:/b',
          server: '127.0.0.1',
          version: '4.2',
          device: '0:29',
        },
        {
          path: '/mnt/m3',
          source: '127.0.0.1:/',
          server: '127.0.0.1',
          version: '4.2',
          device: '0:30',
        },
      ],
      ghosts: ['0:31'],
    });
  });

  test.for([
    ['nfs4', '192.168.1.127:/srv/nfs/vault', 'vers=4.1', '192.168.1.127', '4.1'],
    ['nfs', '192.168.1.127:/srv/nfs', 'vers=3', '192.168.1.127', '3'],
    ['nfs4', '[fd00::1]:/srv/nfs', 'vers=4.0', 'fd00::1', '4.0'],
    ['nfs4', 'nas.example.net:/', 'vers=4.2', 'nas.example.net', '4.2'],
  ] as const)('%s %s %s', ([type, source, vers, server, version]) => {
    const line = `50 29 0:61 / ${POD} rw,relatime shared:9 - ${type} ${source} rw,${vers},soft,mountvers=3,addr=1.2.3.4`;
    const { mounts } = valueOf(readWith(STATE, exited(records(...head, ['mount', line]))));
    expect(mounts).toEqual([{ path: POD, source, server, version, podUid: UID, device: '0:61' }]);
  });

  test('a static pod is named by the hash of its configuration', () => {
    const hash = '0123456789abcdef0123456789abcdef';
    const line = `50 29 0:61 / /var/lib/kubelet/pods/${hash}/volumes/x/y rw - nfs4 s:/ rw,vers=4.2`;
    const { mounts } = valueOf(readWith(STATE, exited(records(...head, ['mount', line]))));
    expect(mounts[0]?.podUid).toBe(hash);
  });

  test('without root other mount tables are not seen, and no volume is called left behind', () => {
    const text = records(['boot', BOOT], ['uid', 1000], ['volume', VOLUME]);
    expect(valueOf(readWith(STATE, exited(text)))).toMatchObject({ root: false, ghosts: [] });
  });

  test.for([
    ['mount', '29 21 0:25 / /mnt rw - nfs4 127.0.0.1:/ rw,soft'],
    ['mount', '29 21 0:25 / /mnt rw - ext4 /dev/sda1 rw,vers=4.2'],
    ['mount', '29 21 0:25 / /mnt'],
    ['volume', 'v4 7f000001  801 what'],
    ['volume', ''],
  ] as const)('%s %s is not understood', (line) => {
    expect(whyOf(readWith(STATE, exited(records(...head, line)))).why).toBe('unparsable');
  });

  test('no part of it makes a value', () => {
    const text = records(...head, ['mount', MOUNTS[0] ?? ''], ['volume', VOLUME]).trimEnd();
    for (let end = 0; end < text.length; end += 1) {
      expect(readWith(STATE, exited(text.slice(0, end))).ok).toBe(false);
    }
  });
});

describe.for(SHELLS)('nfs-state.sh in %s', (shell) => {
  const LOCAL = '21 1 0:20 / / rw - ext4 /dev/sda1 rw\n';
  const OURS = `50 29 0:61 / ${POD} rw,relatime shared:9 - nfs4 192.168.1.127:/srv/nfs rw,vers=4.2,soft\n`;
  const INSIDE = '70 60 0:62 / /vault/data rw,relatime - nfs4 192.168.1.127:/srv/nfs rw,vers=4.2\n';

  test('reads our mounts, what only a container sees, and what nobody has mounted', async () => {
    const root = files(folder(), {
      ...HEAD,
      'self/mountinfo': `${LOCAL}${OURS}22 1 0:21 / /a\\040-\\040nfs4\\040b rw - tmpfs tmpfs rw\n`,
      '1/mountinfo': `${LOCAL}${OURS}`,
      '800/mountinfo': `${LOCAL}${INSIDE}`,
      '801/mountinfo': INSIDE,
      'fs/nfsfs/volumes': [
        HEADING,
        ...['0:61', '0:62', '0:63'].map((device) => VOLUME.replace('0:29', device)),
        '',
      ].join('\n'),
    });
    const out = await runScript(STATE, { SRE_PROC_ROOT: root }, shell);
    expect(out.stderr).toBe('');
    expect(out.stdout.match(/^elsewhere\t.*$/gm)).toEqual(['elsewhere\t0:62']);
    expect(valueOf(readWith(STATE, out))).toEqual({
      bootId: BOOT,
      root: process.getuid?.() === 0,
      mounts: [
        {
          path: POD,
          source: '192.168.1.127:/srv/nfs',
          server: '192.168.1.127',
          version: '4.2',
          podUid: UID,
          device: '0:61',
        },
      ],
      ghosts: process.getuid?.() === 0 ? ['0:63'] : [],
    });
  });

  test('a node that never mounted NFS; a /proc that cannot be read', async () => {
    const none = await runScript(STATE, { SRE_PROC_ROOT: files(folder(), HEAD) }, shell);
    expect(valueOf(readWith(STATE, none))).toMatchObject({ mounts: [], ghosts: [] });
    const unreadable = await runScript(STATE, { SRE_PROC_ROOT: folder() }, shell);
    expect(whyOf(readWith(STATE, unreadable)).says).toContain(
      'finding nothing would prove nothing',
    );
  });

  test('on this machine', async () => {
    const out = await runScript(STATE, {}, shell);
    expect(out.stderr).toBe('');
    expect(readWith(STATE, out).ok).toBe(true);
  });
});
