"""net.health: each check seen fine, and seen with its fault really made."""
import pytest

import http1
from ns import need_network

CHECKS = ["kernel", "links", "addresses", "default_route", "gateway", "dns_config", "dns_server", "conntrack", "sysctl"]
RESOLV = "/etc/resolv.conf"


@pytest.fixture
def node(ns):
    """A node as it should be: eth0 with IPv4 and a gateway that answers, in a namespace of its own."""
    need_network()
    ns.sh("""
ip netns add gw
ip link add eth0 type veth peer name g0 netns gw
ip netns exec gw ip link set lo up
ip netns exec gw ip addr add 192.0.2.1/24 dev g0
ip netns exec gw ip link set g0 up
ip link set eth0 up
ip addr add 192.0.2.7/24 dev eth0
ip route add default via 192.0.2.1
ping -q -c 1 -W 5 192.0.2.1 >/dev/null
""")
    ns.put_file(RESOLV, "nameserver 192.0.2.53\n")
    return ns


def health(sal):
    """The answer, with the rules that hold for all: the whole is as bad as the worst, names are of the table."""
    answer = sal.call("net.health")
    order = ["ok", "degraded", "failed"]
    assert answer["status"] == max((c["status"] for c in answer["checks"]), key=order.index)
    names = [c["name"] for c in answer["checks"]]
    assert sorted(set(names), key=names.index) == [c for c in CHECKS if c in names]
    for check in answer["checks"]:
        assert check["message"] and (check["status"] == "ok") == ("hint" not in check), check
    for name in set(names):
        of_one = [c for c in answer["checks"] if c["name"] == name]
        assert len(of_one) == 1 or all(c["status"] != "ok" for c in of_one)
    return answer


def faults(sal, *expected):
    """What is wrong; the checks' names must be these and no others."""
    wrong = [c for c in health(sal)["checks"] if c["status"] != "ok"]
    assert sorted({c["name"] for c in wrong}) == sorted(set(expected)), wrong
    return wrong


def one(sal, name):
    """The only fault there is, of this check."""
    wrong = faults(sal, name)
    assert len(wrong) == 1, wrong
    return wrong[0]


def test_ok(node, sal):
    answer = health(sal)
    assert answer["status"] == "ok", answer
    assert [c["name"] for c in answer["checks"]] == CHECKS
    words = {c["name"]: c["message"] for c in answer["checks"]}
    assert "192.0.2.1 on eth0 is REACHABLE" in words["gateway"]
    assert words["default_route"] == "default routes: IPv4 yes, IPv6 none and none needed"


def test_ok_with_ipv6(node, sal):
    node.sh("""
ip netns exec gw ip addr add 2001:db8::1/64 dev g0 nodad
ip addr add 2001:db8::7/64 dev eth0 nodad
ip -6 route add default via 2001:db8::1
ping -q -c 1 -W 5 2001:db8::1 >/dev/null""")
    assert health(sal)["status"] == "ok"


def test_ok_with_ipv6_alone(node, sal):
    """IPv4 is not missed where IPv6 leads out and the uplink has no IPv4, whatever a bridge of containers has."""
    node.sh("""
ip addr flush dev eth0 scope global
ip netns exec gw ip addr add 2001:db8::1/64 dev g0 nodad
ip addr add 2001:db8::7/64 dev eth0 nodad
ip -6 route add default via 2001:db8::1
ping -q -c 1 -W 5 2001:db8::1 >/dev/null
ip link add docker0 type bridge; ip link set docker0 up; ip addr add 172.17.0.1/16 dev docker0""")
    node.run(["umount", RESOLV])
    node.put_file(RESOLV, "nameserver 2001:db8::53\n")
    assert health(sal)["status"] == "ok"


# kernel

