"""net.routes against ip -j -d route (iproute2 6.1): whole answers, route by route, member by member."""
import json
import threading

import pytest
from compare import compare

# What ip writes as "ecn": null is true here.
ADDS = ("ecn",)
LINKS = """
ip link add v0 type veth peer name v1
ip link add v2 type veth peer name v3
for l in v0 v1 v2 v3; do ip link set $l up; done
ip addr add 192.0.2.1/24 dev v0
ip addr add 2001:db8::1/64 dev v0
ip addr add 198.51.100.1/24 dev v2
"""


def members(pairs):
    """ip writes the members of an encap beside the route's: where a name comes twice, or belongs to the
    encap, it is encap_NAME in SAL (see the schema Route)."""
    names = [n for n, _ in pairs]
    route = names[:1] == ["type"]
    found = {}
    for i, (name, value) in enumerate(pairs):
        if name == "dst" and "dst" in found:
            name = "encap_dst"
        elif route and name == "tos" and isinstance(value, int):
            name = "encap_tos"
        elif name == "table" and "table" in names[i + 1:]:
            name = "encap_table"
        elif name == "id" and "id" in found:
            name = "encap_id"
        assert name not in found, pairs
        found[name] = value
    return found


def oracle(ns, command="ip -j -d route show table all"):
    text = ns.run(command)
    return json.loads(text, object_pairs_hook=members) if text.strip() else []


def same(ns, sal, ignore=(), **params):
    """Compares whole answers and returns ours."""
    theirs = oracle(ns)
    ours = sal.call("net.routes", table="all", **params)
    assert ours["consistent"] is True and ours["truncated"] is False
    compare(ours["routes"], theirs, adds=ADDS, ignore=ignore)
    return ours["routes"]


@pytest.fixture
def net(ns, sal):
    ns.sh(LINKS)
    return ns


def one(routes, **want):
    found = [r for r in routes if all(r.get(k) == v for k, v in want.items())]
    assert len(found) == 1, f"{want} in {routes}"
    return found[0]


def test_empty(ns, sal):
    ns.sh("ip link set lo down")
    assert sal.call("net.routes") == {"routes": [], "consistent": True, "truncated": False}


def test_types(net, sal):
    net.sh("""
for t in blackhole unreachable prohibit throw; do
	ip route add $t 10.1.0.0/16 table $((i = i + 100))
	ip -6 route add $t 2001:db8:$i::/48
done
ip route add local 203.0.113.0/24 dev lo
ip -6 route add local 2001:db8:17::/48 dev lo table main
ip -6 route add anycast 2001:db8:18::/64 dev lo
ip route add multicast 239.1.0.0/16 dev v0 table 5
ip route add broadcast 10.255.255.255 dev v0
ip route add 0.0.0.0/1 dev v0
""")
    routes = same(net, sal)
    assert {r["type"] for r in routes} >= {"unicast", "local", "broadcast", "anycast", "multicast", "blackhole",
                                           "unreachable", "prohibit", "throw"}


def test_gateways(net, sal):
    net.sh("""
ip route add default via 192.0.2.2
ip route add 10.1.0.0/16 via 192.0.2.2 metric 4294967295 proto static
ip route add 10.1.0.0/16 via 192.0.2.3 src 192.0.2.1 proto dhcp
ip route add 10.2.0.0/16 via inet6 2001:db8::2 dev v0
ip route add 10.3.0.0/16 via 203.0.113.1 dev v0 onlink
ip route add 10.4.0.7 dev v0 scope 201
ip route add 10.5.0.0/16 dev v0 tos 0x10
ip route add 10.5.0.0/16 dev v0 tos AF11
ip route add 10.6.0.0/16 dev v0 realm 7
ip route add 10.7.0.0/16 dev v0 realms 3/4
ip -6 route add default via 2001:db8::2
ip -6 route add 2001:db8:1::/48 via fe80::1 dev v0 proto 173 metric 7
ip -6 route add ::ffff:192.0.2.0/120 dev v0
ip -6 route add ::192.0.2.9 dev v0
""")
    routes = same(net, sal)
    assert one(routes, dst="10.2.0.0/16")["via"] == {"family": "inet6", "host": "2001:db8::2"}
    assert one(routes, dst="10.3.0.0/16")["flags"] == ["onlink"]


