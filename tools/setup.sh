# shellcheck shell=bash
# What demo.sh and test.sh share: which Debian packages are needed and why, and how a release is built. To be sourced.

needed=()   # packages
reasons=()  # why, in the same order

# need PACKAGE REASON: notes a package, unless it is installed.
need() {
  if [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) != installed ]]; then
    needed+=("$1")
    reasons+=("$2")
  fi
}

need_build_packages() {
  need g++ "the C++20 compiler"
  need cmake "configures the build"
  need ninja-build "runs the build"
  need pkg-config "finds the libraries below"
  need libhwy-dev "vector instructions of every kind from one source (Highway)"
  need libjpeg-dev "reads JPEG"
  need libspng-dev "reads and writes PNG"
  need libwebp-dev "reads WebP"
  need libtiff-dev "reads TIFF"
  need libgif-dev "reads GIF"
  need libheif-dev "reads HEIC and AVIF"
  need libde265-dev "decodes what is in a HEIC"
  need libexif-dev "which way up a photograph is"
  need libzip-dev "reads torch's zip files"
  need libprotobuf-dev "reads Caffe's files"
  need protobuf-compiler "compiles the description of Caffe's files"
  need zlib1g-dev "unpacks MATLAB's label files"
  need libxxhash-dev "checksums of model files, fingerprints of data (XXH3)"
  need nlohmann-json3-dev "JSON"
  need libcli11-dev "command-line flags"
  need libtomlplusplus-dev "the configuration of a training (TOML)"
  need libfmt-dev "formats text"
}

as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "This needs root, and sudo is not installed. Run as root: $*" >&2
    return 1
  fi
}

# update_lists PACKAGE...: fetches Debian's package lists if those here do not offer all of the packages.
update_lists() {
  local package
  for package in "$@"; do
    if [[ $(LC_ALL=C apt-cache policy "$package" 2>/dev/null) != *"Candidate: "[!\(]* ]]; then
      as_root apt-get update -q
      return
    fi
  done
}

# Says what is missing and why, and installs that. Nothing missing: says nothing, needs no root, no network.
install_needed() {
  [[ ${#needed[@]} == 0 ]] && return
  if ! command -v apt-get >/dev/null; then
    printf 'This is not Debian, so nothing is installed here; its names for what is needed:\n  %s\n' "${needed[*]}" >&2
    return
  fi
  echo "Missing on this machine, to be installed with apt-get:"
  local i
  for i in "${!needed[@]}"; do printf '  %-20s %s\n' "${needed[i]}" "${reasons[i]}"; done
  local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${needed[@]}")
  # Old lists name packages that the mirrors have replaced since: then once more with new ones.
  if ! { update_lists "${needed[@]}" && as_root "${install[@]}"; } &&
    ! { as_root apt-get update -q && as_root "${install[@]}"; }; then
    echo "Could not install what is missing: see apt-get's words above. Is there a network?" >&2
    exit 1
  fi
}

# build_release TARGET [CMAKE_ARGUMENT...]: configures build/ and builds a target. A build/ that is there already keeps its
# generator. Files of a folder are compiled together (unity), which makes the whole build shorter; who works on them
# uses the preset `release`, which compiles each alone.
build_release() {
  local target=$1
  shift
  mkdir -p build
  CMAKE_GENERATOR=Ninja cmake -S . -B build -DCMAKE_BUILD_TYPE=Release -DCMAKE_UNITY_BUILD=ON \
    -DCMAKE_UNITY_BUILD_BATCH_SIZE=12 "$@" >build/configure.log 2>&1 || {
    cat build/configure.log >&2
    return 1
  }
  cmake --build build --target "$target" --parallel "$(nproc)"
}
