#!/bin/sh
# The clients of this NFS server, and the files they hold open or locked.
#
# By hand, on the server:  sudo sh clients.sh
# Prints, separated by tabs:
#   lease   <seconds a client may stay silent>
#   info    <client> <a line of /proc/fs/nfsd/clients/CLIENT/info>
#   state   <client> <a line of /proc/fs/nfsd/clients/CLIENT/states>
#   absent  <path>                                instead of all, where no NFS server of kernel 5.3 or later runs
#   end     <number of records before this one>
#
# Only reads; the ctl files, which revoke all state of a client, are never opened. Source: COMMANDS.md B.8.
set -u
LC_ALL=C
export LC_ALL
TAB=$(printf '\t')
n=0
root=${SRE_NFSD_ROOT:-/proc/fs/nfsd}

record() {
  IFS=$TAB
  printf '%s\n' "$*"
  unset IFS
  n=$((n + 1))
}

# One record of kind $1 for each line of file $3 of client $2. A client that leaves meanwhile holds nothing any more; one that is
# still there and cannot be read might hold anything, and then nothing at all is said.
lines() {
  if ! content=$(cat "$3" 2>/dev/null); then
    [ -d "${3%/*}" ] || return 0
    printf 'clients.sh: %s cannot be read\n' "$3" >&2
    exit 71
  fi
  while IFS= read -r line; do
    [ -z "$line" ] || record "$1" "$2" "$line"
  done <<EOF
$content
EOF
}

lease=
{ IFS= read -r lease || :; } 2>/dev/null <"$root/nfsv4leasetime"
if [ -z "$lease" ] || [ ! -d "$root/clients" ]; then
  record absent "$root/clients"
else
  record lease "$lease"
  for dir in "$root"/clients/[0-9]*; do
    [ -d "$dir" ] || continue
    client=${dir##*/}
    lines info "$client" "$dir/info"
    lines state "$client" "$dir/states"
  done
fi
printf 'end\t%s\n' "$n"
