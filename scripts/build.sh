#!/bin/sh
# Builds voyageur into build/lib, and the cache that makes it start fast.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/scripts/java25.sh"
echo "voyageur: building, which takes a minute the first time" >&2
cd "$root"
mkdir -p build
# Jars of an earlier version would stay beside the new ones.
rm -rf voyageur-cli/target/lib
if ! mvn -B -q -DskipTests package >build/build.log 2>&1 </dev/null; then
  cat build/build.log >&2
  echo "voyageur: the build failed" >&2
  exit 3
fi
rm -rf build/lib.new
mkdir build/lib.new
cp voyageur-cli/target/lib/*.jar build/lib.new/
cp voyageur-cli/target/voyageur-cli.jar build/lib.new/
rm -rf build/lib build/voyageur.aot
mv build/lib.new build/lib

# The AOT cache (JEP 514) is trained on what most commands do: open an image and look into it.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/tree/etc" "$scratch/tree/boot"
echo 'Scientific Linux release 6.5 (Carbon)' >"$scratch/tree/etc/redhat-release"
PATH=$PATH:/usr/sbin:/sbin mke2fs -q -t ext3 -d "$scratch/tree" "$scratch/image" 8M >/dev/null 2>&1
class_path=$(printf '%s:' "$root"/build/lib/*.jar)
"$JAVA_HOME/bin/java" -XX:AOTCacheOutput="$root/build/voyageur.aot" -XX:+UseSerialGC \
  -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED -cp "${class_path%:}" \
  org.voyageur.cli.Main plan "$scratch/image" >/dev/null 2>&1 || true
