#!/usr/bin/env bash
# ./demo.sh [PHOTO]: from a fresh Debian 12 to a page that shows what fcn does. Installs what is missing (says first what and
# why), builds a release, segments a photograph (one of a dog, unless one is given) with the model in the box, trains another
# model for about a minute on scenes that it draws itself, and writes demo-out/index.html. DEMO_OUT names another folder.
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
[[ $# == 1 ]] || fetch_dog_photo

# The tests need packages of their own, so a build that is configured here for the first time leaves them out.
if [[ -f build/CMakeCache.txt ]]; then build_release fcn_program; else build_release fcn_program -DFCN_BUILD_TESTS=OFF; fi

out=${DEMO_OUT:-demo-out}
photo=${1:-$dog_photo}
run() {
  printf '\n$ %s\n' "$*"
  "$@"
}
run build/bin/fcn segment "$photo" -o "$out" --overwrite

fetch_lite0_weights
rm -rf "$out/scenes" "$out/run"
run build/bin/fcn dataset generate -o "$out/scenes"
run build/bin/fcn train --config configs/scenes.toml --data "$out/scenes" --weights "$lite0_weights" -o "$out/run"
run build/bin/fcn report --run "$out/run" --photo "$photo" --model models/animals-and-people.safetensors -o "$out/index.html" --overwrite
printf '\nLook at it: file://%s\n' "$(realpath "$out/index.html")"
