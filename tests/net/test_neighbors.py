"""net.neighbors against ip -j neigh (iproute2 6.1): whole answers."""
import threading

import pytest
from compare import compare

# ip writes null for these; they are true here.
FLAGS = ("router", "proxy", "managed", "extern_learn", "offload")
STATES = ["permanent", "reachable", "noarp", "none", "stale", "incomplete", "delay", "probe", "failed", "all"]


def oracle(ns, *words):
    """ip's answer with its null flags as true; dev, which ip leaves out when asked for one, put in."""
    command = ["ip", "-j", "-d", "neigh", "show", *words]
    entries = ns.json(" ".join(command))
    dev = words[words.index("dev") + 1] if "dev" in words else None
    for e in entries:
        e.update({flag: True for flag in FLAGS if flag in e})
        if dev:
            e["dev"] = dev
    return entries


@pytest.fixture
def net(ns, sal):
    ns.sh("""
ip link add v0 type veth peer name v1
ip link add v2 type veth peer name v3
for l in v0 v1 v2 v3; do ip link set $l up; done
ip addr add 192.0.2.1/24 dev v0
ip addr add 2001:db8::1/64 dev v0
for s in permanent noarp stale reachable; do
	i=$((i + 1))
	ip neigh add 192.0.2.$((10 + i)) lladdr 02:00:00:00:00:0$i dev v0 nud $s
	ip neigh add 2001:db8::1$i lladdr 02:00:00:00:01:0$i dev v2 nud $s
done
ip neigh add 192.0.2.20 lladdr 02:00:00:00:00:20 dev v2 nud permanent router
ip neigh add 2001:db8::20 lladdr 02:00:00:00:00:21 dev v2 nud stale router extern_learn
ip neigh add 192.0.2.21 lladdr 02:00:00:00:00:22 dev v2 nud noarp extern_learn protocol 173
ip neigh add 192.0.2.22 lladdr 02:00:00:00:00:23 dev v2 nud permanent protocol static
ip neigh add 192.0.2.23 dev v0 nud failed
ip neigh add 2001:db8::23 dev v0 nud failed
ip neigh add 192.0.2.24 dev v0 nud none
ip neigh add proxy 192.0.2.30 dev v0
ip neigh add proxy 2001:db8::30 dev v0
""")
    return ns


def test_all(net, sal):
    answer = sal.call("net.neighbors")
    assert answer["consistent"] is True and answer["truncated"] is False
    compare(answer["neighbors"], oracle(net))
    by_dst = {n["dst"]: n for n in answer["neighbors"]}
    assert "192.0.2.30" not in by_dst and "192.0.2.12" not in by_dst and "192.0.2.24" not in by_dst
    assert by_dst["192.0.2.21"]["protocol"] == "173" and by_dst["192.0.2.21"]["state"] == ["NOARP"]
    assert by_dst["192.0.2.20"]["router"] is True
    assert "lladdr" not in by_dst["192.0.2.23"] and by_dst["192.0.2.23"]["state"] == ["FAILED"]


@pytest.mark.parametrize("state", STATES)
def test_states(net, sal, state):
    theirs = oracle(net, "nud", state)
    compare(sal.call("net.neighbors", state=state)["neighbors"], theirs)
    if state in ("permanent", "reachable", "noarp", "none", "stale", "failed", "all"):
        assert len(theirs) > 2, "nothing compared"


@pytest.mark.parametrize("family,flag", [("inet", "-4"), ("inet6", "-6")])
def test_families(net, sal, family, flag):
    theirs = [n for n in oracle(net, "nud", "all") if (":" in n["dst"]) == (family == "inet6")]
    assert len(theirs) > 3
    compare(sal.call("net.neighbors", family=family, state="all")["neighbors"], theirs)


def test_devices(net, sal):
    for dev in ("v0", "v2"):
        theirs = oracle(net, "dev", dev)
        assert len(theirs) > 3
        compare(sal.call("net.neighbors", dev=dev)["neighbors"], theirs)
    compare(sal.call("net.neighbors", dev="v2", state="stale", family="inet6")["neighbors"],
            [n for n in oracle(net, "dev", "v2", "nud", "stale") if ":" in n["dst"]])
    assert sal.call("net.neighbors", dev="v1") == {"neighbors": [], "consistent": True, "truncated": False}


def test_managed(net, sal):
    net.or_skip("ip neigh add 192.0.2.40 dev v0 managed extern_learn")
    ours = sal.call("net.neighbors", dev="v0")["neighbors"]
    # its state moves while the kernel tries to resolve it
    compare(ours, oracle(net, "dev", "v0"), ignore=("state",))
    assert [n["managed"] for n in ours if n["dst"] == "192.0.2.40"] == [True]


@pytest.mark.vm
def test_tunnel_addresses(net, sal):
    """On a GRE link the link-layer address is an IP address."""
    net.run("ip link add g0 type gre local 192.0.2.1 key 5")
    net.sh("ip link set g0 up; ip addr add 203.0.113.1/24 dev g0; "
           "ip neigh add 203.0.113.2 lladdr 198.51.100.9 dev g0 nud permanent")
    compare(sal.call("net.neighbors", dev="g0")["neighbors"], oracle(net, "dev", "g0"))


def test_errors(net, sal):
    error = sal.error("net.neighbors", kind="NOT_FOUND", field="/dev", dev="nope")
    assert error["data"]["subject"] == "interface nope"
    for field, value in (("state", "PERMANENT"), ("state", ""), ("family", "bridge"), ("dev", "x" * 16), ("proxy", True)):
        sal.error("net.neighbors", kind="INVALID_PARAMS", field=f"/{field}", **{field: value})


def test_ten_thousand(net, sal):
    net.batch([f"neigh add 10.{i >> 8}.{i & 255}.1 lladdr 02:00:00:00:{i >> 8:02x}:{i & 255:02x} dev v0 nud permanent"
               for i in range(10000)])
    net.batch([f"neigh add 2001:db8:1::{i:x} lladdr 02:00:00:01:{i >> 8:02x}:{i & 255:02x} dev v2 nud permanent"
               for i in range(1, 10001)])
    ours = sal.call("net.neighbors")["neighbors"]
    compare(ours, oracle(net))
    assert len(ours) > 20000


def test_while_neighbours_change(net, sal):
    stand = {f"10.0.{i >> 8}.{i & 255}" for i in range(1000)}
    net.batch([f"neigh add {dst} lladdr 02:00:00:00:00:01 dev v0 nud permanent" for dst in sorted(stand)])
    done = threading.Event()

    def churn():
        while not done.is_set():
            net.batch([f"neigh add 10.9.0.{i} lladdr 02:00:00:00:00:02 dev v0 nud permanent" for i in range(1, 100)]
                      + [f"neigh del 10.9.0.{i} dev v0" for i in range(1, 100)])

    thread = threading.Thread(target=churn)
    thread.start()
    consistent = 0
    try:
        for _ in range(60):
            answer = sal.call("net.neighbors", dev="v0")
            if answer["consistent"]:
                consistent += 1
                found = [n["dst"] for n in answer["neighbors"] if n["dst"].startswith("10.0.")]
                assert set(found) >= stand
    finally:
        done.set()
        thread.join()
    assert consistent, "every dump was interrupted"
