"""net.routes.add and net.routes.delete: the tables before and after, as ip shows them."""
import threading

import pytest

from http1 import eventually
from machine import Machine

LINKS = """ip link add v0 type veth peer name v1
ip link set v0 up; ip link set v1 up
ip addr add 192.0.2.1/24 dev v0; ip addr add 2001:db8::1/64 dev v0
for f in 1 2 3 4 5 6 7 8 9 10; do ip -6 addr show dev v0 tentative | grep -q . || break; sleep 0.1; done
"""


@pytest.fixture
def box():
    with Machine(LINKS) as machine:
        yield machine


@pytest.fixture
def sal(box):
    with box.daemon() as daemon:
        yield daemon


def table(box):
    """Every route of every table, byte for byte."""
    return box.ns.run("ip -d route show table all") + box.ns.run("ip -d -6 route show table all")


def shown(sal, route):
    """The one route that net.routes lists at this destination and metric."""
    found = [r for r in sal.call("net.routes", table="all")["routes"]
             if r["dst"] == route["dst"] and r.get("metric") == route.get("metric") and r["table"] == route["table"]]
    assert len(found) == 1, found
    return found[0]


ROUTES = {
    "gateway": {"dst": "10.9.0.0/16", "gateway": "192.0.2.9"},
    "device": {"dst": "10.9.0.0/16", "dev": "v0", "metric": 7},
    "both, and a source": {"dst": "10.9.0.1", "gateway": "192.0.2.9", "dev": "v0", "prefsrc": "192.0.2.1"},
    "default": {"dst": "default", "gateway": "192.0.2.9"},
    "IPv6 default": {"dst": "default", "gateway": "2001:db8::9"},
    "onlink": {"dst": "10.9.0.0/16", "gateway": "198.51.100.1", "dev": "v0", "onlink": True},
    "another table": {"dst": "10.9.0.0/16", "gateway": "192.0.2.9", "table": "100"},
    "scope": {"dst": "10.9.0.0/16", "dev": "v0", "scope": "global"},
    "blackhole": {"dst": "10.9.0.0/16", "type": "blackhole"},
    "unreachable, IPv6": {"dst": "2001:db8:9::/48", "type": "unreachable", "metric": 50},
    "IPv6": {"dst": "2001:db8:9::/48", "gateway": "2001:db8::9"},
    "IPv6 by a link-local gateway": {"dst": "2001:db8:9::/48", "gateway": "fe80::9", "dev": "v0"},
    "IPv4 by an IPv6 gateway": {"dst": "10.9.0.0/16", "gateway": "2001:db8::9", "dev": "v0"},
    "several next hops": {"dst": "10.9.0.0/16", "nexthops": [{"gateway": "192.0.2.8"}, {"gateway": "192.0.2.9", "weight": 5}]},
    "several, IPv6": {"dst": "2001:db8:9::/48", "nexthops": [{"gateway": "2001:db8::8"}, {"gateway": "2001:db8::9", "weight": 5}]},
}


@pytest.mark.parametrize("params", ROUTES.values(), ids=ROUTES.keys())
def test_add_and_delete(box, sal, params):
    """C1: and taking each of them back leaves the tables as they were, byte for byte."""
    before = table(box)
    preview = sal.call("net.routes.add", **params, dry_run=True)
    assert preview["created"] and preview["would"][0].startswith("ip ") and "change" not in preview
    assert table(box) == before
    made = sal.call("net.routes.add", **params)
    assert made["created"] and made["managed"] and not made["replaced"] and made["change"]["state"] == "applied"
    assert made["route"] == shown(sal, made["route"]) and made["route"]["protocol"] == "173"
    after = table(box)
    assert after != before
    again = sal.call("net.routes.add", **params)
    assert not again["created"] and again["managed"] and "change" not in again and again["route"] == made["route"]
    sal.call("sys.change.rollback", id=made["change"]["id"])
    assert table(box) == before
    sal.call("net.routes.add", **params)
    assert table(box) == after
    which = {k: params[k] for k in ("dst", "gateway", "table", "metric") if k in params}
    if params["dst"] == "default":
        which["gateway"] = params["gateway"]
    assert sal.call("net.routes.delete", **which, dry_run=True)["would"] and table(box) == after
    gone = sal.call("net.routes.delete", **which)
    assert gone["removed"] and gone["managed"] and gone["route"] == made["route"]
    assert table(box) == before
    sal.call("sys.change.rollback", id=gone["change"]["id"])
    assert table(box) == after


