#!/usr/bin/env bash
# ./test.sh [CTEST_ARGUMENT...]: on a fresh Debian 12, installs what is missing (says first what and why), builds a release
# with all tests and runs them, for example all, or with `-R golden` those whose name contains "golden".
cd "$(dirname "$0")" && . tools/setup.sh

need_build_packages
need libgtest-dev "the tests' framework (GoogleTest)"
need libgmock-dev "the tests' framework (GoogleMock)"
need clang-format-16 "one test: the form of the sources"
install_needed

build_release all -DFCN_BUILD_TESTS=ON
ctest --test-dir build --output-on-failure --no-tests=error -j "$(nproc)" "$@"
