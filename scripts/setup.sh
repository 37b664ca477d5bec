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
# Some of them are services (Keystone, MariaDB, ...), which would start at once, on their usual ports
# and with a database in /var: invoke-rc.d asks this file, and 101 forbids it.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f $policy' EXIT
  trap 'exit 130' INT TERM
  printf '#!/bin/sh\nexit 101\n' >$policy
  chmod 755 $policy
fi
{
  apt-get update -q -o DPkg::Lock::Timeout=300
  # shellcheck disable=SC2086
  apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold $missing
} >&2 </dev/null
