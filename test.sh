#!/usr/bin/env bash
# ./test.sh [CTEST_ARGUMENT...]: on a fresh Debian 12, installs what is missing (says first what and why), builds a release
# with all tests and runs them: all, or for example with `-R golden` those whose name contains "golden". Tests on real data
# look where FCN_VOC and FCN_DATA say (tools/test-data.sh). The same under sanitizers: tools/full-check.sh.
set -euo pipefail
cd "$(dirname "$0")"
. tools/setup.sh
. tools/fetch.sh
. tools/test-data.sh

find_data
need_test_packages
install_needed
fetch_data

build_release all -DFCN_BUILD_TESTS=ON
ctest --test-dir build --output-on-failure --no-tests=error -j "$(nproc)" "$@"
