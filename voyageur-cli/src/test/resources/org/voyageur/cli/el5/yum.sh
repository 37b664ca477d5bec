#!/bin/sh
# yum 3.2.22 of el5 as far as --kernel-repo uses it (rpm-software-management/yum, 3.2.22, on Python 2.4): an option that
# it does not know ends it, and a package that no repository has does not. It knows the checksums md5 and sha1, and no
# compression but gzip, and bzip2 for a database, and minds what it cannot read. A script of a package that fails
# makes its status 1, although the package is there and it says "Complete!".
enabled=
unsigned=
configuration=/etc/yum.conf
while [ $# -gt 0 ]; do
  case $1 in
    -y | '--disablerepo=*') ;;
    -c)
      configuration=$2
      shift
      ;;
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
cache=$(mktemp -d /var/tmp/yum.XXXXXX)
trap 'rm -rf "$cache"' 0
main() { sed -n "/^\[main\]/,/^\[/s/^$1 *= *//p" $configuration | tail -n 1; }
setting() { sed -n "/^\[$enabled\]/,/^\[/s/^$1 *= *//p" /etc/yum.repos.d/*.repo; }
fail() {
  echo "Error: $*"
  exit 1
}
# 0: good; 1: no key for it; 4: not signed
check_signature() {
  said=$(rpmkeys --checksig "$1")
  case $said in
    *'signatures OK') return 0 ;;
    *SIGNATURES*) return 1 ;;
    *) return 4 ;;
  esac
}
# Whether a file's checksum is the one told; of a kind that Python 2.4 lacks it is not.
matches() { # FILE TYPE SUM
  case $2 in
    md5) sum=$(md5sum <"$1") ;;
    sha | sha1) sum=$(sha1sum <"$1") ;;
    *) return 1 ;;
  esac
  [ "${sum%% *}" = "$3" ]
}
transaction() {
  rpm -i --force-debian "$@" >"$cache/said" 2>&1
  status=$?
  cat "$cache/said"
  [ $status = 0 ] || exit 1
  ! grep -q 'scriptlet failed' "$cache/said" || status=1
  echo 'Complete!'
  exit $status
}

if [ "$command" = localinstall ]; then
  if [ -z "$unsigned" ] && [ "$(main gpgcheck)" = 1 ]; then
    for package in "$@"; do
      check_signature "$package"
      case $? in
        1) fail "Public key for ${package##*/} is not installed" ;;
        4) fail "Package ${package##*/} is not signed" ;;
      esac
    done
  fi
  transaction "$@"
fi
base=$(setting baseurl)
# What lies on a disk is taken from there.
get() {
  case $base in
    file://*) got=${base#file://}/$1 && [ -f "$got" ] ;;
    http://*) got=$cache/${1##*/} && wget -q -O "$got" "$base/$1" ;;
    *) false ;;
  esac
}
[ -n "$(setting name)" ] || fail "getting repository data for $enabled, repository not found"
get repodata/repomd.xml || fail "Cannot retrieve repository metadata (repomd.xml) for repository: $enabled"
# One line for each <data>: its type, its file, and its checksum's type and value.
tr '\n' ' ' <"$got" | sed 's/<data /\n&/g' | sed -n \
  's,^<data type="\([^"]*\)".*<checksum type="\([^"]*\)">\([^<]*\)<.*<location href="\([^"]*\)".*,\1 \4 \2 \3,p' \
  >"$cache/repomd"
metadata() { # TYPE
  # shellcheck disable=SC2046
  set -- $(grep "^$1 " "$cache/repomd")
  [ $# = 4 ] && get "$2" && matches "$got" "$3" "$4" || fail "failure: $2 from $enabled: [Errno 256] No more mirrors to try."
}
# It takes the database where there is one, of which the stand-in looks at the outside alone.
if grep -q '^primary_db ' "$cache/repomd"; then
  metadata primary_db
  case $got in *.bz2) ;; *) fail 'file is encrypted or is not a database' ;; esac
fi
metadata primary
case $got in *.gz) zcat "$got" ;; *.xml) cat "$got" ;; *) fail 'File is not the XML that it should be' ;; esac >"$cache/primary" || exit
[ -z "$(setting gpgcheck)" ] || gpgcheck=$(setting gpgcheck)
packages=
for name in "$@"; do
  entry=$(tr '\n' ' ' <"$cache/primary" | sed 's/<package /\n&/g' | grep "<name>$name</name>")
  if [ -z "$entry" ]; then
    echo "No package $name available."
    echo 'Nothing to do'
    exit 0
  fi
  get "$(expr "$entry" : '.*<location href="\([^"]*\)"')" || fail "cannot fetch $name"
  package=$got
  kind=$(expr "$entry" : '.*<checksum type="\([^"]*\)"')
  sum=$(expr "$entry" : '.*<checksum [^>]*>\([0-9a-f]*\)<')
  matches "$package" "$kind" "$sum" || fail "Package does not match checksum: ${package##*/}"
  if [ -z "$unsigned" ] && [ "${gpgcheck:-$(main gpgcheck)}" = 1 ]; then
    check_signature "$package"
    case $? in
      1)
        for key in $(setting gpgkey); do
          echo "Importing GPG key from ${key#file://}"
          rpmkeys --import "${key#file://}" || exit 1
        done
        check_signature "$package" || fail "Public key for ${package##*/} is not installed"
        ;;
      4) fail "Package ${package##*/} is not signed" ;;
    esac
  fi
  packages="$packages $package"
done
# shellcheck disable=SC2086
transaction $packages