def test_multipath(net, sal):
    net.sh("""
ip route add 10.1.0.0/16 nexthop via 192.0.2.2 dev v0 weight 3 nexthop via 203.0.113.3 dev v2 onlink weight 256
ip route add 10.2.0.0/16 nexthop via inet6 2001:db8::2 dev v0 nexthop dev v2 realm 9
ip -6 route add 2001:db8:1::/48 nexthop via fe80::1 dev v0 weight 2 nexthop via fe80::2 dev v2
ip -6 route append 2001:db8:1::/48 via fe80::3 dev v0
""")
    routes = same(net, sal)
    assert [n["weight"] for n in one(routes, dst="10.1.0.0/16")["nexthops"]] == [3, 256]
    assert len(one(routes, dst="2001:db8:1::/48")["nexthops"]) == 3


def test_dead_legs(net, sal):
    net.sh("""
sysctl -qw net.ipv4.conf.all.ignore_routes_with_linkdown=1
ip route add 10.1.0.0/16 nexthop via 192.0.2.2 dev v0 nexthop via 198.51.100.2 dev v2
ip route add 10.2.0.0/16 via 198.51.100.2
ip link set v3 down
""")
    routes = same(net, sal)
    assert "linkdown" in one(routes, dst="10.2.0.0/16")["flags"]


def test_nexthop_objects(net, sal):
    net.sh("""
ip nexthop add id 1 via 192.0.2.2 dev v0 proto static
ip nexthop add id 2 via 198.51.100.2 dev v2
ip nexthop add id 66 via 2001:db8::2 dev v0
ip nexthop add id 67 via fe80::2 dev v2
ip nexthop add id 10 group 1,3/2
ip nexthop add id 130 group 66/67,9
ip nexthop add id 12 blackhole
ip route add 10.1.0.0/16 nhid 1
ip route add 10.2.0.0/16 nhid 10
ip route add 10.3.0.0/16 nhid 12
ip route add 10.4.0.0/16 nhid 66
ip -6 route add 2001:db8:1::/48 nhid 130
ip -6 route add 2001:db8:2::/48 nhid 66
""")
    routes = same(net, sal)
    assert one(routes, dst="10.2.0.0/16")["nh_info"]["group"] == [{"id": 1, "weight": 3}, {"id": 2}]
    assert one(routes, dst="10.3.0.0/16")["nh_info"]["blackhole"] is True
    net.sh("sysctl -qw net.ipv4.nexthop_compat_mode=0")
    same(net, sal)
    # legs stand in the object alone now: the interface is found all the same
    assert {r["dst"] for r in sal.call("net.routes", family="inet", dev="v2")["routes"]} == {
        "10.2.0.0/16", "198.51.100.0/24"}


def test_resilient_group(net, sal):
    net.sh("ip nexthop add id 1 via 192.0.2.2 dev v0; ip nexthop add id 2 via 192.0.2.3 dev v0")
    net.or_skip("ip nexthop add id 11 group 1/2 type resilient buckets 32 idle_timer 60 unbalanced_timer 30")
    net.sh("ip route add 10.1.0.0/16 nhid 11")
    routes = same(net, sal, ignore=("unbalanced_time",))
    assert one(routes, dst="10.1.0.0/16")["nh_info"]["resilient_args"]["idle_timer"] == 60


def test_many_nexthop_objects(net, sal):
    """More objects than the cache holds, each used again and again."""
    net.batch([f"nexthop add id {i} via 192.0.2.{i % 200 + 2} dev v0" for i in range(1, 201)])
    net.batch([f"route add 10.{j}.{i}.0/24 nhid {i}" for j in range(3) for i in range(1, 201)])
    same(net, sal)


