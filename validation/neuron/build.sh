#!/usr/bin/env bash
# Builds OUTDIR/libnrnmech.so from the mod files beside this script, with Debian's NEURON.
# Use: build.sh OUTDIR.  Load it with h.nrn_load_dll (Debian's python3) or nrniv -dll.
set -eu

fail() { echo "build.sh: $*" >&2; exit 1; }

[ $# -eq 1 ] || fail "give one argument, the output folder."
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for f in /usr/bin/nrnivmodl /usr/bin/nocmodl /usr/bin/modlunit /usr/lib/nrn/nrnmech_makefile \
         /usr/lib/nrn/libnrniv.so /usr/include/hocdec.h /usr/share/nrn/lib/nrnunits.lib; do
  [ -e "$f" ] || fail "$f is missing: install Debian's neuron, neuron-dev and python3-neuron."
done
command -v make >/dev/null || fail "make is missing: install make and a C++ compiler."
command -v c++ >/dev/null || fail "c++ is missing: install g++."

mkdir -p "$1"
out=$(cd "$1" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# The makefile is sought under prefix/bin and the library under prefix/lib: give it a prefix of links.
home=$tmp/nrn
mkdir -p "$home/bin" "$home/lib" "$home/share"
ln -s /usr/bin/nocmodl /usr/bin/modlunit /usr/lib/nrn/nrnmech_makefile "$home/bin/"
ln -s /usr/lib/nrn/libnrniv.so "$home/lib/"
ln -s /usr/share/nrn "$home/share/nrn"
ln -s /usr/include "$home/include"

# Stop at the library: Debian's "special" does not link. The library must find libnrniv at its real place.
sed -e "s|^  prefix=/usr\$|  prefix=$home|" \
    -e "s|^  exec_prefix=/usr\$|  exec_prefix=$home|" \
    -e "s|^  libdir=.*|  libdir=$home/lib|" \
    -e 's|\(LinkCoreNEURON=$LinkCoreNEURON"\) special|\1 "NRNLIB_RPATH_FLAGS=-Wl,-rpath,/usr/lib/nrn" ./libnrnmech.so|' \
    /usr/bin/nrnivmodl > "$tmp/nrnivmodl"

mkdir "$tmp/mods"
cp "$here"/*.mod "$tmp/mods/"
cd "$tmp/mods"
if ! env -u NRNHOME -u NRNHOME_EXEC bash "$tmp/nrnivmodl" > "$tmp/log" 2>&1; then
  cat "$tmp/log" >&2
  fail "the mechanisms did not build."
fi
lib=$(find "$tmp/mods" -path '*/.libs/*' -prune -o -name libnrnmech.so -print | head -n 1)
[ -n "$lib" ] || { cat "$tmp/log" >&2; fail "no libnrnmech.so came out."; }
cp "$lib" "$out/libnrnmech.so"
echo "$out/libnrnmech.so"
