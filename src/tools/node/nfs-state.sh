#!/bin/sh
# The NFS mounts of this machine, and the volumes its kernel keeps, mounted or not.
#
# By hand:  sudo sh nfs-state.sh
# Prints, separated by tabs:
#   boot       <boot id>
#   uid        <who asks: 0 is root; without root the mount tables of others are not seen>
#   mount      <a line of /proc/self/mountinfo of type nfs or nfs4>
#   elsewhere  <major:minor of an NFS mount that only another process sees, in a container>
#   volume     <a line of /proc/fs/nfsfs/volumes, without its heading>
#   end        <number of records before this one>
# A volume that no mount table has was detached lazily: it is out of sight, and its connection and its waiting tasks
# are still there.
#
# Tables of the kernel are read, no mount point is touched. SRE_PROC_ROOT names
# another root than /proc, for tests. Source: COMMANDS.md B.1, B.4; proc(5).
set -u
LC_ALL=C
export LC_ALL
TAB=$(printf '\t')
n=0
proc=${SRE_PROC_ROOT:-/proc}

record() {
  IFS=$TAB
  printf '%s\n' "$*"
  unset IFS
  n=$((n + 1))
}

# The first line of a file, in $line.
first() {
  line=
  { IFS= read -r line || :; } 2>/dev/null <"$1"
}

if [ ! -r "$proc/self/mountinfo" ]; then
  echo "nfs-state.sh: cannot read $proc/self/mountinfo, so finding nothing would prove nothing" >&2
  exit 71
fi

first "$proc/sys/kernel/random/boot_id"
record boot "${line:--}"
record uid "$(id -u)"

# Devices that were named already, each between spaces.
seen=' '

while IFS= read -r entry; do
  case $entry in *' - nfs '* | *' - nfs4 '*) ;; *) continue ;; esac
  record mount "$entry"
  device=${entry#* * }
  seen="$seen${device%% *} "
done <"$proc/self/mountinfo"

# A container has a mount table of its own. Without all of them a mounted volume would pass for a detached one.
found=$(grep -hsE ' - nfs4? ' "$proc"/[0-9]*/mountinfo 2>/dev/null </dev/null)
if [ $? -gt 2 ]; then
  echo 'nfs-state.sh: grep cannot read the mount tables here, so finding no mount would prove nothing' >&2
  exit 71
fi
for device in $(printf '%s\n' "$found" | cut -d ' ' -f 3 | sort -u); do
  case $seen in *" $device "*) ;; *) record elsewhere "$device" ;; esac
done

if [ -r "$proc/fs/nfsfs/volumes" ]; then
  while IFS= read -r entry; do
    case $entry in NV\ *) ;; *) record volume "$entry" ;; esac
  done <"$proc/fs/nfsfs/volumes"
fi

printf 'end\t%s\n' "$n"
