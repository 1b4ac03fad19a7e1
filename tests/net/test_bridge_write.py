"""net.bridge.add: what ip and bridge show before and after, whole; who owns what; callers in a crowd."""
import threading

import pytest

from http1 import eventually
from machine import Machine

MAC = "02:00:00:00:00:b0"


def quiet(box):
    """What the kernel does by itself when a pair comes up is over: dumps stay as they are."""
    pair = [i for i in box.ns.json("ip -j addr") if i.get("ifname") in ("v0", "v1")]
    routes = box.ns.run("ip -6 route show table local")
    return all(i["operstate"] == "UP" and i["addr_info"] and i["addr_info"][0]["local"] in routes for i in pair)


@pytest.fixture
def box():
    with Machine("ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up") as machine:
        eventually(lambda: quiet(machine), "the pair is up and has its addresses")
        yield machine


@pytest.fixture
def sal(box):
    with box.daemon() as daemon:
        yield daemon


def dump(box):
    """Links, their addresses and ports, byte for byte."""
    return [box.ns.run(c) for c in ("ip -d -j link", "bridge -j -d link", "ip -j addr", "ip -d route show table all")]


def link(box, name):
    """A bridge as ip shows it, but for what differs from one making to the next."""
    shown = box.ns.json(f"ip -j -d link show dev {name}")[0]
    del shown["ifindex"]
    info = shown["linkinfo"]["info_data"]
    for timer in ("hello_timer", "tcn_timer", "topology_change_timer", "gc_timer"):
        info.pop(timer)
    return shown


def settled(box, name):
    """A bridge without ports that is up loses its carrier a moment later."""
    return eventually(lambda: box.ns.json(f"ip -j link show dev {name}")[0]["operstate"] == "DOWN" and link(box, name), f"{name} is settled")


BRIDGES = {
    "plain": {},
    "all": {"mtu": 1400, "address": MAC, "stp": True},
    "down": {"up": False, "address": MAC},
    "jumbo": {"mtu": 9000},
}


@pytest.mark.parametrize("params", BRIDGES.values(), ids=BRIDGES.keys())
def test_add(box, sal, params):
    """C1: taking it back leaves everything as it was, byte for byte."""
    params = {"ifname": "br0", **params}
    before = dump(box)
    preview = sal.call("net.bridge.add", **params, dry_run=True)
    assert preview["created"] and preview["managed"] and "change" not in preview and "bridge" not in preview
    assert dump(box) == before
    made = sal.call("net.bridge.add", **params)
    assert made["created"] and made["managed"] and made["change"]["state"] == "applied"
    shown = settled(box, "br0")
    assert shown["ifalias"] == "sal:link:br0" and shown["linkinfo"]["info_data"]["stp_state"] == int(params.get("stp", False))
    assert shown["mtu"] == params.get("mtu", 1500) and ("UP" in shown["flags"]) == params.get("up", True)
    assert shown["address"] == params.get("address", shown["address"]) and int(shown["address"][:2], 16) & 3 == 2
    assert made["bridge"]["address"] == shown["address"] and made["bridge"]["ifname"] == "br0"
    assert made["bridge"]["up"] == params.get("up", True) and made["bridge"]["ports"] == []
    again = sal.call("net.bridge.add", **params)
    assert not again["created"] and again["managed"] and "change" not in again
    listed = sal.call("net.bridge", ifname="br0")["bridges"][0]
    assert {**again["bridge"], "linkinfo": 0} == {**listed, "linkinfo": 0}
    sal.call("sys.change.rollback", id=made["change"]["id"])
    assert dump(box) == before


def test_would_is_what_ip_understands(box, sal):
    for params in ({"mtu": 1400, "stp": True}, {"up": False}, {}):
        params = {"ifname": "br0", "address": MAC, **params}
        would = sal.call("net.bridge.add", **params, dry_run=True)["would"]
        made = sal.call("net.bridge.add", **params)
        ours = settled(box, "br0")
        sal.call("sys.change.rollback", id=made["change"]["id"])
        for line in would:
            box.ns.run(line)
        assert settled(box, "br0") == ours, would
        box.ns.run("ip link del br0")


def test_the_address_and_mtu_stay(box, sal):
    """A port does not give a bridge of ours its MAC, nor its mtu where one was asked for."""
    sal.call("net.bridge.add", ifname="br0", address=MAC, mtu=1400)
    sal.call("net.bridge.add", ifname="br1")
    box.ns.sh("ip link set v0 mtu 1300; ip link set v1 mtu 1300; ip link set v0 master br0; ip link set v1 master br1")
    assert (link(box, "br0")["address"], link(box, "br0")["mtu"]) == (MAC, 1400)
    assert link(box, "br1")["mtu"] == 1300


FAULTS = {
    "no name": ("INVALID_PARAMS", "/ifname", {}),
    "a long name": ("INVALID_PARAMS", "/ifname", {"ifname": "b" * 16}),
    "a pattern": ("INVALID_PARAMS", "/ifname", {"ifname": "br%d"}),
    "multicast": ("INVALID_PARAMS", "/address", {"ifname": "br0", "address": "01:00:00:00:00:01"}),
    "no address": ("INVALID_PARAMS", "/address", {"ifname": "br0", "address": "00:00:00:00:00:00"}),
    "mtu": ("INVALID_PARAMS", "/mtu", {"ifname": "br0", "mtu": 67}),
    "a link of another kind": ("CONFLICT", "/ifname", {"ifname": "v0"}),
    "an altname": ("CONFLICT", "/ifname", {"ifname": "other"}),
    "another mtu": ("CONFLICT", "/ifname", {"ifname": "foreign", "mtu": 1400}),
    "another address": ("CONFLICT", "/ifname", {"ifname": "foreign", "address": MAC}),
    "another stp": ("CONFLICT", "/ifname", {"ifname": "foreign", "stp": True}),
    "it is up": ("CONFLICT", "/ifname", {"ifname": "foreign", "up": False}),
}


