#!/bin/sh
# Print docs/info.md from src/node/node.h and the table in tools/info-doc.c.
set -eu
cd "$(dirname "$0")/.."
program=$(mktemp)
trap 'rm -f "$program"' EXIT
${CC:-cc} -std=c17 -Wall -Wextra -Isrc tools/info-doc.c -o "$program"
"$program"
