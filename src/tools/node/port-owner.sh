#!/bin/sh
# Who listens on a port of this machine, TCP and UDP, on both stacks, also where ss shows no owner.
#
# By hand:  sudo sh port-owner.sh PORT
# Prints, separated by tabs:
#   boot    <boot id>
#   uid     <who asks: 0 is root; without root no owner is shown>
#   listen  <tcp|udp> <address:port> <inode of the socket>
#   holder  <tcp|udp> <pid> <tid> <start> <state> <threads> <yes|no: ss names it> <control group or -> <command name>
#           (START in clock ticks since boot, STATE and THREADS of the process; TID the thread that holds the socket)
#   end     <number of records before this one>
# No listen record: the port is free now. A tab or line feed in a command name is printed as a space.
#
# A process whose leader is dead and whose thread is not still holds its sockets. Its own fd directory is empty then, and
# ss shows no owner; the thread's fd directory has them. Links below /proc are read, never followed. SRE_PROC_ROOT names
# another root than /proc, for tests. Source: COMMANDS.md B.3, C.3 (lab 07); ss(8); proc(5).
set -u
LC_ALL=C
export LC_ALL
TAB=$(printf '\t')
n=0
proc=${SRE_PROC_ROOT:-/proc}

port=${1-}
case $port in '' | 0* | *[!0-9]* | ??????*) port= ;; esac
if [ -z "$port" ] || [ "$port" -gt 65535 ]; then
  echo 'usage: port-owner.sh PORT (1 to 65535)' >&2
  exit 64
fi

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

# One holder: protocol, pid, tid, yes or no.
holder() {
  slurp "$proc/$2/stat"
  case $line in *' ('*') '*) ;; *) return ;; esac
  name=${line#*' ('}
  name=${name%') '*}
  rest=${line##*') '}
  control_group "$proc/$2/task/$3/cgroup"
  # shellcheck disable=SC2086 # the fields after the name are numbers and one letter
  set -- "$1" "$2" "$3" "$4" "$name" $rest
  # state is field 3, threads field 20, start field 22 of proc(5); here they begin at $6.
  record holder "$1" "$2" "$3" "${25}" "$6" "${23}" "$4" "${group:--}" "$5"
}

# Whether a link in an fd directory is one of the sockets in $inodes.
is_ours() {
  target=$(readlink "$1" 2>/dev/null) || return 1
  case $target in 'socket:['*']') ;; *) return 1 ;; esac
  inode=${target#'socket:['}
  case $inodes in *" ${inode%']'} "*) return 0 ;; *) return 1 ;; esac
}

# What ss says, in $listed; without its word finding nothing would prove nothing.
ask() {
  # What ss says on standard error stays there: without a cgroup2 mount it warns of that, and answers all the same.
  if ! listed=$(within 5 ss "$@" "sport = :$port" </dev/null); then
    echo 'port-owner.sh: ss failed' >&2
    exit 71
  fi
}

# The sockets that listen, as records and in $inodes. Names of processes, which may be anything, are not in this text.
listeners() {
  inodes=' '
  ask "$2"
  [ -n "$listed" ] || return 0
  while IFS= read -r entry; do
    inode=${entry#*' ino:'}
    inode=${inode%% *}
    set -f
    # shellcheck disable=SC2086 # the words of ss: state, two queues, address; a * among them is no pattern
    set -- "$1" $entry
    set +f
    case $inode in
      '' | *[!0-9]*)
        printf 'port-owner.sh: ss named no inode: %s\n' "$entry" >&2
        exit 71
        ;;
    esac
    record listen "$1" "$5" "$inode"
    [ "$inode" = 0 ] || inodes="$inodes$inode "
  done <<EOF
$listed
EOF
}

# Processes with a dead leader and more threads than that, in $dead.
dead_leaders() {
  dead=
  found=$(grep -lsE '\) Z ' "$proc"/[0-9]*/stat 2>/dev/null </dev/null)
  if [ $? -gt 2 ]; then
    echo 'port-owner.sh: grep cannot read the processes here, so finding no holder would prove nothing' >&2
    exit 71
  fi
  for file in $found; do
    slurp "$file"
    # shellcheck disable=SC2086 # the fields after the name are numbers and one letter
    set -- ${line##*') '}
    if [ "${1-}" = Z ] && [ "${18}" -gt 1 ]; then
      pid=${file#"$proc"/}
      dead="$dead ${pid%/stat}"
    fi
  done
}

owners() {
  listeners "$1" "$2"
  [ "$inodes" != ' ' ] || return 0
  # The name of a process may hold such words too: what ss says of one counts only where its link says the same.
  ask "$2" -p
  shown=' '
  for word in $(printf '%s\n' "$listed" | grep -oE 'pid=[0-9]+,fd=[0-9]+'); do
    pid=${word#pid=}
    pid=${pid%%,*}
    case $shown in *" $pid "*) continue ;; esac
    if is_ours "$proc/$pid/fd/${word##*=}"; then
      shown="$shown$pid "
      holder "$1" "$pid" "$pid" yes
    fi
  done
  for pid in $dead; do
    case $shown in *" $pid "*) continue ;; esac
    for link in "$proc/$pid"/task/[0-9]*/fd/[0-9]*; do
      if is_ours "$link"; then
        tid=${link#"$proc/$pid/task/"}
        holder "$1" "$pid" "${tid%%/*}" no
        break
      fi
    done
  done
}

if ! command -v ss >/dev/null 2>&1; then
  echo 'port-owner.sh: there is no ss here, so finding nothing would prove nothing' >&2
  exit 71
fi
slurp "$proc/sys/kernel/random/boot_id"
record boot "${line:--}"
record uid "$(id -u)"
dead_leaders
owners tcp -Hltne
owners udp -Hlune
printf 'end\t%s\n' "$n"
