#!/usr/bin/env bash
# format.sh SOURCE_DIR: every C and C++ file of the project is formatted.
set -euo pipefail
cd "$1"
command -v clang-format >/dev/null || { echo "SKIP: clang-format is not installed"; exit 77; }
find src include tests \( -name '*.cpp' -o -name '*.h' -o -name '*.c' \) -print0 |
  xargs -0 -n 20 -P 2 clang-format --dry-run -Werror
