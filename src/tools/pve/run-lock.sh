#!/bin/sh
# The lock that keeps the runs of sre apart where the API server does not answer: one directory on this Proxmox VE host.
#
# By hand:  sudo sh run-lock.sh show SECONDS [BASE]
#           sudo sh run-lock.sh take RUN SECONDS OWNER PURPOSE [BASE]
#           sudo sh run-lock.sh renew RUN NUMBER SECONDS PURPOSE [BASE]
#           sudo sh run-lock.sh release RUN NUMBER [BASE]
#           sudo sh run-lock.sh take-over RUN NUMBER SECONDS OWNER PURPOSE [BASE]
#           (BASE /run/sre; SECONDS without a heartbeat after which it is over; the NUMBER of take-over is the one it has)
# Prints, separated by tabs:
#   now      <seconds since 1970 by this host's clock>
#   did      <taken|again|renewed|released|taken-over|nothing>
#   free     <the last number that was given out>     and no more; or, as it stands now,
#   held     <number> <seconds since the last heartbeat> <SECONDS it was taken with> <seconds since it was taken>
#   run      <whose it is>          these three are missing, and the number is 0, where a lock is only half made
#   owner    <user@host>
#   purpose  <text>
#   end      <number of records before this one>
#
# take never takes what another run has, expired or not; of the run that has it already it is taken again, with a new
# number. renew and release want the run and the number that stand there, take-over the number, and that it is expired.
# The directory is made by mkdir, which only one of many can do; all verbs wait for each other at a flock beside it, and
# what stands in it is replaced by a rename: whoever is killed leaves the old or the new, or a directory without an owner,
# which is held by nobody known, and is over when the directory is SECONDS old. The number outlives the lock in a file
# beside it, and is at least the time: it grows over a reboot, which empties /run. Ages are by this host's clock alone.
# Source: DESIGN.md (one run at a time); mkdir(2), rename(2), flock(1), hier(7).
set -u
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH
TAB=$(printf '\t')
n=0

usage() {
  echo 'usage: run-lock.sh show SECONDS | take RUN SECONDS OWNER PURPOSE | renew RUN NUMBER SECONDS PURPOSE |' >&2
  echo '       release RUN NUMBER | take-over RUN NUMBER SECONDS OWNER PURPOSE; and a BASE from the root, if not /run/sre' >&2
  exit 64
}

fail() {
  echo "run-lock.sh: $1" >&2
  exit 71
}

record() {
  IFS=$TAB
  printf '%s\n' "$*"
  unset IFS
  n=$((n + 1))
}

# A number of at most 15 digits that does not begin with 0, unless it is 0: no shell takes it for an octal one.
whole() {
  case $1 in '' | *[!0-9]* | 0?* | ????????????????*) return 1 ;; esac
}

# A text as one line without control characters, and not too long.
line() { printf '%s' "$1" | tr '\t\n\r' '   ' | tr -d '\001-\037\177' | cut -c 1-600; }

verb=${1-} run=- number=0 seconds=1 owner='' purpose='' base=/run/sre
case $verb:$# in
  show:[23]) seconds=$2 && shift 2 ;;
  take:[56]) run=$2 seconds=$3 owner=$4 purpose=$5 && shift 5 ;;
  renew:[56]) run=$2 number=$3 seconds=$4 purpose=$5 && shift 5 ;;
  release:[34]) run=$2 number=$3 && shift 3 ;;
  take-over:[67]) run=$2 number=$3 seconds=$4 owner=$5 purpose=$6 && shift 6 ;;
  *) usage ;;
