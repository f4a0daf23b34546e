#!/bin/sh
# The end of a container's log file, read on the node itself: it works while the kubelet does not.
#
# By hand:  sudo sh pod-log.sh NAMESPACE POD UID CONTAINER BYTES
# Prints, separated by tabs:
#   now     <seconds since 1970, UTC, by this machine's clock>
#   file    <path> <last change, seconds since 1970> <bytes>
#   log     <a line as the container runtime wrote it>     the first one may be the end of a longer line
#   absent  <directory>                                    instead of file and log, where there is none
#   end     <number of records before this one>
# A log that is there and cannot be read to its end is no empty log: exit code 1, and it says so on standard error.
# Of several restarts (0.log, 1.log) the last one is read. /var/log is local disk and cannot hang on NFS; SRE_LOG_ROOT
# names another root than /var/log/pods, for tests.
#
# Source: COMMANDS.md A.4, reading logs; CRI log format: <time> <stream> <F|P> <text>.
set -u
LC_ALL=C
export LC_ALL

bytes=${5-}
case $bytes in '' | *[!0-9]*) bytes= ;; esac
for part in "${1-}" "${2-}" "${3-}" "${4-}"; do
  case $part in '' | *[!0-9A-Za-z._-]* | .*) bytes= ;; esac
done
if [ -z "$bytes" ]; then
  echo 'usage: pod-log.sh NAMESPACE POD UID CONTAINER BYTES (names as Kubernetes allows them, BYTES a number)' >&2
  exit 64
fi
dir=${SRE_LOG_ROOT:-/var/log/pods}/$1_$2_$3/$4

newest=
highest=-1
for file in "$dir"/*.log; do
  number=${file##*/}
  number=${number%.log}
  case $number in '' | *[!0-9]*) continue ;; esac
  if [ -e "$file" ] && [ "$number" -gt "$highest" ]; then
    highest=$number
    newest=$file
  fi
done

printf 'now\t%s\n' "$(date +%s)"
if [ -z "$newest" ]; then
  printf 'absent\t%s\nend\t2\n' "$dir"
  exit 0
fi
# shellcheck disable=SC2046 # two numbers
set -- $(stat -L -c '%Y %s' "$newest" 2>/dev/null)
printf 'file\t%s\t%s\t%s\n' "$newest" "${1:--}" "${2:--}"
if [ ! -f "$newest" ] || [ ! -r "$newest" ]; then
  echo "pod-log.sh: $newest is no file that can be read" >&2
  exit 1
fi
# A pipe's status is that of its last part: how tail ended comes through descriptor 3, the records go past it through 4.
{
  ended=$({
    {
      tail -c "$bytes" "$newest" </dev/null 3>&- 4>&-
      echo "$?" >&3
    } | {
      n=2
      while IFS= read -r line || [ -n "$line" ]; do
        printf 'log\t%s\n' "$line" >&4
        n=$((n + 1))
      done
      printf 'end\t%s\n' "$n" >&4
    }
  } 3>&1)
} 4>&1
if [ "$ended" != 0 ]; then
  echo "pod-log.sh: the log $newest could not be read (tail ended with $ended)" >&2
  exit 1
fi
