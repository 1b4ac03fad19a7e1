"""net.config: the command line by the kernel's rules, network settings in it, kernel features, tools."""
import gzip
import os
import shutil
import subprocess

import pytest

import http1
from daemon import Daemon
from ns import Namespace, need_network

IP_FIELDS = {"local", "prefixlen", "peer", "gateway", "hostname", "dev", "autoconf", "mtu", "address", "nameservers", "ntp"}


@pytest.fixture(scope="module")
def node():
    """One daemon; config(text) is its answer with that command line."""
    ns = Namespace()
    with Daemon(ns) as sal:
        yield ns, sal
    ns.close()


@pytest.fixture
def config(node):
    ns, sal = node

    def answer(text):
        ns.run(["umount", "/proc/cmdline"], check=False)
        ns.put_file("/proc/cmdline", text)
        return sal.call("net.config")
    yield answer
    ns.run(["umount", "/proc/cmdline"], check=False)


def parameters(answer):
    return [(p["key"], p.get("value")) for p in answer["cmdline"]["parameters"]]


# The command line. Expected by the kernel's next_arg(): quotes keep blanks, one pair is taken off.

@pytest.mark.parametrize("text,expected", [
    ("", []),
    ("\n", []),
    ("ro quiet\n", [("ro", None), ("quiet", None)]),
    ("a=1 b= c==2 =d\n", [("a", "1"), ("b", ""), ("c", "=2"), ("", "d")]),
    ("  a=1\t\tb=2  \n", [("a", "1"), ("b", "2")]),
    ('a="b c" d', [("a", "b c"), ("d", None)]),
    ('"a=b c" d', [("a", "b c"), ("d", None)]),
    ('"a b"', [("a b", None)]),
    ('a=b"c d"e f', [("a", 'b"c d"e'), ("f", None)]),
    ('a="b c', [("a", "b c")]),
    ('a="" b', [("a", ""), ("b", None)]),
    ('a="', [("a", "")]),
    ('"', [("", None)]),
    ("dyndbg=\"file drivers/usb/* +p\" x", [("dyndbg", "file drivers/usb/* +p"), ("x", None)]),
    ("a=1 a=2", [("a", "1"), ("a", "2")]),
    ("a\xa0b".encode("latin-1"), [("a", None), ("b", None)]),
    (b"a=caf\xe9", [("a", "caf\\xe9")]),
    ("a=ünï", [("a", "ünï")]),
])
def test_parameters(config, text, expected):
    ours = config(text)
    assert parameters(ours) == expected
    assert not any("init" in p for p in ours["cmdline"]["parameters"])


def test_raw(config):
    assert config('ro a="b c"  x\n')["cmdline"]["raw"] == 'ro a="b c"  x'


def test_what_is_for_init(config):
    """Behind -- nothing is the kernel's, and no setting is taken from there."""
    ours = config("ro -- ip=192.0.2.7 single --\n")
    assert ours["cmdline"]["parameters"] == [
        {"key": "ro"}, {"key": "ip", "value": "192.0.2.7", "init": True}, {"key": "single", "init": True},
        {"key": "--", "init": True}]
    assert ours["ip"] == [] and ours["problems"] == []


def test_own_command_line(node):
    ns, sal = node
    raw = ns.run("cat /proc/cmdline").rstrip("\n")
    ours = sal.call("net.config")["cmdline"]
    assert ours["raw"] == raw
    if '"' not in raw:
        words = raw.split()
        before = words[:words.index("--")] if "--" in words else words
        assert [(p["key"], p.get("value")) for p in ours["parameters"] if "init" not in p] == \
            [(w.split("=", 1)[0], w.split("=", 1)[1] if "=" in w else None) for w in before]


def test_long_line(config):
    text = " ".join(f"k{i}=v{i}" for i in range(4000))
    assert len(config(text)["cmdline"]["parameters"]) == 4000


# ip=

STATIC = {"local": "192.0.2.7", "prefixlen": 24, "gateway": "192.0.2.1"}


