#!/bin/sh
# mkinitrd 5.1 of el5: a module that the kernel has not is the end, unless --builtin names it or
# --allow-missing is said. What it
# packs is a stand-in's initrd: that of the kernel for Xen, with other modules.
usage() {
  echo 'usage: mkinitrd [--version] [--help] [-v] [-f] [--with=<module>] [--builtin=<module>] <initrd-image> <kernel-version>' >&2
  exit 1
}
force=
missing=
image=
version=
with=
builtin=,
while [ $# -gt 0 ]; do
  case $1 in
    -f) force=yes ;;
    --allow-missing) missing=yes ;;
    --with=?*) with="$with ${1#*=}" ;;
    --builtin=?*) builtin=$builtin${1#*=}, ;;
    -*) usage ;;
    *) if [ -z "$image" ]; then image=$1; elif [ -z "$version" ]; then version=$1; else usage; fi ;;
  esac
  shift
done
[ -n "$version" ] || usage
modules=/lib/modules/$version
[ -f "$modules/modules.dep" ] || { echo "No modules available for kernel \"$version\"." >&2; exit 1; }
[ ! -e "$image" ] || [ "$force" ] || { echo "$image already exists." >&2; exit 1; }

paths=
add() {
  case " $paths " in *" $1 "*) ;; *) paths="$paths $1" ;; esac
}
# shellcheck disable=SC2013
for name in $(sed -n 's/^alias scsi_hostadapter[0-9]* //p' /etc/modprobe.conf) ext3 $with; do
  case $builtin in *,$name,*) continue ;; esac
  line=$(grep "/$name\.ko:" "$modules/modules.dep")
  if [ -z "$line" ] && [ "$missing" ]; then
    echo "WARNING: No module $name found for kernel $version, continuing anyway" >&2
    continue
  fi
  [ -n "$line" ] || { echo "No module $name found for kernel $version, aborting." >&2; exit 1; }
  needed=
  for path in ${line#*:}; do needed="$path $needed"; done
  for path in $needed ${line%%:*}; do add "$path"; done
done

root=$(mktemp -d /tmp/initrd.XXXXXX)
(
  cd "$root" || exit
  zcat /boot/initrd-*.el5xen.img | cpio -id
  rm lib/*.ko
  : >stand-in/modules
  for path in $paths; do
    cp "$modules/$path" lib/
    echo "/lib/${path##*/}" >>stand-in/modules
  done
  find . | cpio -H newc -o | gzip -1 >"$image"
) 2>/dev/null
rm -rf "$root"
# As the real one: nobody looks whether that could be written.
exit 0