def test_metrics(net, sal):
    net.sh("""
ip route add 10.1.0.0/16 dev v0 mtu 1400 advmss 1300 rtt 100ms rttvar 50ms rto_min 5s hoplimit 9 initcwnd 4 \
	initrwnd 5 window 7 cwnd 8 ssthresh 10 reordering 3 features ecn quickack 1 congctl reno fastopen_no_cookie 1
ip route add 10.2.0.0/16 dev v0 mtu lock 1400 cwnd lock 9 rtt lock 3s congctl lock reno
ip -6 route add 2001:db8:1::/48 dev v0 mtu 1300 hoplimit 77 features ecn
ip -6 route add 2001:db8:2::/48 dev v0 mtu lock 1300
""")
    routes = same(net, sal)
    assert one(routes, dst="10.1.0.0/16")["metrics"][0]["ecn"] is True
    assert one(routes, dst="10.1.0.0/16")["metrics"][0]["rtt"] == 100


def test_ipv6_details(net, sal):
    net.sh("""
ip -6 route add 2001:db8:1::/48 via fe80::1 dev v0 pref high
ip -6 route add 2001:db8:2::/48 via fe80::1 dev v0 pref low
ip -6 route add 2001:db8:3::/48 via fe80::1 dev v0 pref medium
ip -6 route add 2001:db8:4::/48 via fe80::1 dev v0 expires 300
ip -6 route add unreachable 2001:db8:5::/48
""")
    routes = same(net, sal, ignore=("expires",))
    assert 290 < one(routes, dst="2001:db8:4::/48")["expires"] <= 300
    assert one(routes, dst="2001:db8:1::/48")["pref"] == "high"


def test_source_specific(net, sal):
    net.or_skip("ip -6 route add 2001:db8:1::/48 from 2001:db8:99::/64 dev v0")
    net.sh("ip -6 route add default from 2001:db8:98::7 via fe80::1 dev v0")
    assert one(same(net, sal), dst="2001:db8:1::/48")["from"] == "2001:db8:99::/64"


# Options of the tunnels (geneve_opts, vxlan_opts, erspan_opts) are tested in unit/test_route_decode.c only: a
# geneve option makes Linux 6.18 built with CONFIG_FORTIFY_SOURCE die in the middle of the request with the rtnl
# lock held, after which no network namespace of the machine answers any more.
ENCAPS = [
    "route add 10.1.0.0/16 encap ip id 100 src 10.0.0.1 dst 10.0.0.2 ttl 5 tos 4 key csum seq via 192.0.2.2",
    "route add 10.1.0.0/16 encap ip6 id 7 src 2001:db8::5 dst 2001:db8::6 hoplimit 3 tc 2 via 192.0.2.2 tos 0x10",
    pytest.param("route add 10.1.0.0/16 encap mpls 100/200 ttl 9 via 192.0.2.2", marks=pytest.mark.vm),
    pytest.param("route add 10.1.0.0/16 encap xfrm if_id 5 link_dev v2 dev v0", marks=pytest.mark.vm),
    "-6 route add 2001:db8:1::/48 encap seg6 mode encap segs 2001:db8::a,2001:db8::b dev v0",
    "-6 route add 2001:db8:1::/48 encap seg6 mode inline segs 2001:db8::a,2001:db8::b dev v0",
    "-6 route add 2001:db8:1::/48 encap seg6 mode encap.red segs 2001:db8::a dev v0",
    "-6 route add 2001:db8:1::/48 encap seg6local action End dev v0",
    "-6 route add 2001:db8:1::/48 encap seg6local action End.T table 77 dev v0",
    "-6 route add 2001:db8:1::/48 encap seg6local action End.X nh6 2001:db8::9 dev v0",
    "-6 route add 2001:db8:1::/48 encap seg6local action End.DX4 nh4 192.0.2.9 dev v0",
    "-6 route add 2001:db8:1::/48 encap seg6local action End.DX2 oif v2 dev v0",
    "-6 route add 2001:db8:1::/48 encap seg6local action End flavors next-csid lblen 48 nflen 16 dev v0",
    "-6 route add 2001:db8:1::/48 encap seg6local action End.B6.Encaps srh segs 2001:db8::a,2001:db8::b dev v0",
    pytest.param("-6 route add 2001:db8:1::/48 encap rpl segs 2001:db8::a,2001:db8::b dev v0", marks=pytest.mark.vm),
    "route add 10.1.0.0/16 nexthop encap ip id 5 dst 10.0.0.9 via 192.0.2.2 dev v0 nexthop via 198.51.100.2 dev v2",
    "-6 route add 2001:db8:1::/48 nexthop encap seg6 mode encap segs fd00::1 via fe80::1 dev v0 nexthop via fe80::2 dev v2",
]


