#!/bin/sh
# example.sh FOLDER NAME ARG...: runs an example in its folder, without what an earlier run left; says so if it ended well.
set -eu
folder=$1 name=$2
shift 2
cd "$folder"
rm -rf run shapes labels.png scenes.safetensors
"./$name" "$@"
echo "ended well"
