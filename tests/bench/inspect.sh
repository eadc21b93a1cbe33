#!/usr/bin/env bash
# Times `ovaport inspect --json` over many small OVAs against two peers in one run:
# Python's tarfile and ElementTree, which list and parse but judge nothing, and
# `virt-v2v --print-source` on a few of them. What counts are the ratios.
#
#   tests/bench/inspect.sh             2,000 OVAs, page cache warm
#   tests/bench/inspect.sh --count N
#   --rounds N                         times each (3); medians are shown
#   --descriptor FILE                  the time for this descriptor as well
set -euo pipefail
cd "$(dirname "$0")/../.."

count=2000
rounds=3
descriptor=
while [ $# -gt 0 ]; do
  case "$1" in
    --count) count=$2 ;;
    --rounds) rounds=$2 ;;
    --descriptor) descriptor=$(realpath "$2") ;;
    *)
      sed -n '2,9s/^# \{0,1\}//p' "$0"
      exit 2
      ;;
  esac
  shift 2
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --preset release >/dev/null
cmake --build --preset release --target ovaport >/dev/null
ovaport=$PWD/build/release/src/ovaport

/usr/bin/python3 - "$work" "$count" <<'PYTHON'
import pathlib, sys
sys.path.insert(0, "tests/support")
import ova
directory = pathlib.Path(sys.argv[1]) / "share"
directory.mkdir()
made = ova.Ova(sys.argv[1])
disk = made.content("disk0.vmdk")[:65536]
for number in range(int(sys.argv[2])):
    text = ova.descriptor([("disk0.vmdk", 16 << 20, len(disk))], name=f"Appliance {number}")
    members = [("app.ovf", text), ("disk0.vmdk", disk)]
    ova.tar(directory / f"app{number:05d}.ova",
            members[:1] + [("app.mf", ova.manifest(members))] + members[1:])
PYTHON

cat >"$work/peer.py" <<'PYTHON'
import multiprocessing, sys, tarfile, xml.etree.ElementTree as tree
def look(path):
    with tarfile.open(path) as archive:
        names = archive.getnames()
        text = archive.extractfile(next(n for n in names if n.endswith(".ovf"))).read()
    return len(list(tree.fromstring(text).iter()))
with multiprocessing.Pool() as pool:
    print(sum(pool.map(look, sys.argv[1:], chunksize=16)))
PYTHON

seconds() { # command… : wall seconds
  /usr/bin/time -o "$work/time" -f %e "$@" >"$work/out" 2>"$work/err" || {
    tail -5 "$work/err"
    exit 1
  }
  cat "$work/time"
}
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

cat "$work"/share/* >/dev/null
for ((round = 0; round < rounds; round++)); do
  seconds "$ovaport" inspect --json "$work"/share/*.ova >>"$work/ours"
  [ "$(wc -l <"$work/out")" = "$count" ]
  seconds /usr/bin/python3 "$work/peer.py" "$work"/share/*.ova >>"$work/python"
done
few=5
for package in $(ls -d "$work"/share/*.ova | head -$few); do
  seconds virt-v2v -i ova "$package" --print-source >>"$work/v2v"
done

rate() { awk -v n="$2" -v s="$(median <"$work/$1")" 'BEGIN { printf "%.1f", n / s }'; }
echo "$count OVAs; $(nproc) cores; $rounds rounds; packages a second:"
echo "  ovaport inspect --json           $(rate ours "$count")"
echo "  Python, tarfile and ElementTree  $(rate python "$count")"
echo "  virt-v2v --print-source          $(rate v2v 1)  (one after the other)"
if [ -n "$descriptor" ]; then
  times=100
  for ((i = 0; i < times; i++)); do echo "$descriptor"; done >"$work/list"
  for ((round = 0; round < rounds; round++)); do
    /usr/bin/time -o "$work/time" -f '%U %S' \
      xargs -a "$work/list" -d '\n' "$ovaport" inspect --descriptor-only --json >/dev/null || true
    tail -1 "$work/time" | awk -v n=$times '{ print ($1 + $2) * 1000 / n }' >>"$work/descriptor"
  done
  echo "CPU time for $(basename "$descriptor"): $(median <"$work/descriptor") ms"
fi
