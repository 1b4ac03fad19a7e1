"""net.bridge against bridge -j -d link, ip -j -d link and bridge -j fdb: whole answers."""
import time

import pytest

from compare import compare
from http1 import eventually

# Timers run; a bridge is compared with the members that `ip link` has of it.
MOVES = ("gc_timer", "hello_timer", "tcn_timer", "topology_change_timer")
SHOWN = ("ifindex", "ifname", "flags", "mtu", "master", "operstate", "address", "ifalias", "linkinfo")

TOPOLOGY = """
set -e
ip link add br0 address 02:00:00:00:00:b0 type bridge stp_state 1 priority 4096
ip link add br1 type bridge
ip link add empty type bridge mcast_snooping 0
ip link set empty alias "no ports"
ip link add v0 type veth peer name v1
ip link add v2 type veth peer name v3
ip link set v0 master br0
ip link set v2 master br0
ip link set v3 master br1
ip tuntap add tap0 mode tap
ip link set tap0 master br1
ip link set br0 up; ip link set v0 up; ip link set v1 up; ip link set tap0 up
ip link set v0 type bridge_slave isolated on hairpin on cost 55 priority 7 guard on root_block on fastleave on
ip link set v2 type bridge_slave learning off flood off mcast_flood off bcast_flood off mcast_to_unicast on
ip link set v3 type bridge_slave neigh_suppress on backup_port tap0
bridge fdb add 02:00:00:00:00:11 dev v0 master static
bridge fdb add 02:00:00:00:00:12 dev v0 master static
bridge fdb add 02:00:00:00:00:13 dev tap0 master static
"""


# On top of bridge -d link.
ADDED = ("fdb", "vlans", "tunnels")


@pytest.fixture
def town(ns):
    ns.sh(TOPOLOGY)
    return ns


def bridges(sal, **params):
    answer = sal.call("net.bridge", **params)
    assert answer["consistent"] is True and answer["truncated"] is False
    return answer["bridges"]


def links(ns, what="type bridge"):
    found = [i for i in ns.json(f"ip -j -d link show {what}") if i]
    return [{n: i[n] for n in SHOWN if n in i} for i in found]


def fdb_counts(ns):
    """Entries of each bridge's own table: those that name it."""
    counts = {}
    for entry in ns.json("bridge -j fdb show"):
        if "master" in entry:
            counts[entry["master"]] = counts.get(entry["master"], 0) + 1
        elif entry["ifname"] in ("br0", "br1", "empty") and "self" not in entry["flags"]:
            counts[entry["ifname"]] = counts.get(entry["ifname"], 0) + 1
    return counts


@pytest.mark.vm("too")
def test_everything(town, sal):
    ours = bridges(sal)
    compare([{n: b[n] for n in SHOWN if n in b} for b in ours], links(town), ignore=MOVES)
    compare([p for b in ours for p in b["ports"]], town.json("bridge -j -d link"), key="ifindex", adds=ADDED)
    assert {b["ifname"]: sorted(p["ifname"] for p in b["ports"]) for b in ours} == {
        "br0": ["v0", "v2"], "br1": ["tap0", "v3"], "empty": []}
    assert {b["ifname"]: b["up"] for b in ours} == {"br0": True, "br1": False, "empty": False}


def fdb_kinds(ns):
    """The oracle's entries by kind, of each bridge and port that has any."""
    words = {"permanent": "permanent", "static": "static", "": "dynamic", "stale": "dynamic"}
    found = {}
    for entry in ns.json("bridge -j fdb show"):
        for name in {entry["master"], entry["ifname"]} if "master" in entry else ():
            found.setdefault(name, dict(NO_ENTRY))[words[entry["state"]]] += 1
    return found


NO_ENTRY = {"permanent": 0, "static": 0, "dynamic": 0}