@pytest.mark.parametrize("value,expected", [
    # nfsroot.rst
    ("dhcp", {"autoconf": "dhcp"}),
    ("off", {"autoconf": "off"}),
    ("192.0.2.7", {"local": "192.0.2.7"}),
    ("192.0.2.7::192.0.2.1:255.255.255.0", STATIC),
    ("192.0.2.7:192.0.2.9:192.0.2.1:255.255.255.0:node1:eth0:none",
     {**STATIC, "peer": "192.0.2.9", "hostname": "node1", "dev": "eth0", "autoconf": "none"}),
    ("192.0.2.7::192.0.2.1:255.255.255.0::eth0:off:192.0.2.53:192.0.2.54:192.0.2.99",
     {**STATIC, "dev": "eth0", "autoconf": "off", "nameservers": ["192.0.2.53", "192.0.2.54"], "ntp": "192.0.2.99"}),
    ("192.0.2.7::192.0.2.1:255.255.255.0::eth0:off::192.0.2.54",
     {**STATIC, "dev": "eth0", "autoconf": "off", "nameservers": ["192.0.2.54"]}),
    ("192.0.2.7::192.0.2.1:255.255.255.0::eth0:off:::192.0.2.99",
     {**STATIC, "dev": "eth0", "autoconf": "off", "ntp": "192.0.2.99"}),
    (":::::eth0:dhcp", {"dev": "eth0", "autoconf": "dhcp"}),
    ("::::node1::any", {"hostname": "node1", "autoconf": "any"}),
    # dracut.cmdline(7)
    ("eth0:dhcp", {"dev": "eth0", "autoconf": "dhcp"}),
    ("eth0:auto6:1400", {"dev": "eth0", "autoconf": "auto6", "mtu": 1400}),
    ("eth0:dhcp:1500:52:54:00:12:34:56", {"dev": "eth0", "autoconf": "dhcp", "mtu": 1500, "address": "52:54:00:12:34:56"}),
    ("eth0:dhcp::52:54:00:12:34:56", {"dev": "eth0", "autoconf": "dhcp", "address": "52:54:00:12:34:56"}),
    ("ibft", {"autoconf": "ibft"}),
    ("link6", {"autoconf": "link6"}),
    ("192.0.2.7::192.0.2.1:24::eth0:none", {**STATIC, "dev": "eth0", "autoconf": "none"}),
    ("192.0.2.7::192.0.2.1:24::eth0:none:9000:52:54:00:12:34:56",
     {**STATIC, "dev": "eth0", "autoconf": "none", "mtu": 9000, "address": "52:54:00:12:34:56"}),
    ("192.0.2.7::192.0.2.1:24::eth0:none::52:54:00:12:34:56",
     {**STATIC, "dev": "eth0", "autoconf": "none", "address": "52:54:00:12:34:56"}),
    ("[2001:db8::7]::[2001:db8::1]:64:node1:eth0:none",
     {"local": "2001:db8::7", "prefixlen": 64, "gateway": "2001:db8::1", "hostname": "node1", "dev": "eth0",
      "autoconf": "none"}),
    ("[2001:db8::7]:[2001:db8::9]:[fe80::1]:64::eth0:none:[2001:db8::53]:[2001:db8::54]",
     {"local": "2001:db8::7", "peer": "2001:db8::9", "prefixlen": 64, "gateway": "fe80::1", "dev": "eth0",
      "autoconf": "none", "nameservers": ["2001:db8::53", "2001:db8::54"]}),
    ("[2001:db8::7]", {"local": "2001:db8::7"}),
    ("192.0.2.7:::0.0.0.0", {"local": "192.0.2.7", "prefixlen": 0}),
    ("192.0.2.7:::255.255.255.255", {"local": "192.0.2.7", "prefixlen": 32}),
])
def test_ip(config, value, expected):
    ours = config(f"ro ip={value}\n")
    assert ours["problems"] == []
    assert ours["ip"] == [{"value": value, **expected}]
    assert set(expected) <= IP_FIELDS


