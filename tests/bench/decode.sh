#!/usr/bin/env bash
# Times `ovaport import` against the manual way (tar x, sha256sum -c, qemu-img convert
# -m 16 -W) on one OVA in one run, and prints ratios, peak memory and how near the
# parts of the work come alone. What counts are the ratios.
#
#   tests/bench/decode.sh              an OVA of at least 1 GiB of this machine's files
#   tests/bench/decode.sh --gib 8      a larger one
#   tests/bench/decode.sh --ova FILE   yours: a plain tar, one streamOptimized disk,
#                                      SHA-256 manifest
#   --rounds N                         times each way (3); medians are shown
#
# Needs root's /usr/bin/time, qemu-img and room for three times the OVA beside it.
set -euo pipefail
cd "$(dirname "$0")/../.."

gib=1
ova=
rounds=3
while [ $# -gt 0 ]; do
  case "$1" in
    --gib) gib=$2 ;;
    --ova) ova=$(realpath "$2") ;;
    --rounds) rounds=$2 ;;
    *)
      sed -n '2,13s/^# \{0,1\}//p' "$0"
      exit 2
      ;;
  esac
  shift 2
done

cache=${OVAPORT_CACHE:-$HOME/.cache/ovaport}/bench
mkdir -p "$cache"
work=$(mktemp -d "$cache/run-XXXXXX")
trap 'rm -rf "$work"' EXIT

cmake --preset release >/dev/null
cmake --build --preset release --target ovaport decode_parts >/dev/null
ovaport=$PWD/build/release/src/ovaport
parts=$PWD/build/release/tests/bench/decode_parts

# A disk of real files: programs, libraries, texts; copied under other names until
# the packed disk is large enough: such files pack to about two thirds.
make_ova() {
  echo "Making an OVA of $gib GiB (once)" >&2
  local tree=$work/tree raw=$work/bench.raw wanted=$((gib * 1700)) copy=0
  mkdir "$tree"
  while [ "$(du -sm "$tree" | cut -f1)" -lt "$wanted" ]; do
    for from in /usr/lib /usr/bin /usr/share /usr/include; do
      [ "$(du -sm "$tree" | cut -f1)" -lt "$wanted" ] || break
      cp -a "$from" "$tree/$(basename "$from").$copy"
    done
    copy=$((copy + 1))
  done
  local size=$(($(du -sm "$tree" | cut -f1) * 5 / 4 + 512))
  truncate -s "${size}M" "$raw"
  mke2fs -q -F -t ext4 -b 4096 -d "$tree" "$raw"
  rm -rf "$tree"
  qemu-img convert -f raw -O vmdk -o subformat=streamOptimized "$raw" "$work/bench-disk1.vmdk"
  sed -e 's/@NAME@/bench/g' -e 's/@FIRMWARE@/bios/' -e "s/@CAPACITY@/$(stat -c %s "$raw")/" \
    -e "s/@SIZE@/$(stat -c %s "$work/bench-disk1.vmdk")/" fixtures/appliance/appliance.ovf \
    >"$work/bench.ovf"
  rm "$raw"
  (cd "$work" && for file in bench.ovf bench-disk1.vmdk; do
    echo "SHA256($file)= $(sha256sum "$file" | cut -d' ' -f1)"
  done >bench.mf && tar --format=ustar -cf bench.ova bench.ovf bench.mf bench-disk1.vmdk)
  mv "$work/bench.ova" "$1"
  rm "$work"/bench*
}

if [ -z "$ova" ]; then
  ova=$cache/bench-$gib.ova
  [ -e "$ova" ] || make_ova "$ova"
fi

# Runs a command and appends "wall cpu rss" to a list.
timed() { # list command…
  local list=$1
  shift
  rm -rf "$work/out"
  mkdir "$work/out"
  (cd "$work/out" && /usr/bin/time -o "$work/time" -f '%e %U %S %M' "$@" >"$work/log" 2>&1) || {
    cat "$work/log"
    exit 1
  }
  awk '{ printf "%s %.2f %s\n", $1, $2 + $3, $4 }' "$work/time" >>"$list"
}

median() { sort -n -k"$2,$2" "$1" | awk -v c="$2" '{ v[NR] = $c } END { print v[int((NR + 1) / 2)] }'; }

manual='set -e; tar -xf "$0"
  sed -n "s/^SHA256(\(.*\))= *\([0-9a-f]*\)\r*$/\2  \1/p" ./*.mf >sums; sha256sum -c --quiet sums
  qemu-img convert -m 16 -W -f vmdk -O raw ./*.vmdk disk.raw'

echo "OVA: $ova, $(($(stat -c %s "$ova") >> 20)) MiB; $(nproc) cores; $rounds rounds"
cat "$ova" >/dev/null
tar -xf "$ova" -C "$work" --wildcards '*.vmdk'
vmdk=$(echo "$work"/*.vmdk)
for ((round = 0; round < rounds; round++)); do
  timed "$work/manual" bash -c "$manual" "$ova"
  timed "$work/ovaport" "$ovaport" import "$ova" --out vms --guest none --accept-eula --quiet
  written=$(($(du -sk "$work/out" | cut -f1) * 1024))
  timed "$work/digest" "$parts" digest "$vmdk"
  timed "$work/inflate" "$parts" inflate "$vmdk"
  timed "$work/write" "$parts" write disk.raw "$written"
done

printf '\n%-34s %8s %8s %10s\n' "" "wall s" "CPU s" "peak MiB"
row() {
  printf '%-34s %8s %8s %10s\n' "$1" "$(median "$work/$2" 1)" "$(median "$work/$2" 2)" \
    "$(($(median "$work/$2" 3) / 1024))"
}
row "tar x, sha256sum, qemu-img" manual
row "ovaport import" ovaport
row "  digest alone (1 thread)" digest
row "  inflate alone (all cores)" inflate
row "  write alone (1 thread)" write
ratio() { awk -v a="$(median "$work/$1" "$3")" -v b="$(median "$work/$2" "$3")" 'BEGIN { printf "%.2f", a / b }'; }
echo
echo "wall ratio manual / ovaport: $(ratio manual ovaport 1)"
echo "CPU ratio manual / ovaport:  $(ratio manual ovaport 2)"
echo "share of the limit: digest $(ratio digest ovaport 1), inflate $(ratio inflate ovaport 1)," \
  "write $(ratio write ovaport 1) of ovaport's wall time"