@pytest.mark.sal(env={"SAL_FAULT": "nl.receive:eio:1"})
def test_kernel_silent(sal):
    """rtnetlink that does not answer is a failed check, not an error of the method."""
    answer = health(sal)
    assert answer["status"] == "failed"
    kernel = answer["checks"][0]
    assert kernel["name"] == "kernel" and kernel["status"] == "failed" and "Input/output error" in kernel["message"]
    assert {c["name"] for c in answer["checks"]} == {"kernel", "dns_config", "conntrack"}, "the rest builds on it"


@pytest.mark.sal(env={"SAL_FAULT": "nl.receive:eio:5"})
def test_kernel_silent_midway(sal):
    assert health(sal)["checks"][0]["status"] == "failed"


# links

def test_nothing_but_the_loopback(ns, sal):
    need_network()
    answer = health(sal)
    assert answer["status"] == "failed"
    assert [c["message"] for c in answer["checks"] if c["name"] == "links"] == ["there is no interface but the loopback"]


def test_no_link_up(node, sal):
    node.sh("ip link set eth0 down; ip link add idle type veth peer name idle1")
    links = [c for c in health(sal)["checks"] if c["name"] == "links"]
    assert [c["status"] for c in links] == ["degraded", "failed"]
    assert links[0]["ifname"] == "eth0" and links[0]["message"] == "eth0 has addresses but is down"
    assert links[0]["hint"] == "if it should work: ip link set eth0 up"
    assert "eth0 is down" in links[1]["message"] and "idle is down" in links[1]["message"]


def test_carrier_lost(node, sal):
    node.sh("""ip link add v0 type veth peer name v1
ip link set v0 up; ip addr add 198.51.100.1/24 dev v0""")  # v1 is down
    fault = one(sal, "links")
    assert fault["status"] == "degraded" and fault["ifname"] == "v0"
    assert fault["message"] == "v0 is up and has addresses but no carrier"
    node.sh("ip link set v1 up")
    faults(sal)


def test_carrier_of_no_interest(node, sal):
    """Without addresses, or waiting for a first port, a link may be without a carrier."""
    node.sh("""ip link add v0 type veth peer name v1; ip link set v0 up
ip link add docker0 type bridge; ip link set docker0 up; ip addr add 172.17.0.1/16 dev docker0""")
    faults(sal)
    node.sh("ip link add p0 type veth peer name p1; ip link set p0 master docker0 up")
    assert one(sal, "links")["ifname"] == "docker0", "it has a port now, and that has no carrier"


def test_errors_counted(node, sal):
    """vxlan without a way to its peer counts each packet as an error."""
    node.or_skip("ip link add vx0 type vxlan id 5 remote 203.0.113.1 dstport 4789")
    node.sh("ip route del default; ip link set vx0 up")
    send = ("import socket\ns = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)\ns.bind(('vx0', 0))\n"
            "for i in range(%d): s.send(b'\\xff' * 6 + bytes(6) + b'\\x08\\x00' + bytes(50))")
    node.run(["/usr/bin/python3", "-c", send % 50])
    node.sh("ip route add default via 192.0.2.1")
    faults(sal)
    node.sh("ip route del default")
    node.run(["/usr/bin/python3", "-c", send % 100])
    node.sh("ip route add default via 192.0.2.1")
    stats = node.json("ip -j -s link show vx0")[0]["stats64"]
    assert stats["tx"]["errors"] >= 150, stats
    fault = one(sal, "links")
    assert fault["ifname"] == "vx0" and f"{stats['tx']['errors']} errors" in fault["message"]


def test_many_faults(node, sal):
    """A last entry counts those that are not shown."""
    node.batch([line for i in range(20) for line in (f"link add a{i} type veth peer name b{i}", f"link set a{i} up",
                                                     f"addr add 10.0.{i}.1/24 dev a{i}")])
    wrong = [c for c in sal.call("net.health")["checks"] if c["name"] == "links"]
    assert len(wrong) == 17 and wrong[-1]["message"] == "and 4 more of this kind"


# addresses

