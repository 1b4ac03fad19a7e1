"""net.ovs, net.flows, net.datapath against ovs-vsctl, ovs-ofctl and ovs-appctl of the real Open vSwitch."""
import re
import threading
import time

import pytest

from compare import compare
from daemon import Daemon
from http1 import eventually
from ns import Namespace
from ovs import Switch, fields_written, flow_line, plainly, written

ODD = ["br\"q", "br\u00e9", "br'x;", "-br", "br,1", "br(2)", "br\\n", "$(br)"]
PEER = "ip netns exec"


def peers(ns):
    """Two hosts on veth, a at 10.1.0.1 and b at 10.1.0.2, whose far ends are pa and pb."""
    for n, host in (("a", 1), ("b", 2)):
        ns.sh(f"""
ip netns add {n}
ip link add p{n} type veth peer name e0 netns {n}
ip link set p{n} up; ip -n {n} link set e0 up; ip -n {n} link set lo up
ip -n {n} addr add 10.1.0.{host}/24 dev e0
ip -n {n} addr add 2001:db8::{host}/64 dev e0 nodad
ethtool -K p{n} tx off >/dev/null; {PEER} {n} ethtool -K e0 tx off >/dev/null
""")


def town(switch):
    """Every kind of bridge, port and interface that the userspace datapath makes without hardware."""
    for words in (
            "add-br br0 -- set bridge br0 datapath_type=netdev fail_mode=secure other_config:hwaddr=02:00:00:00:00:aa"
            " other_config:max-idle=3600000 protocols=OpenFlow10,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15",
            "add-br br1 -- set bridge br1 datapath_type=netdev stp_enable=true",
            "add-br br2 -- set bridge br2 datapath_type=netdev rstp_enable=true protocols=OpenFlow13",
            "set-controller br1 tcp:127.0.0.1:6653 ptcp:6654:127.0.0.1",
            "add-port br0 pa tag=10 -- add-port br0 pb tag=10",
            "add-port br0 tapx tag=5 trunks=10,20 vlan_mode=native-untagged -- set interface tapx type=internal",
            "add-port br0 one trunks=7 -- set interface one type=internal external_ids:iface-id=x mtu_request=1400",
            "add-bond br0 bnd p1x p2x bond_mode=balance-slb lacp=active -- set interface p1x type=internal"
            " -- set interface p2x type=internal",
            "add-port br0 vx0 -- set interface vx0 type=vxlan options:remote_ip=10.9.9.9 options:key=5",
            "add-port br0 vx1 -- set interface vx1 type=vxlan options:remote_ip=10.9.9.10 options:key=flow",
            "add-port br0 gen -- set interface gen type=geneve options:remote_ip=10.9.9.9",
            "add-port br0 patch1 -- set interface patch1 type=patch options:peer=patch2",
            "add-port br1 patch2 -- set interface patch2 type=patch options:peer=patch1",
            "add-port br0 broken -- set interface broken type=nosuch",
            "--no-wait add-port br0 gone",
            "set open_vswitch . other_config:max-idle=3600000 external_ids:system-id=test"):
        switch.vsctl("--no-wait " + words)
    for name in ODD:
        switch.vsctl(["--", "--no-wait", "add-br", name][1:] + ["--", "set", "bridge", name, "datapath_type=netdev"]
                     if not name.startswith("-") else
                     ["--no-wait", "--", "add-br", name, "--", "set", "bridge", name, "datapath_type=netdev"])
    switch.vsctl(["set", "bridge", "br1", 'external_ids:"odd key=\\"x\\""="a\\\\b\\n\u00e9\u4e2d,{}[]"'])
    switch.vsctl(["add-port", "br0", "odd", "--", "set", "interface", "odd", "type=internal",
                  'external_ids:quote="\\"\'"'])


@pytest.fixture(scope="module")
def lab():
    """(ns, switch, sal): one switch and one daemon for the tests that only look."""
    ns = Namespace()
    try:
        switch = Switch(ns)
        peers(ns)
        town(switch)
        switch.vsctl("--timeout=20 wait-until interface tapx ofport>0")
        with Daemon(ns) as sal:
            yield ns, switch, sal
    finally:
        ns.close()


@pytest.fixture
def switch(ns):
    """A switch of the test's own, with a bridge br0."""
    own = Switch(ns)
    own.vsctl("add-br br0 -- set bridge br0 datapath_type=netdev fail_mode=secure")
    return own


