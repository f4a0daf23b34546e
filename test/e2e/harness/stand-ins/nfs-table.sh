#!/bin/sh
# Writes the mount table that the scripts are shown: the real one, in which file systems of SERVER:/EXPORT are called
# NFS. The version is the owner of the file system where the stand-in for mount wrote one, and 4.2 otherwise.
set -u
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
table=/run/node/lens/mountinfo
common='hard,proto=tcp,timeo=600,retrans=2,sec=sys,local_lock=none'
sed -E \
  -e "s# - tmpfs (([0-9.]+):/[^ ]*) ([^ ]*,)?uid=3(,.*)?\$# - nfs \1 rw,vers=3,$common,addr=\2#" \
  -e "s# - tmpfs (([0-9.]+):/[^ ]*) ([^ ]*,)?uid=4([012])(,.*)?\$# - nfs4 \1 rw,vers=4.\4,$common,addr=\2#" \
  -e "s# - tmpfs (([0-9.]+):/[^ ]*) .*# - nfs4 \1 rw,vers=4.2,$common,addr=\2#" \
  /proc/self/mountinfo >"$table.new"
mv "$table.new" "$table"
