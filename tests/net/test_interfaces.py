"""net.interfaces against ip -j -d [-s] addr: whole answers, in a namespace full of links."""
import json
import threading

import pytest

from compare import compare
from daemon import Daemon
from ns import Namespace

# What SAL shows on top of `ip -j -d addr` of iproute2 6.1 and of `ip -j -d link`.
ADDS = ("token", "*.addr_info.*.protocol")
# What moves between two looks.
MOVES = ("gc_timer", "hello_timer", "hold_timer", "tcn_timer", "message_age_timer", "forward_delay_timer",
         "topology_change_timer", "valid_life_time", "preferred_life_time")

TOPOLOGY = """
ip link add br0 address 02:00:00:00:00:b0 type bridge
ip link add br1 type bridge stp_state 1 priority 4096 group_fwd_mask 0x4000 mcast_querier 1 no_linklocal_learn 1
ip link add v0 type veth peer name v1
ip link set v0 master br0
ip link set br0 up
ip link set v0 up
ip link set v0 type bridge_slave group_fwd_mask 0x4008 cost 55 isolated on hairpin on
ip link add vx0 type vxlan id 5 group 239.1.1.1 dev v1 dstport 4789 ttl 3 tos 0x10 srcport 1000 2000
ip link add vx1 type vxlan id 6 remote fd00::1 local fd00::2 dstport 4790 gbp noudpcsum maxaddress 10 ageing 0
ip link add vx2 type vxlan external dstport 4791
ip link add mv0 link v1 type macvlan mode bridge
ip link add mv1 link v1 type macvlan mode source macaddr set 02:00:00:00:00:05 02:00:00:00:00:06
ip link add mt0 link v1 type macvtap mode vepa
ip tuntap add tap0 mode tap user root group 12345 multi_queue vnet_hdr
ip tuntap add tun0 mode tun user daemon pi
ip tuntap add tun1 mode tun
ip link add ifb0 type ifb
ip link set ifb0 group 7
ip link property add dev v1 altname longer-than-fifteen-bytes altname second
ip link set v1 alias 'hello "world" é'
ip address add 10.0.0.1/24 dev v1
ip address add 10.0.0.2/24 dev v1 label v1:x
ip address add 10.9.0.1 peer 10.9.0.2/32 dev v1
ip address add 10.5.0.1/8 scope 77 dev v1
ip address add 10.1.0.1/24 brd + dev br0 metric 77 valid_lft 1000 preferred_lft 500
ip address add fd00::5/64 dev v1 nodad
ip address add fd00::6/64 dev v1 nodad valid_lft 900 preferred_lft 0
ip address add fd00:1::1 peer fd00:1::2/128 dev v1
ip address add fd00:2::1/64 dev br0 mngtmpaddr home noprefixroute
ip netns add other
ip link add va type veth peer name vb netns other
ip link set va master br0
"""

# Where this kernel lacks one, the recordings that tests/unit/test_link_kinds.c replays have it.
KINDS = {
    "vlan": "ip link add link v1 name x0 type vlan id 10 gvrp on ingress-qos-map 1:2",
    "bond": "ip link add x0 type bond mode 802.3ad miimon 100",
    "vrf": "ip link add x0 type vrf table 1000",
    "dummy": "ip link add x0 type dummy",
    "wireguard": "ip link add x0 type wireguard",
    "ipvlan": "ip link add link v0 name x0 type ipvlan mode l3",
    "geneve": "ip link add x0 type geneve id 42 remote 192.0.2.50",
    "gretap": "ip link add x0 type gretap remote 192.0.2.60 local 192.0.2.1 key 5",
    "ipip": "ip link add x0 type ipip remote 192.0.2.70 local 192.0.2.1",
    "ip6tnl": "ip link add x0 type ip6tnl remote 2001:db8::70 local 2001:db8::1",
}


@pytest.fixture(scope="module")
def town():
    """A namespace with many kinds of links, and a daemon in it, for tests that only look."""
    ns = Namespace()
    try:
        ns.sh("set -e\n" + TOPOLOGY)
        with Daemon(ns) as sal:
            yield ns, sal
    finally:
        ns.close()


def interfaces(sal, **params):
    answer = sal.call("net.interfaces", **params)
    assert answer["consistent"] is True and answer["truncated"] is False
    return answer["interfaces"]


def names(found):
    return sorted(i["ifname"] for i in found)


