#!/bin/sh
# Compares voyageur with what people do otherwise, in one run: bench/run.sh [IMAGE]
#   Writes docs/performance.md and docs/performance.svg. Without IMAGE: a Debian 12 of 10 GiB with 0.8 GiB in
#   it, made once in build/bench. ROUNDS (3): how often each program runs; they take turns, and the median
#   counts. What takes a minute or so runs once. A program that is not installed, or an option that this voyageur
#   does not have, has no row. Needs three times the image's data of space, and once its size.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
ROUNDS=${ROUNDS:-3}
work=$root/build/bench
voyageur=$root/voyageur
PATH=$PATH:/usr/sbin:/sbin
export PATH
mkdir -p "$work"
cd "$work"
for program in guestfish mmdebstrap pigz igzip e2image /usr/bin/time; do
  command -v $program >/dev/null || {
    echo "bench: $program is missing: apt-get install libguestfs-tools mmdebstrap pigz isal e2fsprogs time" >&2
    exit 3
  }
done
image=${1:-$work/megapipe.img}
[ -f "$image" ] || "$root/bench/debian-guest.sh" "$image" 10G fill
compressed=$image.gz
[ "$compressed" -nt "$image" ] || pigz -k -c "$image" >"$compressed"

busy=$(cut -d ' ' -f 1 /proc/loadavg)
"$voyageur" doctor >doctor.txt
"$voyageur" convert --help >help.txt
# Guests hang on some hosts' /dev/kvm, and then so does libguestfs's appliance.
export LIBGUESTFS_BACKEND=direct
grep -q 'runs guests' doctor.txt || export LIBGUESTFS_BACKEND_SETTINGS=force_tcg
echo "bench: preparing libguestfs's appliance" >&2
guestfish -a /dev/null run

: >figures
# measure JOB PROGRAM COMMAND...: appends "JOB PROGRAM wall CPU KiB result" of one run, separated by tabs: the
# memory, and what the result takes on the disk.
measure() {
  job=$1
  name=$2
  shift 2
  # What the run before has written is not to be this one's burden.
  sync
  sync # So that nobody waits for what another has left to be written.
  /usr/bin/time -o time.txt -f '%e %U %S %M' "$@" >out.txt 2>&1 || {
    echo "bench: $job, $name failed:" >&2
    cat out.txt >&2
    return 1
  }
  made=$(du -ck result* copy.img 2>/dev/null | awk 'END { print $1 }')
  awk -v job="$job" -v name="$name" -v made="$made" -v OFS='\t' 'END { print job, name, $1, $2 + $3, $4, made }' \
    time.txt >>figures
  rm -f result* copy.img
}
convert() {
  job=$1
  shift
  measure "$job" voyageur "$voyageur" convert --progress none "$@"
}
has() { grep -q -- "$1" help.txt; }

round=1
while [ "$round" -le "$ROUNDS" ]; do
  echo "bench: round $round of $ROUNDS" >&2
  convert "raw to raw" --format raw -o result.raw "$image"
  measure "raw to raw" "e2image -ra" e2image -ra "$image" copy.img
  measure "raw to raw" "cp --sparse=always" cp --sparse=always "$image" copy.img
  measure "raw to raw" "procedure in guestfish" sh "$root/bench/procedure.sh" "$image" copy.img
  convert "raw to qcow2" -o result.qcow2 "$image"
  measure "raw to qcow2" "qemu-img convert" qemu-img convert -f raw -O qcow2 "$image" copy.img
  if has --compress; then
    convert "raw to compressed qcow2" --compress -o result.qcow2 "$image"
    measure "raw to compressed qcow2" "qemu-img convert -c" qemu-img convert -c -f raw -O qcow2 "$image" copy.img
  fi
  convert "raw.gz to qcow2" -o result.qcow2 "$compressed"
  measure "raw.gz to qcow2" "igzip -dc >/dev/null" sh -c 'igzip -dc "$1" >/dev/null' igzip "$compressed"
  if has --layout; then
    convert "raw to partitioned raw" --layout partition --format raw -o result.raw "$image"
    measure "raw to partitioned raw" "e2image -ra" e2image -ra "$image" copy.img
    # voyageur's result is on the disk when it is done.
    measure "raw to partitioned raw" "e2image -ra, and fsync" sh -c \
      'e2image -ra "$1" copy.img && sync copy.img' sh "$image"
  fi
  if has dual-boot; then
    convert "raw to dual-boot raw" --to dual-boot --format raw -o result.raw "$image"
  fi
  if has --in-place; then
    cp --sparse=always "$image" copy.img
    rm -f copy.img.voyageur-undo
    convert "dual-boot in place" --to dual-boot --in-place copy.img
  fi
  measure "inspect" voyageur "$voyageur" inspect "$image"
  round=$((round + 1))
done
# The digest takes several times as long as the rest, so once.
convert "raw to raw, with its SHA-256" --sha256 --format raw -o result.raw "$image"
measure "raw to raw, with its SHA-256" "e2image -ra, sha256sum" sh -c \
  'e2image -ra "$1" copy.img && sha256sum copy.img' sh "$image"
measure "raw to raw, with its SHA-256" "e2image -ra, openssl dgst" sh -c \
  'e2image -ra "$1" copy.img && openssl dgst -sha256 copy.img' sh "$image"
measure "raw.gz to qcow2" "gzip -dc >/dev/null" sh -c 'gzip -dc "$1" >/dev/null' gzip "$compressed"
measure "raw.gz to qcow2" "gzip, procedure in guestfish, qemu-img convert" sh -c \
  'sh "$1" "$2" copy.img && qemu-img convert -f raw -O qcow2 copy.img result.qcow2' sh \
  "$root/bench/procedure.sh" "$compressed"
