"""net.vlan against bridge -j -d vlan, bridge -j vlan tunnelshow, bridge -j -d vlan global and ip -j -d link: whole answers.

VLANs on bridges and VLAN devices are what many a kernel lacks; most of this runs in the virtual machine.
"""
import contextlib
import os
import signal
from pathlib import Path

import pytest

from compare import compare
from http1 import eventually

SHOWN = ("ifindex", "link", "link_index", "link_netnsid", "ifname", "flags", "mtu", "master", "operstate", "address",
         "ifalias", "linkinfo")
SETTINGS = ("vlan_filtering", "vlan_protocol", "vlan_default_pvid", "vlan_stats_enabled", "vlan_stats_per_port",
            "mcast_snooping", "mcast_vlan_snooping")

TOPOLOGY = Path(__file__).parents[1] / "unit/fixtures/vlans.sh"


@pytest.fixture
def town(ns):
    ns.sh(TOPOLOGY.read_text())
    # A port becomes a multicast router's when its link has come up, which takes the kernel a moment.
    eventually(lambda: "router_ports" in ns.run("bridge -j -d vlan global show"), "v0 leads to a router")
    return ns


def vlan(sal, **params):
    answer = sal.call("net.vlan", **params)
    assert answer["consistent"] is True and answer["truncated"] is False
    return answer


def theirs_of(ns):
    """What the tools say, in the shape of our answer."""
    tunnels = {t["ifname"]: t["tunnels"] for t in ns.json("bridge -j vlan tunnelshow")}
    ports = [p | ({"tunnels": tunnels[p["ifname"]]} if p["ifname"] in tunnels else {})
             for p in ns.json("bridge -j -d vlan")]
    options = {o["ifname"]: o["vlans"] for o in ns.json("bridge -j -d vlan global show")}
    bridges = [{"ifindex": b["ifindex"], "ifname": b["ifname"], "vlans": options.get(b["ifname"], []),
                **{n: b["linkinfo"]["info_data"][n] for n in SETTINGS if n in b["linkinfo"]["info_data"]}}
               for b in ns.json("ip -j -d link show type bridge") if b]
    links = [{n: i[n] for n in SHOWN if n in i} for i in ns.json("ip -j -d link show type vlan") if i]
    return {"ports": ports, "bridges": bridges, "links": links}


def agree(ours, theirs):
    """A port without VLANs is nothing that bridge(8) prints."""
    ours = {**ours, "ports": [p for p in ours["ports"] if p["vlans"]]}
    compare(ours, theirs, key="ifname", adds=("ports.*.ifindex", "ports.*.master", "bridges.*.vlans.*.msti",
                                              "consistent", "truncated"))


@contextlib.contextmanager
def racing(ns, tool, lines):
    """These lines run again and again as a batch of the tool, until the end of the block."""
    echo = "; ".join(f'echo "{line}"' for line in lines)
    racer = ns.popen(["bash", "-c", f"while :; do {echo}; done | {tool} -force -batch -"], start_new_session=True)
    try:
        yield
        assert racer.poll() is None, "the racer gave up"
    finally:
        os.killpg(racer.pid, signal.SIGKILL)
        racer.wait()


@pytest.mark.vm
def test_everything(town, sal):
    ours, theirs = vlan(sal), theirs_of(town)
    assert [len(theirs[n]) for n in ("ports", "bridges", "links")] == [5, 3, 4]
    agree(ours, theirs)
    master = {i["ifname"]: i.get("master", i["ifname"]) for i in town.json("ip -j link")}
    index = {i["ifname"]: i["ifindex"] for i in town.json("ip -j link")}
    assert {p["ifname"]: (p["ifindex"], p["master"]) for p in ours["ports"]} == {
        n: (index[n], master[n]) for n in ("br0", "br1", "br2", "v0", "v2", "v3", "v4", "v2.5", "vx0")}
    assert {p["ifname"]: p["vlans"] for p in ours["ports"] if not p["vlans"]} == {"br2": [], "v2": [], "v4": [], "v2.5": []}


