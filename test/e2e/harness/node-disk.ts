/** A shell script that gives a node an ext4 of its own at a path that is not there yet; of so many megabytes at most. */
export const ownDisk = (path: string, megabytes: number): string => `
    truncate -s ${megabytes}M ${path}.img
    mkfs.ext4 -q -O ^has_journal ${path}.img
    mkdir ${path}
    mount -o loop ${path}.img ${path}`;
