#!/usr/bin/env bash
# tidy.sh SOURCE_DIR BUILD_DIR: clang-tidy finds nothing in src/. A file that passed is
# not checked again until it, a header of the project or the configuration changes.
set -euo pipefail
cd "$1"
build=$2
command -v clang-tidy >/dev/null || { echo "SKIP: clang-tidy is not installed"; exit 77; }
cache=${OVAPORT_CACHE:-$HOME/.cache/ovaport}/tidy
mkdir -p "$cache"
base=$( { clang-tidy --version; cat .clang-tidy; find include src -name '*.h' -print0 | sort -z |
  xargs -0 cat; } | sha256sum | cut -c1-32)
check() {
  key=$( { echo "$3 $1"; cat "$1"; } | sha256sum | cut -c1-32)
  [ -e "$4/$key" ] && return
  clang-tidy --quiet -p "$2" "$1" 2>/dev/null && touch "$4/$key"
}
export -f check
find src -name '*.cpp' | sort |
  xargs -P 2 -I{} bash -c 'check "$@" || { echo "clang-tidy: {}"; exit 1; }' _ {} "$build" "$base" "$cache"
find "$cache" -type f -mtime +30 -delete
