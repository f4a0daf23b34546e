#!/bin/sh
# The identity of one process: its start and its command name, which a reused process id does not share.
#
# By hand:  sh task.sh PID
# Prints, separated by tabs:
#   found  <pid> <start, in clock ticks since boot> <state> <command name>
#   gone                                             (instead, where there is no such process)
#   end    <number of records before this one>
# A tab or line feed in a command name is printed as a space.
#
# Source: COMMANDS.md B.2 (the name lies between the first parenthesis and the last one); proc(5).
set -u
LC_ALL=C
export LC_ALL
TAB=$(printf '\t')

case ${1-} in
  '' | *[!0-9]*)
    echo 'usage: task.sh PID (a number)' >&2
    exit 64
    ;;
esac

# The whole of a small file as one line, in $line.
slurp() {
  line=
  {
    IFS= read -r line
    while IFS= read -r more || [ -n "$more" ]; do line="$line $more"; done
  } 2>/dev/null <"$1"
  case $line in *"$TAB"*) line=$(printf '%s' "$line" | tr '\t' ' ') ;; esac
}

slurp "/proc/$1/stat"
case $line in
  *' ('*') '*)
    name=${line#*' ('}
    name=${name%') '*}
    # shellcheck disable=SC2086 # the fields after the name are numbers and one letter
    set -- "$1" "$name" ${line##*') '}
    printf 'found\t%s\t%s\t%s\t%s\n' "$1" "${22}" "$3" "$2"
    ;;
  *) echo gone ;;
esac
printf 'end\t1\n'
