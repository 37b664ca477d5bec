#!/bin/busybox sh
# initctl of a stand-in: "initctl start JOB VARIABLE=VALUE ..." is all that el6's jobs ask of it.
[ "$1" = start ] || exit 0
job=$2
shift 2
for setting in "$@"; do export "${setting?}"; done
say() { echo "$1" >/dev/console; }
. /lib/stand-in/upstart.sh
run_job "$job" </dev/null >/dev/null &
