#!/bin/sh
# A stand-in for systemctl: show, is-active, start and restart of units whose main process is real (node-units.ts).
#
# A unit is a file in /run/node/units with the PID of its process and when it started. As with the real one, show prints
# properties in an order of its own, and a unit whose process outlives SIGKILL stays in deactivating, final-sigkill
# (COMMANDS B.3).
set -u
LC_ALL=C
export LC_ALL
units=/run/node/units

main_pid() { cut -d ' ' -f 1 "$units/$1" 2>/dev/null || echo 0; }
started() { cut -d ' ' -f 2 "$units/$1" 2>/dev/null || echo 0; }
there() { [ "$1" -gt 1 ] && [ -d "/proc/$1" ]; }

# The main process of a unit; that of the kubelet answers on its health port.
begin() {
  unit=$1
  # shellcheck disable=SC2016 # the program is perl's
  perl -e '
    use POSIX (); use Socket; $| = 1; my ($comm) = @ARGV;
    socket(my $server, AF_INET, SOCK_STREAM, 0) or die "socket: $!";
    if ($comm eq "kubelet") {
      setsockopt($server, SOL_SOCKET, SO_REUSEADDR, 1);
      bind($server, pack_sockaddr_in(10248, INADDR_LOOPBACK)) or die "bind: $!";
      listen($server, 10) or die "listen: $!";
    }
    my $pid = fork; if ($pid) { print "$pid\n"; POSIX::_exit(0); }
    POSIX::setsid(); open(STDIN, "<", "/dev/null"); open(STDOUT, ">", "/dev/null"); open(STDERR, ">", "/dev/null");
    $0 = "/usr/bin/$comm"; syscall(157, 15, $comm, 0, 0, 0);
    while ($comm eq "kubelet" && accept(my $client, $server)) {
      sysread($client, my $request, 4096);
      syswrite($client, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    }
    sleep 1 while 1;
  ' "$unit" >"$units/.$unit"
  # Microseconds since boot, as ExecMainStartTimestampMonotonic counts.
  printf '%s %s\n' "$(cat "$units/.$unit")" "$(sed 's/ .*//; s/\.//; s/$/0000/' /proc/uptime)" >"$units/$unit"
}

again() {
  pid=$(main_pid "$1")
  if there "$pid"; then
    kill -KILL "$pid" 2>/dev/null
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      there "$pid" || break
      sleep 0.1
    done
  fi
  there "$pid" || begin "$1"
}

state_of() {
  pid=$(main_pid "$1")
  if [ ! -f "$units/$1" ]; then
    echo 'inactive dead'
  elif grep -q ') Z ' "/proc/$pid/stat" 2>/dev/null; then
    echo 'deactivating final-sigkill'
  elif there "$pid"; then
    echo 'active running'
  else
    echo 'inactive dead'
  fi
}

mkdir -p "$units"
verb=${1-}
shift
unit='' wanted='' wait=yes values=
while [ $# -gt 0 ]; do
  case $1 in
    -p) wanted=$wanted,$2 && shift ;;
    -p*) wanted=$wanted,${1#-p} ;;
    --property=*) wanted=$wanted,${1#*=} ;;
    --value) values=yes ;;
    --no-block) wait= ;;
    -*) ;;
    *) unit=${1%.service} ;;
  esac
  shift
done

case $verb in
  show)
    state=$(state_of "$unit")
    for property in \
      "MainPID=$(main_pid "$unit")" \
      "ExecMainStartTimestampMonotonic=$(started "$unit")" \
      "Id=$unit.service" \
      "LoadState=loaded" \
      "ActiveState=${state% *}" \
      "SubState=${state#* }"; do
      case $wanted, in
        , | *,"${property%%=*}",*) if [ -n "$values" ]; then echo "${property#*=}"; else echo "$property"; fi ;;
      esac
    done
    ;;
  is-active)
    state=$(state_of "$unit")
    echo "${state% *}"
    [ "${state% *}" = active ] || exit 3
    ;;
  start | restart)
    echo "$unit" >>/run/node/units/.calls
    if [ -n "$wait" ]; then again "$unit"; else again "$unit" >/dev/null 2>&1 & fi
    ;;
  *)
    echo "Unknown command verb $verb." >&2
    exit 1
    ;;
esac
