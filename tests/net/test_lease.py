"""net.lease against real clients and servers: what the server handed out, and what ip shows of it."""
import itertools
import json
import os
import re
import time

import pytest

from dhcp import Dhcp
from http1 import PATIENCE, eventually
from leases import KEA6, KERNEL, TIMES, epoch, iso, kea6_lease, leases, one, same

RANGE = "--dhcp-range=192.168.50.100,192.168.50.150,255.255.255.0,2m"


@pytest.fixture
def lab(ns):
    with Dhcp(ns) as lab:
        yield lab


def kernel_of(ns, address, dev="eth0"):
    """What net.lease takes of the kernel's address, as ip shows it."""
    for a in ns.json(f"ip -j -d addr show dev {dev}")[0]["addr_info"]:
        if a["local"] == address:
            return {k: a[k] for k in KERNEL if k in a}
    raise AssertionError(f"{dev} has no {address}")


def route(dst, gateway=None):
    return {"dst": dst, **({"gateway": gateway} if gateway else {})}


def test_none(ns, sal):
    ns.run("ip link add eth0 type veth peer name eth1")
    ns.run("ip addr add 192.0.2.1/24 dev eth0")  # for ever, by hand: no lease
    assert sal.call("net.lease") == {"leases": [], "problems": [], "consistent": True}
    assert sal.call("net.lease", ifname="eth0")["leases"] == []
    error = sal.error("net.lease", kind="NOT_FOUND", field="/ifname", ifname="nope")
    assert error["data"]["errno"] == "ENODEV"
    sal.error("net.lease", kind="INVALID_PARAMS", field="/ifname", ifname="a/b")


DNSMASQ = [RANGE, "--dhcp-option=3,192.168.50.1,192.168.50.2", "--dhcp-option=6,192.168.50.53,192.168.50.54",
           "--dhcp-option=15,example.org", "--dhcp-option=26,1400", "--dhcp-option=42,192.168.50.9",
           "--dhcp-option=119,a.example.org,b.example.org"]


def renewed_within(lease):
    """dhclient asks again at a random moment in the second half of T1 (client/dhclient.c); takes that off."""
    acquired, renew = epoch(lease["acquired"]), epoch(lease.pop("renew"))
    assert acquired + 30 <= renew + 1 and renew <= acquired + 61
    return lease


def dnsmasq_lease(lab, **members):
    """What dnsmasq has written down, with what it was told to send."""
    (expires, _, address, _, _), = lab.dnsmasq_leases()
    start = int(expires) - 120
    return {"ifname": "eth0", "family": "inet", "method": "dhcp4", "state": "bound", "present": True,
            "address": address, "prefixlen": 24, "broadcast": "192.168.50.255", "gateway": "192.168.50.1",
            "routers": ["192.168.50.1", "192.168.50.2"], "dns": ["192.168.50.53", "192.168.50.54"],
            "domain": "example.org", "search": ["a.example.org", "b.example.org"], "mtu": 1400,
            "ntp": ["192.168.50.9"], "server": "192.168.50.1", "lease_time": 120, "acquired": iso(start),
            "renew": iso(start + 60), "rebind": iso(start + 105), "expires": iso(start + 120), **members}


def test_dhclient(ns, sal, lab):
    """Bound, restarted, given back; a lease whose address or link is missing is never bound."""
    source = "/var/lib/dhcp/dhclient.eth0.leases"
    lab.dnsmasq(*DNSMASQ)
    config = """request subnet-mask, broadcast-address, routers, domain-name, domain-name-servers, domain-search,
        interface-mtu, ntp-servers, dhcp-renewal-time, dhcp-rebinding-time;\n"""
    client = lab.dhclient(4, config=config)
    ours = one(sal, state="bound")
    address = ours["address"]
    theirs = dnsmasq_lease(lab, manager="dhclient", source=source)
    theirs.pop("renew")
    same(renewed_within(ours), {**theirs, **kernel_of(ns, address)})
    assert leases(sal, ifname="eth0") and leases(sal, ifname="lo") == []

    lab.end(client)
    ns.run("ip -4 addr flush dev eth0")
    same(renewed_within(one(sal)), {**theirs, "state": "absent", "present": False})
    client = lab.dhclient(4, config=config)  # asks for the same again, and writes a second lease
    one(sal, state="bound", address=address)
    assert len(leases(sal)) == 1 and ns.run(["grep", "-c", "^lease {", source]) == "2\n"

    lab.end(client)
    ns.run(["dhclient", "-4", "-r", "-lf", source, "-pf", lab.dir / "dhclient.pid", "-sf", lab.script, "eth0"])
    ours = one(sal, state="expired", present=False, address=address)
    assert "acquired" not in ours and epoch(ours["expires"]) <= time.time()

    text = ns.run(["cat", source]).replace(time.strftime("%Y/", time.gmtime()), "2037/")
    ns.sh(f"cat > {source}", input=text)  # as if it held on
    ns.run("ip link del eth0")
    ours = one(sal, state="no_link", present=False)
    assert ours["ifname"] == "eth0" and leases(sal, ifname="eth0") == [ours]


