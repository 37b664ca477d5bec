#!/bin/busybox sh
# /init of a stand-in's initrd: loads its modules, finds the root filesystem, hands over.
busybox=/bin/busybox
$busybox mkdir -p /proc /sys /dev /sysroot
$busybox mount -t proc proc /proc
$busybox mount -t sysfs sysfs /sys
$busybox mount -t devtmpfs devtmpfs /dev
. /stand-in/settings # release=el5|el6|...
while read -r module; do
  $busybox insmod "$module" 2>/dev/null
done </stand-in/modules

root=
mode=ro
init=/sbin/init
for word in $($busybox cat /proc/cmdline); do
  case $word in
    root=*) root=${word#root=} ;;
    init=*) init=${word#init=} ;;
    # nash mounts read-only whatever the command line says.
    rw) [ "$release" = el5 ] || mode=rw ;;
    ro) mode=ro ;;
  esac
done

device=
tries=0
while [ -z "$device" ] && [ $tries -lt 10 ]; do
  case $root in
    LABEL=* | UUID=*) device=$($busybox findfs "$root" 2>/dev/null) ;;
    *) [ -b "$root" ] && device=$root ;;
  esac
  [ -n "$device" ] || $busybox sleep 0.5
  tries=$((tries + 1))
done
if [ -z "$device" ]; then
  case $release in
    el5)
      echo "mount: could not find filesystem '/dev/root'"
      echo "setuproot: moving /dev failed: No such file or directory"
      echo "switchroot: mount failed: No such file or directory"
      ;;
    el6)
      echo "dracut Warning: No root device \"block:$root\" found"
      echo "dracut Warning: Boot has failed. To debug this issue add \"rdshell\" to the kernel command line."
      ;;
    *) echo "ALERT!  $root does not exist.  Dropping to a shell!" ;;
  esac
  while :; do $busybox sleep 1000; done
fi
# By these names /proc/mounts says what it is; a type that is not the filesystem's is refused.
for type in ext3 ext4 ext2; do
  $busybox mount -t $type -o $mode "$device" /sysroot 2>/dev/null && break
done
for directory in dev proc sys; do
  $busybox mount -o move /$directory /sysroot/$directory
done
exec $busybox switch_root /sysroot "$init"
