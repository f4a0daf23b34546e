#!/bin/sh
# Sourced by boot.sh on the guest that is the NFS server: sets the address, exports /export, and starts nfsd as Debian's units do.
# It has a second address, elsewhere. Beside it, in namespaces of its own, runs one client host: /run/node/client has its name,
# client-address its address.
modprobe macvlan
ip link add nas0 link eth0 type macvlan mode bridge
ip address add "$(cat /run/node/address)/24" dev nas0
ip address add "$(cat /run/node/elsewhere)/24" dev nas0
ip link set nas0 up

mkdir -p /export /run/rpc_pipefs /run/rpcbind
modprobe nfsd
mount -t nfsd nfsd /proc/fs/nfsd
mount -t rpc_pipefs rpc_pipefs /run/rpc_pipefs
echo '/export *(rw,sync,no_root_squash,no_subtree_check,insecure)' >/etc/exports
exportfs -ra
rpcbind -w
rpc.mountd
# So long a client may stay silent, and so long the kernel waits after each start for those that reclaim; by default 90 s.
echo 30 >/proc/fs/nfsd/nfsv4leasetime
echo 10 >/proc/fs/nfsd/nfsv4gracetime
rpc.nfsd 4

cat >/run/node/client-boot <<'END'
set -eu
hostname=$(cat /run/node/client)
printf %s "$hostname" >/proc/sys/kernel/hostname
ip link set lo up
ip address add "$(cat /run/node/client-address)/24" dev eth0
ip link set eth0 up
mkdir -p /tmp/node
cp -a /run/node/. /tmp/node
mount -t tmpfs -o mode=755 run /run
mkdir -p /run/sshd /run/node
cp -a /tmp/node/. /run/node
cat /proc/sys/kernel/random/uuid >/run/node/boot
mount --bind /run/node/boot /proc/sys/kernel/random/boot_id
/run/node/bin/boot-id &
/run/node/bin/systemctl start kubelet
exec /usr/sbin/sshd -D -e -f /run/node/sshd_config
END
ip link add client0 link eth0 type macvlan mode bridge
ip netns add client
ip link set client0 netns client
ip -n client link set client0 name eth0
ip netns exec client unshare --pid --fork --mount --uts --ipc --mount-proc sh /run/node/client-boot &