def test_classless_routes(ns, sal, lab):
    """RFC 3442: with them the router option does not count. By Debian's name for them, and as unknown-121."""
    lab.dnsmasq(RANGE, "--dhcp-option=3,192.168.50.9",
                "--dhcp-option-force=121,0.0.0.0/0,192.168.50.1,10.99.0.0/16,192.168.50.2,10.3.128.0/17,0.0.0.0,192.0.2.7/32,192.168.50.3")
    routes = [route("default", "192.168.50.1"), route("10.99.0.0/16", "192.168.50.2"), route("10.3.128.0/17"),
              route("192.0.2.7", "192.168.50.3")]
    for config in ("option rfc3442-classless-static-routes code 121 = array of unsigned integer 8;\n", "# none\n"):
        client = lab.dhclient(4, config=config)
        ours = one(sal, state="bound", manager="dhclient")
        assert (ours["routes"], ours["gateway"]) == (routes, "192.168.50.1"), config
        assert ours["routers"] == ["192.168.50.9"]
        lab.end(client)
        ns.sh("rm -f /var/lib/dhcp/*; ip -4 addr flush dev eth0")


def kea4(**times):
    return {**times, "subnet4": [{"subnet": "192.168.50.0/24", "pools": [{"pool": "192.168.50.160-192.168.50.200"}],
                                  "option-data": [{"name": "routers", "data": "192.168.50.1"}]}]}


def test_renewal(ns, sal, lab):
    """The lease follows each renewal."""
    lab.kea(4, kea4(**{"valid-lifetime": 60, "renew-timer": 2, "rebind-timer": 40}))
    lab.dhcpcd("noarp\n", "-4")
    first = one(sal, state="bound")
    ours = eventually(lambda: epoch(one(sal)["acquired"]) > epoch(first["acquired"]) and one(sal), "it is renewed")
    row = lab.kea_leases(4)[ours["address"]]
    end = int(row["expire"])
    same({k: ours[k] for k in TIMES}, {"acquired": iso(end - 60), "renew": iso(end - 58), "rebind": iso(end - 20), "expires": iso(end)})
    assert ours["lease_time"] == int(row["valid_lifetime"]) and ours["server"] == "192.168.50.1"


def test_unsaid_times(ns, sal, lab):
    """A server that sends no T1 and T2: those of RFC 2131, with which dhcpcd counts, as it logs."""
    lab.kea(4, kea4(**{"valid-lifetime": 64}))
    lab.dhcpcd("noarp\n", "-4")
    ours = one(sal, state="bound")
    start = epoch(ours["acquired"])
    assert (ours["renew"], ours["rebind"]) == (iso(start + 32), iso(start + 56))
    eventually(lambda: "renew in 32 seconds, rebind in 56 seconds" in lab.log("dhcpcd"), "dhcpcd says the same")


def test_expiry(ns, sal, lab):
    """A client that is gone renews nothing: the lease runs out, and the kernel takes the address away."""
    lab.kea(4, kea4(**{"valid-lifetime": 3, "renew-timer": 2, "rebind-timer": 2}))
    client = lab.dhclient(4)
    ours = one(sal, state="bound")
    client.kill()
    assert ours["lease_time"] == 3 and int(lab.kea_leases(4)[ours["address"]]["valid_lifetime"]) == 3
    ours = one(sal, state="expired", present=False)
    assert epoch(ours["expires"]) <= time.time()


def test_expired_but_there(ns, sal):
    """K8: an address that was left behind does not make its lease bound; another's life is not its own."""
    ns.sh("ip link add eth0 type veth peer name eth1; mkdir -p /var/lib/dhcp; ip addr add 192.0.2.5/24 dev eth0")
    ns.sh("cat > /var/lib/dhcp/dhclient.leases", input=lease4(expire="4 2020/01/02 00:00:00"))
    ours = one(sal, state="expired")
    assert ours["present"] is True and "valid_life_time" not in ours
    ns.run("ip addr change 192.0.2.5/24 dev eth0 valid_lft 500 preferred_lft 400")
    expired, alive = leases(sal)
    assert expired["state"] == "expired" and expired["present"] is True and "valid_life_time" not in expired
    same(alive, {"ifname": "eth0", "family": "inet", "state": "bound", "present": True, "address": "192.0.2.5",
                 "prefixlen": 24, "source": "kernel", **kernel_of(ns, "192.0.2.5"),
                 "acquired": iso(time.time()), "expires": iso(time.time() + 500)})


