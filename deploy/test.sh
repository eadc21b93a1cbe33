#!/usr/bin/env bash
# Sets up a Debian 12 machine, builds ovaport in every configuration that is tested,
# and runs every test. Ends with ctest's summary. Root, or sudo.
#
#   deploy/test.sh            everything
#   deploy/test.sh -L unit    further words go to ctest
set -euo pipefail
cd "$(dirname "$0")/.."
started=$SECONDS
say() { printf '\n== [%4d s] %s\n' $((SECONDS - started)) "$*"; }

export CCACHE_DIR="${CCACHE_DIR:-${OVAPORT_CACHE:-$HOME/.cache/ovaport}/ccache}"
export CCACHE_MAXSIZE=2G CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=1

say "Packages"
deploy/setup.sh test

say "Building: release"
cmake --preset release -DOVAPORT_SIBLING_TREES="asan;tsan;fuzz" >/dev/null
cmake --build --preset release
for tree in asan tsan; do
  say "Building: $tree (unit tests)"
  cmake --preset "$tree" >/dev/null
  cmake --build --preset "$tree" --target unit_tests
done
say "Building: fuzz targets"
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target fuzz_targets

say "Tests"
ctest --preset release "$@"
