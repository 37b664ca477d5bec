#!/bin/sh
# What people did by hand for each image, with guestfish instead of mounts: procedure.sh SOURCE COPY
#   SOURCE: raw, or gzipped.
# Boot code, SYSLINUX, its configuration and fstab; no consoles, no network, no check.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case $1 in
  *.gz) gzip -dc "$1" >"$2" ;;
  *) cp --sparse=auto "$1" "$2" ;;
esac
cat >"$work/syslinux.cfg" <<'CFG'
DEFAULT linux
LABEL linux
  KERNEL /vmlinuz
  INITRD /initrd.img
  APPEND ro root=/dev/vda
CFG
printf 'LABEL=/ / ext3 defaults 0 1\nproc /proc proc defaults 0 0\n' >"$work/fstab"
guestfish --format=raw -a "$2" <<FISH
run
mount /dev/sda /
upload /usr/lib/EXTLINUX/mbr.bin /boot/mbr.bin
upload $work/syslinux.cfg /boot/syslinux.cfg
copy-file-to-device /boot/mbr.bin /dev/sda size:440
extlinux /boot
upload $work/fstab /etc/fstab
umount-all
FISH
