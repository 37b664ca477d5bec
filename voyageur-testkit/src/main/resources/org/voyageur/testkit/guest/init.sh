#!/bin/busybox sh
# /sbin/init of a stand-in. Behaves as the init system that the guest claims to have wherever a
# conversion can go wrong: fstab, the names of the network, the consoles. Then says what it sees.
PATH=/bin:/sbin
export PATH
here=/lib/stand-in
. $here/settings # family=redhat|ubuntu release=el5|el6|... init=sysv|upstart

say() { echo "$1" >/dev/console; }
stop() { while :; do sleep 1000; done; }

# The whole word of the kernel's command line.
told() { grep -q "\(^\| \)$1\( \|\$\)" /proc/cmdline; }

exists() {
  case $1 in
    LABEL=* | UUID=*) findfs "$1" >/dev/null 2>&1 ;;
    /dev/*) [ -b "$1" ] ;;
    *) true ;;
  esac
}

# The lines of fstab that name a device: "spec point type options dump pass".
devices() {
  while read -r spec point type options dump pass; do
    case $spec in '' | '#'*) continue ;; esac
    case $type in proc | sysfs | tmpfs | devpts) continue ;; esac
    echo "$spec $point $type $options ${dump:-0} ${pass:-0}"
  done </etc/fstab
}

has() { case ,$1, in *,$2,*) true ;; *) false ;; esac }

# Where a device is that exists, whatever it is called.
resolved() {
  case $1 in
    LABEL=* | UUID=*) findfs "$1" ;;
    *) echo "$1" ;;
  esac
}

# mount SPEC POINT TYPE OPTIONS, with one more option to leave out: what mount(8) of this system
# keeps to itself. Any other word that a filesystem does not know makes the mount fail.
mount_line() {
  words=
  for word in $(echo "$4" | tr , ' '); do
    case $word in
      defaults | auto | _netdev | comment=* | x-*) ;;
      *) has "$5" "$word" || words=$words,$word ;;
    esac
  done
  device=$(resolved "$1")
  types=$3
  [ "$types" = auto ] && types='ext3 ext4 ext2 vfat'
  for type in $types; do
    # shellcheck disable=SC2086
    mount -t "$type" ${words:+-o ${words#,}} "$device" "$2" 2>/dev/null && return
  done
  say "mount: wrong fs type, bad option, bad superblock on $1"
}

# swapon -a: a line whose device is missing is passed over.
swap() {
  devices | while read -r spec _ type options _; do
    [ "$type" = swap ] && ! has "$options" noauto && exists "$spec" && swapon "$(resolved "$spec")"
  done
}

# Whether fstab leaves the root filesystem writable.
root_is_writable() {
  devices | {
    while read -r _ point _ options _; do
      [ "$point" = / ] || continue
      has "$options" ro && exit 1
      exit 0
    done
    exit 1
  }
}

# check_filesystems, mount_filesystems, load_drivers, is_available, is_configured, own_name
. $here/$family.sh
. $here/$init.sh # start_before_network, start_gettys

# udev loads the driver of each network card that there is.
load_all_drivers() {
  for module in failover net_failover virtio_net xen-netfront; do
    insmod $here/modules/$module.ko 2>/dev/null
  done
}

# rc.sysinit's "dmesg -n 3", and nearly Ubuntu's sysctl.d/10-console-messages.conf: from here on the
# kernel does not write its chatter into the middle of a prompt.
echo 3 >/proc/sys/kernel/printk
mount -t tmpfs tmpfs /tmp
# The devices are there before anything looks for them, as udev sees to it.
load_drivers

check_filesystems
mount_filesystems
swap
start_before_network

# A rule that gives another card the name leaves the next one to this card, as the rules' generator
# would write it.
interface=eth0
is_available $interface
address=$(cat /sys/class/net/eth0/address 2>/dev/null)
rules=/etc/udev/rules.d/70-persistent-net.rules
if [ -f $rules ] && grep -q '^SUBSYSTEM.*NAME="eth0"' $rules &&
  ! grep '^SUBSYSTEM.*NAME="eth0"' $rules | grep -q "$address"; then
  ip link set eth0 name eth1
  interface=eth1
fi
ip link set lo up
own_address=
if is_configured $interface "$address"; then
  ip link set $interface up
  if [ "$own_address" ]; then
    ifconfig $interface "$own_address"
  else
    udhcpc -q -n -t 5 -T 2 -i $interface -s $here/dhcp-script.sh >/dev/null 2>&1
  fi
fi

consoles=$(cat /sys/class/tty/console/active)
root=$(grep ' / ext' /proc/mounts | tail -n 1)
set -- $root
report="VOYAGEUR-GUEST hypervisor=$(cat /sys/hypervisor/type 2>/dev/null || echo none)
VOYAGEUR-GUEST root=$1 ${4%%,*}
VOYAGEUR-GUEST rootfstype=$3
VOYAGEUR-GUEST mounts=$(sed -n 's#^/dev/\([^ ]*\) \([^ ]*\) .*#\1:\2#p' /proc/mounts | tr '\n' ' ')
VOYAGEUR-GUEST swaps=$(sed -n 's#^/dev/\([^ ]*\) .*#\1#p' /proc/swaps | tr '\n' ' ')
VOYAGEUR-GUEST kernel=$(uname -r)
VOYAGEUR-GUEST cmdline=$(cat /proc/cmdline)
VOYAGEUR-GUEST consoles=$consoles
VOYAGEUR-GUEST interfaces=$(ls /sys/class/net | tr '\n' ' ')
VOYAGEUR-GUEST eth0=$(ip -4 addr show eth0 2>/dev/null | sed -n 's#.*inet \([0-9.]*\)/.*#\1#p')
VOYAGEUR-GUEST hostname=$(own_name)
VOYAGEUR-GUEST time=$(date -u +%s)
VOYAGEUR-GUEST up"
for console in $consoles tty1; do
  [ "$console" = tty0 ] || echo "$report" >"/dev/$console"
done
hostname stand-in

start_gettys
stop