@pytest.mark.parametrize("command", ENCAPS)
def test_encap(net, sal, command):
    net.or_skip(f"ip {command}")
    assert "encap" in json.dumps(same(net, sal))


def test_encap_in_nexthop_object(net, sal):
    net.or_skip("ip nexthop add id 1 encap ip id 5 dst 10.0.0.9 via 192.0.2.2 dev v0")
    net.sh("ip route add 10.1.0.0/16 nhid 1")
    route = one(same(net, sal), dst="10.1.0.0/16")
    assert route["encap_dst"] == route["nh_info"]["dst"] == "10.0.0.9" and route["nh_info"]["encap_id"] == 5


def test_names(net, sal):
    """Names come from /etc/iproute2 where ip finds them."""
    net.put_file("/etc/iproute2/rt_protos", "# mine\n77 my-proto\n0x4e\thexed # comment\nbroken\n-5 minus\n")
    net.put_file("/etc/iproute2/rt_tables", "255\tlocal\n254 main\n253 default\n100 uplink\n70000 far\n")
    net.put_file("/etc/iproute2/rt_scopes", "33 odd\n")
    net.put_file("/etc/iproute2/rt_realms", "0 cosmos\n5 five\n")
    net.put_file("/etc/iproute2/rt_dsfield", "0x10 lowdelay\n")
    net.sh("""
ip route add 10.1.0.0/16 dev v0 proto 78 table 70000 scope 33 realms 5/6 tos 0x10
ip route add 10.2.0.0/16 dev v0 proto 99 table 4294967295 realm 5
""")
    ours, theirs = sal.call("net.routes", table="all")["routes"], oracle(net)
    # ip stops at the first line it cannot read, and takes what follows for absent
    compare(ours, theirs, adds=ADDS)
    assert one(ours, dst="10.1.0.0/16")["protocol"] == "hexed"
    assert [r["dst"] for r in sal.call("net.routes", table="far")["routes"]] == ["10.1.0.0/16"]
    assert [r["dst"] for r in sal.call("net.routes", table="all", protocol="hexed")["routes"]] == ["10.1.0.0/16"]


def test_tables(net, sal):
    net.sh("""
ip route add 10.1.0.0/16 dev v0 table 100
ip route add 10.2.0.0/16 dev v0 table 1000
ip route add 10.3.0.0/16 dev v0 table 4294967295
ip -6 route add 2001:db8:1::/48 dev v0 table 1000
ip rule add fwmark 7 table 100
""")
    everything = same(net, sal)
    for table in ("main", "local", "100", "1000", "4294967295"):
        assert sal.call("net.routes", table=table)["routes"] == [r for r in everything if r["table"] == table], table
    assert sal.call("net.routes", table="0x64") == sal.call("net.routes", table="100")
    assert sal.call("net.routes", table="254") == sal.call("net.routes")
    assert sal.call("net.routes", table="0")["routes"] == everything
    assert sal.call("net.routes", table="5555") == {"routes": [], "consistent": True, "truncated": False}


