#!/bin/busybox sh
# shellcheck shell=dash
# The first program of a guest: finds its disk and hands over to what the suite gave it (/guest, by a second archive).
set -e
export PATH=/bin
busybox mkdir -p /proc /sys /dev
busybox mount -t proc proc /proc
busybox mount -t sysfs sysfs /sys
busybox mount -t devtmpfs devtmpfs /dev
while read -r module; do busybox insmod "/modules/$module.ko"; done </modules/order
while [ ! -b /dev/vda ]; do busybox sleep 0.1; done
busybox mount -t ext4 -o rw /dev/vda /root
busybox mount -t tmpfs -o mode=755 run /root/run
busybox cp -a /guest /root/run/node
busybox mount -t devtmpfs devtmpfs /root/dev
busybox umount /dev /sys /proc
exec busybox switch_root /root /run/node/boot
