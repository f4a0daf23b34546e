#!/bin/sh
# The state of a service of this machine, its main process, and when that started.
#
# By hand:  sh unit.sh NAME          (kubelet or containerd)
# Prints, separated by tabs:
#   boot  <boot id>
#   uid   <who asks: 0 is root>
#   unit  <name> <ActiveState> <SubState> <MainPID, 0 for none> <its start in microseconds since boot, 0 for never>
#   clock <this machine's time in seconds since 1970> <seconds since boot>
#   end   <number of records before this one>
#
# SRE_PROC_ROOT names another root than /proc, for tests. Source: COMMANDS.md B.3; systemctl(1).
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

case ${1-} in
  kubelet | containerd) ;;
  *)
    echo 'usage: unit.sh NAME (kubelet or containerd)' >&2
    exit 64
    ;;
esac

if ! shown=$(within 5 systemctl show "$1" -p LoadState,ActiveState,SubState,MainPID,ExecMainStartTimestampMonotonic </dev/null 2>&1); then
  printf 'unit.sh: systemctl does not say how %s is: %s\n' "$1" "$shown" >&2
  exit 71
fi
load=- active=- sub=- main=- started=-
for pair in $shown; do
  case $pair in
    LoadState=?*) load=${pair#*=} ;;
    ActiveState=?*) active=${pair#*=} ;;
    SubState=?*) sub=${pair#*=} ;;
    MainPID=?*) main=${pair#*=} ;;
    ExecMainStartTimestampMonotonic=?*) started=${pair#*=} ;;
  esac
done
if [ "$load" != loaded ]; then
  printf 'unit.sh: there is no service %s here (LoadState %s)\n' "$1" "$load" >&2
  exit 71
fi
first "$proc/sys/kernel/random/boot_id"
record boot "${line:--}"
record uid "$(id -u)"
record unit "$1" "$active" "$sub" "$main" "$started"
first "$proc/uptime"
record clock "$(date +%s)" "${line%% *}"
printf 'end\t%s\n' "$n"
