"""net.conntrack and net.conntrack.stats against conntrack 1.4.7: whole entries."""
import re
import threading
import time
import xml.etree.ElementTree as ET
from datetime import datetime, timezone
from pathlib import Path

import pytest
from client import parse
from compare import compare
from http1 import BrokenTransfer, eventually

FILL = Path(__file__).resolve().parents[1] / "lib" / "ctfill.py"
# What SAL adds to the oracle's; looked at on their own below.
ADDS = ("status", "src-nat", "dst-nat", "master", "seqadj", "synproxy", "start_time", "stop_time")
WORDS = {"protoname", "src", "dst", "srckey", "dstkey", "state", "secctx", "helper"}


def value(name, text):
    return text if name in WORDS else int(text)


def element(node):
    """XML into JSON by the rule in the method's description."""
    if node.tag == "labels":
        return [label.text for label in node]
    if not len(node) and not node.attrib:
        return True if node.text is None else value(node.tag, node.text)
    return {**{k: value(k, v) for k, v in node.attrib.items()}, **{child.tag: element(child) for child in node}}


def flow(node):
    entry = {}
    for part in node:
        direction = part.attrib.get("direction")
        if direction in ("original", "reply"):
            del part.attrib["direction"]
            entry[direction] = element(part)
        elif direction == "independent":
            entry.update({child.tag: element(child) for child in part})
        else:
            entry[part.tag] = element(part)
    return entry


# Of each line of -o extended,id: what the XML leaves out, by direction.
def extended(ns, *words):
    lines = {}
    for line in ns.run(["conntrack", "-L", "-o", "extended,id,ktimestamp", *words]).splitlines():
        fields = {"line": line}
        for name, text in re.findall(r"(type|code|sport|dport|id)=(\d+)", line):
            fields.setdefault(name, []).append(int(text))
        lines[fields["id"][-1]] = fields
    return lines


def oracle(ns, *words):
    text = ns.run(["conntrack", "-L", "-o", "xml,labels,ktimestamp", *words])
    if not text.strip():
        return []
    entries = [flow(node) for node in ET.fromstring(text)]
    lines = extended(ns, *words)
    for entry in entries:
        line = lines[entry["id"]]
        if entry["original"]["layer4"]["protoname"] in ("sctp", "dccp") and "state" in entry:
            entry["state"] = line["line"].split()[5]  # the XML has TCP's word for the number
        for i, direction in enumerate(("original", "reply")):
            layer4 = entry[direction]["layer4"]
            if layer4["protoname"] in ("icmp", "icmpv6"):
                layer4.update({name: line[name][i] for name in ("type", "code", "id")})
            elif layer4["protoname"] == "dccp":
                layer4.update({name: line[name][i] for name in ("sport", "dport")})
                # A kernel that does not know DCCP has no ports; both of the tool's forms print 0.
                if layer4["sport"] == layer4["dport"] == 0:
                    del layer4["sport"], layer4["dport"]
    return entries


def moved(entries):
    return {e["id"]: (e["timeout"], e.get("deltatime", 0)) for e in entries}


def calm(before, after):
    """Two looks between which time went by, and nothing else: no last acknowledgement on its way."""
    old, new = moved(before), moved(after)
    rest = [[{k: v for k, v in e.items() if k not in ("timeout", "deltatime")} for e in look] for look in (before, after)]
    return rest[0] == rest[1] and all(new[i][0] <= old[i][0] and new[i][1] >= old[i][1] for i in old)


def looks(ns, sal, words, params):
    """Our answer, and the oracle's before and after it; None when the table changed meanwhile."""
    before = oracle(ns, *words)
    answer = sal.call("net.conntrack", **params)
    after = oracle(ns, *words)
    return (before, answer, after) if calm(before, after) else None


def check(ns, sal, *words, least=1, **params):
    """Compares a whole answer with the oracle's; returns ours."""
    before, answer, after = eventually(lambda: looks(ns, sal, words, params), "a look at a table that is at rest")
    ours, old, new = answer["entries"], moved(before), moved(after)
    assert answer["consistent"] is True and answer["truncated"] is False
    compare(ours, after, adds=ADDS, ignore=("timeout", "deltatime"), key="id")
    # timeout counts down and deltatime up: ours lie between the two looks
    for i, (timeout, delta) in moved(ours).items():
        assert new[i][0] <= timeout <= old[i][0] and old[i][1] <= delta <= new[i][1]
    assert len(after) >= least, "nothing compared"
    for e, t in zip(sorted(ours, key=lambda e: e["id"]), sorted(after, key=lambda e: e["id"])):
        assert ("timeout" in e, "deltatime" in e) == ("timeout" in t, "deltatime" in t)
    return ours


