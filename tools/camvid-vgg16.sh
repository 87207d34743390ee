#!/usr/bin/env bash
# tools/camvid-vgg16.sh WEIGHTS CAMVID [OUT]: FCNs on VGG16, trained on CamVid in stages and at once, in a table beside the
# paper's. WEIGHTS are VGG16's convolutions (tools/vgg16_from_hed.py), CAMVID is the folder with train, trainannot, val and
# valannot. Each run has a folder in OUT (camvid-out); one that was ended goes on where it was, one that is done is left.
# FCN names another program, SEEDS other seeds ("0 1 2"), RUNS some of the runs ("32s 16s"), of which each stage needs the
# one before.
set -euo pipefail
if [[ $# -lt 2 || $# -gt 3 || $1 == -* ]]; then
  sed -n '2,7s/^# //p' "$0"
  exit 2
fi
weights=$(realpath "$1")
camvid=$(realpath "$2")
out=$(realpath -m "${3:-camvid-out}")
cd "$(dirname "$0")/.."
fcn=${FCN:-build/bin/fcn}
seeds=(${SEEDS:-0})
runs=(${RUNS:-32s 16s 8s 8s-atonce 8s-learned})
mkdir -p "$out"

# What a run begins with: a stage with the coarser network's weights.
begins_with() {
  case $1 in
    16s) echo "$out/32s-$2/model.safetensors" ;;
    8s | 8s-learned) echo "$out/16s-$2/model.safetensors" ;;
    *) echo "$weights" ;;
  esac
}

# learn RUN SEED: trains, or trains on; OUT/RUN-SEED.seconds has a line for each time that it ran.
learn() {
  local run=$out/$1-$2 begin status=0
  if [[ -e $run/model.safetensors ]]; then return; fi  # the model of the last iteration
  begin=$(date +%s)
  if [[ -e $run/latest.checkpoint ]]; then
    "$fcn" train --resume "$run" || status=$?
  else
    "$fcn" train --config "configs/camvid-vgg16-$1.toml" --data "$camvid" --weights "$(begins_with "$1" "$2")" \
      --seed "$2" -o "$run" || status=$?
  fi
  echo $(($(date +%s) - begin)) >>"$run.seconds"
  return "$status"
}

for seed in "${seeds[@]}"; do
  for run in "${runs[@]}"; do learn "$run" "$seed"; done
done

python3 - "$out" <<'PYTHON'
import glob, json, os, sys

out = sys.argv[1]
# Mean IU of the paper: conference, Table 2; journal, Table 3. On other data and from better weights.
PAPER = {"32s": ("59.4", "63.6"), "16s": ("62.4", "65.0"), "8s": ("62.7", "65.5"), "8s-atonce": ("", "65.4"),
         "8s-learned": ("", "")}
print("| | mean IU | spread of seeds | pixel accuracy | mean accuracy | f.w. IU | minutes | paper (VOC): conference | journal |")
print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
for run, (conference, journal) in PAPER.items():
    scores, minutes = [], []
    for folder in sorted(glob.glob(f"{glob.escape(out)}/{run}-[0-9]*")):
        if not os.path.exists(folder + "/model.safetensors"):
            continue
        with open(folder + "/metrics.json") as file:
            scores.append(json.load(file))
        with open(folder + ".seconds") as file:
            minutes.append(sum(map(int, file)) / 60)
    if not scores:
        continue
    keys = ("mean_iu", "pixel_accuracy", "mean_accuracy", "fw_iu")
    means = [f"{sum(one[key] for one in scores) / len(scores):.3f}" for key in keys]
    ius = [one["mean_iu"] for one in scores]
    means.insert(1, f"{max(ius) - min(ius):.3f}" if len(ius) > 1 else "")
    row = [f"FCN-{run}", *means, f"{sum(minutes) / len(minutes):.0f}", conference, journal]
    print("| " + " | ".join(row) + " |")
PYTHON
