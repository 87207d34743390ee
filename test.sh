#!/usr/bin/env bash
# ./test.sh [CTEST_ARGUMENT...]: on a fresh Debian 12, installs what is missing (says first what and why), builds a release
# with all tests and runs them: all, or for example with `-R golden` those whose name contains "golden". Tests on real
# photographs need a part of PASCAL VOC 2012: FCN_VOC names its folder, or it lies in ../shared/voc_subset. Tests on real
# data sets look for the folders camvid and voc_subset in FCN_DATA, or in ../shared.
set -euo pipefail
cd "$(dirname "$0")"
. tools/setup.sh
. tools/fetch.sh

if [[ -z ${FCN_VOC:-} && -d ../shared/voc_subset ]]; then FCN_VOC=$(realpath ../shared/voc_subset); fi

export FCN_DATA=${FCN_DATA:-$(realpath -m ../shared)}
for set in camvid voc_subset; do
  [[ -d $FCN_DATA/$set ]] || echo "$FCN_DATA/$set is not here (FCN_DATA): the tests on it will say that they are skipped."
done

need_build_packages
need libgtest-dev "the tests' framework (GoogleTest)"
need libgmock-dev "the tests' framework (GoogleMock)"
need clang-format-16 "one test: the form of the sources"
if [[ -n ${FCN_VOC:-} ]]; then need_lite0_weights; fi
install_needed

if [[ -z ${FCN_VOC:-} ]]; then
  echo "No part of PASCAL VOC is here (FCN_VOC): the tests on real photographs will say that they are skipped."
elif fetch_lite0_weights; then
  FCN_LITE0_WEIGHTS=$(realpath "$lite0_weights")
  export FCN_VOC FCN_LITE0_WEIGHTS
fi

build_release all -DFCN_BUILD_TESTS=ON
ctest --test-dir build --output-on-failure --no-tests=error -j "$(nproc)" "$@"