def test_dhclient6(ns, sal, lab):
    """An address and a prefix of one client; both are released."""
    source = "/var/lib/dhcp/dhclient6.eth0.leases"
    lab.kea(6, KEA6)
    client = lab.dhclient(6, "-N", "-P")
    address = one(sal, method="dhcp6", state="bound")
    prefix = one(sal, method="pd", state="bound")
    common = {"manager": "dhclient", "source": source}
    common["ntp"] = ["fd50::9"]
    same(address, {**kea6_lease(lab, address["address"], **common), "prefixlen": 128, **kernel_of(ns, address["address"])})
    same(prefix, kea6_lease(lab, prefix["prefix"].split("/")[0], **common))
    lab.end(client)
    ns.run(["dhclient", "-6", "-r", "-lf", source, "-pf", lab.dir / "dhclient6.pid", "-sf", lab.script, "eth0"])
    assert {(x["method"], x["state"]) for x in leases(sal)} == {("dhcp6", "released"), ("pd", "released")}


def test_dnsmasq_v6(ns, sal, lab):
    """The other server, and dhclient without a script: the kernel never hears of the address."""
    lab.dnsmasq("--enable-ra", "--dhcp-range=fd50::100,fd50::200,64,2m", "--dhcp-option=option6:dns-server,[fd50::53]")
    lab.dhclient(6, script="/bin/true")
    ours = one(sal, method="dhcp6", state="absent")
    # dnsmasq.leases: "duid DUID", then expiry, IAID, address, name, client DUID
    row = next(x for x in lab.dnsmasq_leases() if len(x) == 5 and x[2] == ours["address"])
    server = next(x for x in lab.dnsmasq_leases() if x[0] == "duid")[1].replace(":", "")
    assert ours["present"] is False and ours["dns"] == ["fd50::53"]
    assert (ours["server_duid"], ours["duid"], ours["iaid"]) == (server, row[4].replace(":", ""), int(row[1]))
    assert abs(epoch(ours["expires"]) - int(row[0])) <= 2


def test_dhcpcd(ns, sal, lab):
    """v4, v6 and a delegated prefix at once, out of the messages that dhcpcd keeps."""
    lab.dnsmasq(*DNSMASQ)
    lab.kea(6, KEA6)
    ns.sh("ip link add in0 type bridge; ip link set in0 up")
    client = lab.dhcpcd("noarp\noption domain_name_servers, domain_name, domain_search, interface_mtu, ntp_servers\n"
                        "option dhcp6_name_servers, dhcp6_domain_search\n"
                        "noipv6rs\ninterface eth0\nia_na 1\nia_pd 2 in0/1/64\n")
    v4 = one(sal, method="dhcp4", state="bound")
    v6 = one(sal, method="dhcp6", state="bound")
    pd = one(sal, method="pd", ifname="eth0", state="bound")
    client_id = lab.dnsmasq_leases()[0][4].replace(":", "")
    theirs = {**dnsmasq_lease(lab, manager="dhcpcd", source="/var/lib/dhcpcd/eth0.lease"), **kernel_of(ns, v4["address"])}
    theirs.update({"client_id": client_id} if "client_id" in v4 else {})  # RFC 6842 servers send it back
    same(v4, theirs)
    common = {"manager": "dhcpcd", "source": "/var/lib/dhcpcd/eth0.lease6"}
    same(v6, {**kea6_lease(lab, v6["address"], **common), "prefixlen": 128, **kernel_of(ns, v6["address"])})
    same(pd, kea6_lease(lab, pd["prefix"].split("/")[0], **common))
    inner = one(sal, ifname="in0")
    address = next(a for a in ns.json("ip -j addr show dev in0")[0]["addr_info"] if a["scope"] == "global")
    same(inner, {"ifname": "in0", "family": "inet6", "method": "pd", "state": "bound", "present": True,
                 "address": address["local"], "prefixlen": 64, "source": "kernel", **kernel_of(ns, address["local"], "in0"),
                 "expires": iso(time.time() + address["valid_life_time"]), "acquired": pd["acquired"]})

    lab.end(client)  # "persistent": what it set stays
    ns.run("ip link del eth0")
    assert {(x["method"], x["state"]) for x in leases(sal) if x["ifname"] == "eth0"} == \
        {("dhcp4", "no_link"), ("dhcp6", "no_link"), ("pd", "no_link")}