def test_default_is_main_as_ip_shows_it(net, sal):
    net.sh("ip route add default via 192.0.2.2")
    compare(sal.call("net.routes")["routes"],
            oracle(net, "ip -j -d route show") + oracle(net, "ip -j -d -6 route show"), adds=("table",))


@pytest.mark.vm
def test_vrf(net, sal):
    net.run("ip link add red type vrf table 10")
    net.sh("ip link set red up; ip link set v0 master red; ip route add vrf red 10.1.0.0/16 via 192.0.2.2")
    same(net, sal)
    assert one(sal.call("net.routes", table="10", dst="10.1.0.0/16")["routes"], dev="v0")


def test_filters(net, sal):
    net.sh("""
ip route add default via 192.0.2.2 proto static
ip route add 10.0.0.0/8 via 192.0.2.2 proto static
ip route add 10.0.0.0/16 via 198.51.100.2 proto dhcp
ip route add 10.0.0.0/8 via 198.51.100.2 metric 9
ip route add 10.9.0.0/16 nexthop via 192.0.2.2 nexthop via 198.51.100.2
ip -6 route add default via 2001:db8::2
ip -6 route add 2001:db8:1::/48 nexthop via fe80::1 dev v0 nexthop via fe80::2 dev v2
ip route add unreachable 10.77.0.0/16 proto 0
""")
    everything = sal.call("net.routes")["routes"]
    v6 = [r for r in everything if ":" in r["dst"] or "pref" in r]

    def check(want, **params):
        got = sal.call("net.routes", **params)["routes"]
        assert got == want and len(got) < len(everything), params
        assert got, f"{params}: nothing compared"

    check(v6, family="inet6")
    check([r for r in everything if r not in v6], family="inet")
    check([r for r in everything if r["protocol"] == "static"], protocol="static")
    check([r for r in everything if r["protocol"] == "static"], protocol="4")
    check([r for r in everything if r["protocol"] == "unspec"], protocol="0")
    for dev in ("v0", "v2"):
        check([r for r in everything if dev in (r.get("dev"), *(n["dev"] for n in r.get("nexthops", [])))], dev=dev)
    check([r for r in everything if r["dst"] == "default"], dst="default")
    check([r for r in everything if r["dst"] == "default" and r in v6], dst="::/0")
    check([r for r in everything if r["dst"] == "default" and r not in v6], dst="0.0.0.0/0")
    check([r for r in everything if r["dst"] == "10.0.0.0/8"], dst="10.0.0.0/8")
    check([r for r in everything if r["dst"] == "2001:db8:1::/48"], dst="2001:db8:1::/48")
    check([r for r in everything if r["dst"] == "10.0.0.0/8" and r["protocol"] == "static"], dst="10.0.0.0/8",
          protocol="static", dev="v0", family="inet", table="main")
    assert sal.call("net.routes", dst="10.0.0.1")["routes"] == []
    assert sal.call("net.routes", dst="10.0.0.0/9")["routes"] == []
    assert sal.call("net.routes", dst="10.0.0.0/8", family="inet6")["routes"] == []
    assert sal.call("net.routes", dst="198.51.100.1", table="local")["routes"][0]["type"] == "local"


def test_errors(net, sal):
    error = sal.error("net.routes", kind="NOT_FOUND", field="/dev", dev="nope")
    assert error["data"]["subject"] == "interface nope"
    sal.error("net.routes", kind="NOT_FOUND", field="/table", table="nowhere")
    sal.error("net.routes", kind="NOT_FOUND", field="/table", table="4294967296")
    sal.error("net.routes", kind="NOT_FOUND", field="/table", table="-1")
    sal.error("net.routes", kind="NOT_FOUND", field="/protocol", protocol="256")
    sal.error("net.routes", kind="NOT_FOUND", field="/protocol", protocol="carrier-pigeon")
    for field, value in (("dst", "10.0.0.0/33"), ("dst", "10.1"), ("dst", ""), ("family", "ipv4"), ("dev", "a/b"),
                         ("dev", ""), ("table", 254), ("table", "x" * 65), ("nonsense", 1)):
        sal.error("net.routes", kind="INVALID_PARAMS", field=f"/{field}", **{field: value})


