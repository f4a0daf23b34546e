#!/bin/sh
# Sends SIGKILL to one process, if it still is the one that was seen: same start and same command name.
#
# By hand:  sudo sh kill-task.sh PID START COMM
#           (PID, START and COMM as task.sh prints them; START in clock ticks since boot)
# Prints, separated by tabs, one of:
#   found  <pid> <start> <state> <command name>      and then  sent KILL  or  failed <why>
#   other  <start> <command name>                    another process has that id now; nothing is sent
#   gone                                             there is no such process; nothing is sent
#   end    <number of records before this one>
# A tab or line feed in a command name is printed as a space, and COMM is compared with that.
#
# Whether a process in D state dies of it depends on its wait channel. Source: COMMANDS.md B.2, F (SIGKILL mount.nfs).
set -u
LC_ALL=C
export LC_ALL
TAB=$(printf '\t')

number() {
  case $1 in '' | *[!0-9]*) return 1 ;; esac
}
if [ $# -ne 3 ] || ! number "$1" || ! number "$2" || [ "$1" -le 1 ]; then
  echo 'usage: kill-task.sh PID START COMM (PID above 1, PID and START numbers)' >&2
  exit 64
fi
pid=$1 start=$2 comm=$3

# The whole of a small file as one line, in $line.
slurp() {
  line=
  {
    IFS= read -r line
    while IFS= read -r more || [ -n "$more" ]; do line="$line $more"; done
  } 2>/dev/null <"$1"
  case $line in *"$TAB"*) line=$(printf '%s' "$line" | tr '\t' ' ') ;; esac
}

slurp "/proc/$pid/stat"
case $line in
  *' ('*') '*) ;;
  *)
    printf 'gone\nend\t1\n'
    exit 0
    ;;
esac
name=${line#*' ('}
name=${name%') '*}
# shellcheck disable=SC2086 # the fields after the name are numbers and one letter
set -- ${line##*') '}
# state is field 3 and start field 22 of proc(5); here they are $1 and $20.
if [ "${20}" != "$start" ] || [ "$name" != "$comm" ]; then
  printf 'other\t%s\t%s\nend\t1\n' "${20}" "$name"
  exit 0
fi
if said=$(kill -KILL "$pid" 2>&1); then
  printf 'found\t%s\t%s\t%s\t%s\nsent\tKILL\nend\t2\n' "$pid" "${20}" "$1" "$name"
else
  said=$(printf '%s' "$said" | tr '\t\n' '  ')
  printf 'found\t%s\t%s\t%s\t%s\nfailed\t%s\nend\t2\n' "$pid" "${20}" "$1" "$name" "$said"
fi
