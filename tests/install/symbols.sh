#!/bin/sh
# symbols.sh LIBRARY NM: fails unless the library exports symbols of namespace fcn and no others.
set -eu
symbols=$("$2" --dynamic --defined-only --demangle --format=posix "$1")
foreign=$(printf '%s\n' "$symbols" | grep -v -E '^((typeinfo|typeinfo name|vtable) for )?fcn::' || true)
if [ -n "$foreign" ]; then
  printf 'exported, but not part of the interface:\n%s\n' "$foreign"
  exit 1
fi
printf '%s\n' "$symbols" | grep -q '^fcn::Version()' || { echo 'fcn::Version() is not exported'; exit 1; }
printf '%s symbols, all of namespace fcn\n' "$(printf '%s\n' "$symbols" | wc -l)"
