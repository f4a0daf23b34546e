/** A mount, as `/proc/self/mountinfo` lists it. */
export interface Mount {
  readonly path: string;
  /** `nfs4`, `ext4`, `tmpfs`. */
  readonly fstype: string;
  /** `10.0.0.10:/export`, `/dev/sda1`, `tmpfs`. */
  readonly source: string;
}

/** The kernel writes white space and backslashes in paths as three octal digits (proc(5)). */
const unescape = (text: string): string =>
  text.replaceAll(/\\([0-3][0-7]{2})/g, (_, octal: string) =>
    String.fromCodePoint(Number.parseInt(octal, 8)),
  );

/** Reads a line of mountinfo: field 5 is the mount point, and after ` - ` stand type and source (COMMANDS B.4). */
export function parseMount(line: string): Mount | undefined {
  const match = /^\d+ \d+ \d+:\d+ \S+ (\/\S*) \S+(?: \S+)* - (\S+) (\S+)(?: |$)/.exec(line);
  if (match === null) return undefined;
  const [, path = '', fstype = '', source = ''] = match;
  return { path: unescape(path), fstype, source: unescape(source) };
}
