#!/bin/sh
# Runs the scripts in firstboot.d once, in the order of their names, and removes itself. A script
# that restarts the machine is not run again, and the next one is at the next start.
# Written by voyageur.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
scripts=/etc/voyageur/firstboot.d
log=/var/log/voyageur-firstboot.log
umask 077

say() {
  echo "voyageur: $1" >>$log
  echo "voyageur: $1" >/dev/console 2>/dev/null
}

cd / || exit
# A log that cannot be written must not keep the scripts from running.
mkdir -p /var/log
true 2>/dev/null >>$log || log=/dev/console
for script in $scripts/[0-9]*; do
  [ -f "$script" ] || continue
  name=${script##*/}
  mv "$script" "$scripts/running-$name" || continue
  say "first-boot script $name starts"
  "$scripts/running-$name" </dev/null >>$log 2>&1
  say "first-boot script $name ended with status $?"
  rm -f "$scripts/running-$name"
done
rm -rf $scripts
rm -f /etc/voyageur/firstboot @TRIGGERS@
rmdir /etc/voyageur 2>/dev/null
exit 0
