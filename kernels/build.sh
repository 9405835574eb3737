#!/bin/sh
# Brings ptx/ up to date with the kernels:  build.sh [--check]
#
# <room>/<name>.cu becomes ptx/<name>.ptx, which is committed: a machine without nvcc builds Galvani from it. Its second line holds a
# hash over the .cu, all headers it includes and nvcc's options, comments left out; PTX is made anew where that differs.
#   --check  makes nothing; fails where it would
set -eu
cd "$(dirname "$0")"

. ./nvcc.sh

sources() { # the .cu and all it includes, as nvcc sees them
  "${CXX:-g++}" -x c++ -std=c++20 -D__CUDACC__ -I. -Itarget -MM "$1" | tr -d '\\' | sed 's/^[^ ]*: *//' | tr -s ' ' '\n' | sed '/^$/d' | LC_ALL=C sort -u
}
digest() {
  { echo "$options $version $hint"; sources "$1" | while read -r file; do echo "$file"; sed 's|[[:space:]]*//.*||; /^$/d' "$file"; done; } | sha256sum | cut -d ' ' -f 1
}

command -v "${CXX:-g++}" >/dev/null 2>&1 || fail "g++ is missing; install it (Debian: apt-get install g++)."
mkdir -p ptx target
./catalogue.sh >target/galvani_catalogue.inc  # a channel is one header: here it joins the kernels
names=""
for source in */*.cu; do
  name=$(basename "$source" .cu)
  case " $names " in *" $name "*) fail "two kernels are called $name: $source is the second." ;; esac
  names="$names $name"
  ptx=ptx/$name.ptx
  hash=$(digest "$source")
  [ "$(hash_of "$ptx")" = "$hash" ] && continue
  [ "${1:-}" != --check ] || fail "kernels/$ptx is not that of kernels/$source and its headers. Run kernels/build.sh where nvcc is, and commit it."
  command -v nvcc >/dev/null 2>&1 ||
    fail "kernels/$source or a header of it has changed, and nvcc, which would make kernels/$ptx anew, is not on the PATH: install CUDA 12.0 or later."
  echo "nvcc $source"
  make_ptx "$source" "$name" "$hash" "$ptx"
done
for ptx in ptx/*.ptx; do
  name=$(basename "$ptx" .ptx)
  case " $names " in *" $name "*) ;; *) fail "kernels/$ptx has no kernel any more: remove it." ;; esac
done
