#!/bin/sh
# Builds the image of the suite's guests into a folder: kernel, initrd.gz, root.ext4, and packages, which says what is in it.
#
# Usage:  sh build-image.sh FOLDER      as root; about 1.5 min. A folder that is complete already is left as it is.
# Debian 12 with its cloud kernel, an OpenSSH server, and both sides of NFS. Packages come from where the package manager of
# a fresh Debian takes them. The kernel is named with its ABI, since symbols and wait channels are those of one build.
set -eu
kernel=linux-image-6.1.0-56-cloud-amd64
tools=openssh-server,nfs-common,nfs-kernel-server,procps,kmod,iproute2,nftables,netbase,curl,perl-base
# Of what the kernel has as modules, what it takes to reach the disk and the network, in the order in which they need each other.
modules='virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk failover net_failover virtio_net'

folder=$1
here=$(cd "$(dirname "$0")" && pwd)
[ ! -e "$folder/root.ext4" ] || exit 0
work=$(mktemp -d "$(dirname "$folder")/building-XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root

# shellcheck disable=SC2016 # mmdebstrap's shell expands it
mmdebstrap --quiet --variant=minbase --mode=root --include="$tools" \
  --customize-hook="chroot \"\$1\" sh -c 'cd /boot && apt-get -qq download $kernel'" bookworm "$root"
dpkg-deb -x "$root"/boot/linux-image-*.deb "$work/kernel"
release=$(ls "$work/kernel/lib/modules")
mv "$work/kernel/lib/modules" "$root/usr/lib/modules"
chroot "$root" depmod "$release"
# shellcheck disable=SC2016 # dpkg expands them
{
  dpkg-deb -W --showformat='${Package} ${Version}\n' "$root"/boot/linux-image-*.deb
  dpkg-query --admindir="$root/var/lib/dpkg" -W --showformat='${Package} ${Version}\n'
} >"$work/packages"
rm "$root"/boot/linux-image-*.deb

mkdir -p "$work/initrd/bin" "$work/initrd/modules" "$work/initrd/root" "$work/image"
cp "$(command -v busybox)" "$work/initrd/bin/busybox"
cp "$here/initrd-init.sh" "$work/initrd/init"
chmod 755 "$work/initrd/init"
for module in $modules; do
  find "$work/root/usr/lib/modules" -name "$module.ko" -exec cp {} "$work/initrd/modules" \;
  echo "$module" >>"$work/initrd/modules/order"
done
(cd "$work/initrd" && find . | cpio --quiet -o -H newc | gzip -1) >"$work/image/initrd.gz"

cp "$work"/kernel/boot/vmlinuz-* "$work/image/kernel"
mv "$work/packages" "$work/image/packages"
mke2fs -q -t ext4 -d "$root" -O ^has_journal "$work/image/root.ext4" 1G
rm -rf "$folder"
mv "$work/image" "$folder"
