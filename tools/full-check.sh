#!/usr/bin/env bash
# tools/full-check.sh [--part | PRESET...]: builds all tests with the sanitizers and runs them, under the presets asan
# (addresses, leaks, undefined behaviour) and tsan (threads), or those named. Takes hours of processor time. --part takes
# minutes: what reads files, graphs and models and a small part of the rest, under asan-part. Goes on to the next preset
# after a failure, and ends with a line for each. An argument after -- goes to ctest.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/setup.sh
. tools/fetch.sh
. tools/test-data.sh

presets=()
while [[ $# -gt 0 && $1 != -- ]]; do
  case $1 in
    --part) presets+=(asan-part) ;;
    asan | asan-part | tsan) presets+=("$1") ;;
    *)
      sed -n '2,5s/^# //p' "$0" >&2
      exit 2
      ;;
  esac
  shift
done
if [[ ${1:-} == -- ]]; then shift; fi
if [[ ${#presets[@]} == 0 ]]; then presets=(asan tsan); fi

find_data
need_test_packages
need clang-16 "the compiler whose sanitizers are used"
need libclang-rt-16-dev "the sanitizers' own part"
install_needed
fetch_data

# check PRESET [CTEST_ARGUMENT...]: builds and tests, and says how long both took.
check() {
  local preset=$1 start=$SECONDS built
  shift
  cmake --preset "$preset" >/dev/null && cmake --build --preset "$preset" || return 1
  built=$SECONDS
  if ctest --preset "$preset" -j "$(nproc)" "$@"; then
    lines+=("$preset: no findings; built in $((built - start)) s, tested in $((SECONDS - built)) s")
  else
    return 1
  fi
}

lines=()
failed=0
for preset in "${presets[@]}"; do
  if ! check "$preset" "$@"; then
    lines+=("$preset: failed, see above")
    failed=1
  fi
done
printf '%s\n' "${lines[@]}"
exit "$failed"
