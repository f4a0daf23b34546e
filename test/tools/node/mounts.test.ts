import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { detachMount } from '../../../src/tools/node/detach-mount.ts';
import { removeDirectory } from '../../../src/tools/node/remove-directory.ts';
import { exited, readWith, records, valueOf, whyOf } from '../output.ts';
import { UID } from '../site.ts';
import { files, folder, HEAD } from './fake-proc.ts';
import { runScript, SHELLS } from './run-script.ts';
import { standIns, word } from './stand-ins.ts';

const LOCAL = '21 1 0:20 / / rw - ext4 /dev/sda1 rw\n';

const row = (path: string, type = 'nfs4', id = 50): string =>
  `${id} 29 0:61 / ${path} rw,relatime shared:9 - ${type} 192.168.1.127:/srv/nfs rw,vers=4.2\n`;

/** The directory of the pods on a node of the test's own, and one pod's volume in it. */
function node(mountinfo: (volume: string) => string) {
  const pods = join(folder(), 'pods');
  const volume = `${pods}/${UID}/volumes/kubernetes.io~csi/pvc-0b0b/mount`;
  mkdirSync(volume, { recursive: true });
  const proc = files(folder(), { ...HEAD, 'self/mountinfo': mountinfo(volume) });
  return { pods, volume, proc, env: { SRE_PODS_ROOT: pods, SRE_PROC_ROOT: proc } };
}

/** An umount that says and ends as it is told, and logs what it was asked. */
function umount(text: string) {
  const log = join(folder(), 'log');
  const env = standIns({ umount: `echo "$*" >>${word(log)}; ${text}` });
  return { env, asked: () => (existsSync(log) ? readFileSync(log, 'utf8') : '') };
}

// busybox runs an umount of its own, whatever PATH says: the others do.
describe.for([['sh'], ['bash']] as const)('detach-mount.sh in %s', (shell) => {
  const detach = async (path: string, env: Readonly<Record<string, string>>) => {
    const command = detachMount('n', { path });
    const out = await runScript(command, env, shell);
    return { reading: readWith(command, out), out };
  };

  test('detaches the very row, lazily, without touching it', async () => {
    const it = node((volume) => `${LOCAL}${row(`${volume}x`)}${row(volume)}`);
    const tool = umount('exit 0');
    const { reading, out } = await detach(it.volume, { ...it.env, ...tool.env });
    expect(out.stderr).toBe('');
    expect(valueOf(reading)).toBe('detached');
    expect(tool.asked()).toBe(`-l -i -c -n ${it.volume}\n`);
    expect(out.stdout).toContain(`row\t${row(it.volume)}`);
  });

  test('does nothing where there is no such row, or no NFS mount on top of it', async () => {
    const tool = umount('exit 0');
    const none = node((volume) => `${LOCAL}${row(`${volume}/below`)}`);
    expect(valueOf((await detach(none.volume, { ...none.env, ...tool.env })).reading)).toBe('gone');
    const local = node((volume) => `${row(volume)}${row(volume, 'tmpfs', 51)}`);
    const { reading } = await detach(local.volume, { ...local.env, ...tool.env });
    expect(whyOf(reading).says).toContain('is no NFS mount, and nothing was done');
    expect(tool.asked()).toBe('');
  });

  test('repeats why umount would not', async () => {
    const it = node((volume) => row(volume));
    const tool = umount('echo "umount: must be superuser to unmount." >&2; exit 32');
    expect(whyOf((await detach(it.volume, { ...it.env, ...tool.env })).reading)).toEqual({
      why: 'exit',
      says: 'umount: must be superuser to unmount.',
    });
  });

  test.for([
    '',
    '/',
    '/etc',
    'PODS',
    `PODS/${UID}`,
    `PODS/${UID}/../x`,
    `PODS/${UID}//x`,
    `PODS/${UID}/x/`,
    `PODS/${UID}/a b`,
    `PODS/${UID}/a*`,
    '-a',
  ])('refuses %j', async (path) => {
    const it = node((volume) => row(volume));
    const tool = umount('exit 0');
    const { out } = await detach(path.replace('PODS', it.pods), { ...it.env, ...tool.env });
    expect([out.stdout, out.ending]).toEqual(['', { how: 'exited', code: 64 }]);
    expect(tool.asked()).toBe('');
  });
});

