#!/bin/sh
# Removes one empty directory of a pod, if no mount table has it or anything below it.
#
# By hand:  sudo sh remove-directory.sh PATH        (below /var/lib/kubelet/pods)
# Prints, separated by tabs, one of:
#   mounted  <a line of a mount table>               it is a mount point, or above or below one; nothing is done
#   said     <a line of rmdir>, then  exit <its exit code>
#   end      <number of records before this one>
# A tab is printed as a space.
#
# Only an empty directory goes. The mount tables of all processes are read: a container that mounts the directory of the
# pods elsewhere still has it mounted under the same last part. SRE_PROC_ROOT and SRE_PODS_ROOT name
# other roots than /proc and /var/lib/kubelet/pods, for tests. Source: COMMANDS.md B.1, B.4, F; rmdir(1).
set -u
LC_ALL=C
export LC_ALL
n=0
proc=${SRE_PROC_ROOT:-/proc}
pods=${SRE_PODS_ROOT:-/var/lib/kubelet/pods}

record() {
  printf '%s\t%s\n' "$1" "$(printf '%s' "$2" | tr '\t' ' ')"
  n=$((n + 1))
}

path=${1-}
case $path in
  *[!0-9A-Za-z/._~:@+=,-]* | */../* | */./* | *//* | */.. | */. | */) path= ;;
  "$pods"/?*) ;;
  *) path= ;;
esac
if [ $# -ne 1 ] || [ -z "$path" ]; then
  echo "usage: remove-directory.sh PATH (of a directory below $pods)" >&2
  exit 64
fi
if [ ! -r "$proc/self/mountinfo" ]; then
  echo "remove-directory.sh: cannot read $proc/self/mountinfo, and nothing was done" >&2
  exit 71
fi

# A mount point that is above it, within the directory of the pods: what is below belongs to what is mounted there.
while IFS= read -r entry; do
  point=${entry#* * * * }
  point=${point%% *}
  case $point in "$pods"/?*) ;; *) continue ;; esac
  case $path/ in
    "$point"/*)
      record mounted "$entry"
      printf 'end\t%s\n' "$n"
      exit 0
      ;;
  esac
done <"$proc/self/mountinfo"

# It or something below it in any mount table, as a mount point or as what a container has mounted from there.
tail=/${pods##*/}${path#"$pods"}
found=$(grep -hsF -e "$tail " -e "$tail/" "$proc/self/mountinfo" "$proc"/[0-9]*/mountinfo 2>/dev/null </dev/null)
if [ $? -gt 2 ]; then
  echo 'remove-directory.sh: grep cannot read the mount tables here, and nothing was done' >&2
  exit 71
fi
if [ -n "$found" ]; then
  record mounted "${found%%"
"*}"
  printf 'end\t%s\n' "$n"
  exit 0
fi

said=$({ timeout -s KILL 10 rmdir "$path" </dev/null; } 2>&1)
code=$?
if [ -n "$said" ]; then
  while IFS= read -r entry; do record said "$entry"; done <<EOF
$said
EOF
fi
record exit "$code"
printf 'end\t%s\n' "$n"
