#!/bin/sh
# Configure a build directory if needed, again if the list of files or a meson.build has changed, and build it.
#
# Usage: tools/build.sh release|asan|clang|fuzz [ninja arguments]
set -eu
cd "$(dirname "$0")/.."

kind=$1
shift
case $kind in
release) dir=build; options="" ;;
asan) dir=build-asan; options="-Dtests=true -Doptimization=1 -Db_sanitize=address,undefined" ;;
clang) dir=build-clang; options="-Dtests=true -Dbuildtype=debug -Doptimization=0" ;;
fuzz) dir=build-fuzz; options="-Dlibfuzzer=true -Db_sanitize=address,undefined" ;;
*) echo "tools/build.sh: no such build: $kind" >&2; exit 2 ;;
esac
case $kind in
clang | fuzz) CC=clang ;;
*) CC=${CC:-gcc} ;;
esac
export CC
if [ "$kind" = fuzz ]; then
    export CFLAGS="-fsanitize=fuzzer-no-link"
fi

mkdir -p "$dir"
tools/sources.py >"$dir/sources.new"
# shellcheck disable=SC2086 # the options are several words
if [ ! -f "$dir/build.ninja" ]; then
    meson setup $options "$dir" >"$dir/setup.log" || { cat "$dir/setup.log" >&2; exit 1; }
elif ! cmp -s "$dir/sources.new" "$dir/sources.txt" ||
    [ -n "$(find meson.build meson_options.txt src -name 'meson*' -newer "$dir/build.ninja")" ]; then
    touch "$dir/meson-private/coredata.dat" # what ninja looks at to decide that meson must run again
    ninja -C "$dir" build.ninja >"$dir/setup.log" || { cat "$dir/setup.log" >&2; exit 1; }
fi
mv "$dir/sources.new" "$dir/sources.txt"
# With nothing to do ninja would say so, and a build that has nothing to say is silent.
if ninja -C "$dir" -n "$@" | grep -q "no work to do"; then
    exit 0
fi
exec ninja -C "$dir" ${NINJAFLAGS:---quiet} "$@"
