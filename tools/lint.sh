#!/usr/bin/env bash
# tools/lint.sh [PATTERN]: clang-tidy with the checks of .clang-tidy over the files of src/ and tests/ (or those whose path matches
# PATTERN); fails at any finding. All files take about 40 minutes of processor time, so this is no part of ./test.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
cmake --preset clang >/dev/null
find src tests -path tests/install -prune -o -name '*.cc' -print | sort | { grep -E "${1:-.}" || true; } |
  xargs -r -P "$(nproc)" -n 1 clang-tidy-16 -p build-clang --quiet 2> >(grep -v 'warnings generated' >&2)
echo "clang-tidy: nothing found"