def test_two_clients(ns, sal):
    """One address, two files: it is the lease of the one that the kernel's lifetime agrees with."""
    ns.sh("ip link add eth0 type veth peer name eth1; mkdir -p /var/lib/dhcp")
    ns.run("ip addr add 192.0.2.5/24 dev eth0 valid_lft 500 preferred_lft 500")
    for name, seconds in (("dhclient.a", 9000), ("dhclient.b", 500), ("dhclient.c", 9000)):
        ns.sh(f"cat > /var/lib/dhcp/{name}.leases", input=lease4(expire=f"epoch {int(time.time()) + seconds}"))
    a, b, c = leases(sal)
    assert (a["state"], b["state"], c["state"]) == ("unknown", "bound", "unknown")
    assert "valid_life_time" not in a and "valid_life_time" not in c and b["valid_life_time"] > 400


RADVD = """interface lan { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; %s
    prefix fd50::/64 { AdvOnLink on; AdvAutonomous %s; AdvValidLifetime %u; AdvPreferredLifetime %u; };
    route fd77::/48 { AdvRouteLifetime 900; }; };
"""


def ra_routes(ns):
    """Those of advertisements and the on-link prefix, in the kernel's order, as ip shows them."""
    now = time.time()
    return [{"dst": r["dst"], **({"gateway": r["gateway"]} if "gateway" in r else {}), "expires": iso(now + r["expires"])}
            for protocol in ("ra", "kernel") for r in ns.json(f"ip -6 -j -d route show dev eth0 proto {protocol}")
            if "expires" in r]


def test_slaac(ns, sal, lab):
    """Addresses, router and routes of real advertisements; one of them temporary."""
    ns.sh("cd /proc/sys/net/ipv6/conf/eth0; echo 2 > use_tempaddr; echo 64 > accept_ra_rt_info_max_plen")
    lab.radvd(RADVD % ("AdvDefaultPreference high;", "on", 600, 300))
    eventually(lambda: len(leases(sal)) == 2, "both addresses")
    router = next(a["local"] for a in ns.json("ip -n srv -j addr show dev lan")[0]["addr_info"] if a["scope"] == "link")
    tells_protocol = [int(x) for x in re.findall(r"\d+", os.uname().release)[:2]] >= [5, 18]  # iproute2 6.1 does not show it
    ours, theirs = leases(sal), []
    for a in ns.json("ip -j -d addr show dev eth0")[0]["addr_info"]:
        if a["scope"] == "global":
            theirs.append({"ifname": "eth0", "family": "inet6", "method": "slaac", "state": "bound", "present": True,
                           "address": a["local"], "prefixlen": 64, "gateway": router, "routes": ra_routes(ns),
                           "source": "kernel", **kernel_of(ns, a["local"]), "expires": iso(time.time() + a["valid_life_time"]),
                           **({"manager": "kernel"} if tells_protocol and not a.get("temporary") else {})})
    assert {x.get("temporary", False) for x in ours} == {True, False}
    assert all(len(x["routes"]) == 3 for x in theirs)
    for x in ours:
        x.pop("acquired")
    by_address = lambda x: x["address"]
    for x in [*ours, *theirs]:
        x["routes"].sort(key=lambda r: r["dst"])
    same(sorted(ours, key=by_address), sorted(theirs, key=by_address))


def test_slaac_ends(ns, sal, lab):
    """A prefix that is no longer advertised goes when its time is over, and with it the lease."""
    radvd = lab.radvd(RADVD % ("", "on", 5, 2))
    ours = one(sal, method="slaac")
    assert 0 < ours["valid_life_time"] <= 5
    lab.end(radvd, 9)
    eventually(lambda: any(x.get("deprecated") and x["preferred_life_time"] <= 0 for x in leases(sal)), "deprecated")
    eventually(lambda: not any("address" in x for x in leases(sal)), "gone")


def test_routers_alone(ns, sal, lab):
    """Advertisements that give no address (DHCPv6 does): the routers are shown without one."""
    ns.sh("echo 64 > /proc/sys/net/ipv6/conf/eth0/accept_ra_rt_info_max_plen")
    lab.radvd(RADVD % ("AdvManagedFlag on;", "off", 600, 300))
    ours = one(sal, method="slaac")
    assert "address" not in ours and "present" not in ours and ours["gateway"].startswith("fe80::")
    routes = [r for r in ra_routes(ns) if "gateway" in r]
    assert len(routes) == 2
    same(sorted(ours["routes"], key=lambda r: r["dst"]), sorted(routes, key=lambda r: r["dst"]))