# net.ovs

MOVES = ("statistics", "status", "rstp_status", "rstp_statistics", "link_resets", "cur_cfg", "next_cfg", "is_connected",
         "link_state", "mac_in_use", "error", "bond_active_slave")


def nested(switch):
    """The tables as net.ovs nests them."""
    interfaces = {r["_uuid"]: r for r in switch.table("Interface")}
    ports = {r["_uuid"]: {**r, "interfaces": [interfaces[i] for i in r["interfaces"]]} for r in switch.table("Port")}
    controllers = {r["_uuid"]: r for r in switch.table("Controller")}
    return [{**r, "ports": [ports[p] for p in r["ports"]], "controller": [controllers[c] for c in r["controller"]]}
            for r in switch.table("Bridge")]


def test_everything(lab):
    _, switch, sal = lab
    ours = sal.call("net.ovs")
    compare(ours["bridges"], nested(switch), key="_uuid", ignore=MOVES)
    root = switch.table("Open_vSwitch")[0]
    compare(ours["open_vswitch"], {k: v for k, v in root.items() if k not in ("bridges", "datapaths")}, ignore=MOVES)
    assert ours["version"] in switch.appctl("version") and ours["consistent"] is True
    assert ours["schema_version"] in switch.run("ovsdb-client get-schema-version")
    assert set(ODD) < {b["name"] for b in ours["bridges"]}
    by_name = {p["name"]: p for b in ours["bridges"] for p in b["ports"]}
    assert len(by_name["bnd"]["interfaces"]) == 2 and by_name["one"]["trunks"] == [7] and "tag" not in by_name["one"]


def test_what_moves_has_the_oracle_s_keys(lab):
    """Counters and states are compared by their names, types and, where nothing happens, values."""
    _, switch, sal = lab
    def flat(bridges):
        for b in bridges:
            for p in b["ports"]:
                for i in p["interfaces"]:
                    yield i["_uuid"], i
    theirs = dict(flat(nested(switch)))
    for uuid, i in flat(sal.call("net.ovs")["bridges"]):
        assert set(i["statistics"]) == set(theirs[uuid]["statistics"]), i
        assert set(i["status"]) == set(theirs[uuid]["status"]), i
        assert all(isinstance(n, int) for n in i["statistics"].values())
        for name in ("error", "link_state", "admin_state"):
            assert i.get(name) == theirs[uuid].get(name), i
    assert any(i.get("error") for _, i in flat(sal.call("net.ovs")["bridges"])), "no interface was broken"


# net.flows

