#!/bin/sh
# Removes one pod sandbox of this machine, if it still belongs to the pod that was seen.
#
# By hand:  sudo sh remove-sandbox.sh ID POD_UID     (as sandboxes.sh prints them: ID of 64 hexadecimal digits)
# Prints, separated by tabs, one of:
#   gone                                             the runtime has no such sandbox; nothing is done
#   other  <uid>                                     it belongs to another pod; nothing is done
#   said   <a line of crictl>, then  exit <its exit code, 137: killed at its limit>
#   end    <number of records before this one>
# A tab is printed as a space.
#
# It must be stopped: the runtime refuses one that runs, and no force is used. Never -a.
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

id=${1-} uid=${2-}
case $id in *[!0-9a-f]*) id= ;; esac
case $uid in *[!0-9a-f-]*) uid= ;; esac
if [ $# -ne 2 ] || [ "${#id}" -ne 64 ] || [ "${#uid}" -lt 32 ]; then
  echo 'usage: remove-sandbox.sh ID POD_UID (64 hexadecimal digits, and the UID of a pod)' >&2
  exit 64
fi

# Whose it is now, in $owner: the "uid" of its metadata; those in labels have longer names.
said=$(within 15 crictl --timeout 10s pods --id "$id" -o json </dev/null 2>&1)
code=$?
if [ "$code" -ne 0 ]; then
  printf 'remove-sandbox.sh: the runtime does not say whose it is, and nothing was done (exit code %s): %s\n' \
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
    echo 'remove-sandbox.sh: the runtime did not say whose it is, and nothing was done' >&2
    exit 71
    ;;
esac
if [ "$owner" != "$uid" ]; then
  record other "$owner"
  printf 'end\t%s\n' "$n"
  exit 0
fi

said=$(within 40 crictl --timeout 35s rmp "$id" </dev/null 2>&1)
code=$?
if [ -n "$said" ]; then
  while IFS= read -r entry; do record said "$entry"; done <<EOF
$said
EOF
fi
record exit "$code"
printf 'end\t%s\n' "$n"
