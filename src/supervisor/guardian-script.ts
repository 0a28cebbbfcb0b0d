/**
 * The guardian: one detached `sh` per system, the only thing that outlives nautilus, for at most a few seconds. It reads
 * a pipe whose other end only nautilus holds. End of file means that nautilus is gone, also by `kill -9`; a line `ended`
 * before it means that nautilus has stopped everything itself and leaves only the cleaning.
 *
 * Arguments: private folder of the system, system id, then paths to remove when nautilus has died.
 * `registry` in the folder lists what was started, a line each: pid, start time, stop signal, name.
 *
 * Known limits: what left its session, cleared its environment and lost its parent is not found; off Linux there is no
 * /proc, so only the groups of the registry are ended.
 */
export const guardianScript = String.raw`
folder=$1 run=$2
shift 2
trap '' HUP INT TERM QUIT PIPE
ended=
while IFS= read -r line; do [ "$line" = ended ] && ended=yes; done
[ -n "$ended" ] || rm -f -- "$@"
registry=$folder/registry
proc=
[ -r /proc/self/stat ] && proc=yes

nap() { sleep 0.1 2>/dev/null || sleep 1; }

# Sets state, parent, group, session and start of a process; fails where it is gone.
look() {
  line=
  { IFS= read -r line < "/proc/$1/stat"; } 2>/dev/null
  [ -n "$line" ] || return 1
  set -- ${'$'}{line##*) }
  state=$1 parent=$2 group=$3 session=$4 start=${'$'}{20}
}

# True unless the number belongs to another process by now. While any member of a group or session lives, the kernel
# gives the number of its dead leader to nobody.
owned() {
  [ -n "$proc" ] || return 0
  look "$1" || return 0
  [ "$start" = "$2" ]
}

# Sets roots to the pids of the registry that are still ours, with spaces around each; servers to those of PostgreSQL.
find_roots() {
  roots=' ' servers=' '
  [ -r "$registry" ] || return 0
  while read -r pid birth signal name; do
    owned "$pid" "$birth" || continue
    roots="$roots$pid "
    [ "$signal" = INT ] && servers="$servers$pid "
  done < "$registry"
}

# A server overwrites its environment, but works inside the private folder.
works_here() {
  read -r comm < "/proc/$1/comm" || return 1
  case $comm in
    postgres|initdb|redis-server|valkey-server) ;;
    *) return 1 ;;
  esac
  case $(readlink "/proc/$1/cwd") in
    "$folder"|"$folder"/*) return 0 ;;
  esac
  return 1
}

# Prints the pids of all that lives of this system: by group, session, parent, working folder, and by environment.
members() {
  find_roots
  if [ -z "$proc" ]; then
    for pid in $roots; do kill -s 0 -- "-$pid" && echo "$pid"; done
    return 0
  fi
  for entry in /proc/[0-9]*; do
    pid=${'$'}{entry#/proc/}
    look "$pid" || continue
    case $state in Z|X) continue ;; esac
    case $roots in
      *" $pid "*|*" $group "*|*" $session "*|*" $parent "*) echo "$pid"; continue ;;
    esac
    works_here "$pid" && echo "$pid"
  done
  for entry in $(grep -ls "NAUTILUS_RUN=$run" /proc/[0-9]*/environ); do
    entry=${'$'}{entry#/proc/}
    echo "${'$'}{entry%/environ}"
  done
}

kill_roots() {
  for root in $1; do kill -s "$2" -- "-$root"; done
}

# TERM for what is in no group of the registry. Backends of PostgreSQL are left to their server.
term_strays() {
  for pid in $1; do
    [ -n "$proc" ] && look "$pid" || continue
    case $roots in *" $group "*) continue ;; esac
    case $servers in *" $parent "*) continue ;; esac
    kill -s TERM "$pid"
  done
}

stop_all() {
  left=$(members)
  [ -n "$left" ] || return 0
  find_roots
  for root in $roots; do
    case $servers in *" $root "*) kill -s INT "$root" ;; *) kill -s TERM -- "-$root" ;; esac
  done
  term_strays "$left"
  begun=$(date +%s) quit=
  while [ -n "$left" ] && [ $(($(date +%s) - begun)) -lt 2 ]; do
    nap
    if [ -z "$quit" ] && [ $(($(date +%s) - begun)) -ge 1 ]; then
      quit=yes
      find_roots
      for root in $servers; do kill -s QUIT "$root"; done
    fi
    left=$(members)
  done
  round=0
  while [ -n "$left" ] && [ $round -lt 50 ]; do
    round=$((round + 1))
    find_roots
    kill_roots "$roots" KILL
    for pid in $left; do kill -s KILL "$pid"; done
    left=$(members)
  done
}

# A killed PostgreSQL leaves a System V segment, whose id is the second word of line 7 of postmaster.pid.
remove_segments() {
  find "$folder" -name postmaster.pid 2>/dev/null | while IFS= read -r file; do
    id=$(sed -n '7s/^ *[0-9]* *\([0-9]*\).*/\1/p' "$file")
    [ -n "$id" ] && ipcrm -m "$id"
  done
}

{
  stop_all
  remove_segments
  [ -d /dev/shm ] && rm -rf -- "/dev/shm/nautilus-$run"*
  rm -rf -- "$folder"
  [ -e "$folder" ] && { nap; rm -rf -- "$folder"; }
} 2>/dev/null
exit 0
`
