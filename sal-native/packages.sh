# packages.sh - what SAL needs of a Debian 12 (or newer) machine; sourced by sal-native/quickstart and
# tests/run. need_packages NAME... installs those that are missing, and asks the network only then.
# What comes that way starts no service, now or at the next boot.

BUILD_PACKAGES="gcc g++ libc6-dev meson ninja-build pkg-config python3
	libuv1-dev node-llhttp libjansson-dev libtomlplusplus-dev libmd-dev
	libmnl-dev libnl-3-dev libnl-route-3-dev libnl-genl-3-dev libnftnl-dev
	libblkid-dev libmount-dev libfdisk-dev libbtrfsutil-dev zlib1g-dev linux-libc-dev"

TEST_PACKAGES="libcmocka-dev python3-pytest python3-jsonschema iproute2 iptables util-linux mount curl
	conntrack nftables openvswitch-switch ethtool iputils-ping netcat-openbsd e2fsprogs btrfs-progs xfsprogs fdisk procps strace
	dhcpcd-base dnsmasq-base isc-dhcp-client kea-dhcp4-server kea-dhcp6-server klibc-utils radvd"

# clang and what its sanitizers and libFuzzer link; for .ci/run and tests/run --compiler clang
CLANG_PACKAGES="clang libclang-rt-14-dev llvm"

# The virtual machine of tests/vm: a stock kernel for what this machine's may lack.
VM_PACKAGES="qemu-system-x86 busybox-static cpio kmod"

have_package() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Debian starts a package's services unless this file says no (invoke-rc.d(8)). Ours is known by its
# second line, so that one left behind by a killed run is taken over.
POLICY_RC_D=/usr/sbin/policy-rc.d
POLICY_MARK="# made by need_packages of SAL while it installs; may be removed"

systemd_links() {
	find /etc/systemd/system -mindepth 2 -maxdepth 2 -path '*.wants/*' -type l 2>/dev/null | sort
}

# In a subshell: what it sets up is undone by its end, whatever ends it.
install_packages() (
	before=$(systemd_links) policy=""
	undo() {
		[ -z "$policy" ] || rm -f "$policy"
		comm -13 <(echo "$before") <(systemd_links) | xargs -r rm -f
	}
	trap undo EXIT
	trap 'exit 1' HUP INT TERM
	if { [ ! -e "$POLICY_RC_D" ] && [ ! -L "$POLICY_RC_D" ]; } ||
		[ "$(sed -n 2p "$POLICY_RC_D" 2>/dev/null)" = "$POLICY_MARK" ]; then
		policy=$POLICY_RC_D
		printf '#!/bin/sh\n%s\nexit 101\n' "$POLICY_MARK" >"$policy" && chmod 755 "$policy" || exit 1
	fi
	apt-get update -qq </dev/null &&
		apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null
)

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
	install_packages $missing
}
