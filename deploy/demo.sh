#!/usr/bin/env bash
# Sets up a Debian 12 machine, builds ovaport, makes a sample appliance and imports it.
# Root, or sudo.
#
#   deploy/demo.sh             a small sample, seconds after the build
#   deploy/demo.sh --bootable  a bootable Debian guest, converted to VirtIO (minutes)
set -euo pipefail
cd "$(dirname "$0")/.."
variant=tiny
guest=none
case "${1:-}" in
  "") ;;
  --bootable)
    variant=classic
    guest=convert
    ;;
  *)
    sed -n '2,6s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
say() { printf '\n== %s\n' "$*"; }

say "Packages"
deploy/setup.sh build
[ "$variant" = tiny ] || deploy/setup.sh test

say "Building"
cmake --preset demo >/dev/null
cmake --build --preset demo

say "Making a sample appliance"
ova=$(fixtures/appliance/make.sh "$variant")
echo "$ova"

ovaport=build/demo/src/ovaport
say "What is in it: ovaport inspect"
"$ovaport" inspect "$ova"

say "Importing it: ovaport import"
"$ovaport" import "$ova" --out demo --replace --accept-eula --guest "$guest" \
  --prop hostname=demo1 --network "VM Network=pod"

cat <<END

Try your own next:
  $PWD/$ovaport inspect APPLIANCE.ova
  $PWD/$ovaport import APPLIANCE.ova --out DIR --help
END