@pytest.mark.parametrize("kind, field, params", FAULTS.values(), ids=FAULTS.keys())
def test_refused(box, sal, kind, field, params):
    box.ns.sh("ip link add foreign type bridge; ip link set foreign up; ip link property add dev v0 altname other")
    before = [link(box, "foreign"), box.ns.run("ip -j link show type veth")]
    sal.error("net.bridge.add", kind=kind, field=field, **params)
    assert [link(box, "foreign"), box.ns.run("ip -j link show type veth")] == before
    assert not sal.call("sys.change.list")["changes"]


def test_the_kernels_own_refusal_is_undone(box, sal):
    """An IPv6 sysctl folder of that name exists already: the kernel cannot make the link."""
    before = dump(box)
    error = sal.error("net.bridge.add", kind="KERNEL", ifname="default")
    assert error["data"]["errno"] == "EINVAL"
    assert dump(box) == before and not sal.call("sys.change.list")["changes"]


def test_foreign_and_adopted(box):
    box.ns.sh("ip link add br0 type bridge; ip link set br0 up")
    with box.daemon() as sal:
        seen = sal.call("net.bridge.add", ifname="br0")
        assert not seen["created"] and not seen["managed"] and "change" not in seen
        stands = link(box, "br0")
        own = sal.call("net.bridge.add", ifname="br0", adopt=True)
        assert not own["created"] and own["managed"] and own["change"]["state"] == "applied"
        assert sal.call("net.bridge.add", ifname="br0")["managed"]
        assert link(box, "br0") == stands
        sal.call("sys.change.rollback", id=own["change"]["id"])
        assert link(box, "br0") == stands and not sal.call("net.bridge.add", ifname="br0")["managed"]
        sal.call("net.bridge.add", ifname="br0", adopt=True)
    box.reboot()
    with box.daemon() as sal:
        assert settled(box, "br0")["address"] == stands["address"]
        assert sal.call("net.bridge.add", ifname="br0")["managed"]


def test_a_stranger_of_the_same_name(box, sal):
    """C11: it is neither taken for ours nor removed."""
    made = sal.call("net.bridge.add", ifname="br0")
    box.ns.sh("ip link del br0; ip link add br0 type bridge; ip link set br0 up")
    theirs = link(box, "br0")
    assert not sal.call("net.bridge.add", ifname="br0")["managed"]
    sal.error("sys.change.rollback", kind="CONFLICT", id=made["change"]["id"])
    assert link(box, "br0") == theirs
    box.ns.run("ip link del br0")
    sal.call("sys.change.rollback", id=made["change"]["id"])


def test_renamed_meanwhile(box, sal):
    """It is the number and the MAC that count."""
    before = dump(box)
    made = sal.call("net.bridge.add", ifname="br0")
    box.ns.run("ip link set br0 name br9")
    sal.call("sys.change.rollback", id=made["change"]["id"])
    assert dump(box) == before


def test_confirming(box, sal):
    before = dump(box)
    add = {"ifname": "br0", "confirm_within": 3600}
    made = sal.call("net.bridge.add", **add)["change"]
    assert made["state"] == "awaiting_confirm" and sal.call("net.bridge.add", **add)["change"] == made
    assert sal.error("net.bridge.add", kind="CONFLICT", ifname="br0")["data"]["change"] == made["id"]
    assert sal.call("sys.change.confirm", id=made["id"])["change"]["state"] == "confirmed"
    sal.call("sys.change.rollback", id=made["id"])
    brief = sal.call("net.bridge.add", ifname="br0", confirm_within=10)["change"]["id"]
    box.ns.run("ip link set v0 master br0")
    eventually(lambda: sal.call("sys.change.get", id=brief)["change"]["state"] == "rolled_back", "it is rolled back")
    assert box.ns.run("bridge -j link").strip() in ("", "[]", "[ ]") and dump(box)[0] == before[0]


def test_reboot(box):
    with box.daemon() as sal:
        sal.call("net.bridge.add", ifname="br0", mtu=1400, stp=True)
        sal.call("net.bridge.add", ifname="br1", persist=False)
        sal.call("net.bridge.add", ifname="br2", persist=False)
        changed = sal.call("net.bridge.add", ifname="br2")
        assert not changed["created"] and changed["change"]["state"] == "applied"
        sal.call("net.bridge.add", ifname="br3", confirm_within=3600)
        stood = settled(box, "br0")
    box.reboot()
    with box.daemon() as sal:
        assert settled(box, "br0") == stood
        assert sorted(i["ifname"] for i in box.ns.json("ip -j link show type bridge") if i) == ["br0", "br2"]
        assert sal.call("net.bridge.add", ifname="br0", mtu=1400, stp=True)["managed"]


def test_a_crowd(box, sal):
    """32 callers want the same bridge: one makes it, and 32 others get one each."""
    answers = []

    def ask(n):
        client = sal.client()
        answers.append([client.call("net.bridge.add", ifname="br0"), client.call("net.bridge.add", ifname=f"own{n}")])
        client.close()
    crowd = [threading.Thread(target=ask, args=(n,)) for n in range(32)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert len(answers) == 32 and sum(a["created"] for a, _ in answers) == 1
    assert all(a["managed"] for a, _ in answers) and all(b["created"] for _, b in answers)