def test_would_is_what_ip_understands(box, sal):
    """What dry_run says, done by ip itself, is what the call does."""
    before = table(box)
    for params in ROUTES.values():
        would = sal.call("net.routes.add", **params, dry_run=True)["would"]
        made = sal.call("net.routes.add", **params)
        ours = table(box)
        sal.call("sys.change.rollback", id=made["change"]["id"])
        assert len(would) == 1
        box.ns.run(would[0])
        assert table(box) == ours, would
        box.ns.run(would[0].replace(" add ", " del "))
        assert table(box) == before, would


FAULTS = {
    "no interface": ("NOT_FOUND", "/dev", {"dst": "10.9.0.0/16", "dev": "nope"}),
    "no interface of a leg": ("NOT_FOUND", "/nexthops/1/dev", {"dst": "10.9.0.0/16", "nexthops": [{"dev": "v0"}, {"dev": "nope"}]}),
    "no table": ("NOT_FOUND", "/table", {"dst": "10.9.0.0/16", "dev": "v0", "table": "nope"}),
    "table 0": ("NOT_FOUND", "/table", {"dst": "10.9.0.0/16", "dev": "v0", "table": "0"}),
    "host bits": ("INVALID_PARAMS", "/dst", {"dst": "10.9.0.1/16", "dev": "v0"}),
    "nowhere to": ("INVALID_PARAMS", "/gateway", {"dst": "10.9.0.0/16"}),
    "blackhole with a gateway": ("INVALID_PARAMS", "/type", {"dst": "10.9.0.0/16", "type": "blackhole", "gateway": "192.0.2.9"}),
    "two ways to say it": ("INVALID_PARAMS", "/nexthops", {"dst": "10.9.0.0/16", "dev": "v0", "nexthops": [{"dev": "v0"}]}),
    "no next hops": ("INVALID_PARAMS", "/nexthops", {"dst": "10.9.0.0/16", "nexthops": []}),
    "families": ("INVALID_PARAMS", "/gateway", {"dst": "2001:db8:9::/48", "gateway": "192.0.2.9"}),
    "families of the source": ("INVALID_PARAMS", "/prefsrc", {"dst": "10.9.0.0/16", "dev": "v0", "prefsrc": "2001:db8::1"}),
    "scope": ("INVALID_PARAMS", "/scope", {"dst": "10.9.0.0/16", "dev": "v0", "scope": "nope"}),
    "C6: no time to confirm": ("INVALID_PARAMS", "/confirm_within", {"dst": "10.9.0.0/16", "dev": "v0", "confirm_within": 0}),
    "C6: too much of it": ("INVALID_PARAMS", "/confirm_within", {"dst": "10.9.0.0/16", "dev": "v0", "confirm_within": 4294967295}),
    "C6: less than none": ("INVALID_PARAMS", "/confirm_within", {"dst": "10.9.0.0/16", "dev": "v0", "confirm_within": -1}),
    "the kernel's own refusal": ("KERNEL", None, {"dst": "10.9.0.0/16", "gateway": "203.0.113.1"}),
}


@pytest.mark.parametrize("kind, field, params", FAULTS.values(), ids=FAULTS.keys())
def test_bad_routes(box, sal, kind, field, params):
    before = table(box)
    error = sal.error("net.routes.add", kind=kind, field=field, **params)
    if kind == "KERNEL":
        assert "Nexthop has invalid gateway" in error["message"] and error["data"]["errno"] == "ENETUNREACH"
    assert table(box) == before and not sal.call("sys.change.list")["changes"]


def test_delete_must_match_one(box, sal):
    box.ns.sh("ip route add 10.9.0.0/16 via 192.0.2.8 metric 1; ip route add 10.9.0.0/16 via 192.0.2.9 metric 2")
    before = table(box)
    sal.error("net.routes.delete", kind="NOT_FOUND", field="/dst", dst="10.8.0.0/16")
    sal.error("net.routes.delete", kind="NOT_FOUND", field="/dst", dst="10.9.0.0/16", gateway="192.0.2.7")
    sal.error("net.routes.delete", kind="CONFLICT", field="/dst", dst="10.9.0.0/16")
    assert table(box) == before
    gone = sal.call("net.routes.delete", dst="10.9.0.0/16", metric=2)
    assert not gone["managed"] and gone["route"]["gateway"] == "192.0.2.9"