# Every field of the OpenFlow tables that a match can name in words of its own, plain and masked.
MATCHES = """
priority=1
in_port=1
in_port=LOCAL
arp
arp,arp_op=1,arp_spa=10.0.0.1,arp_tpa=10.0.0.0/8,arp_sha=02:00:00:00:00:01,arp_tha=02:00:00:00:00:02
rarp
ip
ipv6
icmp,icmp_type=8,icmp_code=0
icmp6,icmp_type=135,icmp_code=0,nd_target=2001:db8::1,nd_sll=02:00:00:00:00:01
icmp6,icmp_type=136,icmp_code=0,nd_target=2001:db8::/64,nd_tll=02:00:00:00:00:01
tcp,tp_src=80,tp_dst=0x1f90/0xfff0
tcp,tcp_flags=+syn-ack
tcp6,tcp_flags=0x12
udp,tp_dst=53
udp6,tp_dst=53,ipv6_src=2001:db8::/32,ipv6_dst=::1
udp6,ipv6_src=2001:db8::/ffff:ffff::ff,ipv6_label=0x12345
ipv6,ipv6_label=0x1/0xf
sctp,tp_src=5
sctp6,tp_dst=7
ip,nw_proto=2
ip,nw_proto=47
ipv6,nw_proto=47
ip,nw_src=10.0.0.0/255.0.255.0,nw_dst=192.0.2.0/24
ip,nw_tos=32
ip,nw_ecn=2
ip,nw_tos=184,nw_ecn=1,nw_ttl=64
ip,nw_frag=no
ip,nw_frag=yes
ip,nw_frag=first
ip,nw_frag=later
ip,nw_frag=not_later
dl_type=0x88cc
dl_src=02:00:00:00:00:01
dl_dst=01:00:00:00:00:00/01:00:00:00:00:00
dl_vlan=10
dl_vlan=10,dl_vlan_pcp=3
dl_vlan_pcp=0
vlan_tci=0
vlan_tci=0x1000/0x1000
vlan_tci=0x1005/0x100f
mpls
mpls,mpls_label=1000,mpls_tc=3,mpls_ttl=5,mpls_bos=1
mplsm,mpls_bos=0
metadata=0
metadata=0x5
metadata=0x1/0xff
reg0=0
reg0=5
reg1=0x10/0xf0
reg14=1,reg15=0xffffffff
xreg0=0x100000002
xreg3=0x1/0xffff
xxreg1=0x5
tun_id=5
tun_id=0x5/0xf
tun_id=5,tun_src=192.0.2.1,tun_dst=192.0.2.0/24
tun_ipv6_src=2001:db8::1,tun_ipv6_dst=2001:db8::/32
tun_gbp_id=5
tun_gbp_flags=0x8
tun_flags=+oam
tun_flags=-oam
pkt_mark=5
pkt_mark=0x1/0x1
recirc_id=0
conj_id=5
actset_output=3
actset_output=unset
ct_state=+new+trk,ip
ct_state=-trk,ip
ct_state=+trk+est-new-rel+rpl-inv,tcp
ct_zone=5,ip
ct_mark=7,ip
ct_mark=0x1/0xff,ip
ct_label=0x1234,ip
ct_label=0x1/0xff,ip
ct_label=0x123456789abcdef0123456789abcdef0,ip
ct_state=+trk+est,ct_nw_src=10.0.0.1,ct_nw_dst=10.0.0.0/8,ip
ct_state=+trk+est,ct_nw_proto=6,ct_tp_src=80,ct_tp_dst=0x50/0xf0,ip
ct_state=+trk+est,ct_ipv6_src=2001:db8::1,ct_ipv6_dst=2001:db8::/32,ipv6
""".split()
ACTIONS = """
output:1
NORMAL
drop
LOCAL,IN_PORT,FLOOD,ALL,CONTROLLER:65535
controller(reason=no_match,max_len=128,id=2)
controller(userdata=00.01.02,pause)
ct(commit,zone=3,exec(load:0x7->NXM_NX_CT_MARK[],set_field:0x1234->ct_label),nat(src=10.1.0.100-10.1.0.110:1000-2000,random)),normal
ct(commit,force,zone=1,alg=ftp,table=5)
ct(table=1,zone=NXM_NX_REG0[0..15],nat)
ct_clear,resubmit(,3),resubmit(1,2)
learn(table=3,hard_timeout=30,priority=5,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:NXM_NX_TUN_ID[]->NXM_NX_TUN_ID[],output:NXM_OF_IN_PORT[])
clone(set_field:1->reg0,clone(push_vlan:0x8100,set_field:4097->vlan_vid,output:2),output:3)
multipath(eth_src,50,modulo_n,4,0,NXM_NX_REG0[]),output:NXM_NX_REG0[]
bundle(eth_src,0,hrw,ofport,members:1,2)
note:01.02.03.04.05.06,note:ff
sample(probability=100,collector_set_id=1,obs_domain_id=2,obs_point_id=3)
check_pkt_larger(1500)->NXM_NX_REG0[0]
output(port=1,max_len=100)
move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],push:NXM_NX_REG0[],pop:NXM_NX_REG1[]
set_queue:3,pop_queue,exit
write_actions(set_field:02:00:00:00:00:09->eth_dst,output:1),write_metadata:0x5/0xff,goto_table:200
encap(nsh(md_type=1)),set_field:0x11223344->nsh_c1,encap(ethernet),decap()
set_field:2001:db8::1->tun_ipv6_dst,set_field:192.0.2.1->tun_dst
fin_timeout(idle_timeout=3,hard_timeout=4),conjunction
""".split("\n")[1:-1]
ACTIONS[-1] = "conjunction(1,1/2),conjunction(2,2/2)"


def variety(table=0):
    flows = [f"cookie={i:#x},table={table + 1},priority={100 + i},{m},actions=drop" for i, m in enumerate(MATCHES[1:], 1)]
    for i, actions in enumerate(ACTIONS):
        flows.append(f"cookie={0xabc00 + i:#x},table={table + 2},priority={i},tcp,reg0={i},actions={actions}")
    return [*flows,
            f"cookie=0xffffffffffffffff,table={table},priority=65535,idle_timeout=60,hard_timeout=600,importance=3,"
            f"send_flow_rem,check_overlap,actions=drop",
            f"table={table},priority=0,actions=drop", f"table={table + 3},priority=1,actions=normal",
            f"table={table + 253},actions=drop"]


