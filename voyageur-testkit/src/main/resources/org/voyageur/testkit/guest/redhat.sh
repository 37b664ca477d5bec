# rc.sysinit and ifup of Red Hat's el5 and el6 (fedora-sysv/initscripts, rhel5-branch and
# rhel6-branch).

# fsck -T -t noopts=_netdev -A -a: a line with a pass whose device is missing stops the boot. The
# fsck of el6 passes over such a line with nofail, that of el5 does not know the word.
check_filesystems() {
  told fastboot && return
  devices | {
    while read -r spec _ _ options _ pass; do
      [ "$pass" = 0 ] && continue
      has "$options" _netdev && continue
      [ $release = el6 ] && has "$options" nofail && continue
      exists "$spec" || { say "fsck.ext3: Unable to resolve '$spec'"; exit 1; }
    done
  } && return
  say '*** An error occurred during the file system check.'
  say '*** Dropping you to a shell; the system will reboot'
  say '*** when you leave the shell.'
  say 'Give root password for maintenance'
  say '(or type Control-D to continue):'
  stop
}

# mount -a: a line that cannot be mounted is only printed.
mount_filesystems() {
  root_is_writable && mount -o remount,rw /
  own=
  [ $release = el6 ] && own=nofail
  devices | while read -r spec point type options _; do
    [ "$point" = / ] || [ "$type" = swap ] || has "$options" noauto && continue
    if exists "$spec"; then
      mount_line "$spec" "$point" "$type" "$options" $own
    else
      [ "$own" ] && has "$options" nofail || say "mount: special device $spec does not exist"
    fi
  done
}

# rc.sysinit of el5: the time by the hardware's clock, in UTC or local time, whichever
# /etc/sysconfig/clock says; /etc/localtime is not in a stand-in, but the zone's rule.
set_clock() {
  case $(setting /etc/sysconfig/clock UTC) in
    yes | true) hwclock -s -u ;;
    no | false) TZ=$(cat /lib/stand-in/zone) hwclock -s -l ;;
  esac
}

# start_udev of el5 has modprobe load the driver of each device by its modalias, and of those that
# appear then ("nocoldplug" is a stand-in's word, for what remains without it); el6's the same by
# other means.
load_drivers() {
  [ $release = el5 ] || { load_all_drivers; return; }
  [ -f /etc/sysconfig/clock ] && set_clock
  told nocoldplug && return
  known=
  while :; do
    # shellcheck disable=SC2046
    set -- $(find /sys/devices -name modalias -exec cat {} +)
    [ "$known" = $# ] && break
    known=$#
    /sbin/modprobe -q -a "$@"
  done
  # udev's nodes: an initrd leaves those that the boot itself needs.
  mdev -s
}

# is_available of network-functions: modprobe.conf is asked only where there is no such card.
is_available() {
  [ -d "/sys/class/net/$1" ] && return
  [ $release = el5 ] && /sbin/modprobe -q "$1"
  [ -d "/sys/class/net/$1" ] ||
    say "Device $1 does not seem to be present, delaying initialization."
}

setting() { sed -n "s/^$2=[\"']\{0,1\}\([^\"']*\)[\"']\{0,1\} *\$/\1/p" "$1" | tail -n 1; }

# ifup-eth refuses a card that is not the one that HWADDR names.
is_configured() {
  file=/etc/sysconfig/network-scripts/ifcfg-$1
  [ -f "$file" ] && [ "$(setting "$file" ONBOOT)" = yes ] || return 1
  hardware=$(setting "$file" HWADDR | tr A-F a-f)
  if [ -n "$hardware" ] && [ "$hardware" != "$2" ]; then
    say "Device $1 has different MAC address than expected, ignoring."
    return 1
  fi
  own_address=$(setting "$file" IPADDR)
  [ "$own_address" ] || [ "$(setting "$file" BOOTPROTO)" = dhcp ]
}

own_name() { setting /etc/sysconfig/network HOSTNAME; }
