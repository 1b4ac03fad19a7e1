"""net.status against uname, /proc and ip -j addr."""
import os
import pathlib
import time


def addresses(ns):
    """What ip shows of global scope and in use, IPv4 first, in the kernel's order."""
    found = [(a["family"], {"ifname": link["ifname"], "family": a["family"], "local": a["local"],
                            "prefixlen": a["prefixlen"]})
             for link in ns.json("ip -j addr") for a in link.get("addr_info", [])
             if a["scope"] == "global" and not a.get("tentative") and not a.get("dadfailed")]
    return [a for family in ("inet", "inet6") for f, a in found if f == family]


def test_daemon_and_node(ns, sal):
    status = sal.call("net.status")
    assert status["pid"] == sal.pid
    assert status["mode"] == "native"
    assert status["version"] == sal.call("rpc.health")["version"]
    assert status["hostname"] == os.uname().nodename
    assert status["kernel"] == os.uname().release
    assert status["boot_id"] == pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert status["addresses"] == []
    assert 0 <= status["uptime"] < 60


def test_uptime_counts(sal):
    first = sal.call("net.status")["uptime"]
    end = time.monotonic() + 10
    while sal.call("net.status")["uptime"] == first:
        assert time.monotonic() < end, "uptime stands still"
        time.sleep(0.05)


def test_addresses(ns, sal):
    ns.sh("""
ip link add v0 type veth peer name v1
ip link set v0 up; ip link set v1 up
ip addr add 192.0.2.1/24 dev v0
ip addr add 192.0.2.77/24 dev v0
ip addr add 203.0.113.1 peer 203.0.113.2 dev v0
ip addr add 198.51.100.1/24 dev v1 scope link
ip addr add 2001:db8::1/64 dev v0
ip addr add fd00::1/128 dev lo
ip link add w0 type veth peer name w1
ip addr add 2001:db8:1::1/64 dev w0
""")
    ours = sal.call("net.status")["addresses"]
    assert ours == addresses(ns)
    assert {"ifname": "v0", "family": "inet", "local": "203.0.113.1", "prefixlen": 32} in ours
    assert "198.51.100.1" not in [a["local"] for a in ours]
    assert "fe80" not in str(ours)


def test_errors(sal):
    sal.error("net.status", kind="INVALID_PARAMS", field="/ifname", ifname="lo")