KEY = ("table", "priority", "match")


def identity(flow):
    return tuple(flow[k] for k in KEY)


def as_openflow_shows(flows):
    """Our flows without what the oracle does not show: hidden ones, and what was taken apart."""
    left = ("bridge", "fields", "action_list", "hidden")
    return [{k: v for k, v in f.items() if k not in left} for f in flows if not f.get("hidden")]


VERSIONS = ["OpenFlow10", "OpenFlow12", "OpenFlow13", "OpenFlow14", "OpenFlow15"]


@pytest.fixture(scope="module")
def varied(lab):
    _, switch, _ = lab
    for flow in variety():
        switch.add_flows("br0", [flow])
    return lab


@pytest.mark.parametrize("version", VERSIONS)
def test_flows_as_openflow_has_them(varied, version):
    _, switch, sal = varied
    switch.vsctl(f"set bridge br0 protocols={version}")
    theirs = {identity(f): f for f in switch.ofctl_flows("br0", version)}
    answer = sal.call("net.flows", bridge="br0")
    ours = {identity(f): f for f in as_openflow_shows(answer["flows"])}
    assert answer["consistent"] is True and len(ours) == len(variety())
    if version in ("OpenFlow10", "OpenFlow12"):  # ovs-ofctl cannot read some of the actions in these
        assert len(ours) - 7 < len(theirs) < len(ours)
        ours = {k: ours[k] for k in theirs}
    compare(list(ours.values()), list(theirs.values()), key=KEY,
            ignore=("duration", "idle_age", "hard_age", *(["actions"] if version == "OpenFlow10" else [])))
    for key, flow in ours.items():
        assert 0 <= flow["duration"] - theirs[key]["duration"] < 20
        assert ("idle_age" in flow) == ("idle_age" in theirs[key]) == (version in ("OpenFlow10", "OpenFlow15"))


def test_flows_as_vswitchd_has_them(varied):
    """The hidden ones too, line by line; and what was taken apart put together again."""
    _, switch, sal = varied
    lines = switch.appctl("bridge/dump-flows br0").splitlines()
    ours = sal.call("net.flows", bridge="br0")["flows"]
    def line(f):
        priority = f"priority={f['priority']}" if f["priority"] != 32768 else ""
        table = f"table_id={f['table']}, " if f["table"] else ""
        match = ",".join(w for w in (priority, f["match"]) if w)
        return (f"{table}duration=0s, n_packets={f['n_packets']}, n_bytes={f['n_bytes']}, {match},actions={f['actions']}")
    assert sorted(line(f) for f in ours) == sorted(re.sub("duration=[0-9]+s", "duration=0s", x) for x in lines)
    assert sum(f.get("hidden", False) for f in ours) == sum("table_id=254" in x for x in lines) > 0
    for f in ours:
        assert fields_written(f["fields"]) == f["match"]
        assert plainly(written(f["action_list"])) == plainly(f["actions"])


def test_a_flow_taken_apart(varied):
    _, _, sal = varied
    flow = [f for f in sal.call("net.flows", bridge="br0", table=2)["flows"] if "random" in f["actions"]][0]
    assert flow["action_list"] == [
        {"action": "ct", "arguments": [
            {"value": "commit"}, {"name": "zone", "value": "3"},
            {"name": "exec", "actions": [
                {"action": "set_field", "value": "0x7", "to": "ct_mark"},
                {"action": "set_field", "value": "0x1234", "to": "ct_label"},
                {"action": "nat", "arguments": [{"name": "src", "value": "10.1.0.100-10.1.0.110:1000-2000"},
                                                {"value": "random"}]}]}]},
        {"action": "NORMAL"}]
    masked = [f for f in sal.call("net.flows", bridge="br0", table=1)["flows"] if "255.0.255.0" in f["match"]][0]
    assert masked["fields"] == [{"field": "ip"}, {"field": "nw_src", "value": "10.0.0.0", "mask": "255.0.255.0"},
                                {"field": "nw_dst", "value": "192.0.2.0", "mask": "24"}]
    timed = sal.call("net.flows", bridge="br0", table=0)["flows"]
    timed = [f for f in timed if f["priority"] == 65535][0]
    assert (timed["cookie"], timed["idle_timeout"], timed["hard_timeout"]) == ("0xffffffffffffffff", 60, 600)


