#!/bin/sh
# chkconfig: 2345 99 01
# description: Registers the kernels that voyageur unpacked, once.
# Written by voyageur. What remains of a kernel's installation for the guest's own programs: depmod
# writes its tables anew, and rpm learns of the package, whose files are there already.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
[ "$1" = start ] || exit 0
# In the root filesystem for sure: one that is mounted on /var would hide what lies there.
packages=/etc/voyageur/kernels
log=/var/log/voyageur-kernel.log

fail() {
  echo "voyageur: $1"
  echo "voyageur: $1; see $log" >/dev/console
  exit 1
}

register() { # FILE
  name=$(/bin/rpm -qp --qf '%{NAME}-%{VERSION}-%{RELEASE}' "$1") && [ -n "$name" ] || return 1
  kernel=$(/bin/rpm -qpl "$1" | sed -n 's,^/boot/vmlinuz-,,p') && [ -n "$kernel" ] || return 1
  /sbin/depmod -a "$kernel" || return 1
  # rpm asks for the room of the package's files, which are there, also with --justdb.
  /bin/rpm -q "$name" >/dev/null ||
    /bin/rpm -i --justdb --ignoresize --nodeps --noscripts --notriggers "$1"
}

mkdir -p /var/log
# A log that cannot be written must not keep the rest from being done.
true 2>/dev/null >>$log || log=/dev/console
exec >>$log 2>&1
failed=
found=
for package in $packages/*.rpm; do
  [ -f "$package" ] || continue
  found=yes
  register "$package" || failed="$failed ${package##*/}"
done
[ -n "$found" ] || fail "there is no kernel's package in $packages to be registered"
[ -z "$failed" ] || fail "a kernel's package could not be registered:$failed"
rm -f /etc/rc.d/rc[2-5].d/S99voyageur-kernel /etc/rc.d/init.d/voyageur-kernel
rm -rf $packages
rmdir /etc/voyageur 2>/dev/null
exit 0