@pytest.mark.parametrize("value,words", [
    ("", "no value"), ("nonsense", "neither an address nor"), ("eth0:", "missing"), ("eth0:wrong", "autoconfiguration"),
    ("192.0.2", "neither an address"), ("192.0.2.256::", "interface name|autoconfiguration|missing"),
    ("2001:db8::7", "brackets"), ("[2001:db8::7", "first field"), ("[192.0.2.7]", "first field"),
    ("0.0.0.0::192.0.2.1:24", "a node can have"), ("224.0.0.1", "a node can have"), ("[ff02::1]", "a node can have"),
    ("192.0.2.7:x", "second field"), ("192.0.2.7::192.0.2.1.1", "third field"),
    ("192.0.2.7::[2001:db8::1]:24", "family"), ("[2001:db8::7]::192.0.2.1:64", "family"),
    ("192.0.2.7:::33", "netmask"), ("192.0.2.7:::255.0.255.0", "netmask"), ("192.0.2.7:::-1", "netmask"),
    ("[2001:db8::7]:::129", "netmask"), ("[2001:db8::7]:::255.255.255.0", "netmask"),
    ("192.0.2.7::::" + "h" * 256, "255 bytes"), ("192.0.2.7:::::eth/0", "interface name"),
    ("192.0.2.7:::::" + "x" * 16, "interface name"), ("192.0.2.7::::::maybe", "autoconfiguration"),
    ("192.0.2.7:::::eth0:none:67", "MTU"), ("192.0.2.7:::::eth0:none:4294967296", "MTU"),
    ("192.0.2.7:::::eth0:none:1500:52:54", "MAC"), ("192.0.2.7:::::eth0:none:dns", "name server"),
    ("192.0.2.7:::::eth0:none::dns", "name server"), ("192.0.2.7:::::eth0:none:::ntp", "time server"),
    ("192.0.2.7:::::eth0:none::::x", "more fields"), ("eth0:dhcp:big", "MTU"), ("eth0:dhcp:1500:nomac", "MAC"),
])
def test_ip_problems(config, value, words):
    """What cannot be used is no setting but a problem, and hides none of the others."""
    import re
    ours = config(f"ip={value} ip=eth9:dhcp\n")
    assert [i["value"] for i in ours["ip"]] == ["eth9:dhcp"]
    assert [(p["key"], p["value"]) for p in ours["problems"]] == [("ip", value[:256])]
    assert re.search(words, ours["problems"][0]["reason"]), ours["problems"]


def test_several(config):
    ours = config("ip=eth0:dhcp nameserver=192.0.2.53 ip=192.0.2.7:::24::eth1:none nameserver=[2001:db8::53] ip "
                  "nameserver=2001:db8::54 nameserver=dns.example.org nameserver")
    assert [i["dev"] for i in ours["ip"]] == ["eth0", "eth1"]
    assert ours["nameservers"] == ["192.0.2.53", "2001:db8::53", "2001:db8::54"]
    assert [(p["key"], p.get("value")) for p in ours["problems"]] == [("ip", None), ("nameserver", "dns.example.org"),
                                                                     ("nameserver", None)]


# mosip4= mosip6= mosbridge= mosnat=

def test_mos(config):
    ours = config("mosip4=192.0.2.7,192.0.2.1,255.255.255.0,eth0 mosip6=2001:db8::7/64,fe80::1,eth1 mosbridge=ovs mosnat=snat")
    assert ours["mosip4"] == {"local": "192.0.2.7", "prefixlen": 24, "gateway": "192.0.2.1", "dev": "eth0"}
    assert ours["mosip6"] == {"local": "2001:db8::7", "prefixlen": 64, "gateway": "fe80::1", "dev": "eth1"}
    assert ours["mosbridge"] == "ovs" and ours["mosnat"] == "snat" and ours["problems"] == []


def test_mos_without_device(config):
    ours = config("mosip4=192.0.2.7,192.0.2.1,24 mosip6=2001:db8::7/128,2001:db8::1 mosbridge=linux")
    assert ours["mosip4"] == {"local": "192.0.2.7", "prefixlen": 24, "gateway": "192.0.2.1"}
    assert ours["mosip6"] == {"local": "2001:db8::7", "prefixlen": 128, "gateway": "2001:db8::1"}
    assert ours["mosbridge"] == "linux" and "mosnat" not in ours and ours["problems"] == []


def test_no_mos(config):
    assert not {"mosip4", "mosip6", "mosbridge", "mosnat"} & set(config("ro quiet"))


