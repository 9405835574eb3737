#!/bin/sh
# Builds the native library:  build.sh release | test | sanitize
#   release   target/dist/libgalvani.so and target/dist/mechanisms.json; target/emulator, for tests
#   test      the C++ tests on that build
#   sanitize  the C++ tests once more, under AddressSanitizer and UndefinedBehaviorSanitizer
set -eu
cd "$(dirname "$0")"

need() { command -v "$1" >/dev/null 2>&1 || { echo "galvani: $1 is missing; install it (Debian: apt-get install $2)." >&2; exit 1; }; }
need cmake cmake
need "${CXX:-g++}" g++
need make make

build() { # build NAME CMAKE_OPTIONS...
  dir=target/$1; shift
  cmake -S . -B "$dir" "$@" >"$dir.configure.log" 2>&1 || { cat "$dir.configure.log" >&2; exit 1; }
  cmake --build "$dir" --parallel "$(nproc)"
}

mkdir -p target
case "${1:-release}" in
  release)  build release -DCMAKE_BUILD_TYPE=Release ;;
  test)     ctest --test-dir target/release --output-on-failure ;;
  sanitize) build sanitize -DCMAKE_BUILD_TYPE=RelWithDebInfo -DGALVANI_SANITIZE=ON
            ctest --test-dir target/sanitize --output-on-failure ;;
  *) echo "usage: build.sh release | test | sanitize" >&2; exit 2 ;;
esac