@pytest.mark.vm("too")
def test_fdb_by_kind(town, sal):
    """On a bridge of its own, without a spanning tree: only a port that forwards takes what ages."""
    town.sh("ip link add br9 type bridge; ip link add w0 type veth peer name w1; ip link set w0 master br9;"
            "ip link set br9 up; ip link set w0 up; ip link set w1 up")
    eventually(lambda: town.json("bridge -j link show dev w0")[0]["state"] == "forwarding", "w0 forwards")
    town.sh("bridge fdb add 02:00:00:00:00:21 dev w0 master dynamic; bridge fdb add 02:00:00:00:00:22 dev w0 master dynamic;"
            "bridge fdb add 02:00:00:00:00:23 dev w0 master static; bridge fdb add 02:00:00:00:00:24 dev w0 master static")

    def looks():  # what is learnt between two looks is in one of them only
        before, ours, after = fdb_kinds(town), bridges(sal), fdb_kinds(town)
        return (before, ours) if before == after else None

    theirs, ours = eventually(looks, "nothing is learnt between two looks")
    assert {x["ifname"]: x["fdb"] for b in ours for x in [b, *b["ports"]] if x["fdb"] != NO_ENTRY} == theirs
    assert all(sum(b["fdb"].values()) == b["fdb_count"] for b in ours)
    assert theirs["br9"]["static"] >= 2 and theirs["w0"]["dynamic"] >= 2 and theirs["br9"]["permanent"] >= 1


@pytest.mark.vm
def test_vlans(town, sal):
    town.sh("ip link set br0 type bridge vlan_filtering 1; bridge vlan add dev v0 vid 10-20; bridge vlan add dev v0 vid 30 pvid;"
            "bridge vlan add dev br0 vid 7 self untagged; bridge vlan del dev v2 vid 1; ip link add vx0 type vxlan external;"
            "ip link set vx0 master br0; ip link set vx0 type bridge_slave vlan_tunnel on; bridge vlan add dev vx0 vid 5-6;"
            "bridge vlan add dev vx0 vid 5-6 tunnel_info id 50-51")
    ours = bridges(sal)
    found = {x["ifname"]: x["vlans"] for b in ours for x in [b, *b["ports"]]}
    assert found.pop("v2") == []
    compare([{"ifname": n, "vlans": v} for n, v in found.items()], town.json("bridge -j -d vlan"), key="ifname")
    assert [(p["ifname"], p["tunnels"]) for b in ours for p in b["ports"] if "tunnels" in p] == [
        ("vx0", town.json("bridge -j vlan tunnelshow")[0]["tunnels"])]
    compare(bridges(sal, ifname="br1"), [b for b in ours if b["ifname"] == "br1"], ignore=MOVES)


def test_fdb_count(town, sal):
    counts = fdb_counts(town)
    assert counts["br0"] >= 4 and counts["br1"] >= 3
    assert {b["ifname"]: b["fdb_count"] for b in bridges(sal)} == {"empty": 0, **counts}
    town.run("bridge fdb del 02:00:00:00:00:12 dev v0 master")
    assert fdb_counts(town)["br0"] < counts["br0"]  # by two where VLANs have an entry each
    assert bridges(sal, ifname="br0")[0]["fdb_count"] == fdb_counts(town)["br0"]


@pytest.mark.parametrize("ifname", ["br0", "br1", "empty"])
def test_one_bridge(town, sal, ifname):
    ours = bridges(sal, ifname=ifname)
    compare([{n: b[n] for n in SHOWN if n in b} for b in ours], links(town, f"dev {ifname}"), ignore=MOVES)
    theirs = [p for p in town.json("bridge -j -d link") if p["master"] == ifname]
    compare(ours[0]["ports"], theirs, key="ifindex", adds=ADDED)
    assert ours[0]["fdb_count"] == fdb_counts(town).get(ifname, 0)


def test_altname(town, sal):
    town.run("ip link property add dev br1 altname a-rather-long-name-of-a-bridge")
    assert bridges(sal, ifname="a-rather-long-name-of-a-bridge")[0]["ifname"] == "br1"