@pytest.mark.parametrize("parameter", [
    "mosip4", "mosip4=", "mosip4=192.0.2.7", "mosip4=192.0.2.7,192.0.2.1", "mosip4=192.0.2.7,,255.255.255.0",
    "mosip4=192.0.2.7,192.0.2.1,255.0.255.0", "mosip4=192.0.2.7,192.0.2.1,33", "mosip4=192.0.2.7,192.0.2.1,24,",
    "mosip4=192.0.2.7,192.0.2.1,24,a/b", "mosip4=192.0.2.7,192.0.2.1,24,eth0,x", "mosip4=192.0.2.7/24,192.0.2.1",
    "mosip4=2001:db8::7,2001:db8::1,64", "mosip4=192.0.2.7,fe80::1,24", "mosip4=0.0.0.0,192.0.2.1,24",
    "mosip6=2001:db8::7", "mosip6=2001:db8::7,fe80::1", "mosip6=2001:db8::7/129,fe80::1", "mosip6=2001:db8::7/64",
    "mosip6=192.0.2.7/24,192.0.2.1", "mosip6=2001:db8::7/64,192.0.2.1", "mosip6=2001:db8::7/64,fe80::1,eth0,x",
    "mosip6=ff02::1/64,fe80::1", "mosbridge=", "mosbridge=OVS", "mosbridge", "mosnat=dnat", "mosnat",
])
def test_mos_problems(config, parameter):
    key, _, value = parameter.partition("=")
    ours = config(parameter)
    assert key not in ours
    assert [(p["key"], p.get("value")) for p in ours["problems"]] == [(key, value if "=" in parameter else None)]


def test_mos_given_twice(config):
    ours = config("mosnat=snat mosip4=192.0.2.7,192.0.2.1,24 mosip4=192.0.2.8,192.0.2.1,24 mosip4=bad")
    assert ours["mosip4"]["local"] == "192.0.2.8"
    assert [p["value"] for p in ours["problems"]] == ["192.0.2.8,192.0.2.1,24", "bad", "bad"]


# Features

def features(sal):
    return {f["name"]: f for f in sal.call("net.config")["features"]}


LINKS = {"veth": "type veth", "vxlan": "type vxlan id 5 dstport 4789", "geneve": "type geneve id 5 remote 192.0.2.1",
         "macvlan": "link v0 type macvlan", "macvtap": "link v0 type macvtap", "ipvlan": "link v0 type ipvlan",
         "8021q": "link v0 type vlan id 5", "bridge": "type bridge", "bridge_vlan_filtering": "type bridge vlan_filtering 1",
         "wireguard": "type wireguard", "bonding": "type bond", "team": "type team", "vrf": "type vrf table 5",
         "dummy": "type dummy", "ifb": "type ifb", "macsec": "link v0 type macsec", "ipip": "type ipip remote 192.0.2.1",
         "sit": "type sit remote 192.0.2.1", "ip_gre": "type gre remote 192.0.2.1"}


def test_features_against_the_kernel(ns, sal):
    """What can be made, after looking: links of each kind, tables, zones, flowtables."""
    need_network()
    before = features(sal)
    ns.sh("ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up")
    works = {name: ns.run(f"ip link add x{i} {how}", check=False).returncode == 0
             for i, (name, how) in enumerate(LINKS.items())}

    def nft(text):
        return ns.run(["nft", text], check=False).returncode == 0
    works["tun"] = ns.run("ip tuntap add dev x99 mode tap", check=False).returncode == 0
    works["nf_tables"] = nft("add table ip t")
    works["nf_tables_inet"] = nft("add table inet t")
    works["nft_masq"] = nft("add chain ip t n { type nat hook postrouting priority 0; }; add rule ip t n masquerade")
    works["nft_nat"] = nft("add chain ip t d { type nat hook prerouting priority 0; }; add rule ip t d dnat to 192.0.2.1")
    works["nf_conntrack"] = nft("add chain ip t c; add rule ip t c ct state new")
    works["nf_conntrack_zones"] = nft("add rule ip t c ct zone set 1")
    works["nf_flow_table"] = nft("add flowtable inet t f { hook ingress priority 0; devices = { v0 }; }")
    works["seg6"] = ns.run("ip -6 route add fc00::/64 encap seg6 mode encap segs fc01::1 dev v0", check=False).returncode == 0
    works["mptcp"] = ns.run(["/usr/bin/python3", "-c", "import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)"],
                            check=False).returncode == 0
    works["ipv6"] = os.path.exists("/proc/net/if_inet6")
    said = {name: before[name]["state"] in ("loaded", "builtin", "available") for name in works}
    assert said == works
    assert all(f["state"] != "unknown" and f["source"] for name, f in before.items() if name in works)