def oracle(ns, flags="", what=""):
    """ip's addresses, with the two members that it shows with links only."""
    found = [i for i in ns.json(f"ip -j -d {flags} addr show {what}") if i]  # {} stands for what ip leaves out
    links = {i["ifindex"]: i for i in ns.json("ip -j -d link show")}
    for i in found:
        i.update({n: links[i["ifindex"]][n] for n in ("linkmode", "inet6_addr_gen_mode") if n in links[i["ifindex"]]})
    return found


def test_everything(town):
    ns, sal = town
    ours = interfaces(sal)
    compare(ours, oracle(ns), adds=ADDS, ignore=MOVES)
    assert all("stats64" not in i for i in ours)


def test_everything_with_stats(town):
    ns, sal = town
    ns.sh("echo hello > /dev/udp/127.0.0.1/9")
    ours = interfaces(sal, stats=True)
    compare(ours, oracle(ns, "-s"), adds=ADDS, ignore=MOVES)
    assert next(i for i in ours if i["ifname"] == "lo")["stats64"]["rx"]["packets"] >= 1


def test_lifetimes(town):
    """They shrink between two looks, so they are compared by themselves."""
    ns, sal = town
    ours = {a["local"]: a for i in interfaces(sal) for a in i["addr_info"]}
    theirs = {a["local"]: a for i in oracle(ns) for a in i["addr_info"]}
    assert ours.keys() == theirs.keys()
    for local, address in theirs.items():
        for member in ("valid_life_time", "preferred_life_time"):
            assert 0 <= ours[local][member] - address[member] <= 10, (local, member)
    assert ours["fd00::5"]["valid_life_time"] == 4294967295
    assert ours["fd00::6"]["deprecated"] is True and ours["fd00::6"]["preferred_life_time"] <= 0
    assert ours["10.1.0.1"]["preferred_life_time"] <= 500


@pytest.mark.vm
@pytest.mark.parametrize("kind", KINDS)
def test_kind(ns, sal, kind):
    ns.sh("ip link add v0 type veth peer name v1; ip link set v0 up")
    ns.run(KINDS[kind])
    compare(interfaces(sal, ifname="x0"), oracle(ns, what="dev x0"), adds=ADDS, ignore=MOVES)


@pytest.mark.parametrize("ifname", ["br0", "v0", "v1", "tap0", "mv0", "vx0", "va", "lo"])
def test_one_link(town, ifname):
    ns, sal = town
    compare(interfaces(sal, ifname=ifname), oracle(ns, what=f"dev {ifname}"), adds=ADDS, ignore=MOVES)
    compare(interfaces(sal, ifname=ifname, stats=True), oracle(ns, "-s", f"dev {ifname}"), adds=ADDS, ignore=MOVES)


@pytest.mark.parametrize("altname", ["longer-than-fifteen-bytes", "second"])
def test_altname(town, altname):
    _, sal = town
    assert names(interfaces(sal, ifname=altname)) == ["v1"]


def test_peer_in_another_namespace(town):
    ns, sal = town
    away = interfaces(sal, ifname="va")[0]
    inside = json.loads(ns.run("ip netns exec other ip -j link show vb"))[0]
    assert away["link_index"] == inside["ifindex"] and away["link_netnsid"] == 0 and "link" not in away


@pytest.mark.parametrize("kind", ["bridge", "veth", "tun", "vxlan", "macvlan", "macvtap", "bridge_slave", "ifb"])
def test_kind_filter(town, kind):
    ns, sal = town
    ours = interfaces(sal, kind=kind)
    assert ours
    compare(ours, oracle(ns, what=f"type {kind}"), adds=ADDS, ignore=MOVES)


@pytest.mark.parametrize("kind", ["no-such-kind", "_slave", "brid", "bridge_", "k" * 64, "é", ""])
def test_kind_that_is_none(town, kind):
    _, sal = town
    assert interfaces(sal, kind=kind) == []


def test_master_filter(town):
    ns, sal = town
    compare(interfaces(sal, master="br0"), oracle(ns, what="master br0"), adds=ADDS, ignore=MOVES)
    assert names(interfaces(sal, master="br0")) == ["v0", "va"]
    assert interfaces(sal, master="br1") == interfaces(sal, master="longer-than-fifteen-bytes") == []


