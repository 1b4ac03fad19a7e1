"""net.status against uname, /proc and ip -j addr; and the managers that are at work, seen and not seen."""
import os
import pathlib
import time

import pytest

import http1
from ns import need_network

MANAGERS = ["NetworkManager", "systemd-networkd", "dhclient", "dhcpcd", "ifupdown", "firewalld", "ufw", "Docker", "libvirt"]


def addresses(ns):
    """What ip shows of global scope and in use, IPv4 first, in the kernel's order."""
    found = [(a["family"], {"ifname": link["ifname"], "family": a["family"], "local": a["local"],
                            "prefixlen": a["prefixlen"]})
             for link in ns.json("ip -j addr") for a in link.get("addr_info", [])
             if a["scope"] == "global" and not a.get("tentative") and not a.get("dadfailed")]
    return [a for family in ("inet", "inet6") for f, a in found if f == family]


def test_daemon_and_node(ns, sal):
    status = sal.call("net.status")
    assert status["pid"] == sal.pid
    assert status["mode"] == "native"
    assert status["version"] == sal.call("rpc.health")["version"]
    assert status["hostname"] == os.uname().nodename
    assert status["kernel"] == os.uname().release
    assert status["boot_id"] == pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert status["addresses"] == []
    assert 0 <= status["uptime"] < 60


def test_uptime_counts(sal):
    first = sal.call("net.status")["uptime"]
    end = time.monotonic() + 10
    while sal.call("net.status")["uptime"] == first:
        assert time.monotonic() < end, "uptime stands still"
        time.sleep(0.05)


def test_addresses(ns, sal):
    ns.sh("""
ip link add v0 type veth peer name v1
ip link set v0 up; ip link set v1 up
ip addr add 192.0.2.1/24 dev v0
ip addr add 192.0.2.77/24 dev v0
ip addr add 203.0.113.1 peer 203.0.113.2 dev v0
ip addr add 198.51.100.1/24 dev v1 scope link
ip addr add 2001:db8::1/64 dev v0
ip addr add fd00::1/128 dev lo
ip link add w0 type veth peer name w1
ip addr add 2001:db8:1::1/64 dev w0
""")
    ours = sal.call("net.status")["addresses"]
    assert ours == addresses(ns)
    assert {"ifname": "v0", "family": "inet", "local": "203.0.113.1", "prefixlen": 32} in ours
    assert "198.51.100.1" not in [a["local"] for a in ours]
    assert "fe80" not in str(ours)


def test_errors(sal):
    sal.error("net.status", kind="INVALID_PARAMS", field="/ifname", ifname="lo")


# managers

def active(sal):
    """Those at work, by name; and that the list is whole."""
    status = sal.call("net.status")
    assert [m["name"] for m in status["managers"]] == MANAGERS
    for manager in status["managers"]:
        assert manager["active"] == bool(manager["evidence"]) and ("pid" not in manager or manager["active"])
    return {m["name"]: m for m in status["managers"] if m["active"]}


@pytest.fixture
def run(ns):
    """Starts a program of that name that only waits: run("dhclient"), run("dockerd", "setpriv", "--reuid", "1000")."""
    started = []
    ns.sh("mkdir /run/bin; chmod 755 /run /run/bin")

    def start(name, *wrap, text=None):
        path = f"/run/bin/{name}"
        if text:
            ns.run(["bash", "-c", 'cat > "$1"; chmod 755 "$1"', "put", path], input=text)
        else:
            ns.run(["cp", "/usr/bin/sleep", path])
        process = ns.popen([*wrap, path, "600"])
        started.append(process)
        comm = pathlib.Path(f"/proc/{process.pid}/comm")
        http1.eventually(lambda: comm.read_text().strip() == name[:15], f"{name} runs")
        return process
    yield start
    for process in started:
        process.kill()
        process.wait()


def test_nobody(sal):
    assert active(sal) == {} and sal.call("net.status")["rules_seen"] is True


@pytest.mark.parametrize("program,manager", [
    ("NetworkManager", "NetworkManager"), ("systemd-networkd", "systemd-networkd"), ("dhclient", "dhclient"),
    ("dhcpcd", "dhcpcd"), ("dockerd", "Docker"), ("libvirtd", "libvirt"), ("virtnetworkd", "libvirt")])
def test_process(ns, sal, run, program, manager):
    process = run(program)
    assert active(sal) == {manager: {"name": manager, "active": True, "pid": process.pid,
                                     "evidence": [f"process /run/bin/{program}"]}}
    ns.sh(f"rm /run/bin/{program}")  # as an upgrade does
    assert active(sal)[manager]["pid"] == process.pid
    process.kill()
    process.wait()
    assert active(sal) == {}


SCRIPT = "#!/usr/bin/python3\nimport time\ntime.sleep(600)\n"


def test_firewalld_is_a_script(sal, run):
    process = run("firewalld", text=SCRIPT)
    assert active(sal)["firewalld"]["pid"] == process.pid


@pytest.mark.parametrize("program", ["NetworkManager", "systemd-networkd", "dockerd"])
def test_of_an_ordinary_user(sal, run, program):
    """Anybody can name a program so. networkd is run by a system user of its own; others by root alone."""
    run(program, "setpriv", "--reuid", "1000", "--clear-groups")
    assert active(sal) == {}
    run(program + "x", "setpriv", "--reuid", "998", "--clear-groups")  # a name that goes on
    assert active(sal) == {}


def test_of_a_system_user(sal, run):
    run("systemd-networkd", "setpriv", "--reuid", "998", "--clear-groups")
    assert list(active(sal)) == ["systemd-networkd"]
    run("dhclient", "setpriv", "--reuid", "998", "--clear-groups")
    assert list(active(sal)) == ["systemd-networkd"]