@pytest.mark.parametrize("table", [0, 1, 253, 254, 77])
def test_one_table(varied, table):
    _, _, sal = varied
    every = sal.call("net.flows", bridge="br0")["flows"]
    some = sal.call("net.flows", bridge="br0", table=table)
    assert some["consistent"] is True
    compare(some["flows"], [f for f in every if f["table"] == table], ignore=("duration", "idle_age"))


def test_all_bridges(varied):
    _, switch, sal = varied
    answer = sal.call("net.flows")
    assert {f["bridge"] for f in answer["flows"]} == set(switch.appctl("ofproto/list").splitlines())
    assert {f["bridge"] for f in answer["flows"]} >= {"br0", *ODD} - {"br\\n"}  # which ovs-vswitchd refuses
    assert answer["consistent"] is True
    for bridge in ("br1", 'br"q', "-br"):
        compare([f for f in answer["flows"] if f["bridge"] == bridge], sal.call("net.flows", bridge=bridge)["flows"],
                ignore=("duration", "idle_age"))


@pytest.mark.parametrize("bridge", ["nope", "", "pa", "../br0", "br0/x", "x" * 255, "--offload-stats", "br0\n"])
def test_unknown_bridge(varied, bridge):
    error = varied[2].error("net.flows", kind="NOT_FOUND", field="/bridge", bridge=bridge)
    assert error["data"]["subject"] == f"bridge {bridge}"[:159]


@pytest.mark.parametrize("params, field", [({"bridge": 7}, "/bridge"), ({"bridge": "x" * 256}, "/bridge"),
                                           ({"table": 255}, "/table"), ({"table": -1}, "/table"), ({"br": ""}, "/br")])
def test_bad_params(varied, params, field):
    varied[2].error("net.flows", kind="INVALID_PARAMS", field=field, **params)


def test_openflow_11_only(switch, sal):
    switch.add_flows("br0", ["cookie=5,tcp,actions=drop"])
    switch.vsctl("set bridge br0 protocols=OpenFlow11")
    answer = sal.call("net.flows", bridge="br0", table=0)
    assert [(f["match"], "cookie" in f) for f in answer["flows"]] == [("tcp", False)] and not answer["consistent"]


def test_matches_that_are_told_by_exclusion(switch, sal):
    """Tunnel options are not put into words here; their flows are known once they are the only ones left."""
    switch.run(["ovs-ofctl", "add-tlv-map", "br0", "{class=0xffff,type=0,len=4}->tun_metadata0"])
    switch.add_flows("br0", ["cookie=0x51,priority=5,tun_metadata0=0x1234,actions=drop",
                             "cookie=0x52,priority=5,tcp,actions=drop",
                             "cookie=0x61,priority=6,tun_metadata0=0x1,actions=drop",
                             "cookie=0x62,priority=6,tun_metadata0=0x2,actions=drop"])
    def found():
        flows = sal.call("net.flows", bridge="br0", table=0)["flows"]
        return {f["match"]: f.get("cookie") for f in flows}
    eventually(lambda: found()["tun_metadata0=0x1234"], "the flow is told by exclusion")
    assert found() == {"tun_metadata0=0x1234": "0x51", "tcp": "0x52", "tun_metadata0=0x1": None, "tun_metadata0=0x2": None}
    assert sal.call("net.flows", bridge="br0", table=0)["consistent"] is False


def test_ten_thousand_flows(switch, sal):
    n = 10000
    switch.add_flows("br0", [f"cookie={i:#x},table={i % 50},priority={i % 7},ip,nw_dst=10.{i >> 8}.{i & 255}.1,"
                             f"actions=ct(commit,zone={i % 9}),output:{i % 100 + 1}" for i in range(n)])
    start = time.monotonic()
    answer = sal.call("net.flows", bridge="br0")
    took = time.monotonic() - start
    start = time.monotonic()
    theirs = switch.ofctl_flows("br0")
    print(f"{n} flows: net.flows {took:.2f} s, ovs-ofctl {time.monotonic() - start:.2f} s")
    assert len(theirs) == n and answer["consistent"] is True
    compare(as_openflow_shows(answer["flows"]), theirs, key=KEY, ignore=("duration", "idle_age"))


