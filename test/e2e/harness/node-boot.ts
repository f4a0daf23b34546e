/** Where a node keeps what the suite gives it: in its own /run, so that it goes with the node. */
export const NODE_FOLDER = '/run/node';

/**
 * What the init of a node runs, in its own PID, mount, UTS, IPC and network namespaces. Arguments:
 * the host name, the folder that stands for the node's disk, and the address. A file `smbios` there
 * is the product UUID of the machine, which no container has; a file `nfs` makes SSH sessions look at
 * /proc through a lens (see `nfs-lens.ts`). It ends up as a real sshd, which reaps the orphans of the
 * node as an init must.
 */
export const BOOT_SCRIPT = `
set -eu
printf %s "$1" > /proc/sys/kernel/hostname
empty() { mount -t tmpfs -o "mode=$2" tmpfs "$1"; }
empty /run 755
mkdir -p /run/sshd ${NODE_FOLDER}/bin ${NODE_FOLDER}/frozen ${NODE_FOLDER}/fake
cp "$2/host_key" "$2/authorized_keys" ${NODE_FOLDER}
chmod 600 ${NODE_FOLDER}/host_key
mount --bind "$2/bin" ${NODE_FOLDER}/bin
mount --bind "$2/var-lib" /var/lib
mount --bind "$2/var-log" /var/log
if [ -f "$2/smbios" ]; then
  mkdir -p ${NODE_FOLDER}/net
  mount --bind /sys/class/net ${NODE_FOLDER}/net
  empty /sys/class 755
  mkdir -p /sys/class/dmi/id /sys/class/net
  mount --bind ${NODE_FOLDER}/net /sys/class/net
  cp "$2/smbios" /sys/class/dmi/id/product_uuid
fi
lens=
if [ -f "$2/nfs" ]; then
  lens=' SRE_PROC_ROOT=${NODE_FOLDER}/proc'
  mkdir -p ${NODE_FOLDER}/nfs ${NODE_FOLDER}/proc ${NODE_FOLDER}/lens
  for it in /proc/self/*; do ln -s "$it" ${NODE_FOLDER}/lens; done
  rm ${NODE_FOLDER}/lens/mountinfo
  # What is laid over /proc later is seen there too, and not the other way round.
  mount --make-shared /proc
  mount --rbind /proc ${NODE_FOLDER}/proc
  mount --make-rslave ${NODE_FOLDER}/proc
  ln -s ${NODE_FOLDER}/lens ${NODE_FOLDER}/self
  # open_tree and move_mount, which unlike mount(2) take a symbolic link for what it is.
  perl -e '
    my ($from, $to, $none) = @ARGV;
    my $tree = syscall(428, -100, $from, 0x101);
    $tree >= 0 && syscall(429, $tree, $none, -100, $to, 4) == 0 or die "the lens: $!\n";
  ' ${NODE_FOLDER}/self ${NODE_FOLDER}/proc/self ''
fi
empty /tmp 1777
empty /root 700
mkdir -p /var/log/pods /var/lib/kubelet/pods
cat /proc/sys/kernel/random/uuid > ${NODE_FOLDER}/boot_id
mount --bind ${NODE_FOLDER}/boot_id /proc/sys/kernel/random/boot_id
cat > ${NODE_FOLDER}/sshd_config <<END
Port 22
ListenAddress $3
HostKey ${NODE_FOLDER}/host_key
PidFile none
AuthorizedKeysFile ${NODE_FOLDER}/authorized_keys
AuthenticationMethods publickey
UsePAM no
UseDNS no
StrictModes no
PermitRootLogin prohibit-password
PrintMotd no
MaxStartups 100:30:200
MaxSessions 100
SetEnv PATH=${NODE_FOLDER}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin$lens
END
if [ -n "$lens" ]; then ${NODE_FOLDER}/bin/nfs-table; fi
exec "$(command -v sshd)" -D -e -f ${NODE_FOLDER}/sshd_config
`;