def by_port(entries, name="sport"):
    return {e["original"]["layer4"].get(name): e for e in entries}


HOOKS = """nft -f - <<'END'
table inet hooks {
	chain pre { type filter hook prerouting priority 0; ct state new counter; }
}
END
"""

INSERT = """
I() { conntrack -I "$@" 2>/dev/null; }
I -p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 1000 --dport 80 --state ESTABLISHED -u ASSURED,SEEN_REPLY -t 1000 -m 0x12
I -p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 1001 --dport 80 --state SYN_SENT -t 1000 -m 0x22
I -p tcp -s 10.0.1.1 -d 10.0.0.2 --sport 1002 --dport 443 --state TIME_WAIT -u SEEN_REPLY -t 1000
I -p tcp -s 2001:db8::1 -d 2001:db8::2 --sport 1000 --dport 80 --state CLOSE_WAIT -u ASSURED,SEEN_REPLY -t 1000
I -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 1000 --dport 53 -t 1000
I -p udp -s 2001:db8::1 -d 2001:db8:1::2 --sport 1003 --dport 53 -t 1000 -u FIXED_TIMEOUT
I -p icmp -s 10.0.0.1 -d 10.0.0.2 --icmp-type 8 --icmp-code 0 --icmp-id 77 -t 1000
I -p icmpv6 -s 2001:db8::1 -d 2001:db8::2 --icmpv6-type 128 --icmpv6-code 0 --icmpv6-id 78 -t 1000
I -p udplite -s 10.0.0.1 -d 10.0.0.2 --sport 1000 --dport 80 -t 1000
I -p sctp -s 10.0.0.1 -d 10.0.0.2 --sport 1000 --dport 80 --state ESTABLISHED -t 1000 --orig-vtag 5 --reply-vtag 6
I -p dccp -s 10.0.0.1 -d 10.0.0.2 --sport 1000 --dport 80 --state OPEN --role client -t 1000
I -p gre -s 10.0.0.1 -d 10.0.0.2 --srckey 1000 --dstkey 80 -t 1000
I -p 99 -s 10.0.0.1 -d 10.0.0.2 -t 1000
I -p 99 -s 2001:db8::1 -d 2001:db8::2 -t 1000 -m 0x12
I -p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 1000 --dport 80 --state ESTABLISHED -t 1000 -w 5
I -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 1000 --dport 53 -t 1000 -w 5 -m 0xffffffff
I -p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 1010 --dport 80 --state SYN_SENT -t 1000 --orig-zone 5
I -p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 1011 --dport 80 --state SYN_SENT -t 1000 --reply-zone 5
I -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 1020 --dport 80 -t 1000 --dst-nat 10.0.0.9:8080
I -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 1021 --dport 80 -t 1000 --src-nat 10.0.0.8:999
I -p tcp -s 2001:db8::1 -d 2001:db8::2 --sport 1022 --dport 80 --state ESTABLISHED -t 1000 --dst-nat [2001:db8::9]:8080
I -p icmp -s 10.0.0.1 -d 10.0.0.3 --icmp-type 8 --icmp-code 0 --icmp-id 79 -t 1000 --dst-nat 10.0.0.9
"""


@pytest.fixture
def net(ns, sal):
    ns.sh(HOOKS)
    return ns


@pytest.fixture
def table(net):
    """One entry of each kind."""
    net.sh(INSERT)
    return net


