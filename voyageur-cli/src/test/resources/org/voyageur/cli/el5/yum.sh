#!/bin/sh
# yum 3.2.22 of el5 as far as --kernel-repo uses it: an option that it does not know ends it, and a
# package that no repository has does not. It asks for signatures, by gpgcheck=1 in its yum.conf.
enabled=
unsigned=
while [ $# -gt 0 ]; do
  case $1 in
    -y | '--disablerepo=*') ;;
    --enablerepo=*) enabled=${1#*=} ;;
    --nogpgcheck) unsigned=yes ;;
    install | localinstall) break ;;
    *)
      echo "Command line error: no such option: $1"
      exit 1
      ;;
  esac
  shift
done
command=$1
shift
if [ "$command" = localinstall ]; then
  [ "$unsigned" ] || { echo "Package ${1##*/} is not signed"; exit 1; }
  rpm -i --force-debian "$@" || exit
  echo 'Complete!'
  exit
fi
setting() { sed -n "/^\[$enabled\]/,/^\[/s/^$1=//p" /etc/yum.repos.d/*.repo; }
base=$(setting baseurl)
cache=$(mktemp -d /var/tmp/yum.XXXXXX)
trap 'rm -rf "$cache"' 0
# What lies on a disk is taken from there.
get() {
  case $base in
    file://*) got=${base#file://}/$1 && [ -f "$got" ] ;;
    http://*) got=$cache/${1##*/} && wget -q -O "$got" "$base/$1" ;;
    *) false ;;
  esac
}
signed() { rpmkeys --checksig "$1" | grep -q 'signatures OK$'; }
[ -n "$(setting name)" ] || { echo "Error getting repository data for $enabled, repository not found"; exit 1; }
get repodata/repomd.xml ||
  { echo "Error: Cannot retrieve repository metadata (repomd.xml) for repository: $enabled"; exit 1; }
get "$(sed -n 's/.*href="\(repodata[^"]*primary.xml.gz\)".*/\1/p' "$got")" || exit
primary=$got
for name in "$@"; do
  package=$(zcat "$primary" | tr '\n' ' ' | sed 's/<package /\n&/g' |
    sed -n "s,.*<name>$name</name>.*<location href=\"\([^\"]*\)\".*,\1,p")
  if [ -z "$package" ]; then
    echo "No package $name available."
    echo 'Nothing to do'
    exit 0
  fi
  get "$package" || exit
  if [ -z "$unsigned" ] && ! signed "$got"; then
    for key in $(setting gpgkey); do
      echo "Importing GPG key ${key#file://}"
      rpmkeys --import "${key#file://}" || exit
    done
    signed "$got" || { echo "Public key for $package is not installed"; exit 1; }
  fi
  rpm -i --force-debian "$got" || exit
done
echo 'Complete!'
