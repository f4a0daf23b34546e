#!/bin/sh
# What the init of a guest runs. The suite's files are in /run/node: name, address, host_key, authorized_keys, programs in bin,
# and, where the guest is more than a node, a script named extra. It ends up as a real sshd, which reaps orphans as an init must.
set -eu
export PATH=/run/node/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p /dev/pts /run/sshd /run/lock /var/log/pods /var/lib/kubelet/pods
mount -t devpts devpts /dev/pts
mount -t tmpfs -o mode=1777 tmp /tmp
cat /run/node/name >/proc/sys/kernel/hostname
# A message of the kernel goes to its log and not to the console, which is slow.
echo 1 >/proc/sys/kernel/printk
printf '127.0.0.1 localhost\n' >/etc/hosts
: >/etc/resolv.conf
# A module is loaded by the first mount of its version, which takes an emulator seconds.
modprobe -a nfs nfsv3 nfsv4
ip link set lo up
ip link set eth0 up
chmod 600 /run/node/host_key
cat >/run/node/sshd_config <<END
Port 22
HostKey /run/node/host_key
PidFile none
AuthorizedKeysFile /run/node/authorized_keys
AuthenticationMethods publickey
# The one that an emulated processor has an answer to soonest.
KexAlgorithms curve25519-sha256
UsePAM no
UseDNS no
StrictModes no
PermitRootLogin prohibit-password
PrintMotd no
MaxStartups 100:30:200
MaxSessions 100
SetEnv PATH=$PATH
END
if [ -f /run/node/extra ]; then
  # shellcheck source=/dev/null # the suite writes it
  . /run/node/extra
else
  ip address add "$(cat /run/node/address)/24" dev eth0
fi
/run/node/bin/boot-id &
/run/node/bin/systemctl start kubelet
exec /usr/sbin/sshd -D -e -f /run/node/sshd_config
