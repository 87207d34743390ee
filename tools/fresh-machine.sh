#!/usr/bin/env bash
# tools/fresh-machine.sh [demo|test]: proves ./demo.sh (twice: the second run must find everything done) and ./test.sh, or one
# of them, on a machine that has nothing: a minimal Debian 12 in a temporary folder, with a clone of this repository's last
# commit. Needs root, and the packages mmdebstrap and git. How this machine reaches Debian and PyPI (apt sources, proxies,
# extra certificates, pip's settings) holds inside too. Ends with the times; the folder is removed.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-demo test}
case $what in demo | test | "demo test") ;; *) sed -n '2,5s/^# //p' "$0" >&2; exit 2 ;; esac
[[ $(id -u) == 0 ]] || { echo "needs root" >&2; exit 1; }

temp=$(mktemp -d)
trap 'rm -rf --one-file-system "$temp"' EXIT
chmod 755 "$temp"
root=$temp/root

sources=()
for file in /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources; do
  if grep -qs bookworm "$file"; then sources+=("$file"); fi
done
mmdebstrap --variant=minbase --include=ca-certificates bookworm "$root" "${sources[@]}"
apt-config dump | grep -i '^Acquire::.*proxy' >"$root/etc/apt/apt.conf.d/99proxy" || true
cp /etc/resolv.conf "$root/etc/resolv.conf"
if [[ -f /etc/pip.conf ]]; then cp /etc/pip.conf "$root/etc/"; fi
find /usr/local/share/ca-certificates -name '*.crt' -exec cp {} "$root/usr/local/share/ca-certificates/" \;
git clone --quiet --no-local . "$root/root/fcn"

environment=(PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8)
for name in {http,https,no}_proxy {HTTP,HTTPS,NO}_PROXY PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_TRUSTED_HOST; do
  if [[ -n ${!name:-} ]]; then environment+=("$name=${!name}"); fi
done

# inside COMMAND: with processes and mounts of its own, which end with it.
inside() {
  # shellcheck disable=SC2016
  unshare --mount --pid --fork bash -c 'mount -t proc proc "$0/proc" && exec env -i "${@:2}" chroot "$0" sh -c "$1"' "$root" \
    "cd /root/fcn && $1" "${environment[@]}"
}

times=()
timed() {
  printf '\n=== %s\n' "$1"
  local start=$SECONDS
  inside "$1"
  times+=("$(printf '%5d s  %s' $((SECONDS - start)) "$1")")
}

inside update-ca-certificates
if [[ $what == *demo* ]]; then
  timed ./demo.sh
  timed ./demo.sh
fi
if [[ $what == *test* ]]; then timed ./test.sh; fi
printf '\nOn a minimal Debian 12, from a clone of %s:\n' "$(git rev-parse --short HEAD)"
printf '%s\n' "${times[@]}"