def test_initramfs(ns, sal, lab):
    """klibc's ipconfig, which the initramfs runs: its address has no end, its lease has."""
    lab.dnsmasq(*DNSMASQ)
    ns.run("/usr/lib/klibc/bin/ipconfig -t 10 -c dhcp -d eth0")
    ours = one(sal, state="bound")
    theirs = dnsmasq_lease(lab, manager="initramfs", source="/run/net-eth0.conf")
    for member in ("mtu", "ntp", "server", "renew", "rebind", "hostname"):  # ipconfig does not say
        theirs.pop(member, None)
    theirs["routers"] = ["192.168.50.1"]
    theirs["dns"] = ["192.168.50.53", "192.168.50.54"]
    same({k: v for k, v in ours.items() if k != "hostname"}, {**theirs, **kernel_of(ns, ours["address"])})
    ns.sh("sed -i s/DHCPLEASETIME=.*/DHCPLEASETIME=\\'1\\'/ /run/net-eth0.conf")
    ours = one(sal, state="expired")
    assert ours["present"] is True
    ns.sh("sed -i s/PROTO=.*/PROTO=\\'none\\'/ /run/net-eth0.conf")
    assert leases(sal) == []


# systemd 252 as dhcp_lease_save() and link_save() write them (Debian 12); T1 and the like are time
# spans from 255 on, as below.
NETWORKD = """# This is private data. Do not parse.
ADDRESS=192.168.50.77
NETMASK=255.255.255.0
ROUTER=192.168.50.1 192.168.50.2
SERVER_ADDRESS=192.168.50.1
NEXT_SERVER=192.168.50.1
BROADCAST=192.168.50.255
MTU=1400
T1={t1}
T2={t2}
LIFETIME={lifetime}
DNS=192.168.50.53 192.168.50.54
NTP=192.168.50.9
DOMAINNAME=example.org
DOMAIN_SEARCH_LIST=a.example.org b.example.org
HOSTNAME=node7
CLASSLESS_ROUTES=0.0.0.0/0,192.168.50.1 10.99.0.0/16,0.0.0.0
STATIC_ROUTES=10.0.0.0/8,192.168.50.3
CLIENTID=ff45be12a200020000ab11
"""


@pytest.mark.parametrize("t1,t2,lifetime", [("1800", "3150", "3600"), ("30min", "52min 30s", "1h")])
def test_networkd(ns, sal, t1, t2, lifetime):
    ns.sh("ip link add eth0 type veth peer name eth1; mkdir -p /run/systemd/netif/leases /run/systemd/netif/links")
    index = json.loads(ns.run("ip -j link show dev eth0"))[0]["ifindex"]
    source = f"/run/systemd/netif/leases/{index}"
    ns.sh(f"cat > {source}", input=NETWORKD.format(t1=t1, t2=t2, lifetime=lifetime))
    ns.sh(f"cat > /run/systemd/netif/links/{index}", input="# This is private data. Do not parse.\nADMIN_STATE=configured\n"
          "OPER_STATE=routable\nDHCP6_CLIENT_IAID=0x5a\nDHCP6_CLIENT_DUID=DUID-EN:0000ab11f9c3\nDHCP_LEASE=" + source + "\n")
    theirs = {"ifname": "eth0", "family": "inet", "method": "dhcp4", "manager": "systemd-networkd", "state": "absent",
              "present": False, "address": "192.168.50.77", "prefixlen": 24, "broadcast": "192.168.50.255",
              "gateway": "192.168.50.1", "routers": ["192.168.50.1", "192.168.50.2"],
              "routes": [route("default", "192.168.50.1"), route("10.99.0.0/16")],
              "dns": ["192.168.50.53", "192.168.50.54"], "domain": "example.org", "search": ["a.example.org", "b.example.org"],
              "hostname": "node7", "mtu": 1400, "ntp": ["192.168.50.9"], "server": "192.168.50.1",
              "client_id": "ff45be12a200020000ab11", "lease_time": 3600, "source": source}
    assert leases(sal) == [theirs]  # nothing tells when it began

    ns.run("ip addr add 192.168.50.77/24 dev eth0 valid_lft 3600 preferred_lft 3600 noprefixroute")
    ns.run("ip addr add fd50::5/128 dev eth0 valid_lft 900 preferred_lft 800 noprefixroute nodad")
    now = time.time()
    ours = leases(sal)
    same(ours, [{**theirs, "state": "bound", "present": True, **kernel_of(ns, "192.168.50.77"), "acquired": iso(now),
                 "renew": iso(now + 1800), "rebind": iso(now + 3150), "expires": iso(now + 3600)},
                {"ifname": "eth0", "family": "inet6", "method": "dhcp6", "manager": "systemd-networkd", "state": "bound",
                 "present": True, "address": "fd50::5", "prefixlen": 128, "iaid": 0x5a, "duid": "00020000ab11f9c3",
                 "source": "kernel", **kernel_of(ns, "fd50::5"), "acquired": iso(now), "expires": iso(now + 900)}])
    # Another lifetime than the lease's was not its doing: the moments it began and renews stay unknown.
    ns.run("ip addr change 192.168.50.77/24 dev eth0 valid_lft 100 preferred_lft 100 noprefixroute")
    ours = one(sal, family="inet")
    assert ours["state"] == "bound" and not {"acquired", "renew", "rebind"} & set(ours)
    ns.sh(f"sed -i s/configured/unmanaged/ /run/systemd/netif/links/{index}")
    assert "manager" not in one(sal, family="inet6")
    ns.run("ip link del eth0")
    assert [(x["ifname"], x["state"]) for x in leases(sal)] == [(f"if{index}", "no_link")]


