#!/bin/sh
# Threads in D state and zombies of this machine, each with its wait channel and its control group.
#
# By hand:  sudo sh tasks.sh
# Prints, separated by tabs:
#   boot    <boot id>
#   uid     <who asks: 0 is root; without root the wait channels are missing>
#   hz      <clock ticks per second, or - where getconf is missing>
#   uptime  <seconds since boot>
#   task    <pid> <tid> <wait channel or -> <control group or -> <the line of /proc/PID/task/TID/stat>
#   stack   <pid> <tid> <the kernel functions it is in, separated by spaces, innermost first>
#           only for a mount.nfs in D, and only as root
#   end     <number of records before this one>
# A tab or line feed in a command name is printed as a space.
#
# Every thread is looked at: a blocked one hides behind a leader that sleeps. Only stat, wchan, cgroup and stack are
# read, which take no mmap_lock, and no path outside /proc is opened. SRE_PROC_ROOT names
# another root than /proc, for tests. Source: COMMANDS.md B.1, B.2; proc(5).
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

# The whole of a small file as one line, in $line.
slurp() {
  line=
  {
    IFS= read -r line
    while IFS= read -r more || [ -n "$more" ]; do line="$line $more"; done
  } 2>/dev/null <"$1"
  case $line in *"$TAB"*) line=$(printf '%s' "$line" | tr '\t' ' ') ;; esac
}

# The control group of a thread: of several hierarchies the one that names a pod.
control_group() {
  group=-
  while IFS= read -r entry; do
    path=${entry#*:}
    path=${path#*:}
    case $entry in
      *kubepods*) group=$path && break ;;
      0::* | *:name=systemd:*) group=$path ;;
    esac
  done 2>/dev/null <"$1"
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

# The functions of a kernel stack, in $frames: of "[<0>] rpc_wait_bit_killable+0xd/0x70 [sunrpc]" the name.
stack() {
  frames=
  lines=$(within 2 cat "$1" </dev/null 2>/dev/null)
  while IFS= read -r entry; do
    entry=${entry#*'] '}
    case $entry in [A-Za-z_]*+0x*) frames="$frames${frames:+ }${entry%%+0x*}" ;; esac
  done <<EOF
$lines
EOF
}

task() {
  dir=${1%/stat}
  slurp "$1"
  case ${line##*') '} in 'D '* | 'Z '*) ;; *) return ;; esac
  stat=$line
  tid=${dir##*/}
  pid=${dir#"$proc"/}
  pid=${pid%%/*}
  slurp "$dir/wchan"
  control_group "$dir/cgroup"
  record task "$pid" "$tid" "${line:--}" "${group:--}" "$stat"
  case $stat in "$tid (mount.nfs) D "* | "$tid (mount.nfs4) D "*) ;; *) return ;; esac
  stack "$dir/stack"
  [ -z "$frames" ] || record stack "$pid" "$tid" "$frames"
}

if [ ! -r "$proc/self/stat" ]; then
  echo "tasks.sh: cannot read $proc/self/stat, so finding nothing would prove nothing" >&2
  exit 71
fi

slurp "$proc/sys/kernel/random/boot_id"
record boot "${line:--}"
record uid "$(id -u)"
record hz "$(getconf CLK_TCK 2>/dev/null || echo -)"
slurp "$proc/uptime"
record uptime "${line%% *}"

# grep finds the candidates fast; without it, or with more threads than fit on its command line, each one is looked at.
found=$(grep -lsE '\) [DZ] ' "$proc"/[0-9]*/task/[0-9]*/stat 2>/dev/null </dev/null)
if [ $? -gt 2 ]; then
  for file in "$proc"/[0-9]*/task/[0-9]*/stat; do task "$file"; done
else
  for file in $found; do task "$file"; done
fi

printf 'end\t%s\n' "$n"
