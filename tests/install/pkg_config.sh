#!/bin/sh
# pkg_config.sh COMPILER LIBRARIES SOURCE PROGRAM [FLAG...]: builds a program with what pkg-config says of an fcn that is
# installed with its libraries there, and runs it.
set -eu
compiler=$1 libraries=$2 source=$3 program=$4
shift 4
export PKG_CONFIG_PATH="$libraries/pkgconfig"
# shellcheck disable=SC2046 # several words
"$compiler" -std=c++20 "$@" "$source" -o "$program" $(pkg-config --cflags --libs fcn)
LD_LIBRARY_PATH="$libraries" "$program"
