import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** Who a certificate speaks for: CN is the Kubernetes user, O its group. */
export interface Subject {
  readonly commonName: string;
  readonly organization?: string;
}

/** Paths of a PEM certificate and its key. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority of one run, living in a folder that goes with the run. */
export class CertificateAuthority {
  readonly cert: string;
  readonly #key: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.cert = join(folder, 'ca.crt');
    this.#key = join(folder, 'ca.key');
  }

  static async create(folder: string): Promise<CertificateAuthority> {
    const authority = new CertificateAuthority(folder);
    const config = ['[req]', 'distinguished_name=dn', 'prompt=no', '[dn]', ''].join('\n');
    await writeFile(join(folder, 'openssl.cnf'), config);
    const pair = { cert: authority.cert, key: authority.#key };
    await authority.#request(pair, { commonName: 'sre-e2e-ca' }, [
      'basicConstraints=critical,CA:TRUE',
      'keyUsage=critical,keyCertSign,digitalSignature',
    ]);
    return authority;
  }

  /** A certificate that serves the loopback address and proves a client, for two days. */
  async issue(subject: Subject): Promise<KeyPair> {
    const base = join(this.#folder, subject.commonName);
    const pair = { cert: `${base}.crt`, key: `${base}.key` };
    const extensions = [
      'basicConstraints=critical,CA:FALSE',
      'keyUsage=critical,digitalSignature',
      'extendedKeyUsage=serverAuth,clientAuth',
      'subjectAltName=IP:127.0.0.1,DNS:localhost',
    ];
    await this.#request(pair, subject, extensions, ['-CA', this.cert, '-CAkey', this.#key]);
    return pair;
  }

  async #request(
    pair: KeyPair,
    { commonName, organization }: Subject,
    extensions: readonly string[],
    signer: readonly string[] = [],
  ): Promise<void> {
    const group = organization === undefined ? '' : `/O=${organization}`;
    const files = ['-config', join(this.#folder, 'openssl.cnf'), '-out', pair.cert];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    await execa('openssl', [
      'req',
      '-x509',
      ...files,
      ...curve,
      '-keyout',
      pair.key,
      '-subj',
      `${group}/CN=${commonName}`,
      '-days',
      '2',
      ...extensions.flatMap((extension) => ['-addext', extension]),
      ...signer,
    ]);
  }
}

/** The PEM file as the base64 that kubeconfig files carry. */
export async function base64Of(path: string): Promise<string> {
  return (await readFile(path)).toString('base64');
}