def test_up_filter(town):
    ns, sal = town
    compare(interfaces(sal, up=True), oracle(ns, what="up"), adds=ADDS, ignore=MOVES)
    both = names(interfaces(sal, up=True)) + names(interfaces(sal, up=False))
    assert sorted(both) == names(interfaces(sal))


def test_filters_are_anded(town):
    _, sal = town
    assert names(interfaces(sal, kind="veth", master="br0", up=True)) == ["v0"]
    assert names(interfaces(sal, ifname="v0", kind="veth", master="br0")) == ["v0"]
    assert interfaces(sal, ifname="v0", kind="bridge") == []
    assert interfaces(sal, ifname="v0", up=False) == []
    assert interfaces(sal, ifname="v1", master="br0") == []


@pytest.mark.parametrize("name", ["nope", "", "n" * 15, "n" * 16, "n" * 127, "a/b", "%d", "eth 0", "ü"])
@pytest.mark.parametrize("param", ["ifname", "master"])
def test_unknown_name(town, param, name):
    _, sal = town
    sal.error("net.interfaces", kind="NOT_FOUND", field=f"/{param}", **{param: name})


@pytest.mark.parametrize("params, field", [
    ({"ifname": 1}, "/ifname"),
    ({"ifname": "n" * 128}, "/ifname"),
    ({"kind": "k" * 65}, "/kind"),
    ({"up": "yes"}, "/up"),
    ({"stats": 1}, "/stats"),
    ({"name": "v0"}, "/name"),
])
def test_bad_params(town, params, field):
    _, sal = town
    data = sal.ask("net.interfaces", params)["error"]["data"]
    assert (data["kind"], data["field"]) == ("INVALID_PARAMS", field)


RENAME = """
import socket, struct, sys
old, new, alias = (bytes.fromhex(a) for a in sys.argv[1:])
def attr(kind, data):
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)
body = struct.pack("=BxHiII", 0, 0, socket.if_nametoindex(old), 0, 0)
body += attr(3, new + b"\\0") + (attr(20, alias) if alias else b"")
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
s.send(struct.pack("=IHHII", 16 + len(body), 19, 5, 1, 0) + body)
assert struct.unpack_from("=i", s.recv(4096), 16)[0] == 0
"""


def rename(ns, old, new, alias=b""):
    """By netlink: what no command line could say."""
    ns.run(["/usr/bin/python3", "-c", RENAME, old.hex(), new.hex(), alias.hex()])


ODD_NAMES = ["quote\"d", "back\\slash", "-rf", "ünïcödé", "日本語", "<b>&amp;", "exactly-fifteen", "'", "{}[],"]


def test_odd_names(ns, sal):
    for n, name in enumerate(ODD_NAMES):
        ns.run(["ip", "link", "add", f"plain{n}", "type", "bridge"])
        ns.run(["ip", "link", "add", f"port{n}", "type", "ifb"])
        ns.run(["ip", "link", "set", f"port{n}", "master", f"plain{n}"])
        rename(ns, f"plain{n}".encode(), name.encode())
    compare(interfaces(sal), oracle(ns), adds=ADDS, ignore=MOVES)
    for n, name in enumerate(ODD_NAMES):
        assert interfaces(sal, ifname=name)[0]["ifname"] == name
        assert names(interfaces(sal, master=name)) == [f"port{n}"]


def test_name_that_is_not_utf8(ns, sal):
    ns.sh("ip link add br0 type bridge; ip link add p type ifb; ip link set p master br0")
    rename(ns, b"br0", b"a\xff\xc3(b", alias=b"\x01\x1b[31m\x7f\"\\\n\t" + b"\xfe" * 100)
    bridge = interfaces(sal, kind="bridge")[0]
    assert bridge["ifname"] == "a\\xff\\xc3(b"
    assert bridge["ifalias"] == "\x01\x1b[31m\x7f\"\\\n\t" + "\\xfe" * 100
    assert interfaces(sal, ifname="p")[0]["master"] == "a\\xff\\xc3(b"


def test_longest_alias(ns, sal):
    ns.sh("ip link add br0 type bridge")
    rename(ns, b"br0", b"br0", alias=bytes(range(1, 256)))
    alias = interfaces(sal, ifname="br0")[0]["ifalias"]
    assert alias.startswith("\x01\x02") and alias.endswith("\\xff")


