#!/bin/sh
# new-kernel-pkg of el5 (rhboot/grubby, r5-1-19-6-1), as a kernel's package calls it: an mkinitrd that fails is its
# end. grubby puts the new kernel first; it is the default by UPDATEDEFAULT and DEFAULTKERNEL, as anaconda sets them.
[ "$1 $2 $3 $4 $5 $#" = '--package kernel --mkinitrd --depmod --install 6' ] || exit 1
version=$6
depmod -ae -F "/boot/System.map-$version" "$version"
/sbin/mkinitrd --allow-missing -f "/boot/initrd-$version.img" "$version"
rc=$?
if [ $rc != 0 ]; then
  echo 'mkinitrd failed' >&2
  exit 1
fi
{
  sed -n '/^title/q;p' /boot/grub/grub.conf
  printf 'title New\n\troot (hd0)\n\tkernel /boot/vmlinuz-%s ro root=LABEL=/ console=xvc0\n' "$version"
  sed -n '/^title/,$p' /boot/grub/grub.conf
} >/boot/grub/grub.conf-
mv /boot/grub/grub.conf- /boot/grub/grub.conf
