# inittab(5): the processes that are respawned in the default runlevel.

respawn() { # ID COMMAND
  failures=0
  while [ $failures -lt 5 ]; do
    sh -c "$2" 2>/dev/console || failures=$((failures + 1))
    sleep 1
  done
  say "INIT: Id \"$1\" respawning too fast: disabled for 5 minutes"
}

level=$(sed -n 's/^[^#:]*:\([0-6]\):initdefault:.*/\1/p' /etc/inittab | head -n 1)

# rc: the scripts of the runlevel, one after the other, before inittab's gettys.
start() { # SCRIPT...
  for script in "$@"; do
    [ -x "$script" ] && "$script" start 2>/dev/console
  done
}

# The network is S10.
start_before_network() { start /etc/rc.d/rc"$level".d/S0*; }

start_gettys() {
  start /etc/rc.d/rc"$level".d/S[1-9]*
  taken=,
  grep -v '^[[:space:]]*#' /etc/inittab | while IFS=: read -r id levels action command; do
    [ "$action" = respawn ] || continue
    case $levels in '' | *$level*) ;; *) continue ;; esac
    case $taken in *,$id,*) say "INIT: duplicate ID field \"$id\""; continue ;; esac
    taken=$taken$id,
    # Nothing else that an inittab starts is in a stand-in.
    case $command in *getty*) respawn "$id" "$command" & ;; esac
  done
}
