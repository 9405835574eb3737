#!/bin/sh
# Builds step kernels that do not ship, to be timed beside those that do:  tuning.sh NAME…
#   <strategy>_<threads>x<blocks>_<precision>   the step with other launch bounds: level_128x6_mixed has blocks of up to 128 threads, and
#                                               as few registers as let six of them share a multiprocessor
#   phases_<precision>                          a kernel for each phase of a step, to count its instructions (tuning/phases.h)
#
# What is missing or older than the kernels is made anew, as target/tuning/cable_NAME.ptx. Its second line holds the hash of the kernels
# that ship, so that nobody runs the two together where they differ.
set -eu
cd "$(dirname "$0")"
. ./nvcc.sh

types() { # of gates, of voltages
  case $1 in
    f64) echo "double, double" ;;
    mixed) echo "float, double" ;;
    f32) echo "float, float" ;;
    *) fail "unknown precision '$1' in '$name': f64, mixed or f32." ;;
  esac
}
text() { # the .cu of a name
  precision=${name##*_}
  types=$(types "$precision")
  case $name in
    phases_*)
      echo "#include \"tuning/phases.h\""
      echo "using Gates = ${types%,*};"
      echo "using Voltages = ${types#*, };"
      echo "GALVANI_PHASES" ;;
    level_*x*_* | stream_*x*_* | thread_*x*_*)
      strategy=${name%%_*}
      bounds=${name#*_}; bounds=${bounds%_*}
      case ${bounds%x*}${bounds#*x} in *[!0-9]* | "") fail "'$bounds' in '$name' is not <threads>x<blocks>." ;; esac
      echo "#include \"cable/entries.h\""
      echo "GALVANI_CABLE_STEP($strategy, ${bounds}_$precision, $types, ${bounds%x*}, ${bounds#*x})" ;;
    *) fail "unknown kernel '$name': write e.g. level_128x6_mixed or phases_f32." ;;
  esac
}

[ $# -gt 0 ] || { echo "usage: tuning.sh NAME…" >&2; exit 2; }
command -v nvcc >/dev/null 2>&1 || fail "kernels that do not ship are built by nvcc, which is not on the PATH: install CUDA 12.0 or later."
./build.sh
mkdir -p target/tuning
for name in "$@"; do
  source=target/tuning/cable_$name.cu
  ptx=target/tuning/cable_$name.ptx
  text >"$source.new"
  sources=$(hash_of "ptx/cable_${name##*_}.ptx")
  if [ "$(hash_of "$ptx")" = "$sources" ] && cmp -s "$source.new" "$source" && [ "$ptx" -nt tuning/phases.h ]; then
    rm "$source.new"
    continue
  fi
  rm -f "$ptx"
  mv "$source.new" "$source"
  echo "nvcc $name"
  make_ptx "$source" "cable_$name" "$sources" "$ptx"
done