def test_group_names(ns, sal):
    ns.put_file("/etc/iproute2/group", "# groups\n0 default\n7 seven\n0x8 eight # of them\n")
    ns.sh("for g in 7 8 9; do ip link add g$g type ifb; ip link set g$g group $g; done")
    groups = {i["ifname"]: i["group"] for i in interfaces(sal) if i["ifname"] in ("lo", "g7", "g8", "g9")}
    assert groups == {"lo": "default", "g7": "seven", "g8": "eight", "g9": "9"}


def test_xdp(ns, sal, tmp_path):
    source = ('__attribute__((section("xdp"), used)) int pass(void *ctx) { return 2; }\n'
              'char _license[] __attribute__((section("license"), used)) = "GPL";\n')
    tmp_path.joinpath("xdp.c").write_text(source)
    ns.or_skip(f"clang -O2 -target bpf -c {tmp_path}/xdp.c -o {tmp_path}/xdp.o")
    ns.sh("ip link add v0 type veth peer name v1")
    ns.or_skip(f"ip link set v0 xdpgeneric obj {tmp_path}/xdp.o sec xdp")
    ours = interfaces(sal, ifname="v0")
    assert ours[0]["xdp"]["prog"]["name"] == "pass"
    compare(ours, oracle(ns, what="dev v0"), adds=ADDS, ignore=MOVES)


def steady(found):
    """Without what moves: timers of bridges, and addresses with a lifetime."""
    return [{**i, "linkinfo": None, "addr_info": [a for a in i["addr_info"] if "dynamic" not in a]} for i in found]


def test_any_caller_with_the_right_sees_the_same(town):
    _, sal = town
    assert steady(interfaces(sal.client(uid=1000))) == steady(interfaces(sal))


def test_thousand_links(ns, sal):
    lines = []
    for n in range(250):
        lines += [f"link add a{n} type veth peer name b{n}", f"link add c{n} type bridge", f"link set a{n} master c{n}",
                  f"link add d{n} link b{n} type macvlan"]
        lines += [f"address add 10.{n}.{k}.1/24 dev {d}{n}" for k, d in enumerate("bcd")]
        lines += [f"address add fd00:{n}::{k}/64 dev b{n} nodad" for k in range(1, 4)]
    ns.run("ip -batch -", input="\n".join(lines))
    try:
        ours = interfaces(sal, stats=True)
        assert len(ours) == 1001
        compare(ours, oracle(ns, "-s"), adds=ADDS, ignore=MOVES, key="ifindex")
        assert len(interfaces(sal, kind="bridge")) == 250
    finally:  # a namespace that ends with many links slows the next ones down
        ns.run("ip -batch -", input="\n".join(f"link del {d}{n}" for n in range(250) for d in "ac"))


RACE = """
while :; do
  echo "link add come type veth peer name gone"; echo "address add 10.9.9.9/24 dev come"
  echo "link set come name went"; echo "link set stay50 alias x"; echo "link del went"
done | ip -force -batch -
"""


def test_changes_while_it_is_read(ns, sal):
    """Links come, go and change names all the time: every answer is valid, and those that stay are in it."""
    ns.sh("for n in $(seq 100); do ip link add stay$n type ifb; ip addr add 10.0.$n.1/24 dev stay$n; done")
    racer = ns.popen(["bash", "-c", RACE])
    stay = {f"stay{n}": f"10.0.{n}.1" for n in range(1, 101)}
    consistent = 0
    try:
        for _ in range(100):
            answer = sal.call("net.interfaces")
            consistent += answer["consistent"]
            found = {i["ifname"]: [a["local"] for a in i["addr_info"] if a["family"] == "inet"]
                     for i in answer["interfaces"]}
            if answer["consistent"]:
                assert len(found) == len(answer["interfaces"])
                assert {n: found.get(n) for n in stay} == {n: [a] for n, a in stay.items()}
            for name in ("come", "went"):
                done = sal.ask("net.interfaces", {"ifname": name})
                assert "result" in done or done["error"]["data"]["kind"] == "NOT_FOUND", done
        assert racer.poll() is None, "the racer gave up"
        assert consistent, "no answer was whole"
    finally:
        racer.kill()
        racer.wait()


def test_many_readers_at_once(town):
    _, sal = town
    want, seen, faults = steady(interfaces(sal, ifname="v1")), [], []

    def read():
        try:
            client = sal.client()
            for _ in range(20):
                seen.append(steady(interfaces(client, ifname="v1")))
        except BaseException as e:
            faults.append(e)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not faults, faults
    assert len(seen) == 160 and all(s == want for s in seen)