@pytest.mark.vm
@pytest.mark.parametrize("ifname, ports, bridges, links", [
    ("br0", ["br0", "v0", "v2", "vx0"], ["br0"], ["br0.10"]),
    ("br1", ["br1", "v3"], ["br1"], []),
    ("v0", ["v0"], ["br0"], []),
    ("v2", ["v2"], ["br0"], ["v2.5"]),
    ("v2.5", ["v2.5"], ["br2"], ["v2.5"]),
    ("br0.10", [], [], ["br0.10"]),
    ("d0", [], [], ["d0.s"]),
    ("d0.s", [], [], ["d0.s", "d0.s.c"]),
])
def test_one_interface(town, sal, ifname, ports, bridges, links):
    town.run(f"ip link property add dev {ifname} altname a-long-name-of-the-one-asked-for")
    ours, theirs = vlan(sal, ifname=ifname), theirs_of(town)
    assert {p["ifname"] for p in ours["ports"]} == set(ports)
    agree(ours, {"ports": [p for p in theirs["ports"] if p["ifname"] in ports],
                 "bridges": [b for b in theirs["bridges"] if b["ifname"] in bridges],
                 "links": [i for i in theirs["links"] if i["ifname"] in links]})
    assert vlan(sal, ifname="a-long-name-of-the-one-asked-for") == ours


@pytest.mark.vm("too")
def test_bridges_alone(ns, sal):
    """Also on kernels whose bridges know no VLANs: then nothing is said of any."""
    ns.sh("ip link add br0 type bridge; ip link add v0 type veth peer name v1; ip link set v0 master br0")
    ours = vlan(sal)
    data = ns.json("ip -j -d link show dev br0")[0]["linkinfo"]["info_data"]
    known = "vlan_protocol" in data
    compare([{n: v for n, v in b.items() if n != "vlans"} for b in ours["bridges"]],
            [{"ifindex": ns.json("ip -j link show br0")[0]["ifindex"], "ifname": "br0",
              **{n: data[n] for n in SETTINGS if n in data}}])
    assert [p["ifname"] for p in ours["ports"]] == (["br0", "v0"] if known else []) and ours["links"] == []
    assert vlan(sal, ifname="v0")["bridges"] == ours["bridges"]


def test_none(ns, sal):
    assert vlan(sal) == {"ports": [], "bridges": [], "links": [], "consistent": True, "truncated": False}


@pytest.mark.parametrize("name", ["nope", "", "n" * 127, "a/b"])
def test_unknown_name(ns, sal, name):
    sal.error("net.vlan", kind="NOT_FOUND", field="/ifname", ifname=name)


@pytest.mark.vm("too")
def test_nothing_to_do_with_vlans(ns, sal):
    ns.sh("ip link add v0 type veth peer name v1; ip link add br0 type bridge; ip link set v1 master br0")
    error = sal.error("net.vlan", kind="NOT_FOUND", field="/ifname", ifname="v0")
    assert "v0 is neither a bridge" in error["message"] and error["data"]["subject"] == "interface v0"


@pytest.mark.parametrize("params, field", [({"ifname": 7}, "/ifname"), ({"ifname": "n" * 128}, "/ifname"),
                                           ({"vid": 1}, "/vid")])
def test_bad_params(ns, sal, params, field):
    sal.error("net.vlan", kind="INVALID_PARAMS", field=field, **params)


@pytest.mark.vm
@pytest.mark.parametrize("name", ["\"q\"", "ü-ä", "fifteen-bytes.x", "-", "a\\b", "{}", "x\x01y"])
def test_odd_names(ns, sal, name):
    ns.run(["ip", "link", "add", "br0", "type", "bridge", "vlan_filtering", "1"])
    ns.run(["ip", "link", "add", "name", name, "type", "dummy"])
    ns.run(["ip", "link", "set", "dev", name, "master", "br0"])
    ns.run(["ip", "link", "add", "link", name, "name", "on-it", "type", "vlan", "id", "9"])
    agree(vlan(sal), theirs_of(ns))
    one = vlan(sal, ifname=name)
    assert [p["ifname"] for p in one["ports"]] == [name] and one["links"][0]["link"] == name


