#!/bin/sh
# A stand-in for Proxmox VE's qm (COMMANDS D.1): words, streams and exit codes are those of the real one.
#
# The VMs are the files that Proxmox VE has (/etc/pve/nodes/HOST/qemu-server/VMID.conf), and for each a folder below
# /var/lib/qemu-e2e with what QEMU and the guest agent would say. A power command leaves a request in the spool, which
# the suite carries out (hypervisor.ts). As with the real one, reset does not wait for it; stop and start do. Where a QEMU has its
# monitor in /run/qemu-server, reset, resume and status are what that QEMU does and says.
set -u
LC_ALL=C; export LC_ALL
state=/var/lib/qemu-e2e
host=$(uname -n)
confs=/etc/pve/nodes/$host/qemu-server
verb=${1-} vmid=${2-}

die() { printf '%s\n' "$2" >&2; exit "$1"; }
# The last error of a task: one line, exit code 255.
fails() { die 255 "$*"; }
know() { cat "$state/$vmid/$1" 2>/dev/null || echo "${2-}"; }
# The configuration without its snapshots, sorted as qm prints it.
config() { sed '/^\[/,$d' "$confs/$vmid.conf" | grep -v '^$' | sort; }
setting() { config | sed -n "s/^$1: //p"; }
vmids() {
  for conf in "$confs"/*.conf; do
    conf=${conf##*/}
    [ "$conf" = '*.conf' ] || echo "${conf%.conf}"
  done | sort -n
}
ask() {
  at=$(date +%s%N)
  printf '%s %s\n' "$verb" "$vmid" >"$state/asked-$at"
  mv "$state/asked-$at" "$state/spool/$at"
}
# Until the suite has done it, as the real task waits for QEMU.
becomes() {
  tries=0
  while [ "$(know status)" != "$1" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || fails "VM $vmid quit/powerdown failed - got timeout"
    sleep 0.1
  done
}
monitor() { [ -S "/run/qemu-server/$vmid.qmp" ]; }
# One command to QEMU's monitor, and its answer; code 142 where there is none within 5 s.
qmp() {
  # shellcheck disable=SC2016 # the program is perl's
  perl -e '
    use Socket; use IO::Handle;
    my ($path, @commands) = @ARGV;
    alarm 5;
    socket(my $qemu, AF_UNIX, SOCK_STREAM, 0) or die "socket: $!\n";
    connect($qemu, pack_sockaddr_un($path)) or die "connect: $!\n";
    $qemu->autoflush(1);
    for my $command ("qmp_capabilities", @commands) {
      print $qemu qq({"execute": "$command"}\n);
      my $line;
      1 while defined($line = <$qemu>) && $line !~ /"(?:return|error)":/;
      die "closed\n" unless defined $line;
      die $line if $line =~ /"error":/;
      print $line if $command ne "qmp_capabilities";
    }
  ' "/run/qemu-server/$vmid.qmp" "$@" 2>&1
}
tell_qemu() {
  said=$(qmp "$1") || fails "VM $vmid qmp command '$1' failed - ${said:-got timeout}"
}
qmpstatus() {
  if [ "$(know status)" = running ] && monitor; then
    answer=$(qmp query-status) || { echo unknown; return; }
    echo "$answer" | sed 's/.*"status": "\([a-z-]*\)".*/\1/'
  else
    know qmpstatus
  fi
}
unlocked() {
  lock=$(setting lock)
  [ -z "$lock" ] || fails "VM is locked ($lock)"
}
running() { [ "$(know status)" = running ] || fails "VM $vmid not running"; }
# The disk that the boot order comes to first, and its size, as qm list shows it.
boot_size() {
  for device in $(setting boot | sed -n 's/^order=//p' | tr ';' ' ') $(setting bootdisk); do
    case $device in
      scsi* | virtio* | sata* | ide*)
        size=$(setting "$device" | grep -v media=cdrom | sed -n 's/.*size=\([0-9]*\)G.*/\1/p')
        echo "${size:-0}"
        return
        ;;
    esac
  done
  echo 0
}

[ "$(id -u)" = 0 ] || die 255 'please run as root'
printf '%s\n' "$*" >>"$state/calls"

if [ "$verb" = list ]; then
  header=yes
  for vmid in $(vmids); do
    [ -z "$header" ] || printf '%10s %-20s %-10s %-10s %12s %-10s\n' VMID NAME STATUS 'MEM(MB)' 'BOOTDISK(GB)' PID
    header=
    printf '%10s %-20s %-10s %-10s %12.2f %-10s\n' "$vmid" "$(setting name)" "$(know status)" \
      "$(setting memory)" "$(boot_size)" "$(know pid 0)"
  done
  exit 0
fi

case $verb in
  status | config | pending | reset | resume | stop | start | agent) ;;
  *) die 255 "ERROR: unknown command 'qm $verb'" ;;
esac
case $vmid in
  '' | *[!0-9]*) die 255 '400 not enough arguments' ;;
esac
[ -f "$confs/$vmid.conf" ] || die 2 "Configuration file 'nodes/$host/qemu-server/$vmid.conf' does not exist"
shift 2

case $verb in
  status)
    if [ "${1-}" != --verbose ]; then
      echo "status: $(qmpstatus)"
      exit 0
    fi
    printf 'balloon: 17179869184\nballooninfo:\n\tactual: 17179869184\n\tmax_mem: 17179869184\ncpus: 4\n'
    echo "name: $(setting name)"
    lock=$(setting lock)
    [ -z "$lock" ] || echo "lock: $lock"
    [ "$(know status)" != running ] || echo "pid: $(know pid)"
    printf 'proxmox-support:\n\tpbs-dirty-bitmap: 1\nqmpstatus: %s\n' "$(qmpstatus)"
    echo 'running-qemu: 9.2.0'
    # The age of QEMU's process, which no reset changes.
    printf 'status: %s\nuptime: %s\nvmid: %s\n' "$(know status)" 1814400 "$vmid"
    ;;
  config) config ;;
  pending)
    config | sed 's/^/cur /'
    know pending
    ;;
  agent)
    [ "${1-}" = ping ] || die 255 '400 not enough arguments'
    [ "$(know status)" = running ] || fails "VM $vmid is not running"
    case $(know agent) in
      yes) ;;
      none) fails 'No QEMU guest agent configured' ;;
      *) fails 'QEMU guest agent is not running' ;;
    esac
    ;;
  reset)
    unlocked
    running
    case $(know reset works) in
      nothing) ;;
      timeout) fails "VM $vmid qmp command 'system_reset' failed - got timeout" ;;
      *) if monitor; then tell_qemu system_reset; else ask; fi ;;
    esac
    ;;
  resume)
    running
    if monitor; then tell_qemu cont; else ask; fi
    ;;
  stop)
    unlocked
    [ "$(know status)" = running ] || exit 0
    ask
    becomes stopped
    ;;
  start)
    unlocked
    [ "$(know status)" != running ] || fails "VM $vmid already running"
    ask
    becomes running
    ;;
esac