def test_every_kind(table, sal):
    ours = check(table, sal, least=22)
    families = {"inet": check(table, sal, "-f", "ipv4", family="inet"),
                "inet6": check(table, sal, "-f", "ipv6", family="inet6", least=5)}
    assert len(families["inet"]) + len(families["inet6"]) == len(ours)
    ports = by_port(e for e in families["inet"] if "zone" not in e)
    assert ports[1010]["original"]["zone"] == 5 and "zone" not in ports[1010]["reply"]
    assert ports[1011]["reply"]["zone"] == 5 and "zone" not in ports[1011]["original"]
    assert ports[1020]["dst-nat"] == {"address": "10.0.0.9", "port": 8080} and "src-nat" not in ports[1020]
    assert ports[1021]["src-nat"] == {"address": "10.0.0.8", "port": 999} and "dst-nat" not in ports[1021]
    assert by_port(families["inet6"])[1022]["dst-nat"] == {"address": "2001:db8::9", "port": 8080}
    pings = {e["original"]["layer4"].get("id"): e for e in ours}
    assert pings[79]["dst-nat"] == {"address": "10.0.0.9"}
    assert pings[78]["original"]["layer4"] == {"protonum": 58, "protoname": "icmpv6", "type": 128, "code": 0, "id": 78}
    unknown = [e for e in ours if e["original"]["layer4"]["protonum"] == 99]
    assert [e["original"]["layer4"] for e in unknown] == [{"protonum": 99, "protoname": "unknown"}] * 2


def test_status(table, sal):
    """The words of the status say what the oracle's marks and its own filters say."""
    ours = check(table, sal)
    lines = extended(table)
    for e in ours:
        assert ("ASSURED" in e["status"]) == ("[ASSURED]" in lines[e["id"]]["line"]) == e.get("assured", False)
        assert ("SEEN_REPLY" not in e["status"]) == ("[UNREPLIED]" in lines[e["id"]]["line"]) == e.get("unreplied", False)
        assert "CONFIRMED" in e["status"]
    for flag, word, member in (("--src-nat", "SRC_NAT", "src-nat"), ("--dst-nat", "DST_NAT", "dst-nat")):
        # of ICMP the tool takes types for ports
        theirs = {e["id"] for e in oracle(table, flag) if "sport" in e["original"]["layer4"]}
        assert theirs == {e["id"] for e in ours if member in e and "sport" in e["original"]["layer4"]} != set()
        assert [word in e["status"] for e in ours] == [member in e for e in ours]
    assert len([e for e in ours if "FIXED_TIMEOUT" in e["status"]]) == 1


FILTERS = [
    ({"zone": 5}, ["-w", "5"], 2), ({"zone": 0}, ["-w", "0"], 19), ({"zone": 6}, ["-w", "6"], 0),
    ({"zone": 5, "proto": "udp"}, ["-w", "5", "-p", "udp"], 1),
    ({"proto": "tcp"}, ["-p", "tcp"], 8), ({"proto": "6"}, ["-p", "6"], 8), ({"proto": "icmp"}, ["-p", "icmp"], 2),
    ({"proto": "icmpv6", "family": "inet6"}, ["-p", "icmpv6"], 1), ({"proto": "99"}, ["-p", "99"], 2),
    ({"proto": "udplite", "family": "inet"}, ["-p", "udplite"], 1), ({"proto": "gre"}, ["-p", "gre"], 1),
    ({"proto": "tcp", "family": "inet6"}, ["-p", "tcp", "-f", "ipv6"], 2),
    ({"src": "10.0.0.1"}, ["-s", "10.0.0.1"], 14), ({"src": "10.0.1.0/24"}, ["-s", "10.0.1.0/24"], 1),
    ({"src": "10.0.1.77/16"}, ["-s", "10.0.0.0/16"], 15),
    ({"src": "2001:db8::1"}, ["-f", "ipv6", "-s", "2001:db8::1"], 5),
    ({"dst": "2001:db8:1::/48"}, ["-f", "ipv6", "-d", "2001:db8:1::/48"], 1),
    ({"dst": "2001:db8::2", "proto": "tcp"}, ["-f", "ipv6", "-d", "2001:db8::2", "-p", "tcp"], 2),
    ({"dst": "10.0.0.3"}, ["-d", "10.0.0.3"], 1), ({"dst": "10.0.0.9"}, ["-d", "10.0.0.9"], 0),
    ({"proto": "tcp", "dport": 443}, ["-p", "tcp", "--dport", "443"], 1),
    ({"proto": "tcp", "family": "inet", "sport": 1000}, ["-f", "ipv4", "-p", "tcp", "--sport", "1000"], 2),
    ({"src": "10.0.0.1", "dst": "10.0.0.2", "proto": "udp", "sport": 1020, "dport": 80},
     ["-s", "10.0.0.1", "-d", "10.0.0.2", "-p", "udp", "--sport", "1020", "--dport", "80"], 1),
    ({"mark": "18"}, ["-m", "18"], 2), ({"mark": "0x12"}, ["-m", "0x12"], 2), ({"mark": "0x2/0xf"}, ["-m", "0x2/0xf"], 3),
    ({"mark": "0"}, ["-m", "0"], 18), ({"mark": "4294967295"}, ["-m", "4294967295"], 1), ({"mark": "0x10/0xf"}, ["-m", "0x10/0xf"], 0),
    ({"status": ["ASSURED"]}, ["-u", "ASSURED"], 2), ({"status": ["SEEN_REPLY"]}, ["-u", "SEEN_REPLY"], 3),
    ({"status": ["SEEN_REPLY", "ASSURED"], "family": "inet6"}, ["-f", "ipv6", "-u", "SEEN_REPLY,ASSURED"], 1),
    ({"status": ["FIXED_TIMEOUT"]}, ["-u", "FIXED_TIMEOUT"], 1),
]


