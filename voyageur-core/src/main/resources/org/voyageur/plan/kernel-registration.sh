#!/bin/sh
# chkconfig: 2345 99 01
# description: Registers the kernel that voyageur unpacked, once.
# Written by voyageur. What remains of a kernel's installation for the guest's own programs: depmod
# writes its tables anew, and rpm learns of the package, whose files are there already.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
[ "$1" = start ] || exit 0
copies=/var/lib/voyageur
log=/var/log/voyageur-kernel.log
mkdir -p /var/log
failed=

register() { # NAME-VERSION-RELEASE FILE KERNEL
  [ -f "$copies/$2.rpm" ] || return 0
  /sbin/depmod -a "$3" || return 1
  if ! /bin/rpm -q "$1" >/dev/null; then
    /bin/rpm -i --justdb --nodeps --noscripts --notriggers "$copies/$2.rpm" || return 1
  fi
  rm -f "$copies/$2.rpm"
}

exec >>$log 2>&1
@PACKAGES@
if [ -n "$failed" ]; then
  echo "voyageur: the kernel's package could not be registered; see $log" >/dev/console
  exit 1
fi
rmdir $copies
rm -f /etc/rc.d/rc[2-5].d/S99voyageur-kernel /etc/rc.d/init.d/voyageur-kernel
exit 0
