#!/usr/bin/env bash
# From an empty instance to a running site with the demo fund; the next time it only starts.
set -euo pipefail
cd "$(dirname "$0")/.."

hardship=.venv/bin/hardship
instance="${HARDSHIP_INSTANCE:-instance}"
loaded="$instance/demo-loaded.txt" # what the loading printed, the demo's logins with it

if [ ! -e "$loaded" ]; then
    "$hardship" init
    output="$("$hardship" demo load)"
    (umask 077 && printf '%s\n' "$output" >"$loaded")
fi
cat "$loaded"
exec "$hardship" serve "$@"