def test_no_address(node, sal):
    node.sh("ip addr flush dev eth0; ip addr add 198.51.100.1/32 dev lo; ip addr add 169.254.3.4/16 dev eth0 scope link")
    assert {c["name"] for c in faults(sal, "addresses", "default_route", "dns_server")}
    fault = [c for c in health(sal)["checks"] if c["name"] == "addresses"][0]
    assert fault["message"].startswith("no working interface has an address") and "ifname" not in fault


def test_duplicate(node, sal):
    """Two nodes with one address: the kernel finds out by DAD."""
    node.sh("""sysctl -qw net.ipv6.conf.eth0.accept_dad=1 net.ipv6.conf.eth0.dad_transmits=1
ip netns exec gw ip addr add fd00::7/64 dev g0 nodad
ip addr add fd00::7/64 dev eth0""")
    http1.eventually(lambda: "dadfailed" in node.run("ip -6 addr show dev eth0"), "the kernel finds the duplicate")
    fault = one(sal, "addresses")
    assert fault["message"] == "another node on the link of eth0 has fd00::7 too"
    assert fault["ifname"] == "eth0" and fault["family"] == "inet6"
    node.sh("ip addr del fd00::7/64 dev eth0")
    faults(sal)


def test_tentative(node, sal):
    node.sh("""sysctl -qw net.ipv6.conf.eth0.accept_dad=1 net.ipv6.conf.eth0.dad_transmits=60
ip addr add fd00::8/64 dev eth0""")
    fault = one(sal, "addresses")
    assert "fd00::8 on eth0 is still being checked" in fault["message"] and fault["family"] == "inet6"
    node.sh("ip addr del fd00::8/64 dev eth0; ip addr add fd00::8/64 dev eth0 nodad")
    faults(sal)


def test_expiring(node, sal):
    """Past 7/8 of its lifetime without having been renewed."""
    node.sh("ip addr add 192.0.2.77/24 dev eth0 valid_lft 8 preferred_lft 8; "
            "ip addr add 192.0.2.78/24 dev eth0 valid_lft 3600 preferred_lft 3600")
    faults(sal)
    late = http1.eventually(lambda: [c for c in health(sal)["checks"] if c["name"] == "addresses" and c["status"] != "ok"],
                            "the address is about to go")
    assert [(c["ifname"], c["family"]) for c in late] == [("eth0", "inet")]
    assert late[0]["message"] == "192.0.2.77 on eth0 goes in 0 s and was not renewed in time"
    node.sh("ip addr change 192.0.2.77/24 dev eth0 valid_lft 8 preferred_lft 8")
    faults(sal)


def test_deprecated_may_expire(node, sal):
    """A prefix that its router took back is left to run out: no fault."""
    node.sh("ip addr add fd00::9/64 dev eth0 nodad valid_lft 8 preferred_lft 0")
    gone = False
    while not gone:
        faults(sal)
        gone = "fd00::9" not in node.run("ip -6 addr show dev eth0")


# default_route

def test_no_default_route(node, sal):
    node.sh("ip route del default")
    wrong = {c["name"]: c for c in faults(sal, "default_route")}
    assert wrong["default_route"]["message"].startswith("there is no IPv4 default route")
    assert wrong["default_route"]["family"] == "inet" and "ip route add default via" in wrong["default_route"]["hint"]
    node.sh("ip route add unreachable default metric 9999; ip route add blackhole 0.0.0.0/0 metric 99999")
    assert one(sal, "default_route")["family"] == "inet", "routes that lead nowhere are none"


def test_default_route_in_another_table(node, sal):
    node.sh("ip route del default; ip route add default via 192.0.2.1 table 100; ip rule add pref 100 lookup 100")
    faults(sal)


def test_no_ipv6_default_route(node, sal):
    """Missed only where there is a public address."""
    node.sh("ip addr add fd00::7/64 dev eth0 nodad; ip addr add 2001:db8:1::1/128 dev lo")
    faults(sal)
    node.sh("ip addr add 2001:db8::7/64 dev eth0 nodad")
    fault = one(sal, "default_route")
    assert fault["family"] == "inet6" and "accept_ra" in fault["hint"]


