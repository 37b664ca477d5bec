#!/bin/sh
# Prepares what "voyageur verify --on xen --full" boots guests on: a real Xen hypervisor and a Debian dom0, for QEMU.
# Once; a minute, 360 MB in ${XDG_CACHE_HOME:-~/.cache}/voyageur/xen-lab. Booting needs no root.
# Runs as root, or as anybody who has user namespaces.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
PATH=$PATH:/usr/sbin:/sbin
suite=bookworm
xen=4.17
# The same as in XenLab.java; raised when what is made here changes.
stamp=1
lab=${XDG_CACHE_HOME:-${HOME:?}/.cache}/voyageur/xen-lab

"$here/setup.sh" xen
if [ "$(cat "$lab/stamp" 2>/dev/null)" = "$stamp" ]; then
  echo "voyageur: the Xen lab is ready in $lab" >&2
  exit 0
fi
mkdir -p "$lab"
exec 9>"$lab/lock"
flock 9
work=$(mktemp -d "$lab/new.XXXXXX")
trap 'rm -rf "$work"' EXIT
echo "voyageur: making a dom0 with Xen $xen from Debian's packages, which takes a minute" >&2

# The kernel and the hypervisor are only downloaded: installing them would make an initrd and a boot loader.
# shellcheck disable=SC2016
mmdebstrap --quiet --variant=minbase \
  --include=xen-utils-$xen,xenstore-utils,kmod,util-linux,procps,iproute2,busybox-static \
  --aptopt='Acquire::Languages "none"' --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --customize-hook='mkdir "$1/packages" && cd "$1/packages" && export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" &&
    kernel=$(apt-cache depends linux-image-amd64 | sed -n "s/.*Depends: \(linux-image-[0-9].*\)/\1/p" | head -n 1) &&
    apt-get -qq -o APT::Sandbox::User=root download xen-hypervisor-'$xen'-amd64 "$kernel"' \
  $suite "$work/dom0.tar"

cat >"$work/build.sh" <<'BUILD'
set -eu
mkdir dom0 host
tar -x -f dom0.tar -C dom0 --exclude='./dev/*'
rm dom0.tar
for package in dom0/packages/*.deb; do dpkg-deb -x "$package" host; done
rm -rf dom0/packages dom0/var/cache/apt dom0/var/lib/apt/lists
gzip -dc host/boot/xen-*-amd64.gz >xen
mv host/boot/vmlinuz-* vmlinuz
version=$(ls host/lib/modules)

# What the drivers need, in load order.
needed() {
  for module; do
    modprobe -d "$PWD/host" -S "$version" --show-depends "$module" | sed -n "s|^insmod $PWD/host/*\([^ ]*\).*|\1|p"
  done
}
depmod -b host "$version"
# ext4's checksums want crc32c, which no dependency names.
reach_root="crc32c_generic virtio_pci virtio_blk ext4"
needed $reach_root virtio_console virtio_net virtio_rng bridge xen-evtchn xen-gntdev xen-gntalloc xen-privcmd xenfs \
  xen-blkback xen-netback | sort -u | while read -r module; do
  install -D -m 644 "host/$module" "dom0/$module"
done
cp "host/lib/modules/$version"/modules.order "host/lib/modules/$version"/modules.builtin* "dom0/lib/modules/$version/"
depmod -b dom0 "$version"

mkdir -p initrd/bin initrd/modules initrd/proc initrd/sys initrd/dev initrd/root
cp dom0/bin/busybox initrd/bin/busybox
needed $reach_root | awk '!seen[$0]++' | while read -r module; do
  cp "host/$module" initrd/modules/
  basename "$module" >>initrd/modules/order
done
cp "$HERE/xen-lab/initrd-init" initrd/init
cp "$HERE/xen-lab/dom0-init" dom0/lab-init
cp "$HERE/xen-lab/pygrub" dom0/lab-pygrub
chmod 755 initrd/init dom0/lab-init dom0/lab-pygrub
(cd initrd && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) | gzip -9 >initrd.img

megabytes=$(du -sm dom0 | cut -f 1)
mke2fs -q -F -t ext4 -O ^has_journal -m 0 -d dom0 dom0.img "$((megabytes * 5 / 4 + 64))M"
BUILD
cd "$work"
export HERE="$here"
if [ "$(id -u)" -eq 0 ]; then sh build.sh; else fakeroot sh build.sh; fi
for file in xen vmlinuz initrd.img dom0.img; do mv -f "$file" "$lab/$file"; done
echo $stamp >"$lab/stamp"
echo "voyageur: the Xen lab is ready in $lab" >&2