@pytest.mark.parametrize("params,words,least", FILTERS, ids=lambda v: " ".join(v) if isinstance(v, list) else None)
def test_filters(table, sal, params, words, least):
    theirs = oracle(table, *words)
    answer = sal.call("net.conntrack", **params)
    compare(answer["entries"], theirs, adds=ADDS, ignore=("timeout", "deltatime"), key="id")
    assert len(theirs) >= least and answer["truncated"] is False
    assert least or not theirs


def test_filters_of_our_own(table, sal):
    """What the tool has no word for, against a filter in Python over everything."""
    everything = sal.call("net.conntrack")["entries"]

    def same(wanted, **params):
        got = sal.call("net.conntrack", **params)["entries"]
        assert [e["id"] for e in got] == [e["id"] for e in everything if wanted(e)] and (got or params.get("empty"))

    same(lambda e: e.get("unreplied"), status=["UNREPLIED"])
    same(lambda e: "DST_NAT" in e["status"], status=["DST_NAT"])
    same(lambda e: "CONFIRMED" in e["status"], status=["CONFIRMED"])
    same(lambda e: "SRC_NAT_DONE" in e["status"] and e.get("unreplied"), status=["SRC_NAT_DONE", "UNREPLIED"])
    # ports of whatever protocol; the keys of GRE are none
    same(lambda e: e["original"]["layer4"].get("dport") == 80, dport=80)
    same(lambda e: e["original"]["layer4"].get("sport") == 1000, sport=1000)
    same(lambda e: e["original"]["layer4"]["protonum"] == 132, proto="sctp")
    same(lambda e: True, src="default")
    same(lambda e: e["original"]["layer3"]["protonum"] == 2, src="0.0.0.0/0")
    same(lambda e: e["original"]["layer3"]["protonum"] == 10, dst="::/0")
    same(lambda e: True, mark="0/0", status=[])
    assert sal.call("net.conntrack", family="inet6", src="10.0.0.1")["entries"] == []
    assert sal.call("net.conntrack", src="10.0.0.1", dst="2001:db8::2")["entries"] == []
    assert sal.call("net.conntrack", proto="gre", sport=1000)["entries"] == []


def test_limit(table, sal):
    everything = sal.call("net.conntrack")["entries"]
    for limit in (1, len(everything) - 1):
        answer = sal.call("net.conntrack", limit=limit)
        assert answer["truncated"] is True and answer["consistent"] is True
        assert [e["id"] for e in answer["entries"]] == [e["id"] for e in everything[:limit]]
    for limit in (len(everything), len(everything) + 1, 2**32 - 1):
        answer = sal.call("net.conntrack", limit=limit)
        assert answer["truncated"] is False and len(answer["entries"]) == len(everything)
    answer = sal.call("net.conntrack", limit=2, proto="tcp", zone=0, family="inet")
    assert answer["truncated"] is True and len(answer["entries"]) == 2
    answer = sal.call("net.conntrack", limit=1, zone=5, proto="tcp")
    assert answer["truncated"] is False and len(answer["entries"]) == 1


def test_empty(net, sal):
    assert sal.call("net.conntrack") == {"entries": [], "consistent": True, "truncated": False}
    assert sal.call("net.conntrack", limit=1) == {"entries": [], "consistent": True, "truncated": False}


