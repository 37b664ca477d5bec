#!/bin/sh
# Makes a whole Debian 12 as a Xen guest had it: debian-guest.sh IMAGE SIZE [fill]
#   ext3 with 128-byte inodes on the whole disk, no boot loader, root=/dev/xvda in a menu.lst for PyGrub,
#   hvc0 as its console. fill: /opt holds a second copy of /usr, for images with more data in them.
# Runs as root, or as anybody who has fakeroot and user namespaces. Takes about a minute.
set -eu
image=$(readlink -f "$1")
size=$2
fill=${3:-}
PATH=$PATH:/usr/sbin:/sbin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mmdebstrap --quiet --variant=minbase \
  --include=systemd-sysv,udev,kmod,linux-image-cloud-amd64,ifupdown,isc-dhcp-client,iproute2,openssh-server,login,passwd \
  --aptopt='Acquire::Languages "none"' \
  bookworm "$work/debian.tar"

cat >"$work/build.sh" <<'BUILD'
set -eu
mkdir tree
tar -x -f debian.tar -C tree --exclude='./dev/*'
cd tree
version=$(ls boot | sed -n 's/^vmlinuz-//p')
cat >etc/fstab <<FSTAB
/dev/xvda / ext3 defaults 0 1
proc /proc proc defaults 0 0
/dev/xvdb none swap sw 0 0
FSTAB
mkdir -p boot/grub
cat >boot/grub/menu.lst <<MENU
default 0
timeout 1
title Debian
root (hd0)
kernel /boot/vmlinuz-$version root=/dev/xvda ro console=hvc0
initrd /boot/initrd.img-$version
MENU
printf 'auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet dhcp\n' >etc/network/interfaces
echo megapipe >etc/hostname
mkdir -p etc/systemd/system/getty.target.wants
ln -s /lib/systemd/system/serial-getty@.service etc/systemd/system/getty.target.wants/serial-getty@hvc0.service
[ -z "$FILL" ] || cp -a usr opt/software
cd ..
rm -f "$IMAGE"
mke2fs -q -t ext3 -I 128 -L / -d tree "$IMAGE" "$SIZE"
BUILD
export FILL="$fill" IMAGE="$image" SIZE="$size"
cd "$work"
if [ "$(id -u)" -eq 0 ]; then sh build.sh; else fakeroot sh build.sh; fi
