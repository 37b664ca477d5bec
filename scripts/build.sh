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
# A JVM whose cache has classes of a sealed package does not even start once the jar lies elsewhere
# than where the cache was made ("sealing violation", JDK 25).
echo 'Sealed: false' >"$app/manifest"
"$JAVA_HOME/bin/jar" --update --file "$app/xz.jar" --manifest "$app/manifest" 2>/dev/null
rm "$app/manifest"
"$JAVA_HOME/bin/java" "$root/scripts/RenewClasses.java" "$app/picocli.jar"

# The AOT cache (JEP 514) is trained on an inspection and a conversion: they open an image, look into it,
# plan, write and check. What is trained must be reached: a kernel by its header, its modules, an initrd with nothing in it.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
tree=$scratch/tree
mkdir -p "$tree/etc" "$tree/boot/grub" "$tree/lib/modules/2.6.32/kernel"
echo 'Scientific Linux release 6.5 (Carbon)' >"$tree/etc/redhat-release"
echo '/dev/xvde / ext3 defaults 1 1' >"$tree/etc/fstab"
printf 'title none\nroot (hd0)\nkernel /boot/vmlinuz-2.6.32 ro root=/dev/xvde\n' >"$tree/boot/grub/menu.lst"
# Protocol 2.6 behind "HdrS", Documentation/arch/x86/boot.rst.
{ head -c 514 /dev/zero && printf 'HdrS\006\002' && head -c 4096 /dev/zero; } >"$tree/boot/vmlinuz-2.6.32"
printf 'CONFIG_VIRTIO=m\nCONFIG_VIRTIO_PCI=m\nCONFIG_VIRTIO_BLK=m\nCONFIG_EXT3_FS=y\n' >"$tree/boot/config-2.6.32"
printf 'kernel/virtio_blk.ko: kernel/virtio.ko\nkernel/virtio_pci.ko: kernel/virtio.ko\nkernel/virtio.ko:\n' >"$tree/lib/modules/2.6.32/modules.dep"
for module in virtio virtio_pci virtio_blk; do
  # The head of an ELF file for x86-64.
  printf '\177ELF\002\001\001\0\0\0\0\0\0\0\0\0\001\0\076\0' >"$tree/lib/modules/2.6.32/kernel/$module.ko"
done
{
  printf '070701%088d%08X%08dTRAILER!!!' 0 11 0
  head -c 1024 /dev/zero
} | gzip >"$tree/boot/initramfs-2.6.32.img"
PATH=$PATH:/usr/sbin:/sbin mke2fs -q -t ext3 -d "$tree" "$scratch/image" 8M >/dev/null 2>&1
"$JAVA_HOME/bin/java" -XX:AOTCacheOutput="$app/voyageur.aot" -XX:+UseSerialGC \
  --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
  -cp "$app/voyageur-cli.jar" org.voyageur.cli.Training "$scratch/image" \
  >build/training.log 2>&1 || true
# Whoever runs the old one keeps its files open.
rm -rf build/app.old
[ ! -d build/app ] || mv build/app build/app.old
mv "$app" build/app
if ! "$JAVA_HOME/bin/java" -XX:AOTCache="$root/build/app/voyageur.aot" -XX:+UseSerialGC \
  --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
  -cp "$root/build/app/voyageur-cli.jar" org.voyageur.cli.Main --version >>build/training.log 2>&1; then
  rm -f build/app/voyageur.aot # With a cache that it cannot use, the JVM may not start at all.
fi
if [ ! -f build/app/voyageur.aot ]; then
  echo "voyageur: there is no AOT cache, see build/training.log; commands start slower" >&2
fi
rm -rf build/app.old