describe.for(SHELLS)('remove-directory.sh in %s', (shell) => {
  const remove = async (path: string, env: Readonly<Record<string, string>>) => {
    const command = removeDirectory('n', path);
    const out = await runScript(command, env, shell);
    return { reading: readWith(command, out), out };
  };

  test('removes an empty directory, once', async () => {
    const it = node((volume) => `${LOCAL}${row(`${volume}x`)}`);
    const { reading, out } = await remove(it.volume, it.env);
    expect(out.stderr).toBe('');
    expect(valueOf(reading)).toBe('removed');
    expect(existsSync(it.volume)).toBe(false);
    expect(valueOf((await remove(it.volume, it.env)).reading)).toBe('gone');
  });

  test('leaves one that holds something', async () => {
    const it = node(() => LOCAL);
    files(it.volume, { 'vault.db': 'data' });
    expect(valueOf((await remove(it.volume, it.env)).reading)).toBe('not-empty');
    expect(readFileSync(join(it.volume, 'vault.db'), 'utf8')).toBe('data');
  });

  test.for([
    ['a mount point', (volume: string) => row(volume)],
    ['above a mount point', (volume: string) => row(`${volume}/below`)],
    ['below a mount point', (volume: string) => row(volume.replace(/\/[^/]+$/, ''))],
  ] as const)('leaves %s', async ([, mountinfo]) => {
    const it = node((volume) => `${LOCAL}${mountinfo(volume)}`);
    expect(valueOf((await remove(it.volume, it.env)).reading)).toBe('mounted');
    expect(existsSync(it.volume)).toBe(true);
  });

  test('leaves what a container has mounted, wherever it sees it', async () => {
    const it = node(() => LOCAL);
    const tail = it.volume.slice(it.pods.length);
    files(it.proc, { '900/mountinfo': row(`/host/root/var/lib/kubelet/pods${tail}`) });
    expect(valueOf((await remove(it.volume, it.env)).reading)).toBe('mounted');
    files(it.proc, {
      '900/mountinfo': `70 60 253:4 /var/lib/kubelet/pods${tail}/sub /data rw - ext4 /dev/sda1 rw\n`,
    });
    expect(valueOf((await remove(it.volume, it.env)).reading)).toBe('mounted');
    expect(existsSync(it.volume)).toBe(true);
  });

  test.for(['', '/', '/etc', 'PODS', 'PODS/', 'PODS/../x', 'PODS/./x', 'PODS/a b', 'PODSx', '-p'])(
    'refuses %j',
    async (path) => {
      const it = node(() => LOCAL);
      const { out } = await remove(path.replace('PODS', it.pods), it.env);
      expect([out.stdout, out.ending]).toEqual(['', { how: 'exited', code: 64 }]);
      expect(existsSync(it.pods)).toBe(true);
    },
  );
});

test('answers that are none', () => {
  const detach = detachMount('n', { path: '/x' });
  const remove = removeDirectory('n', '/x');
  for (const command of [detach, remove]) {
    expect(whyOf(readWith(command, exited(records(['row', 'x'])))).why).toBe('unparsable');
    expect(whyOf(readWith(command, exited(records(['exit', 137])))).why).toBe('timeout');
  }
  const busy = "rmdir: failed to remove '/x': Device or resource busy";
  expect(valueOf(readWith(remove, exited(records(['said', busy], ['exit', 1]))))).toBe('mounted');
  const denied = "rmdir: failed to remove '/x': Permission denied";
  expect(whyOf(readWith(remove, exited(records(['said', denied], ['exit', 1]))))).toEqual({
    why: 'exit',
    says: denied,
  });
});
