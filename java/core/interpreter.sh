#!/bin/sh
# Builds the PTX interpreter of the reference data, a second judge of the PTX, as target/ptxrun/libcuda.so.1. Where the reference
# data (-Dgalvani.shared, or the folder shared beside the project) is absent, nothing is built, and its tests say that they are skipped.
#   interpreter.sh SHARED
set -eu
cd "$(dirname "$0")"
from=$1/tools/ptxrun
to=target/ptxrun
[ -d "$from" ] || exit 0
sum=$(cat "$from"/*.hpp "$from/fakecuda.cpp" "$from/stubs.c" | sha256sum)
[ -f "$to/libcuda.so.1" ] && [ "$(cat "$to/sources" 2>/dev/null)" = "$sum" ] && exit 0
echo "galvani: building the PTX interpreter, half a minute ..."
mkdir -p "$to"
gcc -w -O1 -fPIC -c "$from/stubs.c" -o "$to/stubs.o"
g++ -std=gnu++20 -O3 -march=native -fwrapv -ffp-contract=off -fno-math-errno -fno-trapping-math -fPIC -fvisibility=hidden -shared \
  -Wl,-soname,libcuda.so.1 "$from/fakecuda.cpp" "$to/stubs.o" -o "$to/libcuda.so.1" -ldl
echo "$sum" >"$to/sources"