def test_flows_that_change_while_they_are_read(switch, sal):
    """A cookie is its flow's own, whatever comes and goes beside it: each flow's is its port."""
    stand = [f"cookie={p:#x},priority=9,tcp,tp_dst={p},actions=drop" for p in range(1, 2001)]
    switch.add_flows("br0", stand)
    done = threading.Event()

    def churn():
        come = [f"cookie={p:#x},priority=9,tcp,tp_dst={p},actions=drop" for p in range(30001, 30501)]
        while not done.is_set():
            switch.add_flows("br0", come)
            switch.run("ovs-ofctl del-flows br0 tcp,tp_dst=0x7530/0xfc00")
            switch.run("ovs-ofctl del-flows br0 tcp,tp_dst=0x7400/0xfc00")

    thread = threading.Thread(target=churn)
    thread.start()
    saw = set()
    try:
        for _ in range(60):
            answer = sal.call("net.flows", bridge="br0", table=0)
            ports = {}
            for f in answer["flows"]:
                port = int(f["match"].rsplit("=", 1)[1])
                assert f.get("cookie", hex(port)) == hex(port), f
                ports[port] = "cookie" in f
            assert all(ports[p] for p in range(1, 2001))
            assert answer["consistent"] == all(ports.values())
            saw.add(len(ports) > 2000)
    finally:
        done.set()
        thread.join()
    assert True in saw, "nothing came and went"


# net.datapath

def traffic(ns, switch, flows=None):
    """Pings, UDP and TCP between the peers through connection tracking and NAT."""
    switch.run("ovs-ofctl -O OpenFlow15 del-flows br0")
    switch.add_flows("br0", flows or [
        "priority=9,arp,actions=NORMAL", "priority=9,icmp6,actions=NORMAL",
        "priority=8,icmp,ct_state=-trk,actions=ct(table=1)",
        "priority=8,udp,ct_state=-trk,actions=ct(table=1,zone=5,nat)",
        "priority=8,tcp,ct_state=-trk,actions=ct(table=1,zone=3,nat)",
        "table=1,icmp,actions=ct(commit),NORMAL",
        "table=1,udp,actions=ct(commit,zone=5,exec(set_field:0x9->ct_mark)),NORMAL",
        "table=1,tcp,ct_state=+new+trk,actions=ct(commit,zone=3,nat(src=10.1.0.1:1000-2000),"
        "exec(set_field:0x7->ct_mark,set_field:0x123456789abcdef0->ct_label)),NORMAL",
        "table=1,tcp,ct_state=+est+trk,actions=NORMAL"])
    ns.sh(f"{PEER} a ping -c3 -i0.1 -W5 10.1.0.2; {PEER} a ping -c2 -i0.1 -W5 2001:db8::2")
    ns.sh(f"echo hi | {PEER} a nc -u -w1 10.1.0.2 7777 || true")
    listener = ns.popen(["ip", "netns", "exec", "b", "nc", "-l", "10.1.0.2", "5000"])
    speaker = ns.popen(["bash", "-c", f"until {PEER} a nc -w 60 10.1.0.2 5000 < <(echo hi; sleep 60); do sleep 0.1; done"])
    eventually(lambda: "ESTABLISHED" in switch.appctl("dpctl/dump-conntrack -s"), "a TCP connection stands")
    return listener, speaker


@pytest.fixture(scope="module")
def busy(lab):
    ns, switch, sal = lab
    switch.vsctl("set bridge br0 protocols=OpenFlow13,OpenFlow15")
    people = traffic(ns, switch)
    yield lab
    for process in people:
        process.kill()
        process.wait()


def quiet(look):
    """Looks until two looks are the same: nothing moved in between."""
    seen = [None, None]
    def same():
        seen[:] = [seen[1], look()]
        return seen[0] == seen[1]
    eventually(same, "the traffic has ended", 60)
    return seen[1]


def dp_line(f):
    flags = f"flags:{f['flags']}, " if "flags" in f else ""
    used = "used:0s" if "used" in f else "used:never"
    return f"{f['match']}, packets:{f['packets']}, bytes:{f['bytes']}, {used}, {flags}actions:{f['actions']}"