esac
if [ $# -eq 1 ]; then base=$1; fi
case $run in '' | *[!0-9A-Za-z._:@-]*) usage ;; esac
case $base in /*) ;; *) usage ;; esac
if [ ${#run} -gt 100 ] || ! whole "$number" || ! whole "$seconds" || [ "$seconds" -eq 0 ]; then usage; fi

lock=$base/run.lock
counter=$base/run.number
for tool in flock timeout stat; do
  command -v "$tool" >/dev/null 2>&1 || fail "there is no $tool here, and no lock was touched"
done
# A look makes nothing: where nothing was ever locked there is nothing to wait for.
if [ "$verb" != show ] || [ -e "$base/run.flock" ]; then
  [ -d "$base" ] || mkdir -m 700 "$base" 2>/dev/null || [ -d "$base" ] || fail "cannot make $base, and no lock was touched"
  (: >>"$base/run.flock") 2>/dev/null || fail "cannot write in $base, and no lock was touched"
  exec 9>>"$base/run.flock"
  timeout -s KILL 8 flock 9 || fail "another run-lock.sh was at it for 8 s, and no lock was touched"
fi

now=$(date +%s)
whole "$now" || fail 'date does not say the time, and no lock was touched'

# What stands there now: $its_run, $its_number, ...; all empty and 0 where the lock is free.
look() {
  its_state=free its_run='' its_number=0 its_seconds=$seconds its_since=$now its_beat=$now its_owner='' its_purpose=''
  if [ ! -e "$lock" ] && [ ! -L "$lock" ]; then return; fi
  its_state=held
  while IFS=' ' read -r key rest; do
    case $key in
      run) its_run=$rest ;;
      number) its_number=$rest ;;
      seconds) its_seconds=$rest ;;
      since) its_since=$rest ;;
      beat) its_beat=$rest ;;
      owner) its_owner=$rest ;;
      purpose) its_purpose=$rest ;;
    esac
  done <<END_OF_OWNER
$(head -c 4096 "$lock/owner" 2>/dev/null)
END_OF_OWNER
  if [ -n "$its_run" ] && whole "$its_number" && [ "$its_number" -gt 0 ] && whole "$its_seconds" &&
    whole "$its_since" && whole "$its_beat"; then
    return
  fi
  its_run='' its_number=0 its_seconds=$seconds its_owner='' its_purpose=''
  its_beat=$(stat -c %Y "$lock" 2>/dev/null)
  whole "$its_beat" || its_beat=$now
  its_since=$its_beat
}

# The last number that was given out, in $last.
last_number() {
  last=0
  if [ -r "$counter" ]; then IFS= read -r last <"$counter"; fi
  whole "$last" || last=0
  if [ "$its_number" -gt "$last" ]; then last=$its_number; fi
}

# Seconds from $1 until now, in $gone; a clock that was set back makes nothing expire.
since() {
  gone=$((now - $1))
  if [ "$gone" -lt 0 ]; then gone=0; fi
}

end() {
  look
  record now "$now"
  record did "$1"
  if [ "$its_state" = free ]; then
    last_number
    record free "$last"
  else
    since "$its_since"
    held=$gone
    since "$its_beat"
    record held "$its_number" "$gone" "$its_seconds" "$held"
    if [ -n "$its_run" ]; then
      record run "$(line "$its_run")"
      record owner "$(line "$its_owner")"
      record purpose "$(line "$its_purpose")"
    fi
  fi
  record end "$n"
  exit 0
}

# Writes the owner of the lock, whose directory is there.
write() {
  umask 077
  {
    printf 'run %s\nnumber %s\nseconds %s\nsince %s\nbeat %s\n' "$1" "$2" "$seconds" "$3" "$now"
    printf 'owner %s\npurpose %s\n' "$(line "$4")" "$(line "$purpose")"
  } 2>/dev/null >"$lock/owner.new" && mv -f "$lock/owner.new" "$lock/owner" 2>/dev/null
}

# The next number, in $next: kept before anybody has it, so that no two ever have the same.
give() {
  last_number
  next=$((last + 1))
  if [ "$now" -gt "$next" ]; then next=$now; fi
  umask 077
  { printf '%s\n' "$next" 2>/dev/null >"$counter.new" && mv -f "$counter.new" "$counter" 2>/dev/null; } ||
    fail "cannot write $counter, and the lock was not taken"
}

look
case $verb in
  take)
    if [ "$its_state" = free ]; then
      give
      mkdir -m 700 "$lock" 2>/dev/null || fail "cannot make $lock, and it was not taken"
      if ! write "$run" "$next" "$now" "$owner"; then
        rm -f "$lock/owner.new"
        rmdir "$lock" 2>/dev/null
        fail "cannot write $lock/owner, and the lock was not taken"
      fi
      end taken
    fi
    if [ "$its_run" = "$run" ]; then
      give
      write "$run" "$next" "$now" "$owner" || fail "cannot write $lock/owner, and the lock was not taken again"
      end again
    fi
    ;;
  renew)
    if [ "$its_run" = "$run" ] && [ "$its_number" = "$number" ]; then
      write "$run" "$number" "$its_since" "$its_owner" || fail "cannot write $lock/owner, and the lock was not renewed"
      end renewed
    fi
    ;;
  release)
    if [ "$its_run" = "$run" ] && [ "$its_number" = "$number" ]; then
      # Away in one step first: half of a release must not look like a lock.
      mv "$lock" "$base/released.$number" 2>/dev/null || fail "cannot move $lock away, and it was not released"
      rm -f "$base/released.$number/owner" "$base/released.$number/owner.new"
      rmdir "$base/released.$number" 2>/dev/null
      end released
    fi
    ;;
  take-over)
    since "$its_beat"
    if [ "$its_state" = held ] && [ "$its_number" = "$number" ] && [ "$gone" -gt "$its_seconds" ]; then
      give
      write "$run" "$next" "$now" "$owner" || fail "cannot write $lock/owner, and the lock was not taken over"
      end taken-over
    fi
    ;;
esac
end nothing
