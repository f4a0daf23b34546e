import type { Algorithms, ServerHostKeyAlgorithm } from 'ssh2';

/** Host key algorithms that are accepted, the preferred first: no DSA, and RSA only with SHA-2. */
const HOST_KEYS: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

const keyType = (it: ServerHostKeyAlgorithm): string => (it.startsWith('rsa-') ? 'ssh-rsa' : it);

/**
 * The algorithms to offer: ssh2's defaults without SHA-1, and host keys of the types already known for the machine first,
 * as OpenSSH does (STACK 3.2).
 */
export function algorithmsFor(knownTypes: readonly string[]): Algorithms {
  const known = HOST_KEYS.filter((it) => knownTypes.includes(keyType(it)));
  return {
    kex: [
      'curve25519-sha256',
      'curve25519-sha256@libssh.org',
      'ecdh-sha2-nistp256',
      'ecdh-sha2-nistp384',
      'ecdh-sha2-nistp521',
      'diffie-hellman-group-exchange-sha256',
      'diffie-hellman-group16-sha512',
      'diffie-hellman-group18-sha512',
      'diffie-hellman-group14-sha256',
    ],
    serverHostKey: [...known, ...HOST_KEYS.filter((it) => !known.includes(it))],
    cipher: [
      'aes128-gcm@openssh.com',
      'aes256-gcm@openssh.com',
      'chacha20-poly1305@openssh.com',
      'aes128-ctr',
      'aes192-ctr',
      'aes256-ctr',
    ],
    hmac: [
      'hmac-sha2-256-etm@openssh.com',
      'hmac-sha2-512-etm@openssh.com',
      'hmac-sha2-256',
      'hmac-sha2-512',
    ],
    compress: ['none'],
  };
}
