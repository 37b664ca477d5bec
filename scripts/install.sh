#!/bin/sh
# Installs voyageur for every user of this host: install.sh [PREFIX], /usr/local unless said.
# Into PREFIX/lib/voyageur, with a link in PREFIX/bin, man pages and completion.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
prefix=${1:-/usr/local}
case $prefix in
  /*) ;;
  *)
    echo "usage: install.sh [PREFIX], an absolute path such as /usr/local" >&2
    exit 2
    ;;
esac
"$root/voyageur" --version >/dev/null # Builds what is missing.
library=$prefix/lib/voyageur
rm -rf "$library.new"
mkdir -p "$library.new/scripts" "$library.new/build" "$prefix/bin" "$prefix/share/man/man1" \
  "$prefix/share/bash-completion/completions"
# With its times: the cache names the jars' own.
cp -Rp "$root/build/app" "$library.new/build/"
cp -p "$root/voyageur" "$library.new/"
cp -p "$root/scripts/java25.sh" "$library.new/scripts/"
rm -rf "$library"
mv "$library.new" "$library"
ln -sfn ../lib/voyageur/voyageur "$prefix/bin/voyageur"
program=$prefix/bin/voyageur
"$program" help --man >"$prefix/share/man/man1/voyageur.1"
for command in $("$program" help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
  "$program" help --man "$command" >"$prefix/share/man/man1/voyageur-$command.1"
done
"$program" completion >"$prefix/share/bash-completion/completions/voyageur"
echo "Installed $program"
echo "To remove it: rm -r $library $program $prefix/share/man/man1/voyageur*.1" \
  "$prefix/share/bash-completion/completions/voyageur"