@pytest.mark.vm
def test_all_vlans_of_a_port(ns, sal):
    """In one range, and in 4094 that no two neighbours can join: more than a datagram holds."""
    ns.sh("ip link add br0 type bridge vlan_filtering 1 vlan_default_pvid 0; ip link add v0 type dummy;"
          "ip link add v1 type dummy; ip link set v0 master br0; ip link set v1 master br0;"
          "bridge vlan add dev v0 vid 1-4094; bridge vlan add dev v1 vid 1-4094")
    ns.batch([f"vlan set dev v1 vid {v} state blocking" for v in range(2, 4095, 2)], tool="bridge")
    ours = vlan(sal)
    by_name = {p["ifname"]: p["vlans"] for p in ours["ports"]}
    assert [(v["vlan"], v["vlanEnd"]) for v in by_name["v0"]] == [(1, 4094)]
    assert [v["vlan"] for v in by_name["v1"]] == list(range(1, 4095))
    agree(ours, theirs_of(ns))
    assert {p["ifname"]: p["vlans"] for p in sal.call("net.bridge")["bridges"][0]["ports"]} == {
        n: by_name[n] for n in ("v0", "v1")}


@pytest.mark.vm
def test_ten_thousand_entries(ns, sal):
    """50 ports with 200 VLANs of alternate kind: an answer that is streamed."""
    names = [f"p{i}" for i in range(50)]
    ns.run("ip link add br0 type bridge vlan_filtering 1 vlan_default_pvid 0")
    ns.batch([f"link add {n} type dummy" for n in names] + [f"link set {n} master br0" for n in names])
    ns.batch([f"vlan add dev {n} vid {v} {'untagged' if v % 2 else ''}" for n in names for v in range(100, 300)],
             tool="bridge")
    ours = vlan(sal)
    assert sal.response.header("transfer-encoding") == "chunked"
    assert sum(len(p["vlans"]) for p in ours["ports"]) == 10000
    agree(ours, theirs_of(ns))


@pytest.mark.vm
def test_device_on_a_link_elsewhere(ns, sal):
    """The link below it is in another namespace, and has the number of one here that has nothing to do with it."""
    ns.sh("ip netns add other; ip -n other link add d0 index 500 type dummy;"
          f"ip -n other link add link d0 name d0.5 type vlan id 5; ip -n other link set d0.5 netns {ns.pid};"
          "ip link add x index 500 type dummy; ip link add br0 type bridge")
    ours = vlan(sal)
    assert ours["links"][0]["link_index"] == 500
    agree(ours, theirs_of(ns))
    assert vlan(sal, ifname="d0.5")["links"] == ours["links"]
    sal.error("net.vlan", kind="NOT_FOUND", field="/ifname", ifname="x")


@pytest.mark.vm
def test_changes_while_it_is_read(ns, sal):
    """What is said to be consistent is: a VLAN that p20 has only while p1 has it is never there alone."""
    ns.sh("ip link add br0 type bridge vlan_filtering 1 vlan_default_pvid 0;"
          "for i in $(seq 20); do ip link add p$i type dummy; ip link set p$i master br0; done")
    ns.batch([f"vlan add dev p{i} vid {v}" for i in range(1, 21) for v in range(2, 200, 2)], tool="bridge")
    lines = ["vlan add dev p1 vid 4000", "vlan add dev p20 vid 4000", "vlan del dev p20 vid 4000", "vlan del dev p1 vid 4000"]
    with racing(ns, "bridge", lines):
        said = set()
        for _ in range(12):
            answer = sal.call("net.vlan")
            assert len(answer["ports"]) == 21
            assert all(len(p["vlans"]) >= 99 for p in answer["ports"] if p["ifname"] != "br0")
            said.add(answer["consistent"])
            found = {p["ifname"] for p in answer["ports"] if any(v["vlan"] == 4000 for v in p["vlans"])}
            assert found <= {"p1", "p20"}
            assert not answer["consistent"] or "p20" not in found or "p1" in found, found
    assert False in said, "no reading met a change: this test has tested nothing"
    eventually(lambda: sal.call("net.vlan")["consistent"], "an answer is consistent again")


@pytest.mark.vm
def test_ports_come_and_go(ns, sal):
    ns.sh("ip link add br0 type bridge vlan_filtering 1; ip link add v0 type dummy; ip link set v0 master br0")
    with racing(ns, "ip", ["link add come type dummy", "link set come master br0", "link add link come name come.2 type vlan id 2",
                           "link set come nomaster", "link del come"]):
        for _ in range(20):
            names = {p["ifname"] for p in sal.call("net.vlan")["ports"]}
            assert {"br0", "v0"} <= names <= {"br0", "v0", "come"}
            for name in ("come", "come.2"):
                done = sal.ask("net.vlan", {"ifname": name})
                assert "result" in done or done["error"]["data"]["kind"] == "NOT_FOUND", done