def test_odd_interface_names(ns, sal):
    for i, name in enumerate(['quo"te', "dot.1", "back\\slash", "ünï", "fifteen-bytes-x", "-dash"]):
        ns.run(["ip", "link", "add", "name", name, "type", "veth", "peer", "name", f"p{i}"])
    links = [link["ifname"] for link in ns.json("ip -j link") if not link["ifname"].startswith(("p", "lo"))]
    for i, name in enumerate(links):
        ns.run(["ip", "link", "set", "dev", name, "up"])
        ns.run(["ip", "route", "add", f"10.{i}.0.0/16", "dev", name])
    same(ns, sal)
    for name in links:
        assert [r["dev"] for r in sal.call("net.routes", dev=name, family="inet")["routes"]] == [name]


def test_many_interfaces(ns, sal):
    """More interfaces than names are remembered, in turns."""
    ns.batch([f"link add d{i} type veth peer name e{i}" for i in range(100)])
    ns.batch([f"link set d{i} up" for i in range(100)] + [f"link set e{i} up" for i in range(100)])
    ns.batch([f"route add 10.{j}.{i}.0/24 dev d{i}" for j in range(4) for i in range(100)])
    ns.batch(["route add 10.99.0.0/16 " + " ".join(f"nexthop dev d{i}" for i in range(100))])
    same(ns, sal)


def test_twenty_thousand(net, sal):
    net.batch([f"route add 10.{i >> 8}.{i & 255}.0/24 via 192.0.2.{i % 250 + 2} proto {i % 256} metric {i % 7}"
               for i in range(20000)])
    net.batch([f"route add 2001:db8:{i:x}::/48 via fe80::{i:x} dev v0" for i in range(1, 20001)])
    routes = same(net, sal)
    assert len(routes) > 40000
    assert len(sal.call("net.routes", protocol="173")["routes"]) == 78
    assert len(sal.call("net.routes", dst="10.3.232.0/24")["routes"]) == 1


@pytest.mark.parametrize("family", ["inet", "inet6"])
def test_while_routes_change(net, sal, family):
    """Routes that stand are in every consistent answer once, whatever others do meanwhile."""
    stand, moving = {"inet": ("10.{:d}.{:d}.0/24", "172.16.{:d}.0/24"),
                     "inet6": ("2001:db8:{:x}:{:x}::/64", "2001:db9:{:x}::/48")}[family]
    stand = {stand.format(i >> 8, i & 255) for i in range(0x1001, 0x2389) if i & 255}
    net.batch([f"route add {dst} dev v0" for dst in sorted(stand)])
    done = threading.Event()

    def churn():
        while not done.is_set():
            net.batch([f"route {verb} {moving.format(i)} dev v0" for verb in ("add", "del") for i in range(1, 200)])

    thread = threading.Thread(target=churn)
    thread.start()
    consistent = 0
    try:
        for _ in range(60):
            answer = sal.call("net.routes", family=family)
            if answer["consistent"]:
                consistent += 1
                found = [r["dst"] for r in answer["routes"] if r["dst"] in stand]
                assert len(found) == len(stand) and set(found) == stand
    finally:
        done.set()
        thread.join()
    assert consistent, "every dump was interrupted"


def test_without_ipv6(net, sal):
    net.sh("sysctl -qw net.ipv6.conf.all.disable_ipv6=1")
    assert sal.call("net.routes", family="inet6", table="main")["routes"] == []
    same(net, sal)
