#!/usr/bin/env bash
# Images per second of `fcn segment`, from picture files to label PNGs: decoding, network and encoding of many pictures.
# Run it on an idle machine, from the project's folder:
#
#   bench/segment_throughput.sh FOLDER_OF_PICTURES [MODEL] [RUNS] [arguments of fcn segment...]
#
# FCN names the program [build/bin/fcn]. The last line is the median; JPEGs of one size give the cleanest figure.
set -euo pipefail
folder=${1:?"usage: $0 FOLDER_OF_PICTURES [MODEL] [RUNS] [arguments of fcn segment...]"}
model=${2:-models/street-scenes.safetensors}
runs=${3:-5}
fcn=${FCN:-build/bin/fcn}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for ((run = 1; run <= runs; run++)); do
  "$fcn" segment "$folder" --model "$model" -o "$out" --overwrite --no-overlay "${@:4}" | tail -n 1
done | tee "$out/lines"
sed -E 's/.*: ([0-9.]+) images\/s/\1/' "$out/lines" | sort -n |
  awk '{ v[NR] = $1 } END { printf "median: %.1f images/s\n", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
