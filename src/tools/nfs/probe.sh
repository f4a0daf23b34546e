#!/bin/sh
# Mounts an NFS export for a moment with one version, read-only, and takes it off again: does a new mount work here?
#
# By hand:  sudo sh probe.sh SERVER EXPORT VERSION SECONDS       sudo sh probe.sh 192.168.1.127 /srv/nfs 4.2 15
#           (VERSION default, 4.2, 4.1, 4.0 or 3)
# Prints, separated by tabs:
#   boot    <boot id>
#   uid     <who asks: 0 is root>
# and then one of:
#   locked                                           another one is under way here; nothing is tried
#   busy    <pid> <start> <wait channel> <name>      a mount.nfs is in D here, which is the answer; nothing is tried
#   try     <version> <exit code of mount, 137: killed after SECONDS> <seconds it took>
# where it was tried, as far as there is something to say:
#   said    <a line of mount; a killed one says nothing>
#   vers    <the version the mount table shows>
#   left    <pid> <start> <state> <name>             the mount.nfs that outlived SIGKILL
#   undone  <yes|no: it is out of the mount table, and its directory is gone>
#   end     <number of records before this one>
# (START in clock ticks since boot.)
#
# A mount that hangs can hold up every later one on this machine. So: one at a time, by a lock; none while a mount.nfs is
# in D; SIGKILL to the whole process group, and never --foreground, which would leave mount.nfs behind; retry=0, because
# mount.nfs tries again for 2 min otherwise; nolock for version 3, which needs no statd then. What outlived the kill is
# named, and its directory stays. SRE_PROC_ROOT and SRE_RUN_ROOT name other roots than /proc and /run, for tests.
# Source: COMMANDS.md B.5 (lab 03, 04, 05, 10); mount(8); nfs(5); timeout(1).
set -u
LC_ALL=C
export LC_ALL
TAB=$(printf '\t')
n=0
proc=${SRE_PROC_ROOT:-/proc}
run=${SRE_RUN_ROOT:-/run}
lock=$run/sre-nfs.lock

record() {
  IFS=$TAB
  printf '%s\n' "$*"
  unset IFS
  n=$((n + 1))
}

end() {
  printf 'end\t%s\n' "$n"
  exit 0
}

# The whole of a small file as one line, in $line.
slurp() {
  line=
  {
    IFS= read -r line
    while IFS= read -r more || [ -n "$more" ]; do line="$line $more"; done
  } 2>/dev/null <"$1"
  case $line in *"$TAB"*) line=$(printf '%s' "$line" | tr '\t' ' ') ;; esac
}

