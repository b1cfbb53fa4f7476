#!/usr/bin/env bash
# From an empty instance to a running site with the demo fund; the next time it only starts.
set -euo pipefail
cd "$(dirname "$0")/.."

hardship=.venv/bin/hardship
instance="${HARDSHIP_INSTANCE:-instance}"
loaded="$instance/.demo-loaded"

if [ ! -e "$loaded" ]; then
    "$hardship" init
    "$hardship" demo load
    touch "$loaded"
fi
exec "$hardship" serve "$@"
