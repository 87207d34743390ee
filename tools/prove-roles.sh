#!/usr/bin/env bash
# tools/prove-roles.sh WEIGHTS [OUT]: what a depth map and a second head are worth, on scenes that fcn draws itself, over
# three seeds. A: scenes where colour is ambiguous, with the picture alone and with its depth beside it; depth must win by
# 0.03 mean IU. B: classes and geometry by two networks and by the two heads of one, of which none may be more than 0.01
# below its own network, in the mean. WEIGHTS is efficientnet-lite0-57934424.pth; the runs are kept in OUT (roles-out):
# remove it to measure anew.
# FCN names another program, SEEDS other seeds.
set -euo pipefail
if [[ $# -lt 1 || $# -gt 2 || $1 == -* ]]; then
  sed -n '2,7s/^# //p' "$0"
  exit 2
fi
weights=$(realpath "$1")
out=$(realpath -m "${2:-roles-out}")
cd "$(dirname "$0")/.."
fcn=${FCN:-build/bin/fcn}
seeds=(${SEEDS:-0 1 2})
mkdir -p "$out"

# draw NAME SEED FLAG...: scenes, once.
draw() {
  local folder=$out/$1 seed=$2
  shift 2
  [[ -e $folder/classes.txt ]] ||
    "$fcn" dataset generate -o "$folder" --overwrite --size 192x144 --count 200 --val 60 --seed "$seed" "$@"
}
# learn RUN SCENES SEED INPUTS HEADS: a network, unless it is there.
learn() {
  [[ -e $out/$1/metrics.json ]] ||
    "$fcn" train --config configs/scenes-roles.toml --weights "$weights" --data "$out/$2" --seed "$3" --inputs "$4" \
      --heads "$5" -o "$out/$1"
}

for seed in "${seeds[@]}"; do
  draw "ambiguous-$seed" "$seed" --depth --ambiguous
  learn "alone-$seed" "ambiguous-$seed" "$seed" image class
  learn "depth-$seed" "ambiguous-$seed" "$seed" image,depth:1 class
  draw "scenes-$seed" "$seed" --heads
  learn "class-$seed" "scenes-$seed" "$seed" image class
  learn "geometry-$seed" "scenes-$seed" "$seed" image geometry
  learn "both-$seed" "scenes-$seed" "$seed" image class,geometry
done

python3 - "$out" "${seeds[@]}" <<'PYTHON'
import json, sys

out, seeds = sys.argv[1], sys.argv[2:]


def mean_iu(run, head=None):
    with open(f"{out}/{run}/metrics.json") as file:
        metrics = json.load(file)
    if head is None:
        return metrics["mean_iu"]
    return next(one for one in metrics["heads"] if one["name"] == head)["mean_iu"]


def table(title, rows, least):
    print(f"\n{title}")
    gains = []
    for seed, before, after in rows:
        gains.append(after - before)
        print(f"  seed {seed}: {before:.4f} {after:.4f} {after - before:+.4f}")
    gain = sum(gains) / len(gains)
    print(f"  mean {gain:+.4f}, at least {least:+.2f}: {'yes' if gain >= least else 'NO'}")
    return gain >= least


ok = table("A. mean IU of the picture alone, with depth, gain",
           [(seed, mean_iu(f"alone-{seed}"), mean_iu(f"depth-{seed}")) for seed in seeds], 0.03)
for head in ("class", "geometry"):
    ok &= table(f"B. mean IU of {head} by its own network, by a head of both, difference",
                [(seed, mean_iu(f"{head}-{seed}"), mean_iu(f"both-{seed}", head)) for seed in seeds], -0.01)
sys.exit(0 if ok else 1)
PYTHON
