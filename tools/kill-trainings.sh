#!/usr/bin/env bash
# tools/kill-trainings.sh [KILLS [FOLDER]]: trains on generated scenes and kills the trainings (SIGKILL) at random moments,
# with 1 to 4 threads, resumes them, and kills them again, until KILLS (default 1000) were killed. Each training that comes
# to its end is compared with one that was left alone: every file, byte by byte. Takes about a second and a half for a kill.
# What was done is kept in FOLDER (default build/kill-trainings): stopped and started again, it goes on; with another
# program it begins anew. FCN names the program (default build/bin/fcn). Fails where a byte differs or a training fails.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=${1:-1000}
folder=${2:-build/kill-trainings}
program=${FCN:-build/bin/fcn}
if [[ ! $wanted =~ ^[0-9]+$ || ! -x $program ]]; then
  sed -n '2,6s/^# //p' "$0" >&2
  exit 2
fi

# Runs of several kinds, since each keeps other things in its checkpoints.
kinds=(
  "--optimiser sgd --lr 0.001 --ema 0.9"
  "--optimiser adamw --lr 0.0003"
  "--optimiser sgd-caffe --lr 0.0001 --accumulate 2 --batch-norm frozen --class-weights median"
)
validate_every=5
common="--data scenes -o run --model fcn32s-efficientnet-lite0 --crop-size 64x48 -b 2 --max-iters 20 --log-interval 3"
common+=" --val-interval $validate_every --checkpoint-interval 2"

if [[ -e $folder/fcn ]] && ! cmp -s "$program" "$folder/fcn"; then
  echo "$folder is of another program: beginning anew"
  rm -rf "$folder"
fi
mkdir -p "$folder"
cmp -s "$program" "$folder/fcn" || cp "$program" "$folder/fcn"
cd "$folder"

# How often it was killed, and where; trainings that came to their end; attempts to train, of which each has its moment.
declare -A count=([kills]=0 [start]=0 [iterations]=0 [writing]=0 [validation]=0 [finished]=0 [attempts]=0)
# shellcheck source=/dev/null
if [[ -e counts ]]; then source ./counts; fi
keep_counts() {
  declare -p count >counts.new
  mv counts.new counts
}

# A number from 0 to $1 - 1 that depends on the attempt and the name $2 alone.
random() {
  local hash
  hash=$(printf '%s %s' "${count[attempts]}" "$2" | sha256sum)
  echo $((0x${hash:0:8} % $1))
}

milliseconds() { date +%s%3N; }

if [[ ! -e milliseconds ]]; then
  rm -rf scenes run alone-*
  ./fcn dataset generate -o scenes --count 16 --val 80 --size 96x64 >/dev/null
  begin=$(milliseconds)
  for kind in "${!kinds[@]}"; do
    # shellcheck disable=SC2086  # words
    ./fcn train $common ${kinds[kind]} -j 2 >/dev/null 2>alone.log || { cat alone.log >&2; exit 1; }
    mv run "alone-$kind"
  done
  echo $((($(milliseconds) - begin) / ${#kinds[@]})) >milliseconds
fi
duration=$(<milliseconds)

# What a stopped process is about.
phase_of() {
  local files last
  files=$(find "/proc/$1/fd" -printf '%l\n' 2>/dev/null || true)
  last=$(grep -E '^(\[|iteration)' err | tail -n 1 || true)
  if [[ $files =~ /run/[^$'\n']*(\.part|\(deleted\)) ]]; then
    echo writing
  elif [[ $files != */run/log.jsonl* ]]; then
    echo start
  elif [[ $last =~ ^\[[^]]*\]\ ([0-9]+)/ ]] && ((BASH_REMATCH[1] % validate_every == 0)); then
    echo validation
  else
    echo iterations
  fi
}

child=
trap '[[ -z $child ]] || kill -KILL "$child" 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM

figures() {
  echo "${count[kills]} kills: ${count[start]} at the start, ${count[iterations]} in iterations, ${count[writing]} while a" \
    "file was written, ${count[validation]} in validation; ${count[finished]} trainings came to their end, all files the same"
}

while ((count[kills] < wanted)); do
  kind=$((count[finished] % ${#kinds[@]}))
  threads=$((1 + $(random 4 threads)))
  # Of four moments one is early: the start of a training is short.
  pause=$(random $((duration / ($(random 4 early) == 0 ? 12 : 1))) moment)
  if [[ -e run/latest.checkpoint ]]; then
    command=(--resume run)
  else
    read -ra command <<<"$common ${kinds[kind]}"
  fi
  ./fcn train "${command[@]}" -j "$threads" >out 2>err &
  child=$!
  sleep "$((pause / 1000)).$(printf %03d $((pause % 1000)))"
  phase=
  if kill -STOP "$child" 2>/dev/null; then
    phase=$(phase_of "$child")
    kill -KILL "$child" 2>/dev/null || true
  fi
  status=0
  wait "$child" 2>/dev/null || status=$?
  child=
  count[attempts]=$((count[attempts] + 1))
  if ((status == 128 + 9)); then
    count[kills]=$((count[kills] + 1))
    count[$phase]=$((count[$phase] + 1))
    if ((count[kills] % 50 == 0)); then figures; fi
  elif ((status == 0)); then
    if ! diff -rq "alone-$kind" run >&2; then
      echo "After ${count[kills]} kills a training ended with other bytes than one left alone: see $folder" >&2
      exit 1
    fi
    rm -rf run
    count[finished]=$((count[finished] + 1))
  else
    echo "After ${count[kills]} kills a training failed (exit code $status), see $folder: fcn train ${command[*]}" >&2
    cat err >&2
    exit 1
  fi
  keep_counts
done
figures