def test_default_route_through_a_dead_link(node, sal):
    node.sh("""ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up
ip addr add 198.51.100.7/24 dev v0
ip route add default via 198.51.100.1 metric 500
ip link set v1 down""")
    http1.eventually(lambda: "linkdown" in node.run("ip route show default metric 500"), "the kernel sees that the link is dead")
    wrong = {c["name"]: c for c in faults(sal, "default_route", "links")}
    assert wrong["default_route"]["ifname"] == "v0" and "leads nowhere" in wrong["default_route"]["message"]


# gateway

@pytest.mark.parametrize("how", ["via 192.0.2.9", "nexthop via 192.0.2.1 dev eth0 nexthop via 192.0.2.9 dev eth0"])
def test_gateway_silent(node, sal, how):
    """Nobody has 192.0.2.9: the kernel asked, and nobody answered."""
    node.sh(f"ip route replace default {how}; ping -q -c 1 -W 1 192.0.2.9 >/dev/null || true")
    http1.eventually(lambda: "FAILED" in node.run("ip neigh show 192.0.2.9"), "the kernel gives up")
    fault = one(sal, "gateway")
    assert fault["message"] == "the gateway 192.0.2.9 on eth0 does not answer ARP: its neighbour entry is FAILED"
    assert fault["ifname"] == "eth0" and fault["family"] == "inet" and "ip neigh show 192.0.2.9 dev eth0" in fault["hint"]


def test_gateway_incomplete(node, sal):
    node.sh("sysctl -qw net.ipv4.neigh.eth0.mcast_solicit=60; ip route replace default via 192.0.2.9")
    pinger = node.popen(["ping", "-q", "-i", "0.2", "192.0.2.9"], stdout=-3)
    try:
        http1.eventually(lambda: "INCOMPLETE" in node.run("ip neigh show 192.0.2.9"), "the kernel asks")
        assert "INCOMPLETE" in one(sal, "gateway")["message"]
    finally:
        pinger.kill()
        pinger.wait()


def test_gateway_silent_by_ipv6(node, sal):
    node.sh("""ip addr add 2001:db8::7/64 dev eth0 nodad
ip -6 route add default via fe80::dead dev eth0
ip -4 route replace default via inet6 fe80::dead dev eth0
ping -q -c 1 -W 1 fe80::dead%eth0 >/dev/null || true""")
    http1.eventually(lambda: "FAILED" in node.run("ip neigh show fe80::dead dev eth0"), "the kernel gives up")
    wrong = faults(sal, "gateway")
    assert [c["family"] for c in wrong] == ["inet", "inet6"]
    assert all("does not answer NDP" in c["message"] for c in wrong)


def test_gateway_of_another_link(node, sal):
    """The same address on another link, or another one on this link, is another neighbour."""
    node.sh("""ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up
ip addr add 10.0.0.1/24 dev v0
ip neigh add 192.0.2.1 dev v0 nud failed || ip neigh replace 192.0.2.1 dev v0 lladdr 02:00:00:00:00:01 nud failed
ping -q -c 1 -W 1 192.0.2.99 >/dev/null || true""")
    assert "FAILED" in node.run("ip neigh show nud failed")
    faults(sal)


def test_gateway_not_asked_for(node, sal):
    node.sh("ip neigh flush all; ip neigh del 192.0.2.1 dev eth0 || true")
    words = {c["name"]: c["message"] for c in health(sal)["checks"]}
    assert "192.0.2.1 on eth0 is not asked for yet" in words["gateway"]
    assert node.run("ip neigh show 192.0.2.1") == "", "and looking did not ask"


def test_no_gateway(node, sal):
    node.sh("ip route replace default dev eth0")
    words = {c["name"]: c["message"] for c in health(sal)["checks"]}
    assert words["gateway"] == "no default route names a gateway"


# dns_config and dns_server

