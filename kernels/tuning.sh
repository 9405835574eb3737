#!/bin/sh
# Builds step kernels that do not ship, to be timed beside those that do:  tuning.sh NAME…
#   <strategy>_<threads>x<blocks>[_cells<n>][_lanes<n>][_poly]_<precision>
#                              the step with other launch bounds: level_128x6_mixed has blocks of up to 128 threads, and as few registers
#                              as let six of them share a multiprocessor; cells: of a pack, else told at launch; lanes: of a cell in
#                              the tree solve; poly: polynomial rates
#   phases[_poly]_<precision>  a kernel for each phase of a step, to count its instructions (tuning/phases.h)
#
# What is missing or older than the kernels is made anew, as target/tuning/cable_NAME.ptx. Its second line holds the hash of the kernels
# that ship, so that nobody runs the two together where they differ.
#   --text NAME  makes nothing; prints the .cu
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
number() { case $1 in *[!0-9]* | "") fail "'$1' in '$name' is not a number." ;; esac; }
parse() { # a name
  name=$1
  precision=${name##*_}
  types=$(types "$precision")
  rates=exact
  ships=cable_$precision  # with what it shares its sources
  cells=0
  lanes=0
  variant=${name%_*}
  case $variant in *_poly) variant=${variant%_poly}; rates=poly; ships=cable_poly_$precision ;; esac
  case $variant in *_lanes*) lanes=${variant##*_lanes}; variant=${variant%_lanes*}; number "$lanes" ;; esac
  case $variant in *_cells*) cells=${variant##*_cells}; variant=${variant%_cells*}; number "$cells" ;; esac
}
text() { # the .cu of what was parsed
  case $variant in
    phases)
      echo "#include \"tuning/phases.h\""
      echo "using Gates = ${types%,*};"
      echo "using Voltages = ${types#*, };"
      echo "constexpr auto kRates = galvani::cable::Rates::$rates;"
      echo "GALVANI_PHASES" ;;
    level_*x* | stream_*x* | thread_*x*)
      strategy=${variant%%_*}
      bounds=${variant#*_}
      number "${bounds%x*}"
      number "${bounds#*x}"
      echo "#include \"cable/entries.h\""
      echo "GALVANI_CABLE_STEP($strategy, $rates, $lanes, $cells, ${name#*_}, $types, ${bounds%x*}, ${bounds#*x})"
      echo "GALVANI_KERNEL(cable_$name)" ;;
    *) fail "unknown kernel '$name': write e.g. level_128x6_mixed, level_256x3_lanes64_poly_f32 or phases_f32." ;;
  esac
}

[ $# -gt 0 ] || { echo "usage: tuning.sh NAME… | --text NAME" >&2; exit 2; }
[ "$1" != --text ] || { parse "${2:-}"; text; exit; }
command -v nvcc >/dev/null 2>&1 || fail "kernels that do not ship are built by nvcc, which is not on the PATH: install CUDA 12.0 or later."
./build.sh
mkdir -p target/tuning
for name in "$@"; do
  parse "$name"
  source=target/tuning/cable_$name.cu
  ptx=target/tuning/cable_$name.ptx
  text >"$source.new"
  sources=$(hash_of "ptx/$ships.ptx")
  if [ "$(hash_of "$ptx")" = "$sources" ] && cmp -s "$source.new" "$source" && [ "$ptx" -nt tuning/phases.h ]; then
    rm "$source.new"
    continue
  fi
  rm -f "$ptx"
  mv "$source.new" "$source"
  echo "nvcc $name"
  make_ptx "$source" "cable_$name" "$sources" "$ptx"
done