def test_timestamps_and_counters(net, sal):
    net.sh("sysctl -qw net.netfilter.nf_conntrack_timestamp=1 net.netfilter.nf_conntrack_acct=1")
    earlier = time.time_ns()
    net.sh(INSERT)
    ours, lines = check(net, sal, least=22), extended(net)
    for e in ours:
        start = e["timestamp"]["start"]
        assert earlier - 10**9 < start < time.time_ns() and e["timestamp"].keys() == {"start", "start_time"}
        whole, fraction = re.fullmatch(r"(.*)\.(\d{9})Z", e["timestamp"]["start_time"]).groups()
        moment = datetime.fromisoformat(whole).replace(tzinfo=timezone.utc)
        assert int(moment.timestamp()) * 10**9 + int(fraction) == start
        # the tool has local time; the machine's may be any
        assert net.run(["date", "-d", e["timestamp"]["start_time"], "+[start=%a %b %e %T %Y]"]).strip() in lines[e["id"]]["line"]
        assert e["deltatime"] >= 0
        assert e["original"]["counters"] == e["reply"]["counters"] == {"packets": 0, "bytes": 0}


def test_switched_off(table, sal):
    for e in check(table, sal):
        assert "timestamp" not in e and "deltatime" not in e and "counters" not in e["original"]


def labels_file(ns, text):
    """/etc/xtables need not be there: an /etc of the namespace's own, over the machine's."""
    ns.or_skip("mkdir -p /run/upper/xtables /run/work")
    ns.or_skip("mount -t overlay etc -o lowerdir=/etc,upperdir=/run/upper,workdir=/run/work /etc")
    ns.sh("cat > /etc/xtables/connlabel.conf", input=text)


def test_labels(net, sal):
    names = "# comment\n0 zero\n 1 eth-in \n17 foo\n17 second\n18 foo\nx bad\n200 far\n0x13 hexed\n20 no_good\n127 the last\n"
    labels_file(net, names)
    # Room for labels is made by a rule that has to do with them.
    net.sh("nft add rule inet hooks pre ct label set 17")
    net.sh("""
conntrack -I -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 1 --dport 80 -t 1000 --label-add foo
conntrack -I -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 2 --dport 80 -t 1000 --label-add "zero,eth-in,foo,hexed,the last"
conntrack -I -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 3 --dport 80 -t 1000
""")
    ours = by_port(check(net, sal, least=3))
    assert ours[1]["labels"] == ["foo"] and "labels" not in ours[3]
    assert ours[2]["labels"] == ["zero", "eth-in", "foo", "hexed", "the last"]
    # Without the file there are numbers still; the tool shows nothing then.
    net.sh("rm /etc/xtables/connlabel.conf")
    ours = by_port(sal.call("net.conntrack")["entries"])
    assert ours[2]["labels"] == ["0", "1", "17", "19", "127"] and ours[1]["labels"] == ["17"]


TALKER = """
import socket, sys
host, port, payload = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
if host == "listen":
    server = socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
    print("ready", flush=True)
    peer = server.accept()[0]
    server.close()
    peer.sendall(peer.makefile("rb").read(payload))
else:
    peer = socket.create_connection((host, port), timeout=20)
    peer.sendall(b"x" * payload)
    assert len(peer.makefile("rb").read(payload)) == payload
    print("ready", flush=True)
sys.stdin.read()
"""

ROUTER = """
for n in client server; do
	ip netns add $n
	ip link add $n type veth peer name eth0 netns $n
	ip link set $n up
	ip -n $n link set lo up
	ip netns exec $n sh -c 'echo 0 > /proc/sys/net/ipv6/conf/eth0/accept_dad'
	ip -n $n link set eth0 up
done
ip addr add 192.0.2.1/24 dev client; ip -n client addr add 192.0.2.7/24 dev eth0
ip addr add 10.1.0.1/24 dev server; ip -n server addr add 10.1.0.5/24 dev eth0
ip addr add 2001:db8::1/64 dev client nodad; ip -n client addr add 2001:db8::7/64 dev eth0 nodad
ip addr add 2001:db8:1::1/64 dev server nodad; ip -n server addr add 2001:db8:1::5/64 dev eth0 nodad
ip -n client route add default via 192.0.2.1; ip -n client route add default via 2001:db8::1
ip -n server route add default via 10.1.0.1; ip -n server route add default via 2001:db8:1::1
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.netfilter.nf_conntrack_acct=1 \
	net.netfilter.nf_conntrack_timestamp=1
nft -f - <<'END'
table inet nat {
	ct helper ftp-std { type "ftp" protocol tcp; }
	chain pre {
		type nat hook prerouting priority dstnat;
		ip daddr 192.0.2.1 tcp dport 80 dnat ip to 10.1.0.5:8080
		ip6 daddr 2001:db8::1 tcp dport 80 dnat ip6 to [2001:db8:1::5]:8080
	}
	chain post { type nat hook postrouting priority srcnat; oifname server masquerade; }
	chain tag { type filter hook prerouting priority 0; ct mark set 0x99; tcp dport 21 ct helper set "ftp-std"; }
}
END
"""


