#!/bin/busybox sh
[ "$1" = bound ] && /bin/busybox ifconfig "$interface" "$ip" netmask "${subnet:-255.255.255.0}"
exit 0
