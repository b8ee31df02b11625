#!/bin/sh
# Name the C files that are not in the house format (.clang-format); with --write, bring them into it. Generated files
# are as their generator writes them.
set -eu
cd "$(dirname "$0")/.."

list_files() {
    generated=$(sed -n '/^#/!s/	.*//p' tools/generated.txt)
    find src tests -name '*.[ch]' | sort | grep -vxF -e "${generated:-none}"
}

if [ "${1:-}" = --write ]; then
    list_files | xargs clang-format -i
    exit
fi
wrong=$(list_files | xargs clang-format --dry-run 2>&1 |
    sed -n 's/^\([^:]*:[0-9]*\):.*warning.*/\1: format: run make format/p' | awk -F: '!seen[$1]++')
[ -z "$wrong" ] || { echo "$wrong"; exit 1; }
