import { SreError } from '../runbook/sre-error.ts';

interface Explained {
  readonly code: string;
  readonly says: string;
  readonly hint: string;
}

const elsewhere = 'or set XDG_STATE_HOME to a folder on another disk';

const EXPLAINED: Readonly<Record<string, Explained>> = {
  ENOSPC: { code: 'disk-full', says: 'the disk is full', hint: `free space there, ${elsewhere}` },
  EDQUOT: {
    code: 'disk-full',
    says: 'your disk quota is used up',
    hint: `free space, ${elsewhere}`,
  },
  EFBIG: {
    code: 'disk-file-too-large',
    says: 'the file would be larger than a limit allows',
    hint: `raise the limit (ulimit -f), ${elsewhere}`,
  },
  EROFS: {
    code: 'disk-read-only',
    says: 'the file system is read-only',
    hint: `a disk that turned read-only by itself is failing: look at dmesg; ${elsewhere.slice(3)}`,
  },
  EACCES: {
    code: 'disk-denied',
    says: 'permission denied',
    hint: `check who owns it and every folder above it (ls -ld), ${elsewhere}`,
  },
  EPERM: {
    code: 'disk-denied',
    says: 'the system does not permit it',
    hint: `check its owner and attributes (ls -ld, lsattr -d), ${elsewhere}`,
  },
  EIO: {
    code: 'disk-failing',
    says: 'the disk reports an input/output error',
    hint: `trust nothing on that disk: look at dmesg; ${elsewhere.slice(3)}`,
  },
  ENOENT: {
    code: 'disk-missing',
    says: 'there is no such file or folder',
    hint: 'check the path; it may have been moved or removed',
  },
  ENOTDIR: {
    code: 'disk-not-a-folder',
    says: 'a part of that path is a file, not a folder',
    hint: `move that file away, ${elsewhere}`,
  },
  EISDIR: {
    code: 'disk-not-a-file',
    says: 'it is a folder, not a file',
    hint: 'name a file',
  },
  EEXIST: {
    code: 'disk-exists',
    says: 'it exists already',
    hint: 'nothing was overwritten; look at what is there',
  },
  EMFILE: {
    code: 'disk-too-many-open',
    says: 'this process has too many files open',
    hint: 'raise the limit (ulimit -n)',
  },
};

const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;

/** Whether an error is the system's word with this code: `ENOENT`. */
export const isErrno = (error: unknown, code: string): boolean => errnoOf(error) === code;

/**
 * The system's refusal as a sentence that names the file, and a hint that says what to do.
 *
 * @param doing what was tried, as it follows "cannot": `write the journal`
 */
export function diskError(doing: string, path: string, error: unknown): SreError {
  if (error instanceof SreError) return error;
  const errno = errnoOf(error);
  const known = errno === undefined ? undefined : EXPLAINED[errno];
  if (known !== undefined) {
    return new SreError(known.code, `cannot ${doing} ${path}: ${known.says} (${errno})`, {
      source: 'environment',
      hint: known.hint,
      cause: error,
    });
  }
  const says = error instanceof Error ? error.message : String(error);
  return new SreError('disk-failed', `cannot ${doing} ${path}: ${says}`, {
    source: errno === undefined ? 'bug' : 'environment',
    cause: error,
  });
}