# Hundredths of a second since boot, in $now.
clock() {
  IFS=' ' read -r now _ </proc/uptime
  now=${now%.*}${now#*.}
}

server=${1-} path=${2-} version=${3-} seconds=${4-}
case $server in '' | -* | *[!0-9A-Za-z.:_-]*) version= ;; esac
case $path in /*) ;; *) version= ;; esac
case $path in *[!0-9A-Za-z/._~:@+=,-]*) version= ;; esac
case $seconds in '' | 0* | *[!0-9]* | ????*) version= ;; esac
options=soft,timeo=30,retrans=1,retry=0,ro,nosuid,nodev,noexec
case $version in
  default) ;;
  4.2 | 4.1 | 4.0) options=nfsvers=$version,$options ;;
  3) options=nfsvers=3,nolock,$options ;;
  *) version= ;;
esac
if [ $# -ne 4 ] || [ -z "$version" ]; then
  echo 'usage: probe.sh SERVER EXPORT VERSION SECONDS (EXPORT from the root; VERSION default, 4.2, 4.1, 4.0 or 3)' >&2
  exit 64
fi
case $server in *:*) source="[$server]:$path" ;; *) source=$server:$path ;; esac
if ! command -v timeout >/dev/null 2>&1; then
  echo 'probe.sh: there is no timeout here, and a mount without a hard end is not tried' >&2
  exit 71
fi
if [ ! -r "$proc/self/mountinfo" ]; then
  echo "probe.sh: cannot read $proc/self/mountinfo, and nothing was tried" >&2
  exit 71
fi

slurp "$proc/sys/kernel/random/boot_id"
record boot "${line:--}"
record uid "$(id -u)"

# The start of a process below $1 in clock ticks, in $start; empty where there is none of that id.
started() {
  start=
  slurp "$1/stat"
  case $line in *') '*) ;; *) return ;; esac
  # shellcheck disable=SC2086 # the fields after the name are numbers and one letter
  set -- ${line##*') '}
  start=${20-}
}

# The lock names its owner, so that one that was killed does not lock this machine until its next boot.
take() {
  mkdir -m 700 "$lock" 2>/dev/null || return 1
  started /proc/$$
  printf '%s %s\n' $$ "$start" >"$lock/owner"
}

# Whether the owner of the lock is gone. A lock without an owner is just being taken: it is looked at twice.
abandoned() {
  slurp "$lock/owner"
  [ -n "$line" ] || { sleep 1 && slurp "$lock/owner"; }
  owner=$line
  started "/proc/${owner%% *}"
  [ -z "$owner" ] || [ "$start" != "${owner#* }" ]
}

# shellcheck disable=SC2317 # the trap calls it
release() {
  rm -f "$lock/owner" "$lock/said"
  rmdir "$lock" 2>/dev/null
}

if ! take; then
  # Of two that find it abandoned only one can rename it.
  if abandoned && mv "$lock" "$lock.$$" 2>/dev/null; then
    rm -f "$lock.$$/owner" "$lock.$$/said"
    rmdir "$lock.$$" 2>/dev/null
  fi
  if ! take; then
    [ -d "$lock" ] && record locked && end
    echo "probe.sh: cannot make $lock, and nothing was tried" >&2
    exit 71
  fi
fi
# What begins here is ended here: it is bounded in time, and half of it would leave a mount behind.
trap release EXIT
trap '' HUP INT TERM PIPE

# A mount.nfs in D, in $stuck as pid, start, wait channel and name; empty where there is none.
look() {
  stuck=
  found=$(grep -lsE '\(mount\.nfs4?\) D ' "$proc"/[0-9]*/task/[0-9]*/stat 2>/dev/null </dev/null)
  if [ $? -gt 2 ]; then
    echo 'probe.sh: grep cannot read the threads here, so nothing was tried' >&2
    exit 71
  fi
  for file in $found; do
    slurp "$file"
    case $line in *'(mount.nfs) D '* | *'(mount.nfs4) D '*) ;; *) continue ;; esac
    name=${line#*'('}
    name=${name%')'*}
    pid=${file#"$proc"/}
    pid=${pid%%/*}
    slurp "${file%stat}wchan"
    channel=${line:--}
    started "$proc/$pid"
    stuck="$pid$TAB${start:-0}$TAB$channel$TAB$name"
    return
  done
}

# Every mount is in D for a moment. One that is there again after a second is stuck.
look
if [ -n "$stuck" ]; then
  before=$stuck
  sleep 1
  look
  case $stuck in
    '') ;;
    "${before%%"$TAB"*}$TAB"*) record busy "$stuck" && end ;;
    *)
      sleep 1
      look
      [ -z "$stuck" ] || { record busy "$stuck" && end; }
      ;;
  esac
fi

# The row of the mount table on this directory, in $row.
mounted() {
  row=
  while IFS= read -r entry; do
    point=${entry#* * * * }
    if [ "${point%% *}" = "$dir" ]; then row=$entry; fi
  done <"$proc/self/mountinfo"
}

# A process of the group that timeout made for itself and everything under it, in $left; zombies are over.
survivor() {
  left=
  for file in "$proc"/[0-9]*/stat; do
    slurp "$file"
    rest=${line##*') '}
    # state is field 3 of proc(5), the group field 5, the start field 22.
    case $rest in [!ZX]' '*' '"$group "*) ;; *) continue ;; esac
    name=${line#*' ('}
    name=${name%') '*}
    pid=${line%% *}
    # shellcheck disable=SC2086 # the fields after the name are numbers and one letter
    set -- $rest
    if [ "${3-}" = "$group" ]; then
      left="$pid$TAB${20}$TAB$1$TAB$name"
      return
    fi
  done
}

dir=$(mktemp -d "$run/sre-nfs.XXXXXX") || exit 71
clock
began=$now
# Not in a command substitution: a mount.nfs that cannot be killed would hold its pipe open.
timeout -s KILL "$seconds" mount -t nfs -o "$options" "$source" "$dir" </dev/null >"$lock/said" 2>&1 &
group=$!
wait "$group" 2>/dev/null
code=$?
clock
took=$((now - began))

# A killed mount.nfs in a killable wait is gone within a second.
left=
if [ "$code" -ne 0 ]; then
  for _ in 1 2 3 4; do
    survivor
    [ -n "$left" ] || break
    sleep 1
  done
fi

mounted
vers=
case $row in
  *' - nfs'*vers=*)
    vers=${row##*[ ,]vers=}
    vers=${vers%%[ ,]*}
    ;;
esac
if [ -n "$row" ]; then timeout -s KILL 5 umount -l -i -c -n "$dir" </dev/null >/dev/null 2>&1; fi
mounted
undone=no
if [ -z "$row" ] && [ -z "$left" ] && rmdir "$dir" 2>/dev/null; then undone=yes; fi

record try "$version" "$code" "$(printf '%d.%02d' $((took / 100)) $((took % 100)))"
while IFS= read -r entry || [ -n "$entry" ]; do
  case $entry in ?*) record said "$(printf '%s' "$entry" | tr '\t' ' ')" ;; esac
done <"$lock/said"
[ -z "$vers" ] || record vers "$vers"
[ -z "$left" ] || record left "$left"
record undone "$undone"
end
