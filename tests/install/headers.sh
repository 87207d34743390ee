#!/bin/sh
# headers.sh INCLUDE_DIR COMPILER...: fails unless every public header compiles alone, without a warning, and includes
# no other headers in quotes than public ones. A compiler that is not there is passed over.
set -eu
include=$1
shift
if grep -nE '^ *# *include *"' "$include"/fcn/*.h | grep -v '"fcn/'; then
  echo 'public headers include fcn/… alone'
  exit 1
fi
if grep -nE '^ *# *include *<[^>]*[/.]' "$include"/fcn/*.h | grep -v '<sys/types.h>'; then
  echo 'public headers include nothing but the standard library and POSIX types'
  exit 1
fi
for compiler in "$@"; do
  command -v "$compiler" >/dev/null 2>&1 || continue
  for header in "$include"/fcn/*.h; do
    printf '%s %s\n' "$compiler" "fcn/$(basename "$header")"
  done
done | xargs -r -P "$(nproc)" -n 2 sh -c '
  echo "#include \"$2\"" |
    "$1" -std=c++20 -Wall -Wextra -Wpedantic -Wshadow -Werror -fsyntax-only -I"$0" -x c++ - ||
    { echo "$1 cannot compile $2 alone"; exit 255; }' "$include"
