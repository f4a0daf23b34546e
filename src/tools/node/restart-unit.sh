#!/bin/sh
# Asks for a restart of a service, if its main process still is the one that was seen; does not wait for it.
#
# By hand:  sudo sh restart-unit.sh NAME MAINPID
#           (NAME kubelet or containerd; MAINPID as unit.sh prints it, 0 for none)
# Prints, separated by tabs, one of:
#   other  <MainPID>                                 another main process is there already; nothing is done
#   said   <a line of systemctl>, then  exit <its exit code, 137: killed at its limit>
#   end    <number of records before this one>
# A tab is printed as a space.
#
# --no-block: a process that cannot be killed would be waited for without end. Source: COMMANDS.md B.3, C.4; systemctl(1).
set -u
LC_ALL=C
export LC_ALL
n=0

record() {
  printf '%s\t%s\n' "$1" "$(printf '%s' "$2" | tr '\t' ' ')"
  n=$((n + 1))
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

name=${1-} pid=${2-}
case $name in kubelet | containerd) ;; *) name= ;; esac
case $pid in '' | *[!0-9]*) name= ;; esac
if [ $# -ne 2 ] || [ -z "$name" ]; then
  echo 'usage: restart-unit.sh NAME MAINPID (kubelet or containerd, and a number)' >&2
  exit 64
fi

if ! shown=$(within 5 systemctl show "$name" -p MainPID </dev/null 2>&1); then
  printf 'restart-unit.sh: systemctl does not say what runs as %s, and nothing was done: %s\n' "$name" "$shown" >&2
  exit 71
fi
now=${shown#MainPID=}
case $now in
  "$pid") ;;
  '' | *[!0-9]*)
    printf 'restart-unit.sh: systemctl does not say what runs as %s, and nothing was done\n' "$name" >&2
    exit 71
    ;;
  *)
    record other "$now"
    printf 'end\t%s\n' "$n"
    exit 0
    ;;
esac

said=$(within 8 systemctl restart "$name" --no-block </dev/null 2>&1)
code=$?
if [ -n "$said" ]; then
  while IFS= read -r entry; do record said "$entry"; done <<EOF
$said
EOF
fi
record exit "$code"
printf 'end\t%s\n' "$n"
