#!/bin/sh
# cli_includes.sh SOURCE_DIR: fails where the program includes more of this repository than a user of the library has:
# files of src/cli, but for tests, include cli/… and fcn/… alone. Those that do not yet are listed here; the list only
# shrinks, for a listed file that needs to be there no more fails as well.
set -eu
cd "$1/src"
allowed='
cli/bench_inference.cc
cli/bench_network.cc
cli/bench_network.h
cli/bench_timing.h
cli/bench_train.cc
cli/options.h
'
folders=$(find . -mindepth 1 -maxdepth 1 -type d ! -name cli | sed 's#^\./##' | paste -sd '|')
status=0
for file in $(find cli -name '*.cc' -o -name '*.h' | sort); do
  case $file in *test.cc) continue ;; esac
  others=$(grep -nE '^ *# *include *"' "$file" | grep -vE '"(cli|fcn)/' || true)
  others=$others$(grep -nE "^ *# *include *<($folders)/" "$file" || true)
  listed=$(printf '%s' "$allowed" | grep -cx "$file" || true)
  if [ -n "$others" ] && [ "$listed" = 0 ]; then
    printf '%s includes what the public library does not offer:\n%s\n' "$file" "$others"
    status=1
  elif [ -z "$others" ] && [ "$listed" != 0 ]; then
    printf '%s needs no exception any more: take it off the list in tests/install/cli_includes.sh\n' "$file"
    status=1
  fi
done
for file in $allowed; do
  [ -e "$file" ] || { printf '%s is listed in tests/install/cli_includes.sh, and is not there\n' "$file"; status=1; }
done
exit $status
