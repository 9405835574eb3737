#!/bin/sh
# Regenerates the Panama bindings of native/include/galvani.h into src/bindings/java (committed, never edited by hand).
# Needs jextract: JEXTRACT_HOME names the folder that holds bin/jextract.
set -eu
cd "$(dirname "$0")"
header=../../native/include/galvani.h
jextract="${JEXTRACT_HOME:-}/bin/jextract"
[ -n "${JEXTRACT_HOME:-}" ] && [ -x "$jextract" ] || {
  echo "galvani: JEXTRACT_HOME is not set to a folder that holds bin/jextract; build it from github.com/openjdk/jextract." >&2
  exit 1
}

# Only what the header itself declares.
filters=$(
  grep -oE '\bgv_[a-z_0-9]+\(' "$header" | tr -d '(' | sort -u | sed 's/^/--include-function /'
  grep -oE '^typedef struct gv_[a-z_]+ \{' "$header" | awk '{print "--include-struct " $3}'
  grep -oE '\bGV_[A-Z_0-9]+ = ' "$header" | awk '{print "--include-constant " $1}'
  echo --include-constant GV_ABI_VERSION
)
rm -rf src/bindings/java
# shellcheck disable=SC2086
"$jextract" --output src/bindings/java --target-package io.galvani.device.cpu.abi --header-class-name Galvani $filters "$header"
