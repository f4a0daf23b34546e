#!/bin/sh
# A stand-in for crictl: pods, ps, stopp and rmp on sandboxes whose processes are real (node-sandboxes.ts).
#
# A sandbox is a folder below /var/lib/crictl-e2e named by its id: pod.json and one container-NAME.json for each container,
# as the CRI has them (COMMANDS C.3), pids with their processes, and denied where runc may not signal them. The output is
# indented and 64-bit numbers are text, as the real one has it.
set -u
LC_ALL=C
export LC_ALL
state=/var/lib/crictl-e2e

die() {
  printf 'E1122 00:00:00.000000     123 remote_runtime.go:222] "RPC error" err="%s"\n' "$1" >&2
  printf 'FATA[0000] %s\n' "$1" >&2
  exit 1
}

# The items of a list: those files of the sandboxes, by a pattern.
items() {
  between=
  # shellcheck disable=SC2231 # the pattern is meant
  for item in "$state"/*/$1; do
    [ -f "$item" ] || continue
    case $wanted in '' | *" $(basename "$(dirname "$item")") "*) ;; *) continue ;; esac
    printf '%s' "$between"
    sed 's/^/    /' "$item"
    between='    ,
'
  done
}

wanted=''
verb=''
ids=''
while [ $# -gt 0 ]; do
  case $1 in
    --timeout | -t | -o | --output | --runtime-endpoint | -r) shift ;;
    --id) wanted="$wanted $2 " && shift ;;
    --id=*) wanted="$wanted ${1#*=} " ;;
    --*=* | -a | --all) ;;
    -*) die "flag provided but not defined: $1" ;;
    *) if [ -z "$verb" ]; then verb=$1; else ids="$ids $1"; fi ;;
  esac
  shift
done

case $verb in
  pods)
    printf '{\n  "items": [\n'
    items pod.json
    printf '  ]\n}\n'
    ;;
  ps)
    printf '{\n  "containers": [\n'
    items 'container-*.json'
    printf '  ]\n}\n'
    ;;
  stopp | rmp)
    echo "$verb$ids" >>"$state/calls"
    for id in $ids; do
      [ -d "$state/$id" ] || die "rpc error: code = NotFound desc = an error occurred when try to find sandbox: not found"
      if [ "$verb" = stopp ]; then
        [ ! -f "$state/$id/denied" ] || die "stopping the pod sandbox \"$id\": rpc error: code = Unknown desc = failed to stop container \"$id\": failed to kill container: unable to signal init: permission denied: unknown"
        # shellcheck disable=SC2046 # one process for each word
        kill -KILL $(cat "$state/$id/pids") 2>/dev/null
        sed -i 's/SANDBOX_READY/SANDBOX_NOTREADY/' "$state/$id/pod.json"
        sed -i 's/CONTAINER_RUNNING/CONTAINER_EXITED/' "$state/$id"/container-*.json
        echo "Stopped sandbox $id"
      else
        ! grep -q SANDBOX_READY "$state/$id/pod.json" || die "removing the pod sandbox \"$id\": pod sandbox \"$id\" is running, please stop it first"
        rm -r "${state:?}/$id"
        echo "Removed sandbox $id"
      fi
    done
    ;;
  info) echo '{"status": {"conditions": [{"type": "RuntimeReady", "status": true}]}}' ;;
  *) die "unknown command: $verb" ;;
esac
