#!/bin/sh
# What is left of a pod on this machine: processes in its control groups, and mounts under its directory.
#
# By hand:  sudo sh remains.sh POD_UID
# Prints, separated by tabs:
#   boot   <boot id>
#   uid    <who asks: 0 is root>
#   proc   <pid> <start, in clock ticks since boot> <state> <threads> <command name>
#   mount  <a line of /proc/self/mountinfo that names the pod>
#   end    <number of records before this one>
# A tab or line feed in a command name is printed as a space.
#
# The systemd driver writes the UID with underscores. The groups of all threads are looked at: the leader may be a
# zombie. The mount table is read, no mount point is touched. SRE_PROC_ROOT names
# another root than /proc, for tests. Source: COMMANDS.md B.1, B.4, C.3; proc(5).
set -u
LC_ALL=C
export LC_ALL
TAB=$(printf '\t')
n=0
proc=${SRE_PROC_ROOT:-/proc}

dashes=${1-}
case $dashes in
  '' | *[!0-9a-fA-F-]*)
    echo 'usage: remains.sh POD_UID (hexadecimal digits and dashes)' >&2
    exit 64
    ;;
esac
if [ "${#dashes}" -lt 32 ]; then
  echo 'remains.sh: that is too short for the UID of a pod' >&2
  exit 64
fi
underscores=$(printf '%s' "$dashes" | tr - _)

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

process() {
  slurp "$proc/$1/stat"
  case $line in *' ('*') '*) ;; *) return ;; esac
  name=${line#*' ('}
  name=${name%') '*}
  rest=${line##*') '}
  # shellcheck disable=SC2086 # the fields after the name are numbers and one letter
  set -- "$1" "$name" $rest
  # state is field 3, threads field 20, start field 22 of proc(5); here they begin at $3.
  record proc "$1" "${22}" "$3" "${20}" "$2"
}

if [ ! -r "$proc/self/mountinfo" ]; then
  echo "remains.sh: cannot read $proc/self/mountinfo, so finding nothing would prove nothing" >&2
  exit 71
fi

slurp "$proc/sys/kernel/random/boot_id"
record boot "${line:--}"
record uid "$(id -u)"

seen=' '
once() {
  pid=${1#"$proc"/}
  pid=${pid%%/*}
  case $seen in *" $pid "*) return ;; esac
  seen="$seen$pid "
  process "$pid"
}

found=$(grep -lsF -e "$dashes" -e "$underscores" "$proc"/[0-9]*/task/[0-9]*/cgroup 2>/dev/null </dev/null)
if [ $? -gt 2 ]; then
  for file in "$proc"/[0-9]*/task/[0-9]*/cgroup; do
    slurp "$file"
    case $line in *"$dashes"* | *"$underscores"*) once "$file" ;; esac
  done
else
  for file in $found; do once "$file"; done
fi

while IFS= read -r entry; do
  case $entry in *"$dashes"*) record mount "$entry" ;; esac
done <"$proc/self/mountinfo"

printf 'end\t%s\n' "$n"