UUID, OTHER = "2f3b1c5e-8a0d-4c66-9a3a-6f2f0e0d9b11", "7c1de7f2-0d52-4a35-8a52-5a0a2c7f2a6d"


def test_networkmanager(ns, sal):
    """Its internal client keeps the address alone; devices/ tells whether that connection is in use."""
    ns.sh("ip link add eth0 type veth peer name eth1; mkdir -p /run/NetworkManager/devices /var/lib/NetworkManager")
    index = json.loads(ns.run("ip -j link show dev eth0"))[0]["ifindex"]
    source = f"/var/lib/NetworkManager/internal-{UUID}-eth0.lease"
    ns.sh(f"cat > {source}", input="# This is private data. Do not parse.\nADDRESS=192.168.50.88\n")
    ns.sh("cp " + source + f" /var/lib/NetworkManager/internal-{UUID}.lease; echo x > /var/lib/NetworkManager/NetworkManager.state")
    ours = sal.call("net.lease")
    assert [p["source"] for p in ours["problems"]] == [f"/var/lib/NetworkManager/internal-{UUID}.lease"]
    ns.sh(f"rm /var/lib/NetworkManager/internal-{UUID}.lease")
    theirs = {"ifname": "eth0", "family": "inet", "method": "dhcp4", "manager": "NetworkManager", "state": "absent",
              "present": False, "address": "192.168.50.88", "source": source}
    assert leases(sal) == [theirs]

    device = "[device]\nmanaged=true\nconnection-uuid={}\nroute-metric-default-effective=100\n"
    ns.sh(f"cat > /run/NetworkManager/devices/{index}", input=device.format(UUID))
    ns.run("ip addr add 192.168.50.88/24 dev eth0")
    assert leases(sal) == [{**theirs, "state": "unknown", "present": True, "prefixlen": 24, "valid_life_time": 4294967295,
                            "preferred_life_time": 4294967295}]  # set by hand, for all we know
    ns.run("ip addr change 192.168.50.88/24 dev eth0 valid_lft 3600 preferred_lft 3600 noprefixroute")
    same(leases(sal), [{**theirs, "state": "bound", "present": True, "prefixlen": 24, **kernel_of(ns, "192.168.50.88"),
                        "expires": iso(time.time() + 3600)}])
    ns.sh(f"cat > /run/NetworkManager/devices/{index}", input=device.format(OTHER))
    old, kept = leases(sal)
    assert old == {**theirs, "state": "unknown", "present": True}
    assert (kept["address"], kept["manager"], kept["source"]) == ("192.168.50.88", "NetworkManager", "kernel")

    ns.sh(f"rm {source}; cat > /var/lib/NetworkManager/dhclient-{OTHER}-eth0.lease", input=lease4(address="192.168.50.88"))
    ours = one(sal, source=f"/var/lib/NetworkManager/dhclient-{OTHER}-eth0.lease")
    assert (ours["manager"], ours["state"], ours["domain"]) == ("NetworkManager", "bound", "example.org")


def lease4(ifname="eth0", address="192.0.2.5", renew=None, rebind=None, expire="never", more=""):
    renew, rebind = renew or expire, rebind or expire
    return f"""lease {{
  interface "{ifname}";
  fixed-address {address};
  option subnet-mask 255.255.255.0;
  option domain-name "example.org";
  {more}
  renew {renew};
  rebind {rebind};
  expire {expire};
}}
"""


@pytest.fixture
def dhclient_file(ns, sal):
    """Puts a text (or bytes) as dhclient's lease file; returns net.lease's answer."""
    ns.sh("mkdir -p /var/lib/dhcp; ip link add eth0 type veth peer name eth1; ip addr add 192.0.2.5/24 dev eth0")
    path = sal.dir / "leases"

    def put(content):
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        ns.run(["cp", path, "/var/lib/dhcp/dhclient.leases"])
        return sal.call("net.lease")
    return put