def resolv(node, text):
    node.run(["umount", RESOLV])
    node.put_file(RESOLV, text)


def listen(node, ip, port, family="AF_INET"):
    """A socket of the namespace's that takes datagrams, as an open file of a process that waits."""
    code = (f"import socket, sys\ns = socket.socket(socket.{family}, socket.SOCK_DGRAM)\n"
            f"s.bind(({ip!r}, {port}))\nprint('bound', flush=True)\nsys.stdin.read()")
    process = node.popen(["/usr/bin/python3", "-c", code], stdin=-1, stdout=-1, text=True)
    assert process.stdout.readline() == "bound\n"
    return process


def end(process):
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def test_no_nameserver(node, sal):
    resolv(node, "search example.org\n")
    assert one(sal, "dns_config")["message"].startswith("no name server is configured")
    server = listen(node, "127.0.0.1", 53)  # which is what glibc asks then
    try:
        faults(sal)
    finally:
        end(server)


def test_malformed(node, sal):
    resolv(node, "nameserver 192.0.2.53\nnameserver dns.example.org\nbogus\n")
    wrong = faults(sal, "dns_config")
    assert [c["message"] for c in wrong] == [
        f"line 2 of {RESOLV} cannot be used: the nameserver is not an IP address",
        f"line 3 of {RESOLV} cannot be used: an unknown keyword"]


def test_no_resolv_conf(ns, start):
    ns.sh("mount -t tmpfs none /etc")
    wrong = {c["name"]: c for c in health(start())["checks"]}
    assert wrong["dns_config"]["message"].startswith("there is no /etc/resolv.conf")


def test_unreadable_resolv_conf(ns, start):
    ns.sh("mount -t tmpfs none /etc; mkdir /etc/resolv.conf")
    wrong = {c["name"]: c for c in health(start())["checks"]}
    assert wrong["dns_config"]["status"] == "degraded" and "resolv.conf" in wrong["dns_config"]["message"]


@pytest.mark.parametrize("server,bind", [
    ("127.0.0.1", ("127.0.0.1", "AF_INET")), ("127.0.0.53", ("0.0.0.0", "AF_INET")), ("127.0.0.2", ("::", "AF_INET6")),
    ("::1", ("::1", "AF_INET6")), ("192.0.2.7", ("192.0.2.7", "AF_INET")), ("127.0.0.3", ("::ffff:127.0.0.3", "AF_INET6")),
])
def test_dead_resolver(node, sal, server, bind):
    """A server on this node is alive when somebody listens where it is asked."""
    resolv(node, f"nameserver {server}\n")
    fault = one(sal, "dns_server")
    assert fault["message"] == f"the name server {server} cannot answer: it is this node, and nobody listens on UDP port 53"
    alive = listen(node, bind[0], 53, bind[1])
    try:
        faults(sal)
    finally:
        end(alive)
    assert one(sal, "dns_server")


@pytest.mark.parametrize("ip,port,family", [("127.0.0.2", 53, "AF_INET"), ("127.0.0.1", 5353, "AF_INET"), ("::1", 53, "AF_INET6")])
def test_listener_elsewhere(node, sal, ip, port, family):
    resolv(node, "nameserver 127.0.0.1\n")
    other = listen(node, ip, port, family)
    try:
        one(sal, "dns_server")
    finally:
        end(other)


def test_connected_socket_listens_to_one(node, sal):
    """A resolver's own question to a server is no resolver."""
    resolv(node, "nameserver 127.0.0.1\n")
    code = ("import socket, sys\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.bind(('127.0.0.1', 53))\n"
            "s.connect(('127.0.0.9', 9))\nprint('bound', flush=True)\nsys.stdin.read()")
    process = node.popen(["/usr/bin/python3", "-c", code], stdin=-1, stdout=-1, text=True)
    process.stdout.readline()
    try:
        one(sal, "dns_server")
    finally:
        end(process)


