"""net.sysctl against /proc/sys/net, read inside the same network namespace."""
import threading

from ns import need_network

SWITCHES = {"ipv4": ["forwarding", "proxy_arp", "rp_filter"],
            "ipv6": ["forwarding", "proxy_ndp", "accept_ra", "disable_ipv6"]}
READ = r"""
import json, os, sys
out = {}
for family, names in json.loads(sys.argv[1]).items():
    root = f"/proc/sys/net/{family}/conf"
    for link in os.listdir(root) if os.path.isdir(root) else []:
        out.setdefault(link, {})[family] = {n: int(open(f"{root}/{link}/{n}").read()) for n in names
                                            if os.path.exists(f"{root}/{link}/{n}")}
print(json.dumps(out))
"""


def oracle(ns):
    import json
    return json.loads(ns.run(["/usr/bin/python3", "-c", READ, json.dumps(SWITCHES)]))


def same(ns, sal):
    theirs, ours = oracle(ns), sal.call("net.sysctl")
    assert ours["all"] == theirs.pop("all")
    assert ours["default"] == theirs.pop("default")
    assert ours["interfaces"] == [{"ifname": name, **theirs[name]} for name in sorted(theirs, key=str.encode)]
    assert ours["ip_forward"] == int(ns.run("cat /proc/sys/net/ipv4/ip_forward"))
    return ours


def test_fresh_namespace(ns, sal):
    assert [i["ifname"] for i in same(ns, sal)["interfaces"]] == ["lo"]


def test_values(ns, sal):
    ns.sh("""
ip link add v0 type veth peer name v1
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
sysctl -qw net.ipv4.conf.v0.proxy_arp=1 net.ipv4.conf.v0.rp_filter=2 net.ipv4.conf.v1.forwarding=0
sysctl -qw net.ipv6.conf.v0.accept_ra=2 net.ipv6.conf.v0.proxy_ndp=1 net.ipv6.conf.v1.disable_ipv6=1
sysctl -qw net.ipv4.conf.default.rp_filter=1
""")
    ours = same(ns, sal)
    assert ours["ip_forward"] == 1
    links = {i["ifname"]: i for i in ours["interfaces"]}
    assert links["v0"]["ipv4"] == {"forwarding": 1, "proxy_arp": 1, "rp_filter": 2}
    assert links["v0"]["ipv6"]["accept_ra"] == 2 and links["v1"]["ipv6"]["disable_ipv6"] == 1
    for name in ("v0", "v1", "lo"):
        one = sal.call("net.sysctl", ifname=name)
        assert one["interfaces"] == [links[name]] and one["all"] == ours["all"]


def test_odd_names(ns, sal):
    for i, name in enumerate(["dot.1", 'quo"te', "ünï", "back\\slash", "..."]):
        ns.run(["ip", "link", "add", "name", name, "type", "veth", "peer", "name", f"p{i}"])
    for link in same(ns, sal)["interfaces"]:
        assert sal.call("net.sysctl", ifname=link["ifname"])["interfaces"] == [link]


def test_errors(ns, sal):
    error = sal.error("net.sysctl", kind="NOT_FOUND", field="/ifname", ifname="nope")
    assert error["data"]["subject"] == "interface nope"
    # folders of /proc/sys/net that are no interfaces
    sal.error("net.sysctl", kind="NOT_FOUND", field="/ifname", ifname="all")
    sal.error("net.sysctl", kind="NOT_FOUND", field="/ifname", ifname="default")
    for value in ("..", ".", "a/b", "../conf", "", "x" * 16, 7):
        sal.error("net.sysctl", kind="INVALID_PARAMS", field="/ifname", ifname=value)


def test_interfaces_that_vanish(ns, sal):
    """An interface that goes between the listing and the reading is left out, and nothing fails."""
    done = threading.Event()

    need_network()  # here, not in the thread

    def churn():
        while not done.is_set():
            ns.batch([f"link add d{i} type veth peer name e{i}" for i in range(5)] + [f"link del d{i}" for i in range(5)])

    thread = threading.Thread(target=churn)
    thread.start()
    seen = set()
    try:
        for _ in range(100):
            links = sal.call("net.sysctl")["interfaces"]
            seen.add(len(links))
            assert "lo" in [i["ifname"] for i in links]
    finally:
        done.set()
        thread.join()
    assert len(seen) > 1, "nothing came or went meanwhile"
