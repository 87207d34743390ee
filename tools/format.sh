#!/usr/bin/env bash
# tools/format.sh [--check]: brings every C++ file of the repository into the form of .clang-format; with --check it only
# says which are not, and fails.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=(-i)
if [[ ${1:-} == --check ]]; then mode=(--dry-run -Werror); fi
find . \( -name .git -o -name 'build*' -o -name demo-out \) -prune -o \( -name '*.h' -o -name '*.cc' \) -print | sort |
  xargs clang-format-16 "${mode[@]}"