def test_peer_in_another_namespace(ns, sal):
    """bridge(8) takes the peer's number for one of this namespace's links; we say whose it is."""
    ns.sh("ip netns add other; ip link add br0 type bridge; ip link add va type veth peer name vb netns other;"
          "ip link set va master br0")
    port = bridges(sal)[0]["ports"][0]
    link = ns.json("ip -j -d link show va")[0]
    assert (port["link_index"], port["link_netnsid"]) == (link["link_index"], link["link_netnsid"])
    assert "link" not in port
    compare([port], ns.json("bridge -j -d link"), adds=("link_index", "link_netnsid", *ADDED), ignore=("link", "flags"))


def wait_for_root(ns, root):
    """br1 has heard of the root when the kernel says so at its port; a hello comes every second."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        port = ns.json("ip -j -d link show v1")[0]
        if port["linkinfo"]["info_slave_data"]["root_id"] == root:
            return port
        time.sleep(0.05)
    return None


def test_root_of_another_bridge(ns, sal):
    """ip 6.1 prints a bridge's own id as root_id; ours is the root's."""
    ns.sh("ip link add br0 type bridge stp_state 1 priority 4096 forward_delay 200 hello_time 100;"
          "ip link add br1 type bridge stp_state 1 priority 8192 forward_delay 200 hello_time 100;"
          "ip link add v0 type veth peer name v1; ip link set v0 master br0; ip link set v1 master br1;"
          "for l in br0 br1 v0 v1; do ip link set $l up; done")
    root = bridges(sal, ifname="br0")[0]["linkinfo"]["info_data"]["bridge_id"]
    port = wait_for_root(ns, root)
    assert port
    ours = bridges(sal, ifname="br1")[0]["linkinfo"]["info_data"]
    assert ours["root_id"] == root != ours["bridge_id"] and ours["root_port"] == 1


@pytest.mark.parametrize("name", ["nope", "", "n" * 127, "a/b"])
def test_unknown_name(town, sal, name):
    sal.error("net.bridge", kind="NOT_FOUND", field="/ifname", ifname=name)


@pytest.mark.parametrize("name, kind", [("v0", "veth"), ("lo", "none"), ("tap0", "tun")])
def test_link_that_is_no_bridge(town, sal, name, kind):
    error = sal.error("net.bridge", kind="NOT_FOUND", field="/ifname", ifname=name)
    assert f"{name} is no bridge" in error["message"] and kind in error["message"]


@pytest.mark.parametrize("params, field", [({"ifname": 7}, "/ifname"), ({"ifname": "n" * 128}, "/ifname"),
                                           ({"name": "br0"}, "/name")])
def test_bad_params(town, sal, params, field):
    sal.error("net.bridge", kind="INVALID_PARAMS", field=field, **params)


def test_none(ns, sal):
    assert bridges(sal) == []


@pytest.mark.vm
def test_vlan_filtering(ns, sal):
    ns.run("ip link add br0 type bridge vlan_filtering 1 vlan_default_pvid 5")
    compare([{n: b[n] for n in SHOWN if n in b} for b in bridges(sal)], links(ns), ignore=MOVES)
    assert bridges(sal)[0]["linkinfo"]["info_data"]["vlan_default_pvid"] == 5


def test_changes_while_it_is_read(town, sal):
    racer = town.popen(["bash", "-c", """
while :; do
  echo "link add come type bridge"; echo "link set v1 master come"; echo "link set v1 nomaster"; echo "link del come"
done | ip -force -batch -"""])
    try:
        for _ in range(100):
            answer = sal.call("net.bridge")
            found = {b["ifname"]: sorted(p["ifname"] for p in b["ports"]) for b in answer["bridges"]}
            if answer["consistent"]:
                assert (found["br0"], found["br1"], found["empty"]) == (["v0", "v2"], ["tap0", "v3"], [])
            assert found.get("come", []) in ([], ["v1"])
            done = sal.ask("net.bridge", {"ifname": "come"})
            assert "result" in done or done["error"]["data"]["kind"] == "NOT_FOUND", done
        assert racer.poll() is None, "the racer gave up"
    finally:
        racer.kill()
        racer.wait()
