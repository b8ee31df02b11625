#!/bin/sh
# Run each fuzz target under libFuzzer for some seconds. What it finds is kept under build-fuzz/; the corpus in the
# tree is only read.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-60}
tools/build.sh fuzz
failed=0
for target in build-fuzz/fuzz_*; do
    [ -f "$target" ] && [ -x "$target" ] || continue
    name=${target#build-fuzz/fuzz_}
    found=build-fuzz/corpus/$name
    mkdir -p "$found" "build-fuzz/crashes"
    corpus=tests/fuzz/corpus/$name
    [ -d "$corpus" ] || corpus=""
    echo "$name: $seconds s"
    # shellcheck disable=SC2086 # the corpus may be absent
    if ! "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="build-fuzz/crashes/$name-" "$found" $corpus >"build-fuzz/$name.log" 2>&1; then
        failed=1
        tail -n 40 "build-fuzz/$name.log"
    else
        sed -n 's/^stat:://p' "build-fuzz/$name.log"
    fi
done
exit $failed
