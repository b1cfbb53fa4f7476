#!/usr/bin/env bash
# Runs node or npm: the system's when it is recent enough, else the one that a Python wheel carries.
set -euo pipefail
cd "$(dirname "$0")/.."

major() { "$1" -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0; }

if [ "$(major node)" -lt 18 ] || ! command -v npm >/dev/null; then
    .venv/bin/pip --disable-pip-version-check install --quiet --require-hashes -r requirements-node.txt
    hash -r
fi
exec "$@"