def test_foreign_routes(box, sal):
    """Shown, adopted, replaced only by force; deleting one can be taken back with all it had."""
    box.ns.run("ip route add 10.9.0.0/16 via 192.0.2.9 mtu 1400 initcwnd 5 proto static")
    before = table(box)
    sal.error("net.routes.add", kind="CONFLICT", dst="10.9.0.0/16", gateway="192.0.2.8")
    refused = sal.error("net.routes.add", kind="REFUSED", dst="10.9.0.0/16", gateway="192.0.2.8", replace=True)
    assert "force" in refused["data"]["hint"] and table(box) == before
    taken = sal.call("net.routes.add", dst="10.9.0.0/16", gateway="192.0.2.8", replace=True, force=True)
    assert taken["replaced"] and taken["managed"] and not taken["created"]
    sal.call("sys.change.rollback", id=taken["change"]["id"])
    assert table(box) == before
    gone = sal.call("net.routes.delete", dst="10.9.0.0/16")
    assert table(box) != before
    sal.call("sys.change.rollback", id=gone["change"]["id"])
    assert table(box) == before
    box.ns.run("ip route replace 10.9.0.0/16 via 192.0.2.9 proto static")
    seen = sal.call("net.routes.add", dst="10.9.0.0/16", gateway="192.0.2.9")
    assert not seen["created"] and not seen["managed"] and "change" not in seen
    own = sal.call("net.routes.add", dst="10.9.0.0/16", gateway="192.0.2.9", adopt=True)
    assert not own["created"] and own["managed"] and own["route"]["protocol"] == "static"
    box.reboot()
    with box.daemon() as later:
        assert shown(later, own["route"])["protocol"] == "static"


def test_c5_confirming(box, sal):
    """C1, C3, C5: by its caller or an admin, once, in time; and what nobody confirms goes away."""
    before = table(box)
    add = {"dst": "10.9.0.0/16", "gateway": "192.0.2.9", "confirm_within": 3600}
    made = sal.call("net.routes.add", **add)
    waits, ident = made["change"], made["change"]["id"]
    assert waits["state"] == "awaiting_confirm" and waits["deadline"]
    assert sal.call("net.routes.add", **add)["change"] == waits, "the same call by the same caller learns the id"
    conflict = sal.error("net.routes.add", kind="CONFLICT", dst="10.9.0.0/16", gateway="192.0.2.8", replace=True)
    assert conflict["data"]["change"] == ident
    assert sal.error("net.routes.delete", kind="CONFLICT", dst="10.9.0.0/16")["data"]["change"] == ident
    sal.call("net.routes.add", dst="10.8.0.0/16", gateway="192.0.2.9")  # another object is free
    sal.error("sys.change.confirm", kind="NOT_FOUND", field="/id", id="01AAAAAAAAAAAAAAAAAAAAAAAA")
    assert sal.call("sys.change.confirm", id=ident)["change"]["state"] == "confirmed"
    assert sal.call("sys.change.confirm", id=ident)["change"]["state"] == "confirmed", "twice is once"
    sal.call("sys.change.rollback", id=ident)
    sal.error("sys.change.rollback", kind="CONFLICT", field="/id", id=ident)
    sal.call("net.routes.delete", dst="10.8.0.0/16")
    assert table(box) == before
    brief = sal.call("net.routes.add", dst="10.9.0.0/16", gateway="192.0.2.9", confirm_within=10)["change"]["id"]
    sal.call("net.routes", dst="10.9.0.0/16")
    sal.call("net.routes.add", dst="10.7.0.0/16", dev="v0", dry_run=True)
    eventually(lambda: sal.call("sys.change.get", id=brief)["change"]["state"] == "rolled_back", "it is rolled back")
    assert table(box) == before
    sal.error("sys.change.confirm", kind="CONFLICT", field="/id", id=brief)


ACL = """
[[group]]
name = "writers"
users = ["uid:2000", "uid:2001"]
[[ace]]
right = "write"
groups = ["writers"]
[[group]]
name = "admins"
users = ["uid:0"]
[[ace]]
right = "admin"
groups = ["admins"]
"""


def test_c5_another_caller(box):
    """C5: only who made a change, or an admin, decides it."""
    with box.daemon(acl=ACL) as sal:
        one, other = sal.client(uid=2000), sal.client(uid=2001)
        ids = [one.call("net.routes.add", dst=f"10.{n}.0.0/16", dev="v0", confirm_within=3600)["change"]["id"] for n in range(3)]
        assert sal.call("sys.change.get", id=ids[0])["change"]["caller"] == "uid:2000"
        other.error("sys.change.confirm", kind="FORBIDDEN", id=ids[0])
        other.error("sys.change.rollback", kind="FORBIDDEN", id=ids[0])
        conflict = other.error("net.routes.add", kind="CONFLICT", dst="10.0.0.0/16", dev="v0", confirm_within=3600)
        assert conflict["data"]["change"] == ids[0], "the same call by somebody else is another call"
        assert one.call("sys.change.confirm", id=ids[0])["change"]["state"] == "confirmed"
        assert sal.call("sys.change.confirm", id=ids[1])["change"]["state"] == "confirmed"
        assert sal.call("sys.change.rollback", id=ids[2])["change"]["state"] == "rolled_back"
        for client in (one, other):
            client.close()


