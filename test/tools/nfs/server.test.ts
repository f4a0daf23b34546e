import { describe, expect, test } from 'vitest';
import { nfsServer } from '../../../src/tools/nfs/server.ts';
import { files, folder, HEAD } from '../node/fake-proc.ts';
import { lab } from '../node/lab.ts';
import { runScript, SHELLS } from '../node/run-script.ts';
import { exited, readWith, records, valueOf, whyOf } from '../output.ts';
import { BOOT, SITE } from '../site.ts';

const COMMAND = nfsServer(SITE);
if (COMMAND === undefined) throw new Error('the site names a host');

/** The lease and grace times as lab 12 printed them. */
const TIMES = /^(\d+)\n(\d+)\n# pool/m.exec(lab('nfs/lab-12-nfsd-clients-info-states-locks.txt'));
const [, LEASE = '', GRACE = ''] = TIMES ?? [];

const PROC = {
  ...HEAD,
  loadavg: '16.04 12.10 8.00 3/1200 4711\n',
  stat: 'cpu  1 2 3\ncpu0 1 2 3\ncpu1 1 2 3\nintr 5\nctxt 6\n',
};
const NFSD = {
  threads: '16\n',
  nfsv4leasetime: `${LEASE}\n`,
  nfsv4gracetime: `${GRACE}\n`,
  v4_end_grace: 'Y\n',
  exports:
    '# Version 1.1\n# Path Client(Flags) # IPs\n/\t*(ro,root_squash,sync,no_wdelay,v4root,fsid=0,uuid=1)\n/srv/nfs\t10.0.20.0/24(rw,async,fsid=7)\n',
};
const ETAB = '/srv/nfs\t10.0.20.0/24(rw,async,wdelay,hide,no_subtree_check,fsid=1,sec=sys)\n';

describe.for(SHELLS)('server.sh in %s', (shell) => {
  const run = (nfsd: Record<string, string>, etab?: string) =>
    runScript(
      COMMAND,
      {
        SRE_PROC_ROOT: files(folder(), PROC),
        SRE_NFSD_ROOT: files(folder(), nfsd),
        SRE_ETAB: `${files(folder(), etab === undefined ? {} : { etab })}/etab`,
      },
      shell,
    );

  test('a server at work', async () => {
    const out = await run(NFSD, ETAB);
    expect(out.stderr).toBe('');
    expect(valueOf(readWith(COMMAND, out))).toEqual({
      bootId: BOOT,
      threads: 16,
      leaseSeconds: 10,
      graceSeconds: 10,
      inGrace: false,
      load1: 16.04,
      cpus: 2,
      fsidZero: false,
    });
  });

  test('stopped, in its grace period, and with an export that claims to be the root', async () => {
    const stopped = valueOf(readWith(COMMAND, await run({ ...NFSD, threads: '0\n' }, ETAB)));
    expect(stopped.threads).toBe(0);
    const grace = valueOf(readWith(COMMAND, await run({ ...NFSD, v4_end_grace: 'N\n' }, ETAB)));
    expect(grace.inGrace).toBe(true);
    const zero = ETAB.replace('fsid=1', 'fsid=0');
    expect(valueOf(readWith(COMMAND, await run(NFSD, zero))).fsidZero).toBe(true);
    // Without an etab the kernel's own table is read, and its own pseudo root is no export.
    expect(valueOf(readWith(COMMAND, await run(NFSD))).fsidZero).toBe(false);
    const kernel = { ...NFSD, exports: NFSD.exports.replace('fsid=7', 'fsid=0') };
    expect(valueOf(readWith(COMMAND, await run(kernel))).fsidZero).toBe(true);
  });

  test('no server, and one that does not say all', async () => {
    expect(whyOf(readWith(COMMAND, await run({})))).toEqual({
      why: 'exit',
      says: 'no NFS server runs on that host',
    });
    const { v4_end_grace: _, ...old } = NFSD;
    expect(whyOf(readWith(COMMAND, await run(old, ETAB))).says).toContain('grace period');
  });
});

describe('reading', () => {
  const whole = [
    ['boot', BOOT],
    ['uid', 0],
    ['threads', 8],
    ['lease', 90],
    ['grace', 90],
    ['ended', 'Y'],
    ['load', '0.10'],
    ['cpus', 44],
  ] as const;

  test('no part of it makes a value', () => {
    expect(readWith(COMMAND, exited(records(...whole))).ok).toBe(true);
    for (const left of whole.filter(([kind]) => kind !== 'uid')) {
      const rest = whole.filter((it) => it !== left);
      expect(whyOf(readWith(COMMAND, exited(records(...rest)))).why).toBe('unparsable');
    }
    const text = records(...whole).trimEnd();
    for (let end = 0; end < text.length; end += 1) {
      expect(readWith(COMMAND, exited(text.slice(0, end))).ok).toBe(false);
    }
  });

  test.for([
    ['(rw,fsid=0,sec=sys)', true],
    ['(rw,fsid=root)', true],
    ['(fsid=0)', true],
    ['(rw,fsid=01)', false],
    ['(rw,fsid=10)', false],
    ['(ro,v4root,fsid=0)', false],
    ['(rw,nofsid=0)', false],
  ] as const)('%s: %s', ([options, is]) => {
    const text = records(...whole, ['export', `/srv/nfs\t*${options}`]);
    expect(valueOf(readWith(COMMAND, exited(text))).fsidZero).toBe(is);
  });
});
