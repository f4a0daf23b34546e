#!/bin/sh
# Whether an NFS server answers from here: TCP to port 2049, and the NULL call of program 100003 version 4 over it.
#
# By hand:  sh answer.sh SERVER
# Prints, separated by tabs:
#   tcp   <open|refused|timeout|error> <seconds to connect>
#   null  <answers|silent|not-registered|refused|unknown> <seconds>
#   end   <number of records before this one>
# silent: no reply came within 10 s, or the connection was closed without one. not-registered: something answers, and it
# is not that program in that version. refused: nothing listens, or the call was denied. unknown: there is nothing here
# to ask with, or what came is no reply to this call.
#
# The portmapper is not asked: it and mountd stay green while nfsd is dead. bash writes the call by hand, and the reply
# must carry its id; without bash rpcinfo is told the port. Both mask or ignore SIGTERM while they connect, so they are
# ended with SIGKILL. SRE_ANSWER_SECONDS names another patience than 10 s, for tests.
# Source: COMMANDS.md B.6 (lab 05); RFC 5531, sections 9 and 11; rpcinfo(8).
set -u
LC_ALL=C
export LC_ALL

server=${1-} seconds=${SRE_ANSWER_SECONDS:-10}
case $server in '' | -* | *[!0-9A-Za-z.:_-]*) server= ;; esac
if [ $# -ne 1 ] || [ -z "$server" ]; then
  echo 'usage: answer.sh SERVER (a name or an address)' >&2
  exit 64
fi

answer() {
  printf 'tcp\t%s\t%s\nnull\t%s\t%s\nend\t2\n' "$1" "$2" "$3" "$4"
  exit 0
}

# Hundredths of a second since boot, in $now.
clock() {
  IFS=' ' read -r now _ </proc/uptime
  now=${now%.*}${now#*.}
}

# Seconds with two decimals from hundredths.
decimal() {
  printf '%d.%02d' "$(($1 / 100))" "$(($1 % 100))"
}

# The call: a record of 40 bytes (id, CALL, RPC 2, program, version, procedure 0, and two times no credentials).
# It prints "open" and the time when the connection stands, and then the first bytes of the reply as numbers: the mark
# of the record with its length, and at most 24 bytes of it.
call() {
  # shellcheck disable=SC2016 # bash expands them
  timeout -s KILL "$seconds" bash -c '
    exec 3<>"/dev/tcp/$1/2049" || exit 1
    IFS=" " read -r now _ </proc/uptime
    printf "open %s\n" "$now"
    printf "\200\0\0\50$2\0\0\0\0\0\0\0\2\0\1\206\243\0\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" >&3 || exit 1
    length=0
    for ((at = 1; at <= 4 + length; at++)); do
      IFS= read -r -d "" -n 1 byte <&3 || exit 1
      printf -v number %d "'\''$byte"
      printf "%d\n" "$(((number + 256) % 256))"
      if ((at >= 2 && at <= 4)); then length=$((length * 256 + (number + 256) % 256)); fi
      if ((at == 4 && length > 24)); then length=24; fi
    done' sre "$server" "$1" </dev/null 2>&1
}

by_bash() {
  id="\\123\\122\\$(printf %03o $((($$ / 256) % 256)))\\$(printf %03o $(($$ % 256)))"
  clock
  began=$now
  said=$(call "$id")
  code=$?
  clock
  took=$(decimal $((now - began)))
  case $said in
    open\ *) ;;
    *[Rr]efused*) answer refused "$took" refused 0 ;;
    *'timed out'*) answer timeout "$took" silent 0 ;;
    *)
      [ "$code" -ne 137 ] || answer timeout "$took" silent 0
      answer error "$took" unknown 0
      ;;
  esac
  opened=${said#open }
  opened=${opened%%
*}
  opened=${opened%.*}${opened#*.}
  took=$(decimal $((opened - began)))
  waited=$(decimal $((now - opened)))
  # The numbers of the reply, without what the shell says of a killed command.
  set --
  for word in $said; do
    case $word in *[!0-9]*) ;; *) set -- "$@" "$word" ;; esac
  done
  [ $# -gt 0 ] || answer open "$took" silent "$waited"
  reply "$@"
  answer open "$took" "$word" "$waited"
}

# What a reply says, in $word: mark of the record, id, REPLY, then accepted or denied, verifier, and how it was accepted.
reply() {
  word=unknown
  [ $# -ge 16 ] || return 0
  got="$5.$6.$7.$8 $9.${10}.${11}.${12} ${13}.${14}.${15}.${16}"
  ours="83.82.$((($$ / 256) % 256)).$(($$ % 256))"
  case $got in
    "$ours 0.0.0.1 0.0.0.1") word=refused ;;
    "$ours 0.0.0.1 0.0.0.0")
      # The verifier of a NULL call is empty; how the call was accepted stands right after it.
      [ $# -eq 28 ] && [ "${21}.${22}.${23}.${24}" = 0.0.0.0 ] || return 0
      case ${25}.${26}.${27}.${28} in
        0.0.0.0) word=answers ;;
        0.0.0.1 | 0.0.0.2) word=not-registered ;;
      esac
      ;;
  esac
}

# rpcinfo gives a reply 10 s of its own.
by_rpcinfo() {
  clock
  began=$now
  said=$({ timeout -s KILL $((seconds + 2)) rpcinfo -n 2049 -t "$server" 100003 4 </dev/null; } 2>&1)
  code=$?
  clock
  took=$(decimal $((now - began)))
  case $code:$said in
    0:*'ready and waiting'*) answer open "$took" answers "$took" ;;
    137:*) answer timeout "$took" silent 0 ;;
    *[Rr]efused*) answer refused "$took" refused 0 ;;
    *'Timed out'*) answer open "$took" silent "$took" ;;
    *'not registered'* | *'version mismatch'* | *'Program unavailable'*) answer open "$took" not-registered "$took" ;;
    *) answer error "$took" unknown "$took" ;;
  esac
}

if ! command -v timeout >/dev/null 2>&1; then answer error 0 unknown 0; fi
if command -v bash >/dev/null 2>&1; then by_bash; fi
if command -v rpcinfo >/dev/null 2>&1; then by_rpcinfo; fi
answer error 0 unknown 0