def test_c8_a_rollback_that_fails(box, sal):
    """C8, C11: what somebody else has put in the place of ours is left alone, and the change says so."""
    made = sal.call("net.routes.add", dst="10.9.0.0/16", gateway="192.0.2.9")
    box.ns.run("ip route replace 10.9.0.0/16 via 192.0.2.8 proto static")
    theirs = table(box)
    sal.error("sys.change.rollback", kind="CONFLICT", id=made["change"]["id"])
    change = sal.call("sys.change.get", id=made["change"]["id"])["change"]
    assert change["state"] == "rollback_failed" and change["remaining"][0]["key"] == change["objects"][0]
    assert table(box) == theirs
    box.ns.run("ip route del 10.9.0.0/16")
    sal.call("sys.change.rollback", id=made["change"]["id"])


def test_a_later_change_seals_an_earlier_one(sal):
    first = sal.call("net.routes.add", dst="10.9.0.0/16", gateway="192.0.2.9")["change"]["id"]
    second = sal.call("net.routes.add", dst="10.9.0.0/16", gateway="192.0.2.8", replace=True)["change"]["id"]
    refused = sal.error("sys.change.rollback", kind="CONFLICT", field="/id", id=first)
    assert second in refused["message"]
    assert sal.call("sys.change.get", id=first)["change"]["superseded_by"] == second
    listed = sal.ask("sys.change.list", {"method": "net.routes.add", "state": "applied"})["result"]["changes"]
    assert [c["id"] for c in listed] == [first, second]
    sal.error("sys.change.get", kind="NOT_FOUND", field="/id", id="nope")
    sal.error("sys.change.list", kind="INVALID_PARAMS", field="/state", state="nope")


def test_reboot(box):
    """What persists comes back when its link does; what does not, and what awaited confirmation, does not."""
    with box.daemon() as sal:
        sal.call("net.routes.add", dst="10.1.0.0/16", gateway="192.0.2.9")
        sal.call("net.routes.add", dst="10.2.0.0/16", dev="v0", persist=False)
        waiting = sal.call("net.routes.add", dst="10.3.0.0/16", dev="v0", confirm_within=3600)["change"]["id"]
        late = sal.call("net.routes.add", dst="2001:db8:1::/48", gateway="2001:db8::9")
        sal.call("net.routes.delete", dst="10.1.0.0/16", confirm_within=3600)
    box.setup = "ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up; ip addr add 192.0.2.1/24 dev v0"
    box.reboot()
    with box.daemon() as sal:
        have = {r["dst"] for r in sal.call("net.routes", protocol="173")["routes"]}
        assert have == {"10.1.0.0/16"}, "its deletion was not confirmed"
        assert sal.call("sys.change.get", id=waiting)["change"]["state"] == "rolled_back"
        box.ns.run("ip addr add 2001:db8::1/64 dev v0 nodad")
        eventually(lambda: sal.call("net.routes", dst="2001:db8:1::/48")["routes"], "the route comes back with the address")
        assert shown(sal, late["route"])["gateway"] == "2001:db8::9"


def test_c2_restart_in_the_window(box):
    """C2: killed or stopped, the window goes on; past its end the change is taken back at start."""
    before = table(box)
    with box.daemon() as sal:
        ident = sal.call("net.routes.add", dst="10.9.0.0/16", dev="v0", confirm_within=3600)["change"]["id"]
        sal.kill()
    with box.daemon() as sal:
        assert sal.call("sys.change.get", id=ident)["change"]["state"] == "awaiting_confirm"
        assert table(box) != before
        sal.call("sys.change.confirm", id=ident)
        sal.call("net.routes.delete", dst="10.9.0.0/16")
        late = sal.call("net.routes.add", dst="10.9.0.0/16", dev="v0", confirm_within=10)["change"]["id"]
        sal.kill()
    eventually(lambda: True, "time passes")
    with box.daemon() as sal:
        eventually(lambda: sal.call("sys.change.get", id=late)["change"]["state"] == "rolled_back", "it is rolled back")
        assert table(box) == before


def test_d1_many_callers(box, sal):
    """D1: one of 32 makes the route, the others find it; different routes all come."""
    answers, distinct = [], []

    def work(n):
        client = sal.client()
        answers.append(client.call("net.routes.add", dst="10.9.0.0/16", gateway="192.0.2.9")["created"])
        distinct.append(client.call("net.routes.add", dst=f"10.8.{n}.0/24", gateway="192.0.2.9")["created"])
        client.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(32)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(answers) == [False] * 31 + [True] and distinct == [True] * 32
    assert len(sal.call("net.routes", protocol="173")["routes"]) == 33
    assert len(sal.call("sys.change.list")["changes"]) == 33
