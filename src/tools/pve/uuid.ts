const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** What firmware shows that was never given one: all zeros, all ones. It identifies nothing. */
const BLANK = /^(?:[0-]+|[f-]+)$/;

/** A SMBIOS UUID in lower case; `undefined` where the text is none, or one that stands for none. */
export function smbiosUuid(text: string | undefined): string | undefined {
  const uuid = text?.trim().toLowerCase() ?? '';
  return UUID.test(uuid) && !BLANK.test(uuid) ? uuid : undefined;
}

const reversed = (group: string): string => (group.match(/../g) ?? []).toReversed().join('');

/** The same UUID with its first three groups in the other byte order, as older SMBIOS writes them (COMMANDS D.2). */
function swapped(uuid: string): string {
  const [a = '', b = '', c = '', ...rest] = uuid.split('-');
  return [reversed(a), reversed(b), reversed(c), ...rest].join('-');
}

/** Whether two UUIDs are one: in any case, and in either byte order of the first three groups (COMMANDS D.2). */
export function sameUuid(one: string, other: string): boolean {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()];
  return a === b || swapped(a) === b;
}
