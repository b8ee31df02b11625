#!/bin/sh
# Install what a make target lacks, and nothing else. Quick, and off the network, when nothing is missing.
#
# Usage: tools/install-deps.sh run|test|debug|bench
# Needs Debian 12 (or a relative of it) to install; elsewhere it says what is missing.
set -eu

level=${1:-run}
missing=""

need() { # package, then a command that succeeds when it is there
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}

has_python_module() {
    /usr/bin/python3 -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)' "$1"
}

has_header() {
    [ -e "/usr/include/$1" ]
}

has_sanitizer_runtime() {
    ls "$(clang -print-resource-dir)"/lib/linux/libclang_rt.fuzzer-*.a
}

need gcc command -v gcc
need libc6-dev has_header stdio.h
need meson command -v meson
need ninja-build command -v ninja
need pkg-config command -v pkg-config
need python3 test -x /usr/bin/python3
need libuv1-dev pkg-config --exists libuv
need librocksdb-dev pkg-config --exists rocksdb
need libxxhash-dev pkg-config --exists libxxhash
need uthash-dev has_header uthash.h
need libjansson-dev pkg-config --exists jansson
need libinih-dev pkg-config --exists inih
need libhiredis-dev pkg-config --exists hiredis

if [ "$level" = test ]; then
    need libcmocka-dev pkg-config --exists cmocka
    need iproute2 command -v ip
    need redis-tools command -v redis-benchmark
    need python3-pytest has_python_module pytest
    need python3-redis has_python_module redis
    need clang command -v clang
    need clang-format command -v clang-format
    need libclang-rt-14-dev has_sanitizer_runtime
    need nodejs command -v node
    need npm command -v npm
fi
if [ "$level" = debug ]; then
    need libcmocka-dev pkg-config --exists cmocka
    need gdb command -v gdb
fi
if [ "$level" = bench ]; then
    need redis-tools command -v redis-benchmark
    need redis-server command -v redis-server
fi

[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "Missing:$missing" >&2
    echo "These are Debian's names; install what your system calls them, then run make again." >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    sudo=""
elif command -v sudo >/dev/null; then
    sudo="sudo"
else
    echo "Missing:$missing" >&2
    echo "Run as root: apt-get update && apt-get install -y --no-install-recommends$missing" >&2
    exit 1
fi

echo "Installing:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086 # several words on purpose
if ! { $sudo apt-get update &&
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "Could not install:$missing" >&2
    echo "Try: $sudo apt-get update && $sudo apt-get install$missing" >&2
    exit 1
fi
