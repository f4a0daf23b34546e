#!/bin/sh
# Stops or removes one pod sandbox of this machine, if it still belongs to the pod that was seen.
#
# By hand:  sudo sh sandbox.sh stop|remove ID POD_UID
#           (as sandboxes.sh prints them: ID of 64 hexadecimal digits)
# Prints, separated by tabs, one of:
#   gone                                             the runtime has no such sandbox; nothing is done
#   other  <uid>                                     it belongs to another pod; nothing is done
#   said   <a line of crictl>, then  exit <its exit code, 137: killed at its limit>
#   end    <number of records before this one>
# A tab is printed as a space.
#
# Its containers end with a stop; a runtime that cannot stop it says why. One that runs is not removed: the runtime
# refuses that. Never -a, and no force.
# Source: COMMANDS.md C.4, F; crictl(8).
set -u
LC_ALL=C
export LC_ALL
LF='
'
n=0

record() {
  printf '%s\t%s\n' "$1" "$(printf '%s' "$2" | tr '\t' ' ')"
  n=$((n + 1))
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

deed='' id=${2-} uid=${3-}
case ${1-} in
  stop) deed=stopp ;;
  remove) deed=rmp ;;
esac
case $id in *[!0-9a-f]*) id= ;; esac
case $uid in *[!0-9a-f-]*) uid= ;; esac
if [ $# -ne 3 ] || [ -z "$deed" ] || [ "${#id}" -ne 64 ] || [ "${#uid}" -lt 32 ]; then
  echo 'usage: sandbox.sh stop|remove ID POD_UID (64 hexadecimal digits, and the UID of a pod)' >&2
  exit 64
fi

# Whose it is now, in $owner: the "uid" of its metadata; those in labels have longer names.
said=$(within 15 crictl --timeout 10s pods --id "$id" -o json </dev/null 2>&1)
code=$?
if [ "$code" -ne 0 ]; then
  printf 'sandbox.sh: the runtime does not say whose it is, and nothing was done (exit code %s): %s\n' \
    "$code" "${said##*"$LF"}" >&2
  exit 71
fi
flat=$(printf '%s' "$said" | tr -d ' \t\n')
case $flat in
  *"\"id\":\"$id\""*'"uid":"'*)
    owner=${flat#*'"uid":"'}
    owner=${owner%%'"'*}
    ;;
  *'"items":[]'*)
    printf 'gone\nend\t1\n'
    exit 0
    ;;
  *)
    echo 'sandbox.sh: the runtime did not say whose it is, and nothing was done' >&2
    exit 71
    ;;
esac
if [ "$owner" != "$uid" ]; then
  record other "$owner"
  printf 'end\t%s\n' "$n"
  exit 0
fi

said=$(within 40 crictl --timeout 35s "$deed" "$id" </dev/null 2>&1)
code=$?
if [ -n "$said" ]; then
  while IFS= read -r entry; do record said "$entry"; done <<EOF
$said
EOF
fi
record exit "$code"
printf 'end\t%s\n' "$n"