def test_looking_loads_nothing(sal):
    def modules():
        return open("/proc/modules").read().splitlines() if os.path.exists("/proc/modules") else []
    before = [line.split()[0] for line in modules()]
    sal.call("net.config")
    sal.call("net.status")
    sal.call("net.health")
    assert [line.split()[0] for line in modules()] == before


def kernel_config(ns, text):
    ns.run(["umount", "/proc/config.gz"], check=False)
    ns.put_file("/proc/config.gz", text)


def needs_config():
    if not os.path.exists("/proc/config.gz"):
        pytest.skip("this kernel has no /proc/config.gz to stand another one in for")


def test_configuration(ns, sal):
    needs_config()
    kernel_config(ns, gzip.compress(b"#\nCONFIG_NET=y\nCONFIG_DUMMY=y\n# CONFIG_VXLAN is not set\nCONFIG_VRF=y\nXCONFIG_IFB=y\n"))
    ours = features(sal)
    assert ours["dummy"] == {"name": "dummy", "state": "builtin", "source": "/proc/config.gz: CONFIG_DUMMY is y"}
    assert ours["vrf"]["state"] != "builtin", "CONFIG_VRF is not CONFIG_NET_VRF"
    assert ours["ifb"]["state"] != "builtin"


@pytest.mark.parametrize("text", [b"", b"\x1f\x8b", gzip.compress(b"CONFIG_DUMMY=y\n")[:-9], gzip.compress(b"CONFIG_DUMMY=y\n"),
                                  b"\x00" * 5000, gzip.compress(b"\nCONFIG_NET=y\n" + b"x" * (5 << 20))])
def test_broken_configuration(ns, sal, text):
    """Without it the other evidence holds: what the running kernel shows, and unknown otherwise."""
    needs_config()
    kernel_config(ns, text)
    if os.path.exists(f"/boot/config-{os.uname().release}"):
        pytest.skip("this kernel's configuration lies in /boot besides")
    ours = features(sal)
    assert ours["dummy"]["state"] in ("unknown", "available", "absent", "loaded")
    assert ours["ipv6"]["state"] in ("builtin", "loaded")
    if not os.path.exists("/proc/modules") and not os.path.exists(f"/lib/modules/{os.uname().release}"):
        assert ours["dummy"] == {"name": "dummy", "state": "unknown"}
        assert ours["8021q"]["state"] == "absent", "its folder in /proc/net would be there"
        assert ours["bridge_vlan_filtering"]["state"] == "unknown"


def test_modules_on_disk(ns, sal):
    """modules.builtin is the word on what is built in."""
    needs_config()
    kernel_config(ns, b"")
    if os.path.exists(f"/lib/modules/{os.uname().release}"):
        pytest.skip("this kernel has modules of its own")
    ns.sh(f"""mkdir -p /run/o/u /run/o/w
mount -t overlay -o lowerdir=/usr/lib,upperdir=/run/o/u,workdir=/run/o/w overlay /usr/lib
mkdir -p /usr/lib/modules/{os.uname().release}
cd /usr/lib/modules/{os.uname().release}
printf 'kernel/drivers/net/dummy.ko\\nkernel/net/8021q/x8021q.ko\\n' > modules.builtin
printf 'kernel/drivers/net/vrf.ko.xz: kernel/net/l3.ko\\n' > modules.dep""")
    ours = features(sal)
    assert ours["dummy"]["state"] == "builtin" and ours["dummy"]["source"].endswith("/modules.builtin")
    assert ours["8021q"]["state"] == "absent"


# Tools

def tools(sal):
    return {t["name"]: t for t in sal.call("net.config")["tools"]}


