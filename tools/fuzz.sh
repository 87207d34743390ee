#!/usr/bin/env bash
# tools/fuzz.sh [--total SECONDS | SECONDS] [NAME...]: builds the fuzz targets and runs each (or those named) for SECONDS
# (default 60), or all together for the total, each for its share; from the seeds in fuzz/corpus/NAME/ and from what
# earlier runs found, kept in build-fuzz/corpus/NAME/. Goes on after a crash, leak, hang (20 s for one input) or exhausted
# memory (1.5 GiB in all, 512 MiB in one allocation), leaves the input that caused it in build-fuzz/findings/, and fails
# at the end. fuzz/README.md says what to do with it. Stack traces have names where the package llvm-16 is installed.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=60 total=
if [[ ${1:-} == --total ]]; then
  total=${2:-}
  shift $(($# > 1 ? 2 : 1))
elif [[ ${1:-} =~ ^[0-9]+$ ]]; then
  seconds=$1
  shift
fi
names=("$@")
if [[ ${#names[@]} == 0 ]]; then
  for seeds in fuzz/corpus/*/; do names+=("$(basename "$seeds")"); done
fi
for name in "${names[@]}"; do
  if [[ ! -f fuzz/$name.cc || ( -n $total && ! $total =~ ^[0-9]+$ ) ]]; then
    sed -n '2,6s/^# //p' "$0" >&2
    exit 2
  fi
done
if [[ -n $total ]]; then seconds=$((total / ${#names[@]} + 1)); fi

cmake --preset fuzz >/dev/null
cmake --build --preset fuzz
mkdir -p build-fuzz/findings
# What the total counts is the sanitizers' own memory too: their quarantine is kept small, so that the limit speaks of ours.
export ASAN_OPTIONS=quarantine_size_mb=32:detect_leaks=1 LSAN_OPTIONS=suppressions=tools/lsan.supp:print_suppressions=0
export UBSAN_OPTIONS=print_stacktrace=1
if symbolizer=$(command -v llvm-symbolizer-16); then export ASAN_SYMBOLIZER_PATH=$symbolizer; fi
failed=()
for name in "${names[@]}"; do
  seeds=fuzz/corpus/$name
  found=build-fuzz/corpus/$name
  mkdir -p "$found"
  printf '\n== %s for %s s, %s seeds, %s found before\n' "$name" "$seconds" "$(find "$seeds" -type f | wc -l)" \
    "$(find "$found" -type f | wc -l)"
  # What the program prints (info's tables) goes nowhere: -close_fd_mask=1.
  "build-fuzz/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=1536 -malloc_limit_mb=512 \
    -max_len=65536 -close_fd_mask=1 -print_final_stats=1 -artifact_prefix="build-fuzz/findings/$name-" "$found" "$seeds" 2>&1 |
    grep -aE --line-buffered '^(INFO: seed|stat::|SUMMARY|artifact|Test unit|fuzz:| *#[0-9]+ 0x)|ERROR|DONE' ||
    failed+=("$name")
done
if [[ ${#failed[@]} != 0 ]]; then
  printf '\nfuzzing found something, see build-fuzz/findings: %s\n' "${failed[*]}"
  exit 1
fi
printf '\n%s fuzz targets, %s s each: no crash, no hang, no excess of memory\n' "${#names[@]}" "$seconds"
