# How nvcc makes PTX; read by build.sh and tuning.sh.

arch=compute_80  # the oldest GPUs Galvani runs on: Ampere; the driver compiles for newer ones
version=8.0      # of the PTX: what drivers from R525 on read. nvcc writes its own; PtxAssemblyTest proves that the older one suffices
hint='\.pragma "used_bytes_mask'  # of PTX 8.3: which bytes of a vector load are wanted; left out, nothing is lost
options="-arch=$arch -std=c++20 -O3 -Werror all-warnings"

fail() { echo "galvani: $*" >&2; exit 1; }

# make_ptx SOURCE NAME HASH FILE: in FILE the PTX of SOURCE, with its name and the hash over its sources in the first two lines.
make_ptx() {
  # shellcheck disable=SC2086 # options are several words
  nvcc $options -I. -Itarget -ptx "$1" -o "$4.new"
  { echo "// galvani: $2"; echo "// sources: $3"; sed "s/^\.version .*/.version $version/; /$hint/d" "$4.new"; } >"$4.lowered"
  rm "$4.new"
  mv "$4.lowered" "$4"
}

# The hash in the second line of a PTX; nothing where there is none.
hash_of() { [ ! -f "$1" ] || sed -n '2s|^// sources: ||p' "$1"; }
