#!/usr/bin/env bash
# ./demo.sh [PHOTO]: from a fresh Debian 12 to a picture of where the dog is. Installs what is missing (says first what and
# why), builds a release, fetches ImageNet weights of EfficientNet-lite0 and a photograph (unless one is given), and draws
# the dogs' heat map over the photograph, in demo-out/. A second run takes seconds. DEMO_OUT names another folder.
set -euo pipefail
if [[ $# == 1 && -e $1 ]]; then set -- "$(realpath "$1")"; fi
cd "$(dirname "$0")"
. tools/setup.sh
. tools/fetch.sh

if [[ $# -gt 1 || ${1:-} == -* ]]; then
  sed -n '2,4s/^# //p' demo.sh
  exit 2
fi
if [[ $# == 1 && ! -r $1 ]]; then
  echo "$1 cannot be read" >&2
  exit 1
fi

need_build_packages
need_lite0_weights
install_needed
fetch_lite0_weights
[[ $# == 1 ]] || fetch_dog_photo

# The tests need packages of their own, so a build that is configured here for the first time leaves them out.
if [[ -f build/CMakeCache.txt ]]; then build_release fcn_program; else build_release fcn_program -DFCN_BUILD_TESTS=OFF; fi

out=${DEMO_OUT:-demo-out}
model=$out/efficientnet-lite0.safetensors
photo=${1:-$dog_photo}
run() {
  printf '\n$ %s\n' "$*"
  "$@"
}
run build/bin/fcn import "$lite0_weights" --model efficientnet-lite0 -o "$model"
# ImageNet's classes 151 to 268 are the dogs.
run build/bin/fcn segment "$photo" --model "$model" -o "$out" --heatmap 151-268 --top 10
name=$(basename "$photo")
printf '\nWhere the dog is: %s\n' "$out/${name%.*}.heat.png"
