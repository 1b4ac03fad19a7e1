"""net.prefix: delegations of a real server to real clients, and what was made of them."""
import time

import pytest

from dhcp import Dhcp
from http1 import eventually
from leases import KEA6, iso, kea6_lease, same


@pytest.fixture
def lab(ns):
    with Dhcp(ns) as lab:
        yield lab


def prefixes(sal):
    ours = sal.call("net.prefix")
    assert ours["consistent"] is True and ours["problems"] == [], ours
    return ours["prefixes"]


def prefix_of(lab, address, **members):
    lease = kea6_lease(lab, address, **members)
    return {k: v for k, v in lease.items() if k not in ("family", "method", "dns", "search")}


def test_none(ns, sal):
    ns.run("ip -6 route add unreachable 2001:db8:1::/48 metric 5")  # by hand: not a delegation
    assert sal.call("net.prefix") == {"prefixes": [], "problems": [], "consistent": True}
    sal.error("net.prefix", kind="INVALID_PARAMS", field="/ifname", ifname="lo")


def test_dhclient(ns, sal, lab):
    """dhclient leaves all to its script: a prefix without subnets, then with those made by hand."""
    lab.kea(6, KEA6)
    client = lab.dhclient(6, "-P")
    (ours,) = eventually(lambda: prefixes(sal), "the delegation")
    address = ours["prefix"].split("/")[0]
    theirs = prefix_of(lab, address, manager="dhclient", source="/var/lib/dhcp/dhclient6.eth0.leases", subnets=[], discards=[])
    same(ours, theirs)
    ns.sh(f"""
ip link add in0 type bridge; ip link set in0 up
ip addr add {address}7/128 dev in0 nodad
ip addr add 2001:db8::1/64 dev in0 nodad
ip -6 route add unreachable {ours["prefix"]} metric 900
ip -6 route add blackhole {address}8000/113
ip -6 route add prohibit 2001:db8:f::/48
ip -6 route add unreachable fd60::/16 metric 901
""")
    same(prefixes(sal), [{**theirs, "subnets": [{"prefix": f"{address}7", "ifname": "in0", "address": f"{address}7"}],
                          "discards": [{"type": "unreachable", "dst": ours["prefix"]},
                                       {"type": "blackhole", "dst": f"{address}8000/113"}]}])
    lab.end(client)
    ns.run("ip link del eth0")
    assert [x["state"] for x in prefixes(sal)] == ["no_link"]


def test_dhcpcd(ns, sal, lab):
    """dhcpcd gives a subnet to another link and discards the rest by a route."""
    lab.kea(6, KEA6)
    ns.sh("ip link add in0 type bridge; ip link set in0 up; ip link add in1 type bridge; ip link set in1 up")
    client = lab.dhcpcd("noipv6rs\nipv6only\ninterface eth0\nia_pd 2 in0/1/64 in1/2/64\n")
    eventually(lambda: any(len(x["subnets"]) == 2 and x["discards"] for x in prefixes(sal)), "both subnets", within=20)
    (ours,) = prefixes(sal)
    address = ours["prefix"].split("/")[0]
    theirs = prefix_of(lab, address, manager="dhcpcd", source="/var/lib/dhcpcd/eth0.lease6")
    theirs["subnets"] = [{"prefix": subnet(a["local"]), "ifname": dev, "address": a["local"],
                          "expires": iso(time.time() + a["valid_life_time"])}
                         for dev in ("in0", "in1") for a in ns.json(f"ip -j addr show dev {dev}")[0]["addr_info"]
                         if a["scope"] == "global"]
    theirs["discards"] = [{"type": r["type"], "dst": r["dst"]} for r in ns.json("ip -6 -j -d route show type unreachable")]
    assert len(theirs["subnets"]) == 2 and len(theirs["discards"]) == 1
    same(ours, theirs)
    lab.end(client)


def subnet(address):
    import ipaddress
    return str(ipaddress.ip_interface(f"{address}/64").network)


def test_only_the_route(ns, sal):
    """systemd-networkd writes no delegation down; its route tells of one."""
    ns.run("ip -6 route add unreachable 2001:db8:100::/56 proto dhcp metric 1024")
    ns.run("ip -6 route add unreachable 2001:db8:100:8::/61 proto dhcp metric 1024")
    discards = [{"type": r["type"], "dst": r["dst"]} for r in ns.json("ip -6 -j -d route show type unreachable")]
    assert len(discards) == 2
    assert prefixes(sal) == [{"prefix": "2001:db8:100::/56", "state": "bound", "source": "kernel", "subnets": [],
                              "discards": discards}]
    assert sal.call("net.lease")["leases"] == []
