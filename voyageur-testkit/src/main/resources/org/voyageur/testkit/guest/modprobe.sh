#!/bin/busybox sh
# modprobe of el5's module-init-tools 3.3, as far as its udev and ifup use it: the aliases and install
# commands of /etc/modprobe.conf, where also a module that is not there may have one. The kernel for
# Xen has xennet, and no other; no module's file is where this stand-in's kernel would look for it.
PATH=/bin:/sbin
own=
name=
for word in "$@"; do
  case $word in
    --ignore-install) own=yes ;;
    -*) ;;
    *) name=$word ;;
  esac
done
setting() { sed -n "s/^ *$1  *$2  *//p" /etc/modprobe.conf 2>/dev/null | tail -n 1; }
case $name in
  virtio:d00000001*) name=virtio_net ;; # modules.alias of each kernel
  xen:vif) name=xennet ;;
  *)
    alias=$(setting alias "$name")
    name=${alias:-$name}
    ;;
esac
command=$(setting install "$name")
[ -z "$command" ] || [ "$own" ] || exec sh -c "$command"
files=
case $name in
  virtio_net) files='failover net_failover virtio_net' ;;
  xennet) [ "$(cat /sys/hypervisor/type 2>/dev/null)" = xen ] && files=xen-netfront ;;
esac
[ "$files" ] || { echo "FATAL: Module $name not found." >&2; exit 1; }
for file in $files; do
  insmod /lib/stand-in/modules/"$file".ko 2>/dev/null
done
exit 0
