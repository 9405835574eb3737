#!/usr/bin/env bash
# Writes ../cases anew with NEURON. Needs Debian's neuron, neuron-dev and python3-neuron.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
library=$("$here/build.sh" "$tmp" | tail -n 1)
/usr/bin/python3 "$here/cases.py" "$library" "$here/../cases"
