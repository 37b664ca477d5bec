# Upstart: the jobs in /etc/init that start when the boot is over.

# A stanza's text: after "exec", or between "script" and "end script".
stanza() { # FILE PREFIX
  sed -n "s/^ *$2exec  *//p; /^ *$2script/,/^ *end script/{ /^ *$2script/d; /^ *end script/d; p; }" "$1"
}

run_job() { # NAME, with its variables in the environment
  file=/etc/init/$1.conf
  before=$(stanza "$file" pre-start.)
  if [ -n "$before" ] && ! sh -c "$before" 2>/dev/console; then
    say "init: $1 pre-start process terminated with status 1"
    return
  fi
  command=$(stanza "$file" '')
  grep -q '^respawn' "$file" || { sh -c "$command" 2>/dev/console; return; }
  failures=0
  while [ $failures -lt 5 ]; do
    sh -c "$command" 2>/dev/console || {
      failures=$((failures + 1))
      say "init: $1 main process ended, respawning"
    }
    sleep 1
  done
  say "init: $1 respawning too fast, stopped"
}

start_before_network() { :; }

start_gettys() {
  for file in /etc/init/*.conf; do
    grep -h '^manual' "$file" "${file%.conf}.override" >/dev/null 2>&1 && continue
    # "start on stopped rc", and "start on runlevel [23]".
    grep -q '^start on \(stopped rc\|runlevel\)' "$file" || continue
    name=${file##*/}
    run_job "${name%.conf}" &
  done
  # udev's console_check of el6 tells of the primary console if it is one of these.
  primary=${consoles##* }
  case $primary in
    ttyS* | hvc* | xvc*)
      [ -f /etc/init/serial.conf ] && DEV=$primary SPEED=115200 run_job serial &
      ;;
  esac
}
