#!/bin/sh
# Installs the Debian packages of scripts/packages that are missing: setup.sh run|test ...
# Not as root: prints the command that does, and exits with 3.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
wanted=
for group in "$@"; do
  wanted="$wanted $(sed -n "s/^$group  *//p" "$here/packages")"
done
# Since Debian 13 libraries with 64-bit times have names of their own, ending in t64.
# shellcheck disable=SC2046,SC2086
installed=$(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' $wanted $(printf '%st64 ' $wanted) \
  2>/dev/null | sed -n 's/^ii *//p' | tr '\n' ' ')
missing=
for package in $wanted; do
  case " $installed" in
    *" $package "* | *" ${package}t64 "*) ;;
    *) missing="$missing $package" ;;
  esac
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
  echo "voyageur: packages are missing. Install them:" >&2
  echo "  sudo apt-get install --no-install-recommends$missing" >&2
  exit 3
fi
echo "voyageur: installing$missing" >&2
export DEBIAN_FRONTEND=noninteractive
{
  apt-get update -q
  # shellcheck disable=SC2086
  apt-get install -q -y --no-install-recommends $missing
} >&2 </dev/null
