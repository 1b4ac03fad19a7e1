# packages.sh - what SAL needs of a Debian 12 (or newer) machine; sourced by sal-native/quickstart and
# tests/run. need_packages NAME... installs those that are missing, and asks the network only then.

BUILD_PACKAGES="gcc g++ libc6-dev meson ninja-build pkg-config python3
	libuv1-dev node-llhttp libjansson-dev libtomlplusplus-dev libmd-dev
	libmnl-dev libnl-3-dev libnl-route-3-dev libnl-genl-3-dev libnftnl-dev
	libblkid-dev libmount-dev libfdisk-dev libbtrfsutil-dev linux-libc-dev"

TEST_PACKAGES="libcmocka-dev python3-pytest python3-jsonschema iproute2 iptables util-linux mount curl
	nftables e2fsprogs btrfs-progs xfsprogs fdisk procps strace"

# clang and what its sanitizers and libFuzzer link; for .ci/run and tests/run --compiler clang
CLANG_PACKAGES="clang libclang-rt-14-dev llvm"

have_package() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

need_packages() {
	local missing="" name
	for name; do
		have_package "$name" || missing="$missing $name"
	done
	[ -n "$missing" ] || return 0
	echo "installing:$missing"
	if [ "$(id -u)" != 0 ]; then
		echo "cannot install packages: run this as root" >&2
		return 1
	fi
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq </dev/null &&
		apt-get install -y -qq --no-install-recommends $missing </dev/null >/dev/null
}
