#!/bin/sh
# Compares voyageur with what people do otherwise, on one image and in one run: bench/run.sh [IMAGE]
# Without IMAGE: a Debian 12 of 10 GiB with 0.8 GiB in it, made once in build/bench.
# Needs guestfish and virt-inspector (libguestfs-tools), mmdebstrap, pigz and GNU time; two of the
# image's size of space. Prints a Markdown table; each figure is the median of $ROUNDS rounds, in
# which the programs take turns.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
ROUNDS=${ROUNDS:-3}
work=$root/build/bench
mkdir -p "$work"
cd "$work"
for program in guestfish virt-inspector mmdebstrap pigz /usr/bin/time; do
  command -v $program >/dev/null || {
    echo "bench: $program is missing: apt-get install libguestfs-tools mmdebstrap pigz time" >&2
    exit 3
  }
done
image=${1:-$work/megapipe.img}
[ -f "$image" ] || "$root/bench/debian-guest.sh" "$image" 10G fill
compressed=$work/$(basename "$image").gz
[ "$compressed" -nt "$image" ] || pigz -k -c "$image" >"$compressed"

voyageur=$root/voyageur
"$voyageur" doctor >doctor.txt
# Guests hang on some hosts' /dev/kvm, and then so does libguestfs's appliance.
export LIBGUESTFS_BACKEND=direct
grep -q 'runs guests' doctor.txt || export LIBGUESTFS_BACKEND_SETTINGS=force_tcg
echo "bench: preparing libguestfs's appliance" >&2
guestfish -a /dev/null run

: >figures
# measure NAME COMMAND...: appends "NAME wall CPU KiB" of one run.
measure() {
  name=$1
  shift
  # What the run before has written is not to be this one's burden.
  sync
  /usr/bin/time -o time.txt -f '%e %U %S %M' "$@" >out.txt 2>&1 || {
    echo "bench: $name failed:" >&2
    cat out.txt >&2
    exit 1
  }
  awk -v name="$name" 'END { print name, $1, $2 + $3, $4 }' time.txt >>figures
}

java=$(. "$root/scripts/java25.sh" && echo "$JAVA_HOME/bin/java")
round=1
while [ "$round" -le "$ROUNDS" ]; do
  echo "bench: round $round of $ROUNDS" >&2
  rm -f result.* copy.img
  measure raw-voyageur "$voyageur" convert --progress none --format raw -o result.raw "$image"
  measure raw-guestfish sh "$root/bench/procedure.sh" "$image" copy.img
  rm -f result.* copy.img
  measure qcow2-voyageur "$voyageur" convert --progress none -o result.qcow2 "$image"
  rm -f result.*
  measure gz-voyageur "$voyageur" convert --progress none -o result.qcow2 "$compressed"
  measure gz-gzip sh -c 'gzip -dc "$1" >/dev/null' gzip "$compressed"
  rm -f result.*
  measure inspect-voyageur "$voyageur" inspect "$image"
  measure inspect-virt-inspector virt-inspector --format=raw -a "$image"
  measure inspect-uncached "$java" --enable-native-access=ALL-UNNAMED \
    --sun-misc-unsafe-memory-access=allow -cp "$root/build/app/voyageur-cli.jar" \
    org.voyageur.cli.Main inspect "$image"
  round=$((round + 1))
done
rm -f result.* copy.img

awk '
  function median(list,   n, a, i, j, t) {
    n = split(list, a, " ")
    for (i = 1; i < n; i++) for (j = i + 1; j <= n; j++) if (a[i] + 0 > a[j] + 0) { t = a[i]; a[i] = a[j]; a[j] = t }
    return a[int((n + 1) / 2)]
  }
  function row(what, ours, theirs, peer) {
    printf "| %s | %.2f s, %.2f s, %d MiB | %s: %.2f s, %.2f s, %d MiB | %.2f, %.2f |\n", what,
      median(wall[ours]), median(cpu[ours]), median(memory[ours]) / 1024, peer,
      median(wall[theirs]), median(cpu[theirs]), median(memory[theirs]) / 1024,
      median(wall[ours]) / median(wall[theirs]), median(cpu[ours]) / median(cpu[theirs])
  }
  { wall[$1] = wall[$1] " " $2; cpu[$1] = cpu[$1] " " $3; memory[$1] = memory[$1] " " $4 }
  END {
    print "| | voyageur: wall, CPU, memory | other: wall, CPU, memory | ratio of wall, CPU |"
    print "|---|---|---|---|"
    row("convert, raw to raw", "raw-voyageur", "raw-guestfish", "cp and guestfish")
    row("convert, raw to qcow2", "qcow2-voyageur", "raw-guestfish", "cp and guestfish")
    row("convert, raw.gz to qcow2", "gz-voyageur", "gz-gzip", "gzip -dc >/dev/null")
    row("inspect", "inspect-voyageur", "inspect-virt-inspector", "virt-inspector")
    row("the launcher, inspect", "inspect-voyageur", "inspect-uncached", "plain java, no cache")
  }' figures