@pytest.mark.parametrize("more,line", [
    ('option host-name "a\\012b";', 6), ('option host-name "a;reboot";', 6), ('option host-name "a\nb";', 6),
    ('option host-name "$(id)";', 6), ('option host-name "";', 6), ('option host-name a;', 6),
    ('option host-name "' + "a" * 254 + '";', 6), ('option host-name "a..b";', 6), ('option host-name "\\000";', 6),
    ('option domain-search "a.example.org.", "b c";', 6), ("option routers 192.0.2.256;", 6), ("option routers;", 6),
    ("option unknown-121 21:c0:0:2:0:0:c0:0:2:1;", 6), ("option unknown-121 18:c0:0;", 6), ("option unknown-121 zz;", 6),
    ("option rfc3442-classless-static-routes 33,192,0,2,0,0,192,0,2,1;", 6),
    ("option rfc3442-classless-static-routes 24,192,0,2;", 6), ("option rfc3442-classless-static-routes 256;", 6),
    ("option static-routes 0.0.0.0 192.0.2.1;", 6), ("option static-routes 10.0.0.0;", 6),
    ("option interface-mtu 67;", 6), ("option interface-mtu 65536;", 6), ("option dhcp-lease-time -1;", 6),
    ("option dhcp-lease-time 4294967296;", 6), ("option subnet-mask 255.0.255.0;", 6), ("option unknown-61 0;", 6),
    ("option dhcp-lease-time 0;", 1), ("option dhcp-lease-time 60; option dhcp-renewal-time 61;", 1),
    ("option dhcp-renewal-time 50; option dhcp-rebinding-time 40;", 1),
    ("renew 4 2026/13/01 00:00:00;", 6), ("expire 4 99999/01/01 00:00:00;", 6), ("rebind epoch 99999999999999;", 6),
    ("renew tomorrow;", 6), ("fixed-address 192.0.2;", 6), ('interface "a" "b";', 6), ("a " * 400 + ";", 6),
], ids=map(str, itertools.count()))
def test_k8_values(dhclient_file, more, line):
    """What cannot be used is left out and named with its line; the lease holds as far as it can."""
    ours = dhclient_file(lease4(more=more))
    (problem,) = ours["problems"]
    assert problem["source"] == "/var/lib/dhcp/dhclient.leases" and problem["line"] == line and problem["reason"], problem
    if "fixed-address" not in more:
        (lease,) = ours["leases"]
        assert lease["address"] == "192.0.2.5" and lease["domain"] == "example.org" and lease["state"] in ("bound", "expired")
        assert not {"hostname", "search", "routers", "routes", "mtu", "client_id", "renew", "rebind"} & set(lease), lease


def test_k8_for_ever(dhclient_file):
    ours = dhclient_file(lease4(more="option dhcp-lease-time 4294967295;"))
    assert ours["problems"] == [] and ours["leases"][0]["lease_time"] == 4294967295
    assert ours["leases"][0]["state"] == "bound" and not set(TIMES) & set(ours["leases"][0])


def test_k8_order(dhclient_file):
    ours = dhclient_file(lease4(renew="4 2036/01/03 00:00:00", rebind="4 2036/01/02 00:00:00", expire="4 2036/01/04 00:00:00"))
    assert [p["reason"] for p in ours["problems"]] == ["renew, rebind and expire are not in order"]
    assert {k: ours["leases"][0][k] for k in TIMES if k in ours["leases"][0]} == {"expires": "2036-01-04T00:00:00Z"}


@pytest.mark.parametrize("text,states,problems", [
    ("", [], 0), ("\n\n# nothing\n", [], 0), ("lease {", [], 1), ("}", [], 1), ("lease { }", [], 1), ("x;", [], 1),
    ('lease { interface "eth0"', [], 1), ('lease { interface "eth0; }', [], 1), ("{" * 100000, [], 1),
    (lease4() + lease4()[:-10], ["bound"], 1), (lease4() + "lease {\n", ["bound"], 1),
    (lease4(ifname="a/b"), [], 1), (lease4(ifname="../../etc"), [], 1), (lease4(ifname="x" * 16), [], 1),
    ("other { " + lease4() + " }", [], 0), (lease4() * 2000, ["bound"], 0),
    ("lease6 { interface \"eth0\"; ia-na 1 { } }", [], 1),
    ("lease6 { interface \"eth0\"; ia-na 1:2:3:4 { starts x; iaaddr fd00::1/64 { } iaaddr 10.0.0.1 { } } }", [], 3),
    ("lease6 { interface \"eth0\"; ia-pd 1:2:3:4 { iaprefix fd00::/0 { } iaprefix fd00::/129 { } iaprefix fd00:: { } } }", [], 3),
    ("lease6 { interface \"eth0\"; ia-na \"abcd\" { starts 1; iaaddr fd00::1 { preferred-life 9; max-life 8; } } }", [], 1),
    ("lease6 { interface \"eth0\"; ia-na \"abcd\" { starts 1; iaaddr fd00::1 { preferred-life 8; max-life 9; } } }", ["expired"], 0),
    (b"\xff\xfe\x80;", [], 1), (b"a\0b;", [], 1), (lease4().encode() + b"\0" * 4096, [], 1),
    (b"\n\n\n" + b"\0" * 100, [], 1), (("option x " + "y" * 1000 + ";\n") * 10300, [], 1), (b"\0" * 10_000_000, [], 1),
], ids=map(str, itertools.count()))
def test_k8_files(dhclient_file, text, states, problems):
    ours = dhclient_file(text)
    assert [x["state"] for x in ours["leases"]] == states, ours
    assert len(ours["problems"]) == problems, ours["problems"]


