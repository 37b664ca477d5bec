#!/bin/sh
# new-kernel-pkg of el5 where DEFAULTKERNEL does not keep the new kernel from being the default.
[ "$1 $2 $3 $4 $5 $#" = '--package kernel --mkinitrd --depmod --install 6' ] || exit 1
version=$6
depmod -a "$version"
mkinitrd --allow-missing -f "/boot/initrd-$version.img" "$version" || echo 'mkinitrd failed' >&2
{
  sed -n '/^title/q;p' /boot/grub/grub.conf
  printf 'title New\n\troot (hd0)\n\tkernel /boot/vmlinuz-%s ro root=LABEL=/\n' "$version"
  sed -n '/^title/,$p' /boot/grub/grub.conf
} >/boot/grub/grub.conf-
mv /boot/grub/grub.conf- /boot/grub/grub.conf
