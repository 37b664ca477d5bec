#!/bin/busybox sh
# /sbin/init of a stand-in. Behaves as the init system that the guest claims to have wherever a
# conversion can go wrong: fstab, the network's names, the consoles. Then says what it sees.
PATH=/bin:/sbin
kind=$(cat /etc/stand-in)
say() { echo "$1" >/dev/console; }
stop() { while :; do sleep 1000; done; }

active=$(sed 's#.* ##' /sys/class/tty/console/active)
mount -o remount,rw / || say "cannot remount / read-write"
mount -t tmpfs tmpfs /tmp

exists() {
  case $1 in
    LABEL=*|UUID=*) findfs "$1" >/dev/null 2>&1 ;;
    /dev/*) [ -b "$1" ] ;;
    *) true ;;
  esac
}

grep -v '^[[:space:]]*#' /etc/fstab | while read -r spec point type options dump pass; do
  [ -n "$spec" ] || continue
  case $type in proc|sysfs|tmpfs|devpts) continue ;; esac
  exists "$spec" && continue
  case $kind in
    el5|el6) # rc.sysinit: fsck -A -a checks every line with a pass; any failure stops the boot.
      case ,$options, in *,_netdev,*) continue ;; *,nofail,*) [ $kind = el6 ] && continue ;; esac
      [ "${pass:-0}" = 0 ] && continue
      say "*** An error occurred during the file system check."
      say "Give root password for maintenance"
      stop
      ;;
    ubuntu) # mountall waits for every local filesystem and swap.
      case ,$options, in *,noauto,*|*,nobootwait,*) continue ;; esac
      say "The disk drive for $point is not ready yet or not present."
      say "Continue to wait, or Press S to skip mounting or M for manual recovery"
      stop
      ;;
  esac
done || stop

# The network by the names that udev would give.
modprobe virtio_net 2>/dev/null
interface=eth0
address=$(cat /sys/class/net/eth0/address 2>/dev/null)
rules=/etc/udev/rules.d/70-persistent-net.rules
if [ -f $rules ] && grep -q '^SUBSYSTEM.*NAME="eth0"' $rules && ! grep -q "$address.*NAME=\"eth0\"" $rules; then
  ip link set eth0 name eth1
  interface=eth1
fi
configured=no
case $kind in
  el5|el6)
    file=/etc/sysconfig/network-scripts/ifcfg-$interface
    hardware=$(sed -n 's/^HWADDR=//p' $file 2>/dev/null | tr A-F a-f)
    if [ -n "$hardware" ] && [ "$hardware" != "$address" ]; then
      say "Device $interface has different MAC address than expected, ignoring."
    elif [ -f $file ]; then
      configured=yes
    fi
    ;;
  ubuntu) grep -q "iface $interface inet dhcp" /etc/network/interfaces && configured=yes ;;
esac
ip link set lo up
if [ $configured = yes ]; then
  ip link set $interface up
  udhcpc -q -n -t 5 -T 2 -i $interface -s /sbin/dhcp-script >/dev/null 2>&1
fi

hypervisor=$(cat /sys/hypervisor/type 2>/dev/null || echo none)
ipv4=$(ip -4 addr show eth0 2>/dev/null | sed -n 's#.*inet \([0-9.]*\)/.*#\1#p')
report="VOYAGEUR-GUEST hypervisor=$hypervisor
VOYAGEUR-GUEST root=$(sed -n 's#^\([^ ]*\) / ext.*#\1#p' /proc/mounts | tail -n 1) $(sed -n 's#^[^ ]* / ext[^ ]* \(r[ow]\).*#\1#p' /proc/mounts | tail -n 1)
VOYAGEUR-GUEST cmdline=$(cat /proc/cmdline)
VOYAGEUR-GUEST consoles=$(cat /sys/class/tty/console/active)
VOYAGEUR-GUEST interfaces=$(echo /sys/class/net/* | sed 's#/sys/class/net/##g')
VOYAGEUR-GUEST eth0=$ipv4
VOYAGEUR-GUEST up"
for console in $(cat /sys/class/tty/console/active) tty1; do
  [ "$console" = tty0 ] || echo "$report" >/dev/$console
done
hostname stand-in

# The gettys, exactly as configured.
respawn() {
  n=0
  while [ $n -lt 5 ]; do
    sh -c "$1" 2>/dev/console || n=$((n + 1))
    sleep 1
  done
  say "respawning too fast: $1"
}
case $kind in
  el5)
    sed -n 's/^[^#:][^:]*:[0-9]*3[0-9]*:respawn://p' /etc/inittab | while read -r command; do
      respawn "$command" &
    done
    ;;
  el6)
    range=$(sed -n 's#^ACTIVE_CONSOLES=/dev/tty\[1-\([0-9]\)\]#\1#p' /etc/sysconfig/init)
    n=1
    while [ $n -le "${range:-0}" ]; do respawn "/sbin/mingetty tty$n" & n=$((n + 1)); done
    case $active in # serial.conf starts by itself where the primary console is one of these.
      ttyS*|hvc*|xvc*) respawn "/sbin/agetty /dev/$active 115200 vt100-nav" & ;;
    esac
    ;;
esac
for job in /etc/init/*.conf; do
  [ -f "$job" ] || continue
  case $job in */start-ttys.conf|*/tty.conf|*/serial.conf) continue ;; esac
  grep -q '^start on' "$job" || continue
  command=$(sed -n 's/^exec //p' "$job" | grep getty)
  [ -n "$command" ] && respawn "$command" &
done
stop
