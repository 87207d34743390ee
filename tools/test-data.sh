# shellcheck shell=bash
# What test.sh and full-check.sh share: the tests' packages, and where real data are. To be sourced after setup.sh and
# fetch.sh, from the project's folder.

need_test_packages() {
  need_build_packages
  need libmatio-dev "writes MATLAB's files for the tests of their reader"
  need libgtest-dev "the tests' framework (GoogleTest)"
  need libgmock-dev "the tests' framework (GoogleMock)"
  need clang-format-16 "one test: the form of the sources"
  need doxygen "one test: the reference documentation"
  if [[ -n ${FCN_VOC:-} ]]; then need_lite0_weights; fi
}

# Tests on real photographs need a part of PASCAL VOC 2012: FCN_VOC names its folder, or it lies in ../shared/voc_subset.
# Tests on real data sets look for the folders camvid and voc_subset in FCN_DATA, or in ../shared.
find_data() {
  if [[ -z ${FCN_VOC:-} && -d ../shared/voc_subset ]]; then FCN_VOC=$(realpath ../shared/voc_subset); fi
  export FCN_DATA=${FCN_DATA:-$(realpath -m ../shared)}
  local set
  for set in camvid voc_subset; do
    [[ -d $FCN_DATA/$set ]] || echo "$FCN_DATA/$set is not here (FCN_DATA): the tests on it will say that they are skipped."
  done
}

# The weights that the tests on photographs need; after install_needed.
fetch_data() {
  if [[ -z ${FCN_VOC:-} ]]; then
    echo "No part of PASCAL VOC is here (FCN_VOC): the tests on real photographs will say that they are skipped."
  elif fetch_lite0_weights; then
    # shellcheck disable=SC2154  # fetch.sh says where they lie
    FCN_LITE0_WEIGHTS=$(realpath "$lite0_weights")
    export FCN_VOC FCN_LITE0_WEIGHTS
  fi
}
