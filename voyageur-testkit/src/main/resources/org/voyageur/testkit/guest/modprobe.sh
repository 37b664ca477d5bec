#!/bin/busybox sh
# modprobe of el5's module-init-tools 3.3, as its udev and ifup call it. busybox's reads the same files
# as text, /etc/modprobe.conf and the tables of the running kernel; what modprobe.conf(5) says of
# "install" is added, which may be said of a module that is not there, too.
PATH=/bin:/sbin
set -f
config=/etc/modprobe.conf
tables=/lib/modules/$(uname -r)/modules.alias

# Each module that has a command, by its name and its aliases.
commanded=$(
  for module in $(sed -n 's/^ *install  *\([^ ]*\) .*/\1/p' $config); do
    echo "$module $module"
    sed -n "s/^ *alias  *\([^ ]*\)  *$module *$/$module \1/p" $config "$tables"
  done
)
command_for() {
  echo "$commanded" | while read -r module pattern; do
    # shellcheck disable=SC2254
    case $1 in $pattern) sed -n "s/^ *install  *$module  *//p" $config | tail -n 1; break ;; esac
  done
}

options=
names=
own=
for word in "$@"; do
  case $word in
    --ignore-install) own=yes ;;
    -*) options="$options $word" ;;
    *)
      command=
      [ "$own" ] || command=$(command_for "$word")
      if [ "$command" ]; then
        sh -c "$command" || exit
      else
        names="$names $word"
      fi
      ;;
  esac
done
# shellcheck disable=SC2086
[ -z "$names" ] || exec busybox modprobe $options $names
