#!/bin/sh
# Rebuilds the machine code that is kept as resources: rebuild.sh [DIRECTORY]. Needs gcc and binutils.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../resources/org/voyageur/boot}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

as --32 -o "$work/loader.o" "$here/whole-disk-loader.S"
objcopy -O binary -j .text "$work/loader.o" "$out/whole-disk-loader.bin"

flags="-Os -static -nostdlib -ffreestanding -fno-builtin -fno-stack-protector -fno-pie -no-pie
  -fno-asynchronous-unwind-tables -fcf-protection=none -Wl,-z,noseparate-code,-n,--build-id=none -s"
for program in supplement-init root-init; do
  # shellcheck disable=SC2086
  gcc $flags -o "$out/$program-x86_64" "$here/$program.c"
  # shellcheck disable=SC2086
  gcc -m32 $flags -o "$out/$program-i686" "$here/$program.c"
done
chmod 644 "$out"/*-init-*