def test_odd_places(ns, sal):
    """K8: what is no plain file is named and not opened: nothing hangs, nothing is followed."""
    ns.sh("""
ip link add eth0 type veth peer name eth1
mkdir -p /var/lib/dhcp /var/lib/dhcpcd/eth0.lease /run/systemd/netif/leases /var/lib/NetworkManager
mkfifo /var/lib/dhcp/dhclient.fifo.leases
ln -s /etc/passwd /var/lib/dhcp/dhclient.link.leases
ln -s /dev/zero /var/lib/dhcp/dhclient.zero.leases
ln -s loop.leases /var/lib/dhcp/dhclient.loop.leases
mknod /var/lib/dhcp/dhclient.null.leases c 1 3
mkdir /var/lib/dhcp/dhclient.dir.leases
truncate -s 10M /var/lib/dhcp/dhclient.big.leases
echo > /var/lib/dhcp/dhclient.leases.bak
echo > /var/lib/dhcp/resolv.conf
printf '\\001' > /var/lib/dhcpcd/eth1.lease
printf '\\007\\0\\0\\0\\0\\001\\377\\377' > /var/lib/dhcpcd/eth1.lease6
: > /var/lib/dhcpcd/eth2.lease
echo ADDRESS= > /run/systemd/netif/leases/7
echo '{"Address":[192,0,2,1]}' > /run/systemd/netif/leases/8
echo > /run/systemd/netif/leases/.#7abc
""")
    began = time.monotonic()
    ours = sal.call("net.lease")
    assert time.monotonic() - began < PATIENCE / 2
    assert ours["leases"] == []
    reasons = {p["source"].rsplit("/", 1)[1]: p["reason"] for p in ours["problems"]}
    assert len(reasons) == len(ours["problems"]) == 13, ours["problems"]
    assert reasons["dhclient.fifo.leases"] == reasons["dhclient.null.leases"] == "not a regular file"
    assert reasons["dhclient.link.leases"] == reasons["dhclient.loop.leases"] == reasons["dhclient.zero.leases"] == \
        "a symbolic link, which is not followed"
    assert reasons["dhclient.dir.leases"] == reasons["eth0.lease"] == "a folder, not a file"
    assert reasons["dhclient.big.leases"] == "larger than 1 MiB"
    assert reasons["eth1.lease"] == reasons["eth2.lease"] == "too short for a DHCP message"
    assert "eth1.lease6" in reasons and reasons["7"] == "no address in it"


def test_unreadable(ns, start):
    """A file that the daemon may not read is a problem, not an error."""
    ns.sh("ip link add eth0 type veth peer name eth1; mkdir -p /var/lib/dhcp /var/lib/dhcpcd")
    ns.sh("cat > /var/lib/dhcp/dhclient.leases; chmod 000 /var/lib/dhcp/dhclient.leases", input=lease4())
    ns.sh("printf x > /var/lib/dhcpcd/eth0.lease")
    sal = start(wrap=["setpriv", "--bounding-set=-dac_override,-dac_read_search"])
    ours = sal.call("net.lease")
    assert [(p["source"], p["reason"]) for p in ours["problems"]] == [
        ("/var/lib/dhcp/dhclient.leases", "cannot be read: EACCES"),
        ("/var/lib/dhcpcd/eth0.lease", "too short for a DHCP message")]


def test_many(ns, sal):
    """Bounds: leases, problems and files are limited, and the answer says so."""
    ns.sh("mkdir -p /var/lib/dhcp; cd /var/lib/dhcp; for i in $(seq 1100); do echo 'x;' > dhclient.$i.leases; done")
    problems = sal.call("net.lease")["problems"]
    assert len(problems) == 256 and "more than 1024 files" in problems[0]["reason"]
    ns.sh("rm /var/lib/dhcp/*; cat > /var/lib/dhcp/dhclient.leases",
          input="".join(f'lease{{interface "i{i}";fixed-address 192.0.2.1;}}\n' for i in range(5000)))
    ours = sal.call("net.lease")
    assert len(ours["leases"]) == 4096 and "more than 4096 leases" in ours["problems"][0]["reason"]