def test_datapath_flows(busy):
    _, switch, sal = busy
    def theirs():
        text = switch.appctl("dpctl/dump-flows netdev@ovs-netdev")
        assert text.startswith("flow-dump from the main thread:\n")
        return sorted(re.sub(r"used:[0-9.]+s", "used:0s", x) for x in text.splitlines()[1:])
    def both():
        ours = sal.call("net.datapath")
        return theirs(), sorted(dp_line(f) for f in ours["flows"]), ours
    def same():
        a, b, ours = both()
        return a == b and ours
    ours = eventually(same, "both lists are the same", 60)
    assert len(ours["flows"]) > 5 and {f["thread"] for f in ours["flows"]} == {"main"}
    assert any("used" in f and f["used"] > 0 for f in ours["flows"]) and any("flags" in f for f in ours["flows"])
    for f in ours["flows"]:
        assert fields_written(f["fields"], "(", "=") == f["match"]
        ports = re.sub(r"\boutput:(\d+)", r"\1", written(f["action_list"]))
        assert plainly(ports) == plainly(f["actions"])


def counters(text):
    """dpctl/show -s by the names of net.datapath."""
    found = {}
    names = {"RX packets": "rx_packets", "RX errors": "rx_errors", "RX dropped": "rx_dropped", "RX overruns": "rx_over_err",
             "RX frame": "rx_frame_err", "TX packets": "tx_packets", "TX errors": "tx_errors", "TX dropped": "tx_dropped",
             "TX aborted": "tx_aborted_err", "TX carrier": "tx_carrier_err", "RX bytes": "rx_bytes", "TX bytes": "tx_bytes",
             " collisions": "collisions", "UPCALL packets": "upcall_packets", "UPCALL errors": "upcall_errors"}
    side = ""
    for word, key, value in re.findall(r"\b(RX|TX|UPCALL)?\s*(\w+):(\d+|\?)", text):
        side = word or ("" if key == "collisions" else side)
        if value != "?":
            found[names[f"{side} {key}"]] = int(value)
    return found


def test_datapath_ports(busy):
    _, switch, sal = busy
    text = quiet(lambda: switch.appctl("dpctl/show -s netdev@ovs-netdev"))
    ours = sal.call("net.datapath")["datapaths"]
    assert [d["name"] for d in ours] == switch.appctl("dpctl/dump-dps").split()
    dp = ours[0]
    assert f"lookups: hit:{dp['lookups']['hit']} missed:{dp['lookups']['missed']} lost:{dp['lookups']['lost']}" in text
    assert f"flows: {dp['flows']}\n" in text and "masks" not in dp
    theirs = {}
    for port, name, kind, config, rest in re.findall(
            r"  port (\d+): (\S+)(?: \(([^:\n]*)(?:: ([^\n]*))?\))?\n((?:    .*\n)*)", text):
        theirs[int(port)] = {"port": int(port), "name": name, "statistics": counters(rest),
                             **({"type": kind} if kind else {}), **({"config": config} if config else {})}
    assert len(theirs) > 15
    compare(dp["ports"], list(theirs.values()), key="port", adds=("interfaces",))
    shown = switch.appctl("dpif/show")
    for p in dp["ports"]:
        for i in p["interfaces"]:
            assert f"    {i['name']} {i['ofport']}/{p['port']}: (" in shown
    assert sum(len(p["interfaces"]) for p in dp["ports"]) == len(re.findall(r"\d+/\d+: \(", shown))
    vxlan = [p for p in dp["ports"] if p["name"] == "vxlan_sys_4789"][0]
    assert {i["name"] for i in vxlan["interfaces"]} == {"vx0", "vx1"}
    assert {i["bridge"] for p in dp["ports"] for i in p["interfaces"]} >= set(ODD) - {"br\\n"}


def test_no_datapath(ns, sal):
    Switch(ns)
    assert sal.call("net.datapath") == {"flows": [], "datapaths": [], "consistent": True, "truncated": False}
    assert sal.call("net.ovs.conntrack")["entries"] == []
    assert sal.call("net.ovs.conntrack.stats") == {"datapaths": []}
    assert sal.call("net.flows")["flows"] == [] and sal.call("net.ovs")["bridges"] == []


# net.ovs.conntrack

def tuple_text(t):
    names = [n for n in ("src", "dst", "sport", "dport", "id", "type", "code", "packets", "bytes") if n in t]
    return ",".join(f"{n}={t[n]}" for n in names)


def ct_line(e):
    text = f"{e['protocol']},orig=({tuple_text(e)}),reply=({tuple_text(e['reply'])})"
    text += f",zone={e['zone']}" if e["zone"] else ""
    text += ",timeout=0" if "timeout" in e else ""
    text += f",mark={e['mark']}" if e["mark"] else ""
    text += f",labels={e['labels']}" if "labels" in e else ""
    return text + (f",protoinfo=(state={e['state']})" if "state" in e else "")


