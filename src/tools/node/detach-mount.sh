#!/bin/sh
# Takes one NFS mount of a pod out of the mount table of this machine, lazily.
#
# By hand:  sudo sh detach-mount.sh PATH        (exactly as the mount table has it, below /var/lib/kubelet/pods)
# Prints, separated by tabs, one of:
#   gone                                             the mount table has no such row; nothing is done
#   row   <its line of /proc/self/mountinfo>, then  said <a line of umount>  and  exit <its exit code>
#   end   <number of records before this one>
# A tab is printed as a space.
#
# This hides and does not heal: whatever waits on it goes on waiting, and the kernel keeps its connection until the
# last user is gone or the machine is reset. A plain umount would hang. The path is compared as text and touched by
# nothing else. SRE_PROC_ROOT and SRE_PODS_ROOT name other roots than /proc and /var/lib/kubelet/pods, for tests.
# Source: COMMANDS.md B.1, B.4, F (lab 04); REALITY.md 4e; umount(8).
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
  "$pods"/?*/?*) ;;
  *) path= ;;
esac
if [ $# -ne 1 ] || [ -z "$path" ]; then
  echo "usage: detach-mount.sh PATH (of a mount in the directory of a pod, below $pods)" >&2
  exit 64
fi
if [ ! -r "$proc/self/mountinfo" ]; then
  echo "detach-mount.sh: cannot read $proc/self/mountinfo, and nothing was done" >&2
  exit 71
fi

# Of several mounts on one path the last row is the one on top, and the one that umount takes.
row=
while IFS= read -r entry; do
  point=${entry#* * * * }
  point=${point%% *}
  if [ "$point" = "$path" ]; then row=$entry; fi
done <"$proc/self/mountinfo"
case $row in
  '')
    printf 'gone\nend\t1\n'
    exit 0
    ;;
  *' - nfs '* | *' - nfs4 '*) ;;
  *)
    printf 'detach-mount.sh: %s is no NFS mount, and nothing was done\n' "$path" >&2
    exit 65
    ;;
esac

record row "$row"
said=$({ timeout -s KILL 10 umount -l -i -c -n "$path" </dev/null; } 2>&1)
code=$?
if [ -n "$said" ]; then
  while IFS= read -r entry; do record said "$entry"; done <<EOF
$said
EOF
fi
record exit "$code"
printf 'end\t%s\n' "$n"
