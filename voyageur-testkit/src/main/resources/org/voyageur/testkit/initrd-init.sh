#!/bin/busybox sh
# /init of a stand-in's initrd: loads its modules, finds the root filesystem, hands over.
/bin/busybox mkdir -p /proc /sys /dev /sysroot
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev
for module in $(/bin/busybox cat /modules); do
  /bin/busybox insmod "$module" 2>/dev/null
done
root=
for word in $(/bin/busybox cat /proc/cmdline); do
  case $word in root=*) root=${word#root=} ;; esac
done
device=
for try in 1 2 3 4 5 6 7 8 9 10; do
  case $root in
    LABEL=*|UUID=*) device=$(/bin/busybox findfs "$root" 2>/dev/null) ;;
    *) [ -b "$root" ] && device=$root ;;
  esac
  [ -n "$device" ] && break
  /bin/busybox sleep 0.5
done
if [ -z "$device" ]; then
  echo "ALERT! $root does not exist. Dropping to a shell!"
  while :; do /bin/busybox sleep 1000; done
fi
for type in ext4 ext3 ext2; do
  /bin/busybox mount -t $type -o ro "$device" /sysroot 2>/dev/null && break
done
for directory in dev proc sys; do
  /bin/busybox mount -o move /$directory /sysroot/$directory
done
exec /bin/busybox switch_root /sysroot /sbin/init
