#!/bin/sh
# chkconfig: 2345 99 01
# description: Removes the kernels that run only under Xen, once.
# Written by voyageur. rpm takes their entries out of the boot menu too, by the packages' scripts.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
[ "$1" = start ] || exit 0
# A kernel of Xen's is running: it is needed, and this waits for the other one.
case $(uname -r) in *xen*) exit 0 ;; esac
log=/var/log/voyageur-kernel.log
mkdir -p /var/log
# A log that cannot be written must not keep the rest from being done.
true 2>/dev/null >>$log || log=/dev/console
exec >>$log 2>&1
if packages=$(/bin/rpm -q kernel-xen); then
  # shellcheck disable=SC2086 # a name a line, without blanks
  /bin/rpm -e $packages || {
    echo "voyageur: the kernels for Xen could not be removed; see $log" >/dev/console
    exit 1
  }
fi
rm -f /etc/rc.d/rc[2-5].d/S99voyageur-remove-xen /etc/rc.d/init.d/voyageur-remove-xen
exit 0
