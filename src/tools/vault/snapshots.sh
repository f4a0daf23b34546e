#!/bin/sh
# The newest files of a directory of raft snapshots.
#
# By hand, on the host that keeps them:  sudo sh snapshots.sh DIRECTORY
# Prints, separated by tabs:
#   snapshot  <name> <bytes> <last change, seconds since 1970>     in no order
#   absent    <directory>                                          instead, where there is no such directory
#   end       <number of records before this one>
# A control character in a name is printed as a question mark.
#
# Source: DOMAIN.md 1 (backups); stat(1) of coreutils and busybox.
set -u
LC_ALL=C
export LC_ALL
n=0

dir=${1-}
case $dir in
  /*) ;;
  *)
    echo 'usage: snapshots.sh DIRECTORY (an absolute path)' >&2
    exit 64
    ;;
esac

if [ ! -d "$dir" ]; then
  printf 'absent\t%s\nend\t1\n' "$dir"
  exit 0
fi
for file in "$dir"/*; do
  [ -f "$file" ] || continue
  # shellcheck disable=SC2046 # two numbers
  set -- $(stat -c '%s %Y' "$file" 2>/dev/null)
  [ $# -eq 2 ] || continue
  name=${file##*/}
  case $name in *[[:cntrl:]]*) name=$(printf '%s' "$name" | tr '[:cntrl:]' '?') ;; esac
  printf 'snapshot\t%s\t%s\t%s\n' "$name" "$1" "$2"
  n=$((n + 1))
done
printf 'end\t%s\n' "$n"
