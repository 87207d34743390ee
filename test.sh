#!/usr/bin/env bash
# ./test.sh [--full] [CTEST_ARGUMENT...]: on a fresh Debian 12, installs what is missing (says first what and why), builds a
# release with all tests and runs them: all but the longest (with --full, these too), or for example with `-R golden` those
# whose name contains "golden". Tests on real data look where FCN_VOC and FCN_DATA say (tools/test-data.sh). All levels and
# the same under sanitizers: tools/full-check.sh.
set -euo pipefail
cd "$(dirname "$0")"
. tools/setup.sh
. tools/fetch.sh
. tools/test-data.sh

leave_out=(-LE '^full$')
if [[ ${1:-} == --full ]]; then
  leave_out=()
  shift
fi

find_data
need_test_packages
install_needed
fetch_data

build_release all -DFCN_BUILD_TESTS=ON
ctest --test-dir build --output-on-failure --no-tests=error -j "$(nproc)" "${leave_out[@]}" "$@"
