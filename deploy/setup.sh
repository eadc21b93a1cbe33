#!/usr/bin/env bash
# Installs the Debian 12 packages that ovaport needs. Run as root or with sudo set up.
#
#   deploy/setup.sh build     what building and importing need
#   deploy/setup.sh test      the same, and what the tests need
set -euo pipefail

build_packages=(
  build-essential cmake ninja-build ccache pkg-config musl-tools gcc-mingw-w64-x86-64
  libarchive-dev libpugixml-dev libxml2-dev nlohmann-json3-dev libssl-dev libdeflate-dev
  zlib1g-dev libcurl4-openssl-dev liblzma-dev libicu-dev libcli11-dev libspdlog-dev libfmt-dev
  libguestfs-dev libsqlite3-dev
  qemu-utils virt-v2v nbdkit libguestfs-tools linux-image-amd64 e2fsprogs fdisk xz-utils
)
test_packages=(
  git clang clang-tidy clang-format libclang-rt-14-dev libgtest-dev libgmock-dev libyaml-cpp-dev
  qemu-system-x86 ovmf guestfs-tools mmdebstrap dosfstools mtools lvm2 cpio
  xorriso genisoimage libarchive-tools libxml2-utils libhivex-bin policycoreutils
  python3 python3-jsonschema python3-yaml wine wine64 time strace bash-completion
)

case "${1:-}" in
  build) wanted=("${build_packages[@]}") ;;
  test) wanted=("${build_packages[@]}" "${test_packages[@]}") ;;
  *)
    sed -n '2,6s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac

missing=()
for package in "${wanted[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "All ${#wanted[@]} packages are installed."
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  as_root=(sudo)
fi
echo "Installing ${#missing[@]} packages: ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
