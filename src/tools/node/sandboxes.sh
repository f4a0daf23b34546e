#!/bin/sh
# The pod sandboxes and containers of this machine, as its container runtime knows them.
#
# By hand:  sudo sh sandboxes.sh
# Prints, separated by tabs:
#   boot        <boot id>
#   uid         <who asks: 0 is root>
#   pods        <what crictl pods -o json prints, on one line>
#   containers  <what crictl ps -a -o json prints, on one line>
#   end         <number of records before this one>
# Runs of spaces are printed as one, line feeds and tabs as spaces: JSON keeps neither inside its strings.
#
# The runtime is asked over its socket, and no path of a container is touched. SRE_PROC_ROOT names
# another root than /proc, for tests. Source: COMMANDS.md C.3; crictl(8), whose own patience is 2 s.
set -u
LC_ALL=C
export LC_ALL
n=0
proc=${SRE_PROC_ROOT:-/proc}
LF='
'

record() {
  printf '%s\t%s\n' "$1" "$2"
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

# The JSON of a list, in $json: warnings that crictl prints before it are left out.
list() {
  what=$1
  shift
  said=$(within 15 crictl --timeout 10s "$@" -o json </dev/null 2>&1)
  code=$?
  if [ "$code" -ne 0 ]; then
    printf 'sandboxes.sh: the runtime does not list its %s (exit code %s): %s\n' \
      "$what" "$code" "${said##*"$LF"}" >&2
    exit 71
  fi
  case $said in
    '{'*) json=$said ;;
    *"$LF{"*) json="{${said#*"$LF{"}" ;;
    *) json=$said ;;
  esac
  json=$(printf '%s' "$json" | tr '\n\t' '  ' | tr -s ' ')
}

if ! command -v crictl >/dev/null 2>&1; then
  echo 'sandboxes.sh: there is no crictl here, so nothing is known of its sandboxes' >&2
  exit 71
fi
first "$proc/sys/kernel/random/boot_id"
record boot "${line:--}"
record uid "$(id -u)"
list pods pods
record pods "$json"
list containers ps -a
record containers "$json"
printf 'end\t%s\n' "$n"
