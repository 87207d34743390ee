#!/usr/bin/env bash
# tools/lint.sh [PATTERN]: clang-tidy with the checks of .clang-tidy over src/ and tests/; fails at any finding. Tests are left
# out of Clang's analyzer, which takes minutes for their macros (the sanitizers run them), and of what products of large sizes need.
# Files of a folder are read together, as in a unity build, or the standard library's headers would be read once for each; those
# whose path matches PATTERN alone. All take about an hour and a half of processor time, so this is no part of
# ./test.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ $# -gt 0 ]]; then
  build=build-clang
  cmake --preset clang >/dev/null
  files=$(find "$PWD/src" "$PWD/tests" -path '*/tests/install' -prune -o -name '*.cc' -print | { grep -E "$1" || true; } | sort)
else
  build=build-lint
  # Kernels for two instruction sets: those for the others are of the same text.
  cmake --preset clang -B "$build" -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=12 \
    -DFCN_DISABLED_TARGETS="HWY_SSSE3|HWY_AVX3_DL|HWY_SSE4|HWY_AVX2" >/dev/null
  # Clang's analyzer looks into the files that a source includes only where its name begins with "UnifiedSource".
  find "$build" -name 'UnifiedSource_*' -delete
  find "$build" -path '*/Unity/unity_*.cxx' | while read -r unity; do cp "$unity" "${unity/unity_/UnifiedSource_}"; done
  sed -i 's|/Unity/unity_|/Unity/UnifiedSource_|g' "$build/compile_commands.json"
  files=$(sed -n 's/^ *"file": "\(.*\)".*/\1/p' "$build/compile_commands.json" | { grep -E '/(src|tests)/' || true; } | sort -u)
fi
cmake --build "$build" --target caffe_schema >/dev/null  # a header that sources include

# check FILE: what is found goes to standard output, in one piece.
check() {
  local without=-bugprone-suspicious-include found  # a unity build's includes are no mistakes
  if [[ $1 == *_test.* || $1 == */test.cc || $1 == */tests/* ]]; then
    without+=,-clang-analyzer-*,-bugprone-implicit-widening-of-multiplication-result,-bugprone-misplaced-widening-cast
  fi
  found=$(clang-tidy-16 -p "$build" --quiet --checks="$without" "$1" 2>&1) && return
  printf '%s\n' "$found"
  return 1
}
export build
export -f check
xargs -r -P "$(nproc)" -I{} bash -c 'check "$1"' _ {} <<<"$files"
echo "clang-tidy: nothing found"
