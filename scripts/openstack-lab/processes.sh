# To be sourced by openstack-lab.sh: starts, awaits and ends the lab's processes.
# A process is known by its number and the time it started at, so that no other is ever ended.

fail() {
  echo "openstack-lab: $*" >&2
  exit 1
}

start_time() { # PID; field 22 of proc(5)'s stat, counted behind the name, which may hold anything
  sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
}

runs() { # NAME
  local pid= time=
  [ -s "$lab/run/$1" ] && read -r pid time <"$lab/run/$1" && [ "$time" ] &&
    [ "$(start_time "$pid")" = "$time" ]
}

pid_of() { # NAME
  cut -d' ' -f1 "$lab/run/$1"
}

launch() { # NAME COMMAND...: in a session of its own, so that all of it can be ended
  local name=$1 pid
  shift
  if runs "$name"; then return; fi
  (cd "$lab" && exec setsid "$@" >>"$log/$name.log" 2>&1 </dev/null 9>&-) &
  pid=$!
  disown "$pid"
  echo "$pid $(start_time "$pid")" >"$lab/run/$name"
}

end() { # NAME...: all are told first, as some take seconds
  local name pid
  for name in "$@"; do
    if runs "$name"; then kill "$(pid_of "$name")" 2>/dev/null || true; fi
  done
  for name in "$@"; do
    if runs "$name" && ! await 30 gone "$name"; then
      pid=$(pid_of "$name")
      echo "openstack-lab: $name ($pid) does not end, and is killed" >&2
      kill -9 -- "-$pid" 2>/dev/null || true
    fi
    rm -f "$lab/run/$name"
  done
}

gone() { # NAME
  ! runs "$1"
}

await() { # SECONDS CONDITION...
  local tries=$(($1 * 5))
  shift
  while ! "$@"; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || return 1
    sleep 0.2
  done
}

answers() { # NAME TEST...: true also when NAME is dead, to end the waiting
  local name=$1
  shift
  "$@" || gone "$name"
}

await_service() { # NAME TEST...
  local name=$1
  if ! await 120 answers "$@" || gone "$name"; then
    tail -20 "$log/$name.log" >&2
    fail "$name did not come up, see $log/$name.log"
  fi
}

await_http() { # NAME URL
  await_service "$1" curl -s -o "$lab/run/answer" --max-time 5 "$2"
}

await_port() { # NAME PORT
  await_service "$1" port_taken "$2"
}

port_taken() { # PORT
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

must_be_free() { # NAME PORT
  if gone "$1" && port_taken "$2"; then
    fail "port $2 is taken; set VOYAGEUR_LAB_PORT"
  fi
}

step() { # LOG COMMAND...
  local file=$log/$1.log
  shift
  "$@" >>"$file" 2>&1 9>&- || {
    tail -20 "$file" >&2
    fail "$1 failed, see $file"
  }
}

once() { # MARK COMMAND...: what is done only for a new lab
  local mark=$lab/run/done-$1
  shift
  if [ ! -e "$mark" ]; then
    "$@"
    : >"$mark"
  fi
}

status() {
  local file name any=1
  for file in "$lab"/run/*; do
    name=$(basename "$file")
    case $name in done-* | answer | '*') continue ;; esac
    if runs "$name"; then
      any=0
      echo "$name: runs, process $(pid_of "$name")"
    else
      echo "$name: died, see $log/$name.log"
    fi
  done
  return $any
}