# The manual way to an image for both goes through a partition, and copies the disk inside the appliance. It
# takes minutes, so that one run stands beside each job that it would do.
if has dual-boot; then
  : >figures.more
  manual="dual-boot procedure in guestfish"
  measure "raw to dual-boot raw" "$manual" sh "$root/bench/procedure-dual-boot.sh" "$image" copy.img
  for job in "raw to partitioned raw" "dual-boot in place"; do
    ! grep -q "^$job" figures || tail -n 1 figures | sed "s/^[^\t]*/$job/" >>figures.more
  done
  cat figures.more >>figures
  rm -f figures.more
  convert "raw.gz to dual-boot qcow2" --to dual-boot -o result.qcow2 "$compressed"
  measure "raw.gz to dual-boot qcow2" "gzip, dual-boot procedure, qemu-img convert" sh -c \
    'gzip -dc "$2" >plain.img && sh "$1" plain.img copy.img && qemu-img convert -f raw -O qcow2 copy.img result.qcow2' \
    sh "$root/bench/procedure-dual-boot.sh" "$compressed"
  rm -f plain.img
fi
if command -v virt-inspector >/dev/null; then
  measure "inspect" virt-inspector virt-inspector --format=raw -a "$image"
fi
# It does not know every guest, and then has no row.
if command -v virt-v2v >/dev/null; then
  measure "raw to qcow2" virt-v2v virt-v2v -i disk "$image" -o local -os "$work" -of qcow2 -on result || true
fi

# On a filesystem that shares blocks, where one can be mounted. What a copy takes there, du does not tell.
truncate -s "$(($(du -k "$image" | cut -f 1) * 2 + 1048576))K" btrfs.img
mkdir -p btrfs
if has dual-boot && mkfs.btrfs -q -f btrfs.img 2>/dev/null && mount -o loop btrfs.img btrfs 2>/dev/null; then
  trap 'umount "$work/btrfs"' EXIT
  cp --sparse=always "$image" btrfs/source.img
  job="raw to dual-boot raw, blocks shared"
  for _ in $(seq "$ROUNDS"); do
    convert "$job" --to dual-boot --format raw -o btrfs/made.raw btrfs/source.img
    measure "$job" "cp --reflink=always" cp --reflink=always btrfs/source.img btrfs/made.raw
    rm -f btrfs/made.raw
  done
  grep "dual-boot procedure in guestfish" figures | head -n 1 | sed "s/^[^\t]*/$job/" >figures.more
  cat figures.more >>figures
  umount btrfs
  trap - EXIT
fi
rm -rf btrfs btrfs.img figures.more

# To an OpenStack of its own on loopback, from Debian's packages.
if command -v openstack >/dev/null && "$root/scripts/openstack-lab.sh" start >lab.txt 2>&1; then
  eval "$("$root/scripts/openstack-lab.sh" env)"
  "$root/bench/scaled-guest.sh" "$image" upload.img 2G 1024 0
  # upload NAME COMMAND...: what arrived is deleted, or the second would find it.
  upload() {
    measure "upload of 2 GiB" "$@"
    openstack image list -f value -c ID | xargs -r openstack image delete
  }
  for _ in $(seq "$ROUNDS"); do
    upload voyageur "$voyageur" upload --progress none --name bench upload.img
    upload "openstack image create" openstack image create --file upload.img --disk-format raw \
      --container-format bare bench
  done
  "$root/scripts/openstack-lab.sh" stop >/dev/null
  rm -f upload.img
fi

# How cost grows, one run each: the same guest in larger images, with more data in it, with more files in it.
: >growth
# grow AXIS VALUE SIZE MIB FILES: one image, and what copying and inspecting it takes.
grow() {
  echo "bench: $1 $2" >&2
  "$root/bench/scaled-guest.sh" "$image" scaled.img "$3" "$4" "$5"
  mv figures figures.kept
  : >figures
  convert grown --format raw -o result.raw scaled.img
  measure grown "e2image -ra" e2image -ra scaled.img copy.img
  measure inspect voyageur "$voyageur" inspect scaled.img
  convert "in place" --to dual-boot --in-place scaled.img
  awk -v axis="$1" -v value="$2" -v OFS='\t' -F '\t' '{ print axis, value, $1, $2, $3, $4, $5, $6 }' figures >>growth
  mv figures.kept figures
  rm -f scaled.img scaled.img.voyageur-undo
}
for size in 1 8 64 512; do grow "image size, GiB" "$size" "${size}G" 0 0; done
for data in 256 512 1024 2048; do grow "data, MiB" "$data" 8G "$data" 0; done
for files in 1000 10000 100000; do grow "files" "$files" 8G 0 "$files"; done

{
  printf '%s cores with a load of %s when it began, ' "$(nproc)" "$busy"
  if grep -q 'runs guests' doctor.txt; then
    echo "hardware virtualisation."
  else
    echo "no hardware virtualisation: libguestfs's appliance runs under QEMU's own emulation (with KVM it starts several seconds sooner)."
  fi
  if [ $# -eq 0 ]; then printf 'a Debian 12 (`bench/debian-guest.sh`)'; else printf '%s' "$(basename "$image")"; fi
  awk -v size="$(stat -c %s "$image")" -v data="$(du -k "$image" | cut -f 1)" \
    'BEGIN { printf " of %.1f GiB with %.1f GiB in it.\n", size / 1073741824, data / 1048576 }'
} >about
java=$(. "$root/scripts/java25.sh" && echo "$JAVA_HOME/bin/java")
"$java" "$root/bench/Performance.java" figures growth about "$root/docs"
echo "bench: docs/performance.md and docs/performance.svg are written" >&2
