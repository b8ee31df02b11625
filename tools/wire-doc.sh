#!/bin/sh
# Print docs/wire.md from src/wire/messages.h.
set -eu
cd "$(dirname "$0")/.."
program=$(mktemp)
trap 'rm -f "$program"' EXIT
${CC:-cc} -std=c17 -Wall -Wextra -Isrc tools/wire-doc.c -o "$program"
"$program"
