#!/usr/bin/env bash
# tools/fuzz.sh [SECONDS [NAME...]]: builds the fuzz targets and runs each (or those named) for SECONDS (default 60), from
# the seeds in fuzz/corpus/NAME/ and from what earlier runs found, kept in build-fuzz/corpus/NAME/. Stops at the first
# crash, leak, hang (10 s for one input) or exhausted memory (1 GiB in all, 256 MiB in one allocation) and leaves the
# input that caused it in build-fuzz/. Stack traces have names where the package llvm-16 is installed.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-60}
if [[ ! $seconds =~ ^[0-9]+$ ]]; then
  sed -n '2,6s/^# //p' "$0" >&2
  exit 2
fi
shift $(($# > 0 ? 1 : 0))

cmake --preset fuzz >/dev/null
cmake --build --preset fuzz
names=("$@")
if [[ ${#names[@]} == 0 ]]; then
  for source in fuzz/*.cc; do names+=("$(basename "$source" .cc)"); done
fi
for name in "${names[@]}"; do
  seeds=fuzz/corpus/$name
  found=build-fuzz/corpus/$name
  mkdir -p "$found"
  printf '\n== %s for %s s, %s seeds, %s found before\n' "$name" "$seconds" "$(find "$seeds" -type f | wc -l)" \
    "$(find "$found" -type f | wc -l)"
  # rss_limit counts the sanitizers' own memory too: their quarantine is kept small, so that the limit speaks of ours.
  ASAN_SYMBOLIZER_PATH=$(command -v llvm-symbolizer-16 || true) ASAN_OPTIONS=quarantine_size_mb=32:detect_leaks=1 "build-fuzz/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=10 \
    -rss_limit_mb=1024 -malloc_limit_mb=256 -max_len=65536 -print_final_stats=1 -verbosity=1 \
    -artifact_prefix="build-fuzz/$name-" "$found" "$seeds" 2>&1 |
    grep -E --line-buffered '^(INFO: seed|stat::|SUMMARY|artifact|Test unit| *#[0-9]+ 0x)|ERROR|DONE'
done
printf '\n%s fuzz targets, %s s each: no crash, no hang, no excess of memory\n' "${#names[@]}" "$seconds"
