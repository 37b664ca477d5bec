#!/bin/busybox sh
# mingetty, agetty and getty of a stand-in: the real prompt, on the terminal that is named.
terminal=
for word in "$@"; do
  word=${word#/dev/}
  case $word in tty[0-9]* | ttyS[0-9]* | hvc* | xvc*) terminal=$word ;; esac
done
if [ ! -c "/dev/$terminal" ]; then
  echo "$terminal: No such file or directory" >&2
  exit 1
fi
exec /bin/busybox getty -L 115200 "$terminal" vt100