def test_tools_against_dpkg(ns, sal):
    """Path as the shell finds it, package and version as dpkg-query says."""
    theirs = f"/proc/{os.getpid()}/root/var/lib/dpkg"  # ours is an empty tmpfs
    ns.sh(f"mkdir -p /var/lib/dpkg && cp -r {theirs}/status {theirs}/info /var/lib/dpkg/")
    for name, tool in tools(sal).items():
        path = shutil.which(name, path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        assert tool.get("path") == path, name
        assert ("version" in tool) == ("package" in tool)
        if not path:
            assert "version" not in tool
            continue
        for where in {path, os.path.realpath(path)} | {p[4:] for p in (path, os.path.realpath(path)) if p.startswith("/usr/")}:
            found = subprocess.run(["dpkg-query", "-S", where], capture_output=True, text=True, env={"PATH": os.environ["PATH"], "LC_ALL": "C"})
            owners = [line.split(":")[0] for line in found.stdout.splitlines() if not line.startswith("diversion")]
            if owners:
                version = subprocess.check_output(["dpkg-query", "-W", "-f", "${Version}", owners[0]], text=True)
                assert (tool.get("package"), tool.get("version")) == (owners[0], version), name
                break
        else:
            assert "version" not in tool, name


def test_tools_of_no_package(ns, sal):
    """The version is that of the very file, or none."""
    ns.sh("""mkdir -p /var/lib/dpkg/info
cat > /var/lib/dpkg/status <<E
Package: iproute2
Status: install ok installed
Version: 6.1.0-3

Package: nftables
Status: deinstall ok config-files
Version: 1.0.6-2

Package: kmod
Status: install ok installed
Version: 30
E
printf '/.\\n/sbin\\n/sbin/ip\\n/sbin/bridgeX\\n' > /var/lib/dpkg/info/iproute2.list
printf '/usr/sbin/nft\\n' > /var/lib/dpkg/info/nftables.list""")
    ours = tools(sal)
    assert ours["ip"]["package"] == "iproute2" and ours["ip"]["version"] == "6.1.0-3"
    assert "version" not in ours["bridge"], "the package does not list it"
    assert "path" in ours["nft"] and "version" not in ours["nft"], "removed, only its configuration is left"
    assert "version" not in ours["modprobe"], "without a list of files"


def test_tools_in_usr_local(ns, sal):
    ns.sh("""mount -t tmpfs none /usr/local
mkdir -p /usr/local/sbin /usr/local/bin/ip
cp /bin/true /usr/local/sbin/nmcli; cp /bin/true /usr/local/sbin/nft; chmod -x /usr/local/sbin/nft""")
    ours = tools(sal)
    assert ours["nmcli"] == {"name": "nmcli", "path": "/usr/local/sbin/nmcli"}
    assert ours["nft"].get("path") != "/usr/local/sbin/nft", "it cannot be run"
    assert ours["ip"]["path"] != "/usr/local/bin/ip", "a folder"


def test_starts_nothing(ns, sal):
    """A read starts no program and no process."""
    with open(sal.dir / "trace", "wb") as out:
        tracer = subprocess.Popen(["strace", "-f", "-qq", "-e", "trace=execve,execveat,fork,vfork,clone,clone3,openat",
                                   "-p", str(sal.pid)], stdout=out, stderr=out)
    log = sal.dir / "trace"
    http1.eventually(lambda: (sal.call("net.status"), "/proc/sys/kernel/random/boot_id" in log.read_text())[1], "strace sees")
    for method in ("net.config", "net.health", "net.status"):
        sal.call(method)
    tracer.terminate()
    tracer.wait()
    text = log.read_text()
    assert "/proc/cmdline" in text and "exec" not in text and "fork" not in text, text
    assert all("CLONE_THREAD" in line for line in text.splitlines() if "clone" in line), text


def test_errors(ns, sal):
    ns.run("mount --bind /proc/self/environ /proc/cmdline")  # of a process that has ended then
    error = sal.error("net.config", kind="KERNEL")
    assert error["data"]["errno"] == "ESRCH"
    sal.error("net.config", kind="INVALID_PARAMS", field="/ifname", ifname="lo")
