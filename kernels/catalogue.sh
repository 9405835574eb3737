#!/bin/sh
# Prints the catalogue for C++: every header in mechanisms/ is a mechanism, named as its file.
set -eu
cd "$(dirname "$0")/mechanisms"
names=$(LC_ALL=C ls -- *.h | sed 's/\.h$//' | grep -v '^mechanism$')
for name in $names; do echo "#include \"mechanisms/$name.h\""; done
echo "#define GALVANI_MECHANISMS(X)$(for name in $names; do printf ' X(%s)' "$name"; done)"
