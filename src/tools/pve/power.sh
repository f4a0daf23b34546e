#!/bin/sh
# Resets, resumes, stops or starts one virtual machine of this Proxmox VE host, if it still is the one that was seen.
#
# By hand:  sudo sh power.sh reset|resume|stop|start VMID NAME UUID
#           (NAME and the uuid= of smbios1 as qm config VMID prints them; UUID is - where there is none)
# Prints, separated by tabs, one of:
#   absent                        there is no VM of that id on this host; nothing is sent
#   other   <name> <uuid or ->    the VM of that id has another name or UUID; nothing is sent
#   said    <a line that qm printed>     any number of them, and then
#   exit    <the exit code of qm; 137: killed at its deadline, what it did is unknown>
#   end     <number of records before this one>
#
# Never with --skiplock: a lock means that a backup, a migration or a snapshot is under way. An exit code of 0 is no
# proof that anything happened. Source: COMMANDS.md D.1, D.2; qm(1).
set -u
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH
TAB=$(printf '\t')
n=0

usage() {
  echo 'usage: power.sh reset|resume|stop|start VMID NAME UUID' >&2
  exit 64
}

[ $# -eq 4 ] || usage
verb=$1 vmid=$2 name=$3 uuid=$4
# How long each may take: a lock is waited for 10 s, a stop ends after up to 70 s.
case $verb in
  reset) patience=28 ;;
  resume) patience=11 ;;
  stop | start) patience=88 ;;
  *) usage ;;
esac
case $vmid in '' | *[!0-9]* | ??????????*) usage ;; esac
case $name in '') usage ;; esac
case $uuid in '' | *[!0-9A-Fa-f-]*) usage ;; esac

record() {
  IFS=$TAB
  printf '%s\n' "$*"
  unset IFS
  n=$((n + 1))
}

ended() {
  printf 'end\t%s\n' "$n"
  exit 0
}

# A command with a hard end, where the machine can give one.
within() {
  seconds=$1
  shift
  if command -v timeout >/dev/null 2>&1; then
    timeout -s KILL "$seconds" "$@"
  else
    "$@"
  fi
}

lower() { printf '%s\n' "$1" | tr '[:upper:]' '[:lower:]'; }

# Who the VM is now: $own, as qm list calls one without a name too, and $other, its UUID.
identity() {
  own="VM $vmid"
  other=-
  while IFS= read -r line; do
    case $line in
      'name: '*) own=${line#name: } ;;
      'smbios1: uuid='* | 'smbios1: '*,uuid=*)
        other=${line##*[ ,]uuid=}
        other=${other%%,*}
        ;;
    esac
  done <<EOF
$config
EOF
}

if ! command -v qm >/dev/null 2>&1; then
  echo 'power.sh: there is no qm here: this is no Proxmox VE host; nothing was sent' >&2
  exit 69
fi

config=$(within 7 qm config "$vmid" --current </dev/null 2>&1)
code=$?
case $code:$config in
  0:*) ;;
  *"/qemu-server/$vmid.conf' does not exist"* | *"configuration file for VM $vmid on node "*)
    record absent
    ended
    ;;
  *)
    printf '%s\n' "$config" >&2
    echo "power.sh: qm config ended with exit code $code; nothing was sent" >&2
    exit 70
    ;;
esac

identity
if [ "$own" != "$name" ] || [ "$(lower "$other")" != "$(lower "$uuid")" ]; then
  record other "$own" "$other"
  ended
fi

said=$(within "$patience" qm "$verb" "$vmid" </dev/null 2>&1)
code=$?
while IFS= read -r line; do
  [ -z "$line" ] || record said "$line"
done <<EOF
$(printf '%s\n' "$said" | tail -n 40)
EOF
record exit "$code"
ended
