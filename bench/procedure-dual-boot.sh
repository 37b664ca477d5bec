#!/bin/sh
# What people did by hand for an image that boots under Xen and KVM: procedure-dual-boot.sh SOURCE COPY
# As procedure.sh, but in a partition of a new disk, where PyGrub finds the guest behind SYSLINUX's boot code.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/syslinux.cfg" <<'CFG'
DEFAULT linux
LABEL linux
  KERNEL /vmlinuz
  INITRD /initrd.img
  APPEND ro root=/dev/vda1
CFG
printf 'LABEL=/ / ext3 defaults 0 1\nproc /proc proc defaults 0 0\n' >"$work/fstab"
# Their disk was as large as the source, which cuts its end off; this one has room for it.
truncate -s "$(($(stat -c %s "$1") + (2 << 20)))" "$2"
guestfish <<FISH
add $1 format:raw readonly:true
add $2 format:raw
run
part-init /dev/sdb mbr
part-add /dev/sdb p 2048 -2048
copy-device-to-device /dev/sda /dev/sdb1 sparse:true
mount /dev/sdb1 /
upload /usr/lib/EXTLINUX/mbr.bin /boot/mbr.bin
upload $work/syslinux.cfg /boot/syslinux.cfg
copy-file-to-device /boot/mbr.bin /dev/sdb size:440
extlinux /boot
part-set-bootable /dev/sdb 1 true
upload $work/fstab /etc/fstab
umount-all
FISH
