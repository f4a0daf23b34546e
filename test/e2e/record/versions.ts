import { release } from 'node:os';
import { execa } from 'execa';
import type { Components } from '../harness/components.ts';
import type { ControlPlane } from '../harness/control-plane.ts';
import type { Uninitialised } from './raft.ts';
import type { Versions } from './recorder.ts';

/** What the programs say of themselves. */
export async function clusterVersions(
  { kubectl }: Components,
  plane: ControlPlane,
): Promise<Versions> {
  const { stdout } = await execa(kubectl, ['version', '--client', '-o', 'json']);
  const client = JSON.parse(stdout) as { clientVersion: { gitVersion: string } };
  const server = await plane.api.call<{ gitVersion: string }>('/version');
  return {
    kubectl: withoutV(client.clientVersion.gitVersion),
    'kube-apiserver': withoutV(server.gitVersion),
  };
}

/** The version that a Vault names. */
export async function vaultVersion({ members }: Pick<Uninitialised, 'members'>): Promise<Versions> {
  const said = await members[0]?.vault.get('sys/seal-status');
  const version = said?.body['version'];
  if (typeof version !== 'string') throw new Error('Vault does not say its version');
  return { vault: version };
}

/** The kernel's and OpenSSH's. */
export async function machineVersions(): Promise<Versions> {
  const { stderr } = await execa('ssh', ['-V']);
  const openssh = /^OpenSSH_(\S+?)[ ,]/.exec(stderr)?.[1];
  const linux = /^\d+\.\d+/.exec(release())?.[0];
  if (openssh === undefined || linux === undefined) throw new Error(`no version: ${stderr}`);
  return { openssh, linux };
}

const withoutV = (version: string): string => version.replace(/^v/, '');
