#!/usr/bin/env bash
# What pip cannot bring: Pango (PDF statements), Chromium (browser tests), hledger (checks the exported books), venv on
# Debian.
# As root on Debian or Ubuntu it is installed; anywhere else one line says what to install.
set -euo pipefail

missing=()
python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
ldconfig -p 2>/dev/null | grep -q 'libpangoft2-1\.0\.so' || missing+=(libpango-1.0-0 libpangoft2-1.0-0)
ldconfig -p 2>/dev/null | grep -q 'libharfbuzz-subset\.so' || missing+=(libharfbuzz-subset0)
fc-list 2>/dev/null | grep -qi dejavu || missing+=(fontconfig fonts-dejavu-core)
command -v chromium >/dev/null || command -v chromium-browser >/dev/null ||
    command -v google-chrome >/dev/null || missing+=(chromium)
command -v hledger >/dev/null || missing+=(hledger)

[ "${#missing[@]}" -eq 0 ] && exit 0

if command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # One by one, so that a package with another name on this system does not hold up the rest.
    for package in "${missing[@]}"; do
        apt-get install -y -qq --no-install-recommends "$package" >/dev/null ||
            echo "Could not install $package: please install it by hand." >&2
    done
else
    echo "Please install for PDFs and the tests: ${missing[*]} (Debian: sudo apt-get install ${missing[*]})" >&2
fi
