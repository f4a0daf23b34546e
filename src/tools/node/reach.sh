#!/bin/sh
# Whether a TCP port takes a connection from here, and whether HTTP answers behind it.
#
# By hand:  sh reach.sh HOST PORT PATH          sh reach.sh 10.10.107.27 8200 /v1/sys/leader
# Prints, separated by tabs:
#   tcp   <open|refused|timeout|error> <seconds to connect>
#   http  <status of three digits|silent|closed|none> <bytes of the answer> <seconds>
#   end   <number of records before this one>
# silent: the connection stood, and no byte came within 5 s in all. closed: it was ended without an answer.
# none: nothing is known, because there is no connection, no curl here, or the answer is no HTTP.
# Plain HTTP is spoken; a server that wants TLS answers it with a status (Go: 400) or closes, and either shows life.
#
# A fourth argument is another patience in seconds. SRE_REACH_SECONDS names another patience than 5 s, for tests. Source: COMMANDS.md A.2 (state table), A.4 L1; curl(1), exit codes 7, 28, 52, 55, 56.
set -u
LC_ALL=C
export LC_ALL

host=${1-} port=${2-} path=${3-} seconds=${4:-${SRE_REACH_SECONDS:-5}}
case $port in '' | *[!0-9]*) port= ;; esac
case $host in '' | -* | *[!0-9A-Za-z.:_-]*) port= ;; esac
case $path in /*) ;; *) port= ;; esac
if [ -z "$port" ]; then
  echo 'usage: reach.sh HOST PORT PATH (PORT a number, PATH from the root)' >&2
  exit 64
fi

answer() {
  printf 'tcp\t%s\t%s\nhttp\t%s\t%s\t%s\nend\t2\n' "$1" "$2" "$3" "$4" "$5"
  exit 0
}

by_curl() {
  case $host in *:*) url="http://[$host]:$port$path" ;; *) url="http://$host:$port$path" ;; esac
  said=$(curl -sv --globoff --noproxy '*' -m "$seconds" -o /dev/null \
    -w '=sre= %{http_code} %{time_connect} %{time_total} %{size_header} %{size_download} =' \
    "$url" </dev/null 2>&1)
  code=$?
  # shellcheck disable=SC2086 # five words of curl's own
  set -- ${said##*=sre= }
  status=${1-000} connected=${2-0} total=${3-0} head=${4-0} body=${5-0}
  bytes=$((${head%%.*} + ${body%%.*}))
  case $connected in
    *[1-9]*)
      case $status:$code:$bytes in
        000:28:0) answer open "$connected" silent 0 "$total" ;;
        000:52:* | 000:55:* | 000:56:*) answer open "$connected" closed "$bytes" "$total" ;;
        000:*) answer open "$connected" none "$bytes" "$total" ;;
        *) answer open "$connected" "$status" "$bytes" "$total" ;;
      esac
      ;;
  esac
  case $code:$said in
    7:*'Connection refused'*) answer refused "$total" none 0 0 ;;
    28:*) answer timeout "$total" none 0 0 ;;
    *) answer error "$total" none 0 0 ;;
  esac
}

# Without curl the port alone is tried, with what else is here; whole seconds.
by_shell() {
  began=$(date +%s)
  if command -v bash >/dev/null 2>&1 && command -v timeout >/dev/null 2>&1; then
    # shellcheck disable=SC2016 # bash expands them
    said=$(timeout -s KILL "$seconds" bash -c 'exec 3<>"/dev/tcp/$1/$2"' sre "$host" "$port" </dev/null 2>&1)
  elif command -v nc >/dev/null 2>&1; then
    said=$(nc -z -w "$seconds" "$host" "$port" </dev/null 2>&1)
  else
    answer error 0 none 0 0
  fi
  code=$?
  took=$(($(date +%s) - began))
  case $code:$said in
    0:*) answer open "$took" none 0 0 ;;
    137:*) answer timeout "$took" none 0 0 ;;
    *refused*) answer refused "$took" none 0 0 ;;
    *'timed out'*) answer timeout "$took" none 0 0 ;;
    *) answer error "$took" none 0 0 ;;
  esac
}

if command -v curl >/dev/null 2>&1; then by_curl; else by_shell; fi
