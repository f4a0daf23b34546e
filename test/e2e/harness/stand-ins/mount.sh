#!/bin/sh
# A stand-in for mount -t nfs, as the test mounts of the product call it. Everything else goes to the real mount.
#
# What becomes of a version is a word in /run/node/nfs/VERSION (default, 4.2, 4.1, 4.0, 3): hangs or refused; without
# such a file it mounts. A mount is a real one, of tmpfs: the mount table that the scripts are shown calls it NFS
# (nfs-lens.ts). One that hangs is a real mount.nfs in D below mount, as with the real program; a signal ends it, and
# its wait channel is laid over it. Words and exit codes: COMMANDS B.5.
set -u
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH

case " $* " in *' -t nfs '*) ;; *) exec mount "$@" ;; esac
options=''
while [ $# -gt 2 ]; do
  [ "$1" != -o ] || options=$2
  shift
done
source=$1 dir=$2
case ,$options, in
  *,nfsvers=*)
    version=${options#*nfsvers=}
    version=${version%%,*}
    ;;
  *) version=default ;;
esac

fate=mounts
if [ -f "/run/node/nfs/$version" ]; then fate=$(cat "/run/node/nfs/$version"); fi
case $fate in
  mounts)
    # The version goes into the table as the owner of the file system.
    case $version in
      default) owner=42 ;;
      *) owner=$(printf '%s' "$version" | tr -d .) ;;
    esac
    mount -t tmpfs -o "ro,nosuid,nodev,noexec,size=4k,uid=$owner" "$source" "$dir" || exit 32
    exec /run/node/bin/nfs-table
    ;;
  hangs)
    # shellcheck disable=SC2016 # the program is perl's
    perl -e '
      use strict; my ($args, $name, $child) = (@ARGV, "mount.nfs", "vfork-child");
      $0 = $args; syscall(157, 15, $name, 0, 0, 0);
      my $file = "/run/node/nfs/wchan-$$";
      open(my $out, ">", $file); print $out "nfs_wait_client_init_complete"; close $out;
      system("mount", "--bind", $file, $_) for "/proc/$$/wchan", "/proc/$$/task/$$/wchan";
      my $pid = syscall(58);
      if ($pid == 0) { syscall(157, 15, $child, 0, 0, 0); syscall(157, 1, 9, 0, 0, 0); syscall(34) while 1; }
    ' "/sbin/mount.nfs $source $dir -o rw,$options"
    ;;
  refused)
    echo "mount.nfs: Connection refused for $source on $dir" >&2
    exit 32
    ;;
  *)
    echo "mount.nfs: $fate" >&2
    exit 32
    ;;
esac