@pytest.fixture
def routed(net):
    """Two namespaces with a router that translates between them; talk(port, host) is a TCP connection."""
    net.sh(ROUTER)
    running = []

    def start(*argv):
        process = net.popen(["ip", "netns", "exec", *argv], stdin=-1, stdout=-1, text=True)
        running.append(process)
        return process

    def talk(port, host, to, payload):
        python = ["/usr/bin/python3", "-c", TALKER]
        server = start("server", *python, "listen", str(port), str(payload))
        assert server.stdout.readline() == "ready\n"
        client = start("client", *python, host, str(to), str(payload))
        assert client.stdout.readline() == "ready\n"

    yield net, talk
    for process in running:
        process.stdin.close()
        process.wait()
        process.stdout.close()


def test_real_traffic(routed, sal):
    net, talk = routed
    talk(8080, "192.0.2.1", 80, 100000)
    talk(8080, "2001:db8::1", 80, 5000)
    talk(21, "10.1.0.5", 21, 100)
    net.run("ip netns exec client ping -c 2 -i 0.1 10.1.0.5")
    ours = check(net, sal, least=4)
    by = {(e["original"]["layer3"]["protoname"], e["original"]["layer4"].get("dport")): e for e in ours}
    web = by["ipv4", 80]
    port = web["original"]["layer4"]["sport"]
    assert web["state"] == "ESTABLISHED" and web["assured"] is True and web["mark"] == 0x99 and "unreplied" not in web
    assert web["original"]["layer3"] == {"protonum": 2, "protoname": "ipv4", "src": "192.0.2.7", "dst": "192.0.2.1"}
    assert web["dst-nat"] == {"address": "10.1.0.5", "port": 8080}
    assert web["src-nat"] == {"address": "10.1.0.1", "port": web["reply"]["layer4"]["dport"]}
    assert {"SRC_NAT", "DST_NAT", "SEEN_REPLY", "ASSURED"} <= set(web["status"])
    for direction in ("original", "reply"):
        assert web[direction]["counters"]["bytes"] > 100000 and web[direction]["counters"]["packets"] > 2
    assert by["ipv6", 80]["dst-nat"] == {"address": "2001:db8:1::5", "port": 8080}
    assert by["ipv6", 80]["src-nat"]["address"] == "2001:db8:1::1"
    assert by["ipv4", 21]["helper"] == "ftp" and "HELPER" in by["ipv4", 21]["status"] and "dst-nat" not in by["ipv4", 21]
    ping = next(e for e in ours if e["original"]["layer4"]["protoname"] == "icmp")
    assert ping["original"]["counters"]["packets"] == ping["reply"]["counters"]["packets"] == 2
    # the original direction is what filters go by, before any translation
    found = sal.call("net.conntrack", src="192.0.2.7", dst="192.0.2.1", proto="tcp", sport=port, dport=80)["entries"]
    assert [e["id"] for e in found] == [web["id"]]
    assert sal.call("net.conntrack", dst="10.1.0.5", dport=8080)["entries"] == []
    assert {e["id"] for e in sal.call("net.conntrack", status=["SRC_NAT", "DST_NAT"])["entries"]} == \
        {web["id"], by["ipv6", 80]["id"]}


FTP = """
import socket, sys
if sys.argv[1] == "listen":
    control = socket.create_server(("10.1.0.5", 21))
    data = socket.create_server(("10.1.0.5", 5000))
    print("ready", flush=True)
    peer = control.accept()[0]
    peer.sendall(b"220 welcome\\r\\n")  # the helper follows lines, and needs one to start from
    assert peer.makefile("rb").read(6) == b"PASV\\r\\n"
    peer.sendall(b"227 Entering Passive Mode (10,1,0,5,19,136)\\r\\n")
    other = data.accept()[0]
    other.sendall(b"x")
else:
    control = socket.create_connection(("10.1.0.5", 21), timeout=20)
    assert control.recv(100) == b"220 welcome\\r\\n"
    control.sendall(b"PASV\\r\\n")
    assert control.recv(100).endswith(b")\\r\\n")
    data = socket.create_connection(("10.1.0.5", 5000), timeout=20)
    assert data.recv(1) == b"x"
    print("ready", flush=True)
sys.stdin.read()
"""


