#!/bin/sh
# mkinitrd 5.1.19.6 of el5, as its options, its modules and its end are (rhboot/grubby, r5-1-19-6-1): a module that
# is not there is the end, but for one that --builtin names, one with a hyphen in front, and with --allow-missing.
# What it packs is a stand-in's initrd: that of the kernel for Xen, with other modules.
usage() {
  echo 'usage: mkinitrd [--version] [--help] [-v] [-f] [--preload <module>] [--with=<module>] [--builtin=<module>] <initrd-image> <kernel-version>' >&2
  exit 1
}
umask 077
force=
allow_missing=
image=
version=
with=
builtin=,
while [ $# -gt 0 ]; do
  case $1 in
    -f) force=yes ;;
    --allow-missing) allow_missing=yes ;;
    --with=?*) with="$with ${1#*=}" ;;
    --builtin=?*) builtin=$builtin${1#*=}, ;;
    -*) usage ;;
    *) if [ -z "$image" ]; then image=$1; elif [ -z "$version" ]; then version=$1; else usage; fi ;;
  esac
  shift
done
[ -n "$version" ] || usage
modules=/lib/modules/$version
[ ! -f "$image" ] || [ "$force" ] || { echo "$image already exists." >&2; exit 1; }
[ -d "$modules" ] || { echo "No modules available for kernel \"$version\"." >&2; exit 1; }

paths=
add() {
  case " $paths " in *" $1 "*) ;; *) paths="$paths $1" ;; esac
}
find_module() {
  name=${1#-}
  case $builtin in *,$name,*) return ;; esac
  # modprobe --show-depends says what it needs; the file itself is looked for.
  for need in $(sed -n "s,^[^:]*/$name\.ko: *,,p" "$modules/modules.dep"); do needed="$need $needed"; done
  file=$(find "$modules" -name "$name.ko")
  if [ -n "$file" ]; then
    for need in $needed "$file"; do
      case $need in /*) add "$need" ;; *) add "$modules/$need" ;; esac
    done
    needed=
  elif [ "$name" != "$1" ]; then
    :
  elif [ "$allow_missing" ]; then
    echo "WARNING: No module $name found for kernel $version, continuing anyway" >&2
  else
    echo "No module $name found for kernel $version, aborting." >&2
    exit 1
  fi
}
needed=
aliases=$(sed -n 's/^alias[[:space:]][[:space:]]*scsi_hostadapter[^[:space:]]*[[:space:]]*//p' /etc/modprobe.conf)
for module in uhci-hcd ohci-hcd ehci-hcd -ext3 $aliases $with; do find_module "$module"; done

root=$(mktemp -d /tmp/initrd.XXXXXX)
(
  cd "$root" || exit
  zcat /boot/initrd-*.el5xen.img | cpio -id
  rm lib/*.ko
  : >stand-in/modules
  for path in $paths; do
    cp "$path" lib/
    echo "/lib/${path##*/}" >>stand-in/modules
  done
  find . | cpio -H newc -o >"$root.cpio"
) 2>/dev/null
status=0
gzip -9 <"$root.cpio" >"$image" || status=1
rm -rf "$root" "$root.cpio"
exit $status
