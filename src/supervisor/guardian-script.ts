import { runVariable } from '../core/child-variables.js'

/**
 * The guardian: one detached `sh` per system, the only thing that outlives nautilus, for at most a few seconds. It reads
 * a pipe whose other end only nautilus holds. End of file means that nautilus is gone, also by `kill -9`; a line `ended`
 * before it means that nautilus has stopped everything itself and leaves only the cleaning.
 *
 * Arguments: private folder of the system, system id, then paths to remove when nautilus has died;
 * more of these come as lines `remove PATH`.
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
while IFS= read -r line; do
  case $line in
    ended) ended=yes ;;
    'remove '*) set -- "$@" "${'$'}{line#remove }" ;;
  esac
done
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

# Sets left to what lives of this system, each as pid:start: by group, session, parent, working folder, environment, and
# by having been seen before, since the death of a parent cuts its children off.
find_left() {
  find_roots
  left=
  if [ -z "$proc" ]; then
    for pid in $roots; do kill -s 0 -- "-$pid" && left="$left $pid:"; done
    return 0
  fi
  tagged=' '
  for entry in $(grep -ls "${runVariable}=$run" /proc/[0-9]*/environ); do
    entry=${'$'}{entry#/proc/}
    tagged="$tagged${'$'}{entry%/environ} "
  done
  for entry in /proc/[0-9]*; do
    pid=${'$'}{entry#/proc/}
    look "$pid" || continue
    case $state in Z|X) continue ;; esac
    case $roots in
      *" $pid "*|*" $group "*|*" $session "*|*" $parent "*) left="$left $pid:$start"; continue ;;
    esac
    case $tagged in *" $pid "*) left="$left $pid:$start"; continue ;; esac
    case $seen in *" $pid:$start "*) left="$left $pid:$start"; continue ;; esac
    works_here "$pid" && left="$left $pid:$start"
  done
  seen="$seen$left "
}

# TERM for what is in no group of the registry. Backends of PostgreSQL are left to their server.
term_strays() {
  [ -n "$proc" ] || return 0
  for token in $left; do
    look "${'$'}{token%:*}" || continue
    case $roots in *" $group "*) continue ;; esac
    case $servers in *" $parent "*) continue ;; esac
    kill -s TERM "${'$'}{token%:*}"
  done
}

seconds_since() { echo $(($(date +%s) - $1)); }

stop_all() {
  seen=' '
  find_left
  [ -n "$left" ] || return 0
  term_strays
  for root in $roots; do
    case $servers in *" $root "*) kill -s INT "$root" ;; *) kill -s TERM -- "-$root" ;; esac
  done
  since=$(date +%s) quit=
  while [ -n "$left" ] && [ "$(seconds_since "$since")" -lt 2 ]; do
    nap
    if [ -z "$quit" ] && [ "$(seconds_since "$since")" -ge 1 ]; then
      quit=yes
      find_roots
      for root in $servers; do kill -s QUIT "$root"; done
    fi
    find_left
  done
  round=0
  while [ -n "$left" ] && [ $round -lt 50 ]; do
    round=$((round + 1))
    for root in $roots; do kill -s KILL -- "-$root"; done
    for token in $left; do kill -s KILL "${'$'}{token%:*}"; done
    find_left
  done
}

# The key of a segment of PostgreSQL is the inode of its data folder, as a signed number of 32 bits. Noted before
# anything is ended, because an initdb that is ended removes that folder, and not the segment of its own server.
note_keys() {
  keys=' '
  for inode in $(find "$folder" -maxdepth 2 -type d -exec ls -di {} + | sed 's/^ *\([0-9]*\) .*/\1/'); do
    key=$((inode & 4294967295))
    [ $key -ge 2147483648 ] && key=$((key - 4294967296))
    keys="$keys$key "
  done
}

# System V segments that nobody uses any more; the id is also the second word of line 7 of postmaster.pid.
remove_segments() {
  find "$folder" -name postmaster.pid | while IFS= read -r file; do
    id=$(sed -n '7s/^ *[0-9]* *\([0-9]*\).*/\1/p' "$file")
    [ -n "$id" ] && ipcrm -m "$id"
  done
  [ -r /proc/sysvipc/shm ] || return 0
  while read -r key id _ _ _ _ attached _; do
    [ "$attached" = 0 ] || continue
    case $keys in *" $key "*) ipcrm -m "$id" ;; esac
  done < /proc/sysvipc/shm
}

{
  note_keys
  stop_all
  remove_segments
  [ -d /dev/shm ] && rm -rf -- "/dev/shm/nautilus-$run"*
  # Folders among what goes with nautilus: only now does nothing of this system write into them any more.
  [ -n "$ended" ] || rm -rf -- "$@"
  rm -rf -- "$folder"
  [ -e "$folder" ] && { nap; rm -rf -- "$folder"; }
} 2>/dev/null
exit 0
`
