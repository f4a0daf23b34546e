#!/bin/sh
# One virtual machine of this Proxmox VE host: its state, its configuration, and whether another one looks like it.
#
# By hand:  sudo sh vm.sh VMID          sh vm.sh 202
# Prints, separated by tabs:
#   boot     <boot id of this host>
#   uid      <who asks: 0 is root>
#   host     <the name of this host>
#   absent                                 instead of all that follows, where the VM is not on this host
#   list     <running|stopped> <name>      its row of qm list, where a paused one is running
#   status   <key> <value>                 one for each line of qm status --verbose; none where that did not answer
#   config   <a line of qm config --current>
#   pending  <a line of qm pending>
#   ha       <none|managed|unknown>        whether the HA manager has it
#   agent    <yes|no|unknown>              whether the guest agent answered
#   twin     <VMID of another VM of the cluster with the same name or SMBIOS UUID>
#   end      <number of records before this one>
#
# Only reads. Where qm list, qm config, qm pending or the configuration files do not answer, it fails with their words:
# part of an identity is none. SRE_PVE_ROOT names another root than /etc/pve, for tests.
# Source: COMMANDS.md D.1, D.2, D.3; qm(1), ha-manager(1).
set -u
set -f
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH
TAB=$(printf '\t')
n=0
root=${SRE_PVE_ROOT:-/etc/pve}

vmid=${1-}
case $vmid in
  '' | *[!0-9]* | ??????????*)
    echo 'usage: vm.sh VMID (a number)' >&2
    exit 64
    ;;
esac

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

# Ends here, where what $1 says is needed and it ended with code $2; its own words are on standard error already.
needed() {
  [ "$2" -ne 0 ] || return 0
  echo "vm.sh: $1 ended with exit code $2" >&2
  if [ "$2" -eq 137 ]; then exit 124; fi
  exit 70
}

# Takes the last word off $rest, into $word.
pop() {
  rest=${rest%"${rest##*[! ]}"}
  word=${rest##* }
  rest=${rest%"$word"}
}

# The row of a VM in qm list, as $status and $name. A name may be longer than its column, and a VM without one is called
# by two words: four words are taken off the end and one off the front.
row() {
  listed=no
  status=
  name=
  while IFS= read -r rest; do
    rest=${rest#"${rest%%[! ]*}"}
    [ "${rest%% *}" = "$vmid" ] || continue
    listed=yes
    for column in pid bootdisk memory status; do
      pop
      [ "$column" != status ] || status=$word
    done
    rest=${rest#"$vmid"}
    rest=${rest#"${rest%%[! ]*}"}
    name=${rest%"${rest##*[! ]}"}
    return
  done <<EOF
$list
EOF
}

# One record of kind $1 for each line of $2.
lines() {
  while IFS= read -r line; do
    [ -z "$line" ] || record "$1" "$line"
  done <<EOF
$2
EOF
}

# The lines of qm status that are no part of a list: those are indented, and their heads have no value.
states() {
  while IFS= read -r line; do
    case $line in
      "$TAB"*) ;;
      *': '*) record status "${line%%: *}" "${line#*: }" ;;
    esac
  done <<EOF
$1
EOF
}

lower() { printf '%s\n' "$1" | tr '[:upper:]' '[:lower:]'; }

# What identifies this VM in its configuration, in lower case: $own and $uuid.
identity() {
  own=
  uuid=
  while IFS= read -r line; do
    case $line in
      'name: '*) own=${line#name: } ;;
      'smbios1: uuid='* | 'smbios1: '*,uuid=*)
        uuid=${line##*[ ,]uuid=}
        uuid=${uuid%%,*}
        ;;
    esac
  done <<EOF
$(lower "$config")
EOF
}

# Every other VM of the cluster with that name or UUID. Of its file only what is before the first [section] holds; the
# sections are its snapshots and what is pending.
twins() {
  found=
  section=
  while IFS= read -r line; do
    file=${line%%:*}
    text=${line#*:}
    id=${file##*/}
    id=${id%.conf}
    if [ "$id" = "$vmid" ] || [ "$id" = "$found" ] || [ "$id" = "$section" ]; then continue; fi
    case $text in
      '['*) section=$id ;;
      "name: $own") [ -z "$own" ] || found=$id ;;
      'smbios1: '*)
        [ -z "$uuid" ] || case ,${text#smbios1: }, in *",uuid=$uuid,"*) found=$id ;; esac
        ;;
    esac
    [ "$id" != "$found" ] || record twin "$id"
  done <<EOF
$(lower "$configs")
EOF
}

if ! command -v qm >/dev/null 2>&1; then
  echo 'vm.sh: there is no qm here: this is no Proxmox VE host' >&2
  exit 69
fi

first /proc/sys/kernel/random/boot_id
record boot "${line:--}"
record uid "$(id -u)"
host=$(uname -n)
record host "${host%%.*}"

list=$(within 6 qm list </dev/null)
needed 'qm list' $?
row
if [ "$listed" = no ]; then
  record absent
  printf 'end\t%s\n' "$n"
  exit 0
fi
record list "$status" "$name"

states "$(within 12 qm status "$vmid" --verbose </dev/null 2>/dev/null)"

config=$(within 6 qm config "$vmid" --current </dev/null)
needed 'qm config' $?
lines config "$config"

pending=$(within 6 qm pending "$vmid" </dev/null)
needed 'qm pending' $?
lines pending "$pending"

ha=unknown
if managed=$(within 6 ha-manager config </dev/null 2>/dev/null); then
  ha=none
  case "
$managed
" in *"
vm:$vmid
"*) ha=managed ;; esac
fi
record ha "$ha"

agent=no
if [ "$status" = running ]; then
  said=$(within 6 qm agent "$vmid" ping </dev/null 2>&1)
  case $?:$said in
    0:*) agent=yes ;;
    *'No QEMU guest agent configured'* | *' is not running'*) ;;
    *) agent=unknown ;;
  esac
fi
record agent "$agent"

# shellcheck disable=SC2016 # the shell that it is for expands them
configs=$(within 5 sh -c 'exec grep -E "^(name|smbios1): |^\[" "$1"/nodes/*/qemu-server/*.conf /dev/null' \
  sre "$root" </dev/null)
code=$?
[ "$code" -ne 1 ] || code=0
needed 'a search through the configurations of the cluster' "$code"
identity
twins

printf 'end\t%s\n' "$n"