def test_resolver_of_another_namespace(node, sal):
    resolv(node, "nameserver 127.0.0.1\n")
    code = ("import socket, sys\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.bind(('127.0.0.1', 53))\n"
            "print('bound', flush=True)\nsys.stdin.read()")
    process = node.popen(["ip", "netns", "exec", "gw", "/usr/bin/python3", "-c", code], stdin=-1, stdout=-1, text=True)
    process.stdout.readline()
    try:
        one(sal, "dns_server")
    finally:
        end(process)


def test_no_route_to_resolver(node, sal):
    node.sh("ip route add unreachable 198.51.100.0/24; ip route add blackhole 203.0.113.0/24; ip route add prohibit 192.88.99.0/24")
    resolv(node, "nameserver 198.51.100.53\nnameserver 203.0.113.53\nnameserver 192.88.99.53\nnameserver 198.51.100.54\n")
    assert [c["message"] for c in faults(sal, "dns_server")] == [
        "the name server 198.51.100.53 cannot answer: there is no route to it",
        "the name server 203.0.113.53 cannot answer: its route is one that drops packets",
        "the name server 192.88.99.53 cannot answer: its route is one that drops packets"], "glibc never asks a fourth"
    resolv(node, "nameserver 2001:db8::53\n")
    assert "there is no route" in one(sal, "dns_server")["message"]


def test_scoped_resolver(node, sal):
    resolv(node, "nameserver fe80::53%eth0\n")
    faults(sal)
    resolv(node, "nameserver fe80::53%eth9\n")
    assert one(sal, "dns_server")["message"] == "the name server fe80::53 cannot answer: there is no interface eth9"


def test_stub(node, sal):
    """systemd-resolved's stub must listen, and the servers behind it be within reach."""
    resolv(node, "nameserver 127.0.0.53\n")
    node.sh("mkdir -p /run/systemd/resolve; echo nameserver 192.0.2.53 > /run/systemd/resolve/resolv.conf")
    assert "127.0.0.53" in one(sal, "dns_server")["message"]
    stub = listen(node, "127.0.0.53", 53)
    try:
        faults(sal)
        node.sh("ip route add unreachable 198.51.100.0/24; echo nameserver 198.51.100.53 > /run/systemd/resolve/resolv.conf")
        assert one(sal, "dns_server")["message"] == \
            "behind systemd-resolved, the name server 198.51.100.53 cannot answer: there is no route to it"
        node.sh("echo > /run/systemd/resolve/resolv.conf")
        assert one(sal, "dns_config")["message"] == "systemd-resolved knows no name server to ask"
    finally:
        end(stub)


# conntrack

