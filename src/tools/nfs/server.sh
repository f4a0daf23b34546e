#!/bin/sh
# How the NFS server on this machine is: its threads, its times, its exports, and the load of the machine.
#
# By hand, on the server:  sudo sh server.sh
# Prints, separated by tabs:
#   boot     <boot id>
#   uid      <who asks: 0 is root>
#   threads  <threads of nfsd, 0: stopped>
#   lease    <seconds a client may stay silent>
#   grace    <seconds after a start in which only reclaims are served>
#   ended    <Y|N: whether that time is over>
#   load     <load average of the last minute>
#   cpus     <processors>
#   export   <a line of /var/lib/nfs/etab, or of /proc/fs/nfsd/exports where there is no etab>
#   absent   <path>                                instead of all from threads on, where no NFS server runs
#   end      <number of records before this one>
#
# Only reads: writing to these files would start, stop or change the server. SRE_PROC_ROOT, SRE_NFSD_ROOT and SRE_ETAB
# name other places than /proc, /proc/fs/nfsd and /var/lib/nfs/etab, for tests. Source: COMMANDS.md B.7, B.8; nfsd(7).
set -u
LC_ALL=C
export LC_ALL
n=0
proc=${SRE_PROC_ROOT:-/proc}
root=${SRE_NFSD_ROOT:-/proc/fs/nfsd}
etab=${SRE_ETAB:-/var/lib/nfs/etab}

record() {
  printf '%s\t%s\n' "$1" "$2"
  n=$((n + 1))
}

# The first line of a file, in $line.
first() {
  line=
  { IFS= read -r line || :; } 2>/dev/null <"$1"
}

first "$proc/sys/kernel/random/boot_id"
record boot "${line:--}"
record uid "$(id -u)"
first "$root/threads"
if [ -z "$line" ]; then
  record absent "$root/threads"
  printf 'end\t%s\n' "$n"
  exit 0
fi
record threads "$line"
first "$root/nfsv4leasetime"
record lease "${line:--}"
first "$root/nfsv4gracetime"
record grace "${line:--}"
first "$root/v4_end_grace"
record ended "${line:--}"
first "$proc/loadavg"
record load "${line%% *}"

cpus=0
while IFS= read -r entry; do
  case $entry in cpu[0-9]*) cpus=$((cpus + 1)) ;; esac
done 2>/dev/null <"$proc/stat"
record cpus "$cpus"

exports=$etab
[ -r "$exports" ] || exports=$root/exports
while IFS= read -r entry || [ -n "$entry" ]; do
  case $entry in '' | '#'*) ;; *) record export "$entry" ;; esac
done 2>/dev/null <"$exports"
printf 'end\t%s\n' "$n"
