#!/bin/sh
# Builds voyageur into build/app, and the cache that makes it start fast.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/scripts/java25.sh"
cd "$root"
mkdir -p build
# Two first uses at once must not build into each other's files.
exec 9>build/lock
flock 9
app=build/app.new
rm -rf "$app"
mkdir "$app"
# As old as the sources that are about to be read: what is edited meanwhile is newer.
touch "$app/stamp"
echo "voyageur: building, which takes a minute the first time" >&2
if ! mvn -B -q -DskipTests -Dspotless.check.skip=true package >build/build.log 2>&1 </dev/null; then
  cat build/build.log >&2
  echo "voyageur: the build failed" >&2
  exit 3
fi
cp -p voyageur-cli/target/voyageur-cli.jar voyageur-cli/target/lib/*.jar "$app/"

# The AOT cache (JEP 514) is trained on what most commands do: open an image, look into it, plan.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/tree/etc" "$scratch/tree/boot/grub"
echo 'Scientific Linux release 6.5 (Carbon)' >"$scratch/tree/etc/redhat-release"
echo '/dev/xvde / ext3 defaults 1 1' >"$scratch/tree/etc/fstab"
echo 'title none' >"$scratch/tree/boot/grub/menu.lst"
PATH=$PATH:/usr/sbin:/sbin mke2fs -q -t ext3 -d "$scratch/tree" "$scratch/image" 8M >/dev/null 2>&1
"$JAVA_HOME/bin/java" -XX:AOTCacheOutput="$app/voyageur.aot" -XX:+UseSerialGC \
  --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
  -cp "$app/voyageur-cli.jar" org.voyageur.cli.Main plan --json "$scratch/image" \
  >build/training.log 2>&1 || true
if [ ! -f "$app/voyageur.aot" ]; then
  echo "voyageur: no AOT cache was made, see build/training.log; commands start slower" >&2
fi

# Whoever runs the old one keeps its files open.
rm -rf build/app.old
[ ! -d build/app ] || mv build/app build/app.old
mv "$app" build/app
rm -rf build/app.old
