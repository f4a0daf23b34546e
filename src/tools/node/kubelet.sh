#!/bin/sh
# How the kubelet of this machine is: its unit, its health endpoint, and its processes.
#
# By hand:  sudo sh kubelet.sh
# Prints, separated by tabs:
#   boot     <boot id>
#   uid      <who asks: 0 is root>
#   unit     <ActiveState> <SubState> <MainPID>     each - where systemd does not say
#   healthz  <HTTP status, 000 for none> <curl's exit code; 127 where there is no curl>
#   proc     <pid> <start, in clock ticks since boot> <state> <threads> kubelet
#   end      <number of records before this one>
#
# A zombie with more than one thread cannot be reaped, and it still holds its port: then the port takes a connection and
# nothing answers (exit code 28). SRE_PROC_ROOT names
# another root than /proc, for tests. Source: COMMANDS.md B.3; systemctl(1); proc(5).
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

first "$proc/sys/kernel/random/boot_id"
record boot "${line:--}"
record uid "$(id -u)"

active=- sub=- main=-
if command -v systemctl >/dev/null 2>&1; then
  shown=$(within 5 systemctl show kubelet -p ActiveState,SubState,MainPID </dev/null 2>/dev/null)
  for pair in $shown; do
    case $pair in
      ActiveState=?*) active=${pair#*=} ;;
      SubState=?*) sub=${pair#*=} ;;
      MainPID=?*) main=${pair#*=} ;;
    esac
  done
fi
record unit "$active" "$sub" "$main"

status=000
code=127
if command -v curl >/dev/null 2>&1; then
  status=$(curl -s --noproxy '*' -m 3 -o /dev/null -w '%{http_code}' http://127.0.0.1:10248/healthz </dev/null 2>/dev/null)
  code=$?
fi
record healthz "${status:-000}" "$code"

for file in "$proc"/[0-9]*/stat; do
  first "$file"
  case $line in
    *' (kubelet) '*)
      pid=${line%% *}
      # shellcheck disable=SC2086 # the fields after the name are numbers and one letter
      set -- ${line##*') '}
      # state is field 3, threads field 20, start field 22 of proc(5); here they are $1, $18 and $20.
      record proc "$pid" "${20}" "$1" "${18}" kubelet
      ;;
  esac
done

printf 'end\t%s\n' "$n"