def test_expected_connection(routed, sal):
    """A data connection that FTP's control connection announced knows its master."""
    net, _ = routed
    python = ["/usr/bin/python3", "-c", FTP]
    server = net.popen(["ip", "netns", "exec", "server", *python, "listen"], stdin=-1, stdout=-1, text=True)
    assert server.stdout.readline() == "ready\n"
    client = net.popen(["ip", "netns", "exec", "client", *python, "connect"], stdin=-1, stdout=-1, text=True)
    assert client.stdout.readline() == "ready\n"
    ours = by_port(check(net, sal, least=2), "dport")
    for process in (client, server):
        process.communicate()
    assert "EXPECTED" in ours[5000]["status"] and "master" not in ours[21]
    master = dict(ours[21]["original"])
    del master["counters"]
    assert ours[5000]["master"] == master
    expected = sal.call("net.conntrack", status=["EXPECTED"])["entries"]
    assert [e["id"] for e in expected] == [ours[5000]["id"]]
    assert [e["id"] for e in oracle(net, "-u", "EXPECTED")] == [ours[5000]["id"]]


def ends(entry):
    """Tells entries apart; ids are of 32 bits and do not, in a crowd."""
    original = entry["original"]
    return original["layer3"]["src"], original["layer4"]["sport"], entry.get("zone"), entry["id"]


def ask_whole(client):
    """The answer's bytes, without the look at each member that takes Python so long."""
    return client.post({"jsonrpc": "2.0", "id": 1, "method": "net.conntrack"}).body


def fill(ns, *words):
    ns.run(["/usr/bin/python3", FILL, *words])


def test_ten_thousand(net, sal):
    fill(net, "10000")
    fill(net, "100", "--zone", "7")
    ours = check(net, sal, least=10100)
    assert len({ends(e) for e in ours}) == len(ours) == 10100
    zone = check(net, sal, "-w", "7", zone=7, least=100)
    assert len(zone) == 100 and all(e["zone"] == 7 for e in zone)
    assert len(check(net, sal, "-w", "0", zone=0, least=10000)) == 10000
    assert sal.call("net.conntrack.stats")["count"] == 10100


def test_while_the_table_changes(net, sal):
    """What stands all the time is there once, whatever comes and goes; the rest at most once."""
    fill(net, "5000")
    done = threading.Event()

    def churn():
        while not done.is_set():
            fill(net, "3000", "--first", "100000")
            fill(net, "3000", "--first", "100000", "--delete")

    thread = threading.Thread(target=churn)
    thread.start()
    changed = set()
    try:
        for _ in range(100):
            entries = parse(ask_whole(sal))["result"]["entries"]
            assert len({ends(e) for e in entries}) == len(entries)
            assert len([e for e in entries if e["original"]["layer3"]["src"] == "10.0.0.0"]) == 5000
            changed.add(len(entries))
    finally:
        done.set()
        thread.join()
    assert len(changed) > 5, "the table did not change"


def test_memory_stays_flat(net, sal):
    fill(net, "1000")
    sal.call("net.conntrack")
    before = sal.rss()
    fill(net, "60000", "--first", "1000")
    answers = []

    def ask():
        answers.append(ask_whole(sal.client()).count(b'"original":'))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [61000] * 4  # 25 MB each
    assert sal.grown(before) < (4 * 5 + 8) << 20


def test_invalid(sal):
    for field, wrong in (
            ("zone", 65536), ("zone", -1), ("zone", "5"), ("family", "ipv4"), ("proto", "tcpx"), ("proto", "256"),
            ("proto", ""), ("proto", "-1"), ("proto", "0x6"), ("proto", "6 "), ("src", "10.0.0"), ("dst", "10.0.0.1/33"),
            ("sport", 65536), ("dport", "80"), ("mark", ""), ("mark", "-1"), ("mark", "4294967296"), ("mark", "1/"),
            ("mark", "/1"), ("mark", "1/2/3"), ("mark", " 1"), ("mark", "0x"), ("mark", "0xg"), ("mark", "1/ 2"),
            ("mark", "18446744073709551617"), ("mark", 5), ("status", "ASSURED"), ("limit", 0), ("limit", 2**32),
            ("flush", True)):
        sal.error("net.conntrack", kind="INVALID_PARAMS", field=f"/{field}", **{field: wrong})
    sal.error("net.conntrack", kind="INVALID_PARAMS", field="/status/1", status=["ASSURED", "assured"])
    sal.error("net.conntrack", kind="INVALID_PARAMS", field="/status/0", status=[""])
    sal.error("net.conntrack", kind="INVALID_PARAMS", field="/status", status=["UNREPLIED", "SEEN_REPLY"])
    sal.error("net.conntrack.stats", kind="INVALID_PARAMS", field="/cpu", cpu=0)


