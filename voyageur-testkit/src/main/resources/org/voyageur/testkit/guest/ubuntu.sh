# mountall and ifupdown of Ubuntu 9.10 to 14.10.

check_filesystems() { :; }

# mountall waits for every local filesystem and for swap, the root too, unless a line has noauto or
# mountall's own nobootwait; nofail means nothing to it. What it waits for it asks about for ever.
mount_filesystems() {
  devices | {
    while read -r spec point _ options _; do
      has "$options" noauto || has "$options" nobootwait || exists "$spec" && continue
      say "The disk drive for $point is not ready yet or not present."
      say 'Continue to wait, or Press S to skip mounting or M for manual recovery'
      exit 1
    done
  } || stop
  root_is_writable && mount -o remount,rw /
  devices | while read -r spec point type options _; do
    [ "$point" = / ] || [ "$type" = swap ] || has "$options" noauto && continue
    exists "$spec" && mount_line "$spec" "$point" "$type" "$options" nobootwait,bootwait,optional,nofail
  done
}

load_drivers() { load_all_drivers; }

is_available() { [ -d "/sys/class/net/$1" ]; }

is_configured() {
  grep -q "^auto .*\b$1\b" /etc/network/interfaces &&
    grep -q "^iface $1 inet dhcp" /etc/network/interfaces
}

own_name() { cat /etc/hostname 2>/dev/null; }
