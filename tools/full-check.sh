#!/usr/bin/env bash
# tools/full-check.sh [--part | STEP...]: all that can be checked, which takes hours of processor time, or the steps named:
#   release  all tests, the longest too, on each kind of kernels    asan  all tests with checks of addresses, leaks and
#   clang    the same, built with Clang 16                                undefined behaviour
#   lint     clang-format; clang-tidy over src/ and tests/          tsan  all tests with checks of threads
# --part: what reads files and models, small networks, and kept fuzz inputs, under asan-part: minutes. Goes on to the next
# step after a failure, and ends with a line for each. An argument after -- goes to ctest.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/setup.sh
. tools/fetch.sh
. tools/test-data.sh

steps=()
while [[ $# -gt 0 && $1 != -- ]]; do
  case $1 in
    --part) steps+=(asan-part) ;;
    release | clang | lint | asan | asan-part | tsan) steps+=("$1") ;;
    *)
      sed -n '2,7s/^# //p' "$0" >&2
      exit 2
      ;;
  esac
  shift
done
if [[ ${1:-} == -- ]]; then shift; fi
if [[ ${#steps[@]} == 0 ]]; then steps=(release clang lint asan tsan); fi

find_data
need_test_packages
need clang-16 "a compiler, whose sanitizers are used"
need libclang-rt-16-dev "the sanitizers' own part"
if [[ " ${steps[*]} " == *" lint "* ]]; then
  need clang-format-16 "clang-format"
  need clang-tidy-16 "clang-tidy"
fi
install_needed
fetch_data

# test_preset PRESET [CTEST_ARGUMENT...]: builds and tests, and says how long both took.
test_preset() {
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

lint() {
  local start=$SECONDS
  tools/format.sh --check && tools/lint.sh && lines+=("lint: no findings in $((SECONDS - start)) s")
}

lines=()
failed=0
for step in "${steps[@]}"; do
  if [[ $step == lint ]]; then
    check=(lint)
  else
    check=(test_preset "$step" "$@")
  fi
  if ! "${check[@]}"; then
    lines+=("$step: failed, see above")
    failed=1
  fi
done
printf '%s\n' "${lines[@]}"
exit "$failed"
