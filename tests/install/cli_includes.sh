#!/bin/sh
# cli_includes.sh SOURCE_DIR: fails where the program includes more of this repository than a user of the library has:
# files of src/cli, but for tests, include cli/… and fcn/… alone.
set -eu
cd "$1/src"
folders=$(find . -mindepth 1 -maxdepth 1 -type d ! -name cli | sed 's#^\./##' | paste -sd '|')
status=0
for file in $(find cli -name '*.cc' -o -name '*.h' | sort); do
  case $file in *test.cc) continue ;; esac
  others=$(grep -nE '^ *# *include *"' "$file" | grep -vE '"(cli|fcn)/' || true)
  others=$others$(grep -nE "^ *# *include *<($folders)/" "$file" || true)
  if [ -n "$others" ]; then
    printf '%s includes what the public library does not offer:\n%s\n' "$file" "$others"
    status=1
  fi
done
exit $status