@pytest.mark.sal(env={"SAL_FAULT": "nl.receive:eio"})
def test_receive_fails(net, sal):
    sal.error("net.conntrack", kind="IO")
    assert sal.call("net.conntrack")["entries"] == []


@pytest.mark.sal(env={"SAL_FAULT": "nl.receive:eio:3"})
def test_receive_fails_midway(net, sal):
    """A list that breaks off after a part of it was sent is no list."""
    fill(net, "5000")
    error = sal.error("net.conntrack", kind="IO")
    assert error["data"]["errno"] == "EIO"


@pytest.mark.sal(env={"SAL_FAULT": "nl.receive:eio:60"})
def test_receive_fails_late(net, sal):
    fill(net, "20000")
    with pytest.raises(BrokenTransfer) as broken:
        sal.call("net.conntrack")
    assert broken.value.partial.startswith(b'{"jsonrpc"')


@pytest.mark.sal(env={"SAL_FAULT": "nl.receive:einval"})
def test_kernel_refuses_a_filter(table, sal):
    """A kernel that refuses what it is asked to filter by: everything is asked for, and filtered here."""
    got = sal.call("net.conntrack", zone=5, proto="udp", src="10.0.0.1", status=["UNREPLIED"], mark="0xffffffff")
    assert [e["mark"] for e in got["entries"]] == [0xffffffff] and got["consistent"] is True


@pytest.mark.sal(env={"SAL_FAULT": "nl.receive:einval"})
def test_kernel_without_conntrack(ns, sal):
    """nfnetlink's word for a subsystem that is not there is EINVAL."""
    error = sal.error("net.conntrack", kind="UNSUPPORTED")
    assert error["data"]["subject"] == "kernel module nf_conntrack_netlink"


@pytest.mark.sal(env={"SAL_FAULT": "nl.receive:einval"})
def test_stats_without_conntrack(ns, sal):
    error = sal.error("net.conntrack.stats", kind="UNSUPPORTED")
    assert error["data"]["subject"] == "kernel module nf_conntrack_netlink"


@pytest.mark.sal(env={"SAL_FAULT": "nl.receive:eio:2"})
def test_stats_fail_midway(ns, sal):
    sal.error("net.conntrack.stats", kind="IO")
    sal.call("net.conntrack.stats")


def stats_oracle(ns):
    cpus = []
    for line in ns.run("conntrack -S").splitlines():
        cpus.append({name: int(text) for name, text in re.findall(r"(\w+)=(\d+)", line)})
    return cpus


def test_stats(table, sal):
    fill(table, "500")
    # A failed insertion, and packets that cannot be tracked.
    table.sh("! conntrack -I -p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 1000 --dport 80 --state ESTABLISHED -t 1000")
    ours = eventually(lambda: quiet(table, sal), "two equal looks at the counters")
    cpus = stats_oracle(table)
    compare(ours["cpus"], cpus)
    names = [n for n in cpus[0] if n != "cpu"]
    assert ours["total"] == {n: sum(c[n] for c in cpus) for n in names}
    assert ours["total"]["insert"] > 500
    count = int(table.run("conntrack -C"))
    assert ours["count"] == count > 500
    for member in ("max", "buckets"):
        assert ours[member] == int(table.run(f"cat /proc/sys/net/netfilter/nf_conntrack_{member}"))


def quiet(ns, sal):
    before = stats_oracle(ns)
    ours = sal.call("net.conntrack.stats")
    return ours if stats_oracle(ns) == before else None


def test_stats_of_nothing(ns, sal):
    ours = sal.call("net.conntrack.stats")
    assert ours["count"] == 0 and ours["consistent"] is True and len(ours["cpus"]) == len(stats_oracle(ns))