@pytest.mark.parametrize("zone", [None, 0, 3, 5, 77, 65535])
def test_conntrack(busy, zone):
    _, switch, sal = busy
    words = "dpctl/dump-conntrack -s netdev@ovs-netdev" + (f" zone={zone}" if zone else "")
    def same():
        ours = sal.call("net.ovs.conntrack", **({} if zone is None else {"zone": zone}))["entries"]
        theirs = [re.sub(r"timeout=\d+", "timeout=0", x) for x in switch.appctl(words).splitlines()]
        theirs = [x for x in theirs if zone != 0 or ",zone=" not in x]
        return sorted(map(ct_line, ours)) == sorted(theirs) and (ours, len(theirs))
    ours, n = eventually(same, "both lists are the same")
    assert (n > 0) == (zone in (None, 0, 3, 5)) or zone in (0, 5), "ICMP and UDP entries may have gone"
    assert {e["datapath"] for e in ours} <= {"netdev@ovs-netdev"}
    if zone == 3:
        tcp = [e for e in ours if e.get("state") == "ESTABLISHED"][0]
        assert tcp["src"] == "10.1.0.1" and tcp["reply"]["src"] == "10.1.0.2" and tcp["dport"] == 5000
        assert tcp["reply"]["dport"] != tcp["sport"] and 1000 <= tcp["reply"]["dport"] <= 2000
        assert (tcp["mark"], tcp["labels"]) == (7, "0x123456789abcdef0") and tcp["timeout"] > 0


@pytest.mark.parametrize("zone", [-1, 65536, "3"])
def test_conntrack_bad_zone(busy, zone):
    busy[2].error("net.ovs.conntrack", kind="INVALID_PARAMS", field="/zone", zone=zone)


def test_conntrack_stats(busy):
    _, switch, sal = busy
    switch.appctl("dpctl/ct-set-limits netdev@ovs-netdev default=500 zone=3,limit=10 zone=4,limit=0")
    def look():
        text = switch.appctl("dpctl/ct-stats-show -m netdev@ovs-netdev")
        theirs = {"total": int(re.search(r"Total: (\d+)", text)[1]), "protocols": []}
        for name, count in re.findall(r"^  (\w+): (\d+)$", text, re.M):
            theirs["protocols"].append({"protocol": name, "count": int(count), "states": {}})
            if name == "TCP":
                theirs["protocols"][-1]["states"] = {k: int(v) for k, v in re.findall(r"\[(\w+)\]=(\d+)", text)}
        theirs.update(name="netdev@ovs-netdev", maxconns=int(switch.appctl("dpctl/ct-get-maxconns")),
                      nconns=int(switch.appctl("dpctl/ct-get-nconns")), tcp_seq_chk=True, default_limit=500,
                      limits=[{"zone": int(z), "limit": int(l), "count": int(c)} for z, l, c in re.findall(
                          r"zone=(\d+),limit=(\d+),count=(\d+)", switch.appctl("dpctl/ct-get-limits"))])
        return theirs
    def same():
        ours, theirs = sal.call("net.ovs.conntrack.stats")["datapaths"], look()
        return ours == [theirs] and theirs
    theirs = eventually(same, "both counts are the same")
    assert theirs["total"] > 0 and len(theirs["limits"]) == 2
    assert any(p["states"].get("ESTABLISHED") for p in theirs["protocols"])
    switch.appctl("dpctl/ct-disable-tcp-seq-chk netdev@ovs-netdev")
    assert sal.call("net.ovs.conntrack.stats")["datapaths"][0]["tcp_seq_chk"] is False


def test_the_oracle_s_line_is_read_right():
    """The reader of the oracle's lines, by hand."""
    assert flow_line(" cookie=0x5, duration=1.5s, table=2, n_packets=0, n_bytes=0, idle_timeout=60, send_flow_rem "
                     "priority=7,tcp,tp_dst=80 actions=drop") == {
        "cookie": "0x5", "duration": 1.5, "table": 2, "n_packets": 0, "n_bytes": 0, "idle_timeout": 60,
        "flags": ["send_flow_rem"], "priority": 7, "match": "tcp,tp_dst=80", "actions": "drop"}
    assert flow_line(" cookie=0x0, duration=1s, table=0, n_packets=0, n_bytes=0, actions=NORMAL")["match"] == ""
