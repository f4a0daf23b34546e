/**
 * Perl programs that stand for processes of a node: their states (S, D, Z), threads, parents and
 * start times are the kernel's own; the names are given to them. x86-64 system calls by number:
 * 157 prctl (15 PR_SET_NAME, 1 PR_SET_PDEATHSIG), 58 vfork, 34 pause.
 *
 * Each is started as `perl -e PROGRAM COMM ARGS [PATH [PORTS]]`, prints the PID it has inside the
 * node and leaves its process to the init of the node.
 */

const DAEMONIZE = String.raw`
use strict; use warnings; use POSIX ();
my ($comm, $args, $path, $ports) = @ARGV;
sub named { my $name = shift; syscall(157, 15, $name, 0, 0, 0); }
sub background {
  my $pid = fork // die "fork: $!";
  if ($pid) { $| = 1; print "$pid\n"; POSIX::_exit(0); }
  POSIX::setsid();
  open(STDIN, '<', '/dev/null'); open(STDOUT, '>', '/dev/null'); open(STDERR, '>', '/dev/null');
  $0 = $args; named($comm);
}
# A parent in vfork waits in state D until its child is gone, or until a signal kills it. The child
# shares its memory: system calls only. The child dies with the parent.
sub stick {
  my $pid = syscall(58);
  if ($pid == 0) { named('vfork-child'); syscall(157, 1, 9, 0, 0, 0); syscall(34) while 1; }
}
`;

/** A process whose main thread waits in state D. SIGKILL and SIGTERM end it. */
export const STUCK_PROGRAM = `${DAEMONIZE}
background(); stick();
`;

/** Opens PORTS, `tcp:127.0.0.1:29653,udp:0.0.0.0:7946`, before the process goes to the background: it dies of a port that is taken. */
const LISTEN = String.raw`
use Socket;
my @sockets;
for my $it (split /,/, $ports // '') {
  my ($protocol, $address, $port) = split /:/, $it;
  my $type = $protocol eq 'udp' ? SOCK_DGRAM : SOCK_STREAM;
  socket(my $socket, AF_INET, $type, 0) or die "socket: $!";
  setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1) if $protocol eq 'tcp';
  bind($socket, pack_sockaddr_in($port, inet_aton($address))) or die "bind $it: $!";
  if ($protocol eq 'tcp') { listen($socket, 10) or die "listen $it: $!"; }
  push @sockets, $socket;
}
`;

/**
 * A healthy process in state S that listens on PORTS. On SIGUSR1 it grows a thread that gets stuck as
 * above, and sleeps once what it waits for is gone. On SIGUSR2 it grows one that writes to PATH, a frozen file system, and waits in a way that
 * survives SIGKILL: a killed process stays as a zombie with two threads, which nobody can reap, and
 * whose ports stay taken (COMMANDS B.3).
 */
export const POD_PROGRAM = `use threads; ${DAEMONIZE} ${LISTEN}
my @wanted;
$SIG{USR1} = sub { push @wanted, sub { stick(); sleep 1 while 1 } };
$SIG{USR2} = sub { push @wanted, sub { open(my $file, '>', "$path/data") } };
background();
while (1) {
  select(undef, undef, undef, 0.2);
  while (my $wait = shift @wanted) {
    threads->create(sub { named($comm); $wait->(); })->detach;
  }
}
`;

/** A parent that never reaps: PATH is the comm of its child, which is a zombie at once. */
export const ZOMBIE_PROGRAM = `${DAEMONIZE}
background();
if (!fork) { named($path); POSIX::_exit(0); }
sleep 1 while 1;
`;

/**
 * An NFS server as far as a NULL call can tell: it listens on PORTS (TCP) and answers every call of
 * program 100003 as RFC 5531 has it, an accepted reply without results. Where PATH exists it takes
 * calls and says nothing, as a server whose threads hang does.
 */
export const RPC_PROGRAM = `${DAEMONIZE} ${LISTEN}
background();
$SIG{CHLD} = 'IGNORE';
while (accept(my $client, $sockets[0])) {
  if (fork) { close $client; next; }
  while (sysread($client, my $mark, 4) == 4) {
    my $length = unpack('N', $mark) & 0x7fffffff;
    my $call = '';
    while (length($call) < $length) {
      sysread($client, $call, $length - length($call), length($call)) or POSIX::_exit(0);
    }
    my ($id, undef, undef, $program) = unpack('N4', $call);
    sleep 1 while -e $path;
    my $reply = pack('N6', $id, 1, 0, 0, 0, $program == 100003 ? 0 : 1);
    syswrite($client, pack('N', 0x80000000 | length($reply)) . $reply);
  }
  POSIX::_exit(0);
}
`;
