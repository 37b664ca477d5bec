#!/bin/sh
# yum 3.2.22 of el5 as far as --kernel-repo uses it: an option that it does not know ends it, and a
# package that no repository has does not.
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
[ "$unsigned" ] || { echo "Public key for $1 is not installed"; exit 1; }
if [ "$command" = localinstall ]; then
  rpm -i --force-debian "$@" || exit
  echo 'Complete!'
  exit
fi
setting() { sed -n "/^\[$enabled\]/,/^\[/s/^$1=//p" /etc/yum.repos.d/*.repo; }
base=$(setting baseurl)
base=${base#file://}
[ -n "$(setting name)" ] || { echo "Error getting repository data for $enabled, repository not found"; exit 1; }
[ -f "$base/repodata/repomd.xml" ] || { echo "Cannot retrieve repository metadata (repomd.xml)"; exit 1; }
for name in "$@"; do
  package=$(zcat "$base"/repodata/*primary.xml.gz | tr '\n' ' ' | sed 's/<package /\n&/g' |
    sed -n "s,.*<name>$name</name>.*<location href=\"\([^\"]*\)\".*,\1,p")
  if [ -z "$package" ]; then
    echo "No package $name available."
    echo 'Nothing to do'
    exit 0
  fi
  rpm -i --force-debian "$base/$package" || exit
done
echo 'Complete!'
