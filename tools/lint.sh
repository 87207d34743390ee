#!/usr/bin/env bash
# tools/lint.sh [PATTERN]: clang-tidy over every C++ file of the release build (or those whose path matches PATTERN), with
# the checks of .clang-tidy; fails at any finding.
set -euo pipefail
cd "$(dirname "$0")/.."
cmake --preset clang >/dev/null
find src tests -path tests/install -prune -o -name '*.cc' -print | sort | { grep -E "${1:-.}" || true; } |
  xargs -r -P "$(nproc)" -n 1 clang-tidy-16 -p build-clang --quiet --extra-arg=-Wno-unknown-warning-option
echo "clang-tidy: nothing found"
