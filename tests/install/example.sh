#!/bin/sh
# example.sh FOLDER NAME ARG...: runs an example of the folder in a new folder of its own; says so if it ended well.
set -eu
folder=$1 name=$2
shift 2
rm -rf "$folder/$name.out"
mkdir "$folder/$name.out"
cd "$folder/$name.out"
"../$name" "$@"
echo "ended well"
