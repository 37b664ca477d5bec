#!/bin/sh
# Written by voyageur. Kernel packages call this with the version that comes or goes. It writes the
# entries of /boot/syslinux.cfg anew, the newest kernel first, with the arguments that the entry
# "linux" has: to change the arguments of all kernels, change them there.
root=
config=$root/boot/syslinux.cfg
[ -f "$config" ] || exit 0
case $0 in
  */prerm.d/*) gone=$1 ;; # Its files are still there.
  *) gone= ;;
esac

# What the entry "linux" has for a keyword.
current() {
  sed -n "/^LABEL linux\$/,/^\$/s/^  $1 //p" "$config"
}

initrd_of() {
  for name in "initrd.img-$1" "initramfs-$1.img" "initrd-$1.img"; do
    if [ -f "$root/boot/$name" ]; then
      echo "/boot/$name"
      return
    fi
  done
}

# By a key in which every number has nine digits: "sort -V" is younger than some guests. RPM takes
# 431.11.2.el6 for newer than 431.el6, so ".el" becomes a character below all others.
newest_first() {
  awk '{
    key = ""
    rest = $0
    sub(/\.el/, "!", rest)
    while (match(rest, /[0-9]+/)) {
      key = key substr(rest, 1, RSTART - 1) sprintf("%09d", substr(rest, RSTART, RLENGTH))
      rest = substr(rest, RSTART + RLENGTH)
    }
    print key rest " " $0
  }' | LC_ALL=C sort -r | sed 's/.* //'
}

# The versions that can be started under KVM, the newest first.
versions() {
  for image in "$root"/boot/vmlinuz-*; do
    version=${image#"$root"/boot/vmlinuz-}
    settings=$root/boot/config-$version
    case $version in
      "$gone" | *[!A-Za-z0-9._+~-]*) continue ;;
    esac
    [ -f "$image" ] && [ -n "$(initrd_of "$version")" ] || continue
    if [ -f "$settings" ]; then
      # A kernel for Xen alone, and one without a driver for the disk.
      grep -q -e '^CONFIG_X86_64_XEN=y' -e '^CONFIG_X86_XEN=y' "$settings" && continue
      grep -q '^CONFIG_VIRTIO_BLK=[ym]' "$settings" || continue
    fi
    echo "$version"
  done | newest_first
}

# Label, kernel, initrds, arguments.
entry() {
  printf '\nLABEL %s\n  LINUX %s\n  INITRD %s\n  APPEND %s\n' "$1" "$2" "$3" "$4"
}

# Label, version.
entry_of() {
  initrds=$(initrd_of "$2")
  words=$append
  if [ -f "$root/boot/voyageur-$2.cpio" ]; then
    initrds=$initrds,/boot/voyageur-$2.cpio
    case $append in
      init=*) words="${append%% *} rdinit=/voyageur/init ${append#* }" ;;
      *) words="rdinit=/voyageur/init $append" ;;
    esac
  fi
  entry "$1" "/boot/vmlinuz-$2" "$initrds" "$words"
}

append=$(current APPEND | sed 's/rdinit=[^ ]* //')
linux=$(current LINUX)
all=$(versions)
newest=$(echo "$all" | head -n 1)
[ -n "$append" ] && [ -n "$newest" ] || exit 0

umask 022
{
  sed -e '/^LABEL /,$d' -e '/^$/d' -e '/^ONERROR /d' "$config"
  safe=
  if [ -h "$root$linux" ]; then
    echo "ONERROR $newest"
    entry linux "$linux" "$(current INITRD)" "$append"
  elif [ -f "$root/boot/voyageur-$newest.cpio" ]; then
    safe=safe
    echo "ONERROR $safe"
    entry_of linux "$newest"
  else
    entry_of linux "$newest"
  fi
  for version in $all; do
    entry_of "$version" "$version"
  done
  if [ -n "$safe" ]; then
    entry "$safe" "/boot/vmlinuz-$newest" "$(initrd_of "$newest")" "$append"
  fi
} >"$config.new" && sync && mv -f "$config.new" "$config"
exit 0
