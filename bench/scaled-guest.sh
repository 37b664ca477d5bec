#!/bin/sh
# Makes a guest with the parts of another that a conversion looks at: scaled-guest.sh FROM IMAGE SIZE MIB FILES
#   ext3 of SIZE, MIB of random data more in it, and FILES small files.
set -eu
PATH=$PATH:/usr/sbin:/sbin
from=$1
image=$2
size=$3
mib=$4
files=$5
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/usr/lib" "$tree/usr/bin" "$tree/usr/sbin" "$tree/data"
for path in /boot /etc; do debugfs -R "rdump $path $tree" "$from" >/dev/null 2>&1; done
debugfs -R "rdump /usr/lib/modules $tree/usr/lib" "$from" >/dev/null 2>&1
for path in /usr/lib/os-release /usr/bin/dash /usr/lib/systemd/systemd; do
  mkdir -p "$tree${path%/*}"
  debugfs -R "dump -p $path $tree$path" "$from" >/dev/null 2>&1
done
ln -s usr/lib "$tree/lib"
ln -s usr/bin "$tree/bin"
ln -s usr/sbin "$tree/sbin"
ln -s dash "$tree/usr/bin/sh"
ln -s ../lib/systemd/systemd "$tree/usr/sbin/init"
[ "$mib" -eq 0 ] || head -c "${mib}M" /dev/urandom >"$tree/data/random"
if [ "$files" -gt 0 ]; then
  awk -v n="$files" -v dir="$tree/data" 'BEGIN {
    for (i = 0; i < n; i++) {
      if (i % 1000 == 0) system("mkdir " dir "/" i / 1000)
      file = dir "/" int(i / 1000) "/" i
      print i > file
      close(file)
    }
  }'
fi
rm -f "$image"
mke2fs -q -t ext3 -I 128 -L / -d "$tree" "$image" "$size" 2>&1 | grep -v '^$' || true