def test_not_the_program(ns, sal, run):
    """A script, or a thread that calls itself so, is another program of that name."""
    run("dockerd", text=SCRIPT)
    ns.sh("mkfifo /run/never")
    run("dhclient", text="#!/bin/bash\nread < /run/never\n")
    run("firewalld")
    named = ns.popen(["/usr/bin/python3", "-c", "open('/proc/self/comm', 'w').write('libvirtd'); import time; time.sleep(600)"])
    try:
        http1.eventually(lambda: pathlib.Path(f"/proc/{named.pid}/comm").read_text() == "libvirtd\n", "it is named so")
        assert active(sal) == {}
    finally:
        named.kill()
        named.wait()


def test_zombie(sal, run):
    """It has ended, though nobody has asked how."""
    process = run("dhclient")
    process.kill()
    http1.eventually(lambda: "State:\tZ" in pathlib.Path(f"/proc/{process.pid}/status").read_text(), "it is dead")
    assert active(sal) == {}


def test_in_another_namespace(ns, sal, run):
    need_network()
    ns.sh("ip netns add other")
    run("dhclient", "nsenter", "--net=/run/netns/other")
    assert active(sal) == {}


def test_stale_traces(ns, sal):
    """Pid files of the dead, bridges that were left behind, and networkd's old records are no evidence."""
    need_network()
    ns.sh("""
echo $$ | tee /run/dhclient.eth0.pid /run/docker.pid /run/libvirtd.pid /run/firewalld.pid > /run/dhclient.pid
mkdir -p /run/NetworkManager /run/dhcpcd /run/systemd/netif/links /run/network
echo 999999 | tee /run/NetworkManager/NetworkManager.pid > /run/dhcpcd/pid
printf 'ADMIN_STATE=configured\nOPER_STATE=routable\n' > /run/systemd/netif/links/1
printf 'lo=lo\ngone0=gone0\nnonsense\n' > /run/network/ifstate
ip link add docker0 type bridge; ip link add virbr0 type bridge
ip addr add 172.17.0.1/16 dev docker0""")
    assert active(sal) == {}


def test_ifupdown(ns, sal):
    need_network()
    ns.sh("mkdir -p /run/network; ip link add eth0 type veth peer name eth1; printf 'lo=lo\neth0=eth0\n' > /run/network/ifstate")
    assert active(sal) == {"ifupdown": {"name": "ifupdown", "active": True, "evidence": ["/run/network/ifstate: eth0"]}}


@pytest.mark.parametrize("manager,nft,evidence", [
    ("firewalld", "add table inet firewalld", "table inet firewalld"),
    ("Docker", "add table ip nat; add chain ip nat DOCKER", "chain ip nat DOCKER"),
    ("Docker", "add table ip6 docker-bridges", "table ip6 docker-bridges"),
    ("libvirt", "add table ip filter; add chain ip filter LIBVIRT_FWI", "chain ip filter LIBVIRT_FWI"),
    ("libvirt", "add table ip libvirt_network", "table ip libvirt_network"),
    ("ufw", "add table ip6 filter; add chain ip6 filter ufw6-before-input", "chain ip6 filter ufw6-before-input"),
])
def test_rules(ns, sal, manager, nft, evidence):
    ns.or_skip(["nft", nft])
    assert active(sal) == {manager: {"name": manager, "active": True, "evidence": [evidence]}}
    ns.run("nft flush ruleset")
    assert active(sal) == {}


def test_rules_of_others(ns, sal):
    ns.or_skip(["nft", "add table inet filter; add chain inet filter input; add chain inet filter MYDOCKER; "
                       "add table inet firewalld2; add table inet nat; add chain inet nat libvirt_x"])
    assert active(sal) == {}


def test_rules_as_iptables_makes_them(ns, sal):
    ns.or_skip("iptables-nft -w -t nat -N DOCKER")
    assert active(sal)["Docker"]["evidence"] == ["chain ip nat DOCKER"]


def test_much_evidence(ns, sal, run):
    ns.or_skip(["nft", "add table ip filter; " + "; ".join(f"add chain ip filter ufw-{i}" for i in range(30))])
    assert len(active(sal)["ufw"]["evidence"]) == 8


@pytest.mark.parametrize("text,enabled", [
    ("# /etc/ufw/ufw.conf\nENABLED=yes\nLOGLEVEL=low\n", True), ("ENABLED=no\n", False), ("ENABLED=yes\nENABLED=no\n", False),
    ("#ENABLED=yes\n", False), ("", False), ('ENABLED="yes"\n', True)])
def test_ufw_conf(ns, start, text, enabled):
    ns.sh("mount -t tmpfs none /etc; mkdir /etc/ufw; cat > /etc/ufw/ufw.conf", input=text)
    assert (active(start()).get("ufw", {}).get("evidence") == ["/etc/ufw/ufw.conf: ENABLED=yes"]) == enabled


def test_rules_unseen(ns, start):
    """Without the capability to read rules it says so, and does not say that there are none."""
    need_network()
    sal = start(wrap=["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"])
    assert sal.call("net.status")["rules_seen"] is False


def test_processes_that_vanish(ns, sal, run):
    """Programs that end while they are looked at leave no trace and no error."""
    ns.sh("cp /usr/bin/true /run/bin/dhclient")
    churn = ns.popen(["bash", "-c", "while :; do /run/bin/dhclient; done"])
    try:
        for _ in range(200):
            assert set(active(sal)) <= {"dhclient"}
    finally:
        churn.kill()
        churn.wait()
