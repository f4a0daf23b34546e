#!/usr/bin/perl
# Tells the suite, which plays the kubelet, what a kubelet reads on its node: the boot ID. One line per connection to port 10255.
use strict;
use warnings;
use Socket;
$0 = 'boot-id';
socket(my $server, AF_INET, SOCK_STREAM, 0) or die "socket: $!";
setsockopt($server, SOL_SOCKET, SO_REUSEADDR, 1);
bind($server, pack_sockaddr_in(10255, INADDR_ANY)) or die "bind: $!";
listen($server, 10) or die "listen: $!";
while (accept(my $client, $server)) {
  open(my $file, '<', '/proc/sys/kernel/random/boot_id') or die "boot_id: $!";
  syswrite($client, scalar <$file>);
}