def test_conntrack_full(node, sal):
    if node.run("test -e /proc/sys/net/netfilter/nf_conntrack_max", check=False).returncode:
        pytest.skip("this kernel tracks no connections: no /proc/sys/net/netfilter/nf_conntrack_max")
    node.sh("for i in $(seq 1 89); do conntrack -I -p udp -s 10.0.0.1 -d 10.0.0.2 --sport $i --dport 9 --timeout 600 2>&1; done")
    count = int(node.run("cat /proc/sys/net/netfilter/nf_conntrack_count"))
    assert count >= 89

    def limit(most):
        """Child namespaces have the limit of the first one, which is not ours to change."""
        node.run(["umount", "/proc/sys/net/netfilter/nf_conntrack_max"], check=False)
        node.put_file("/proc/sys/net/netfilter/nf_conntrack_max", f"{most}\n")
    limit(count * 10 // 9 + 1)
    faults(sal)
    limit(count * 10 // 9)
    fault = one(sal, "conntrack")
    assert f"nearly full, {count} of {count * 10 // 9} entries" in fault["message"] and "nf_conntrack_max" in fault["hint"]
    limit(count)
    assert f"is full, {count} of {count} entries: new connections are dropped" in one(sal, "conntrack")["message"]
    limit(0)
    faults(sal)


# sysctl

def test_proxy_without_forwarding(node, sal):
    node.sh("sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.eth0.proxy_arp=1")
    fault = one(sal, "sysctl")
    assert fault["ifname"] == "eth0" and fault["family"] == "inet" and "answered for nobody" in fault["message"]
    node.sh("sysctl -qw net.ipv4.conf.eth0.forwarding=1")
    faults(sal)
    node.sh("sysctl -qw net.ipv6.conf.eth0.proxy_ndp=1")
    assert one(sal, "sysctl")["family"] == "inet6"
    node.sh("sysctl -qw net.ipv6.conf.all.forwarding=1")
    faults(sal)


def test_proxy_arp_does_nothing_then(node, sal):
    """That the kernel really answers for nobody: the fault is one."""
    node.sh("""sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.eth0.proxy_arp=1
ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up; ip addr add 10.9.0.1/24 dev v0
ip netns exec gw ip route add 10.9.0.0/24 dev g0""")
    ask = "ip netns exec gw ping -q -c 1 -W 1 10.9.0.9 >/dev/null; ip netns exec gw ip neigh show 10.9.0.9"
    node.sh("sysctl -qw net.ipv4.neigh.eth0.proxy_delay=0 net.ipv4.conf.eth0.rp_filter=0")
    faults(sal, "sysctl")
    assert "lladdr" not in node.run(["bash", "-c", ask])
    node.sh("sysctl -qw net.ipv4.ip_forward=1; ip netns exec gw ip neigh flush all")
    faults(sal)
    assert "lladdr" in node.run(["bash", "-c", ask])


ADVERTISE = """
import socket, struct
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
prefix = struct.pack("!BBBBIII", 3, 4, 64, 0xc0, 86400, 14400, 0) + socket.inet_pton(socket.AF_INET6, "2001:db8::")
s.sendto(struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0) + prefix, ("ff02::1", 0, 0, socket.if_nametoindex("g0")))
"""


def test_advertisements_not_heard(node, sal):
    """A real router advertisement, and then forwarding: the kernel drops the route, and hears no more."""
    node.sh("sysctl -qw net.ipv6.conf.eth0.accept_ra=1 net.ipv6.conf.eth0.forwarding=0")

    def advertised():
        node.run(["ip", "netns", "exec", "gw", "/usr/bin/python3", "-c", ADVERTISE], check=False)  # until it has an address
        return "proto ra" in node.run("ip -6 route show default") and "2001:db8::" in node.run("ip -6 addr show dev eth0")
    http1.eventually(advertised, "the advertisement is heard")
    faults(sal)
    node.sh("sysctl -qw net.ipv6.conf.eth0.forwarding=1")
    wrong = {c["name"]: c for c in faults(sal, "sysctl", "default_route")}
    assert wrong["sysctl"]["ifname"] == "eth0" and wrong["sysctl"]["hint"] == "set net.ipv6.conf.eth0.accept_ra to 2"
    assert wrong["default_route"]["family"] == "inet6"
    node.sh("sysctl -qw net.ipv6.conf.eth0.accept_ra=2")
    http1.eventually(advertised, "it is heard again")
    faults(sal)


# of all

def test_sends_nothing(node, sal):
    """Packets that left and came are as many after looking as before."""
    resolv(node, "nameserver 192.0.2.53\nnameserver 127.0.0.1\n")
    node.sh("ip neigh flush all; sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1")

    def packets():
        return [(link["ifname"], link["stats64"]["tx"]["packets"], link["stats64"]["rx"]["packets"])
                for link in node.json("ip -j -s link")]
    before = packets()
    for _ in range(20):
        sal.call("net.health")
    assert packets() == before
    assert node.json("ip -j neigh") == []


def test_stranger_may_ask(node, sal):
    """An ordinary user of the socket gets the same answer."""
    assert sal.client(uid=1000).call("net.health") == health(sal)


def test_errors(sal):
    sal.error("net.health", kind="INVALID_PARAMS", field="/ifname", ifname="lo")
