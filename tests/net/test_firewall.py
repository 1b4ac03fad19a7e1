"""net.firewall against nft -j (nft 1.0.6): whole answers, object by object.

The rulesets come out of a grammar, by a seed that is printed (SAL_SEED repeats it, SAL_RULES says
how many rules a table). What nft writes that makes no sense to copy stands in docs/firewall.md, and
in agreed() below; nothing else may differ.
"""
import json
import os
import random
import re
import threading
from pathlib import Path

import pytest
from compare import compare
from daemon import Daemon
from nft_rulesets import Loader, generate, listed
from ns import Namespace, need_network

HERE = Path(__file__).parent
RULESETS = HERE / "rulesets"
FRESH = int(os.environ.get("SAL_SEED", random.randrange(1 << 32)))
RULES = int(os.environ.get("SAL_RULES", 250))
FAMILIES = ["ip", "ip6", "inet", "bridge", "arp", "netdev"]
ADDS = ("*.table.comment", "*.chain.comment", "*.chain.dev", "*.rule.expr.*.xt.x-raw")
OPS = {"map": "add|update|delete", "jump": "jump", "goto": "goto"}


@pytest.fixture(scope="module")
def lab():
    """A namespace and a daemon for all tests of this file; each begins with an empty ruleset."""
    need_network()
    space = Namespace()
    with Daemon(space) as sal:
        yield space, sal
    space.close()


@pytest.fixture
def net(lab):
    lab[0].run("nft flush ruleset")
    return lab[0]


@pytest.fixture
def sal(lab):
    return lab[1]


def agreed(ours, theirs):
    """Ours with what docs/firewall.md lists put as nft has it, where it means the same."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return {k: agreed(v, theirs[k]) if k in theirs else v for k, v in ours.items()} | {
            k: theirs[k] for k in ("expires", "used") if k in ours and k in theirs and abs(ours[k] - theirs[k]) <= 5}
    if isinstance(ours, list) and isinstance(theirs, list):
        return [agreed(*pair) for pair in zip(ours, theirs)] + ours[len(theirs):]
    if isinstance(ours, int) and isinstance(theirs, int) and theirs < 0 and ours == theirs + 2 ** 64:
        return theirs  # nft writes numbers of 64 bits as signed ones
    if isinstance(ours, dict) and isinstance(theirs, str):  # a statement that nft has no JSON for
        kind = next(iter(ours))
        if kind in OPS and re.match(rf"({OPS[kind]}) ", theirs):
            return theirs
    return ours


def implicit(entry):
    """Chains without a name, which nft shows as text inside their rule, and their rules."""
    return any(str(entry.get(k, {}).get(n, "")).startswith("__chain") for k, n in (("chain", "name"), ("rule", "chain")))


def visible(value):
    """null as a word: a null of nft's says something ({"accept": null}) and is compared."""
    if isinstance(value, dict):
        return {k: visible(v) for k, v in value.items()}
    if isinstance(value, list):
        return [visible(v) for v in value]
    return "null" if value is None else value


def check(ours, theirs, what=""):
    ours, theirs = visible([o for o in ours["nftables"][1:] if not implicit(o)]), visible(theirs)
    compare(agreed(ours, theirs) if len(ours) == len(theirs) else ours, theirs, adds=ADDS, what=what)
    return len(theirs)


def same(net, sal, **filters):
    answer = sal.call("net.firewall", **filters)
    assert answer["consistent"] is True and answer["truncated"] is False
    assert list(answer["nftables"][0]) == ["metainfo"]
    return check(answer, listed(net))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("seed", [1, 2, FRESH])
def test_generated(net, sal, seed, family):
    loader = Loader(net).load(generate(seed, family, RULES))
    rules = sum(line.startswith("add rule") for line in loader.kept)
    print(f"seed {seed}, {family}: {rules} rules loaded, {len(loader.refused)} refused, {len(loader.unlisted)} nft cannot list")
    assert rules > RULES // 10, "hardly a rule was taken: the grammar is wrong"
    assert same(net, sal) > rules


def test_many_tables(net, sal):
    loader = Loader(net)
    for family in FAMILIES:
        for name in ("one", "two", "three"):
            loader.load(generate(name, family, 10, name))
    assert same(net, sal) > 150


@pytest.mark.parametrize("name", ["firewalld.nft", "fail2ban.nft", "fw4.nft"])
def test_native_rulesets(net, sal, name):
    net.run(["nft", "-f", RULESETS / name])
    assert same(net, sal) > 5


@pytest.mark.parametrize("name", ["iptables.rules4", "iptables.rules6", "docker.rules4", "libvirt.rules4"])
def test_iptables_rulesets(net, sal, name):
    tool = "iptables-nft-restore" if name.endswith("4") else "ip6tables-nft-restore"
    net.run([tool], input=(RULESETS / name).read_text())
    assert same(net, sal) > 15
    xt = [e["xt"] for r in sal.call("net.firewall")["nftables"] if "rule" in r for e in r["rule"].get("expr", []) if "xt" in e]
    assert xt, "none of iptables' own extensions"
    for e in xt:
        assert e["type"] in ("match", "target") and e["x-raw"]["revision"] >= 0
        assert re.fullmatch("([0-9a-f]{2})*", e["x-raw"]["data"])


def test_what_nft_leaves_out(net, sal):
    """docs/firewall.md, entry by entry."""
    net.run(["nft", "-f", "-"], input="""
add table inet t { comment "of a table"; }
add chain inet t c { comment "of a chain"; }
add map inet t m { type ipv4_addr : mark; flags dynamic,timeout; }
add rule inet t c add @m { ip saddr timeout 5s : 0x10 }
add rule inet t c tcp dport 22 jump { ip saddr 192.0.2.1 accept; drop; }
add rule inet t c @th,64,64 0xfffffffffffffffe
add table netdev n
add chain netdev n one { type filter hook ingress device "lo" priority 0; }
""")
    assert same(net, sal) == 8
    answer = sal.call("net.firewall")["nftables"]
    objects = lambda kind: [e[kind] for e in answer if kind in e]
    assert objects("table")[0]["comment"] == "of a table"
    assert objects("chain")[0]["comment"] == "of a chain"
    assert [c.get("dev") for c in objects("chain")] == [None, None, "lo"]
    rules = objects("rule")
    assert rules[0]["expr"] == [{"map": {"op": "add", "elem": {"elem": {"val": {"payload": {"protocol": "ip", "field": "saddr"}}, "timeout": 5}},
                                         "data": 16, "map": "@m"}}]
    inner = objects("chain")[1]["name"]
    assert rules[1]["expr"][1] == {"jump": {"target": inner}}
    assert [r["expr"][-1] for r in rules if r["chain"] == inner] == [{"accept": None}, {"drop": None}]
    assert rules[2]["expr"][0]["match"]["right"] == 2 ** 64 - 2


def test_a_dormant_table(net, sal):
    """Without an oracle: nft 1.0.6 prints memory that it has freed, sometimes no JSON at all."""
    net.run("nft add table ip d { flags dormant; }")
    assert [e["table"]["flags"] for e in sal.call("net.firewall")["nftables"] if "table" in e] == ["dormant"]


def test_unknown_expressions_are_shown_raw(net, sal):
    net.run(["/usr/bin/python3", HERE / "nft_raw.py", "RULE"])
    rules = [e["rule"]["expr"] for e in sal.call("net.firewall")["nftables"] if "rule" in e]
    names = [[e["x-raw"]["name"] if "x-raw" in e else next(iter(e)) for e in r] for r in rules]
    # After it no register is believed, until it is loaded anew.
    assert names == [["last", "accept"], ["last", "cmp", "drop"], ["last", "match", "counter", "last", "accept"]]
    assert all(re.fullmatch("([0-9a-f]{2})*", e["x-raw"]["data"]) for r in rules for e in r if "x-raw" in e)


def test_user_data_that_makes_no_sense(net, sal):
    net.run(["/usr/bin/python3", HERE / "nft_raw.py", "HOSTILE"])
    answer = sal.call("net.firewall")["nftables"]
    assert "comment" not in answer[1]["table"]
    assert [e["rule"].get("comment") for e in answer if "rule" in e] == [None, None, "behind another"]
    assert [e["chain"]["comment"] for e in answer if "chain" in e] == ['\\xff\\xfe"\\']
    types = {e["set"]["name"]: e["set"]["type"] for e in answer if "set" in e}
    assert types["a"] == types["b"] == types["d"] == "inet_service" and types["g"] == "integer"
    assert types["e"] == types["f"] == "invalid"


def test_comments(net, sal):
    words = ["emoji 🔥", "back\\\\slash", "tab\there", "<script>", "x" * 128]
    net.run(["nft", "-f", "-"], input="add table ip t\nadd chain ip t c\n" + "".join(f'add rule ip t c accept comment "{w}"\n' for w in words))
    assert same(net, sal) == 2 + len(words)
    assert [e["rule"]["comment"] for e in sal.call("net.firewall")["nftables"] if "rule" in e] == words


def test_filters(net, sal):
    for family in ("ip", "inet", "arp"):
        Loader(net).load(generate(3, family, 40, "t"))
    Loader(net).load(generate(4, "inet", 20, "other"))
    for family in FAMILIES:
        theirs = listed(net, "list", "ruleset", family)
        check(sal.call("net.firewall", family=family), theirs, family)
        assert bool(theirs) == (family in ("ip", "inet", "arp"))
    check(sal.call("net.firewall", family="inet", table="t"), listed(net, "list", "table", "inet", "t"))
    check(sal.call("net.firewall", table="other"), listed(net, "list", "table", "inet", "other"))
    both = sal.call("net.firewall", table="t")["nftables"]
    assert [e["table"]["family"] for e in both if "table" in e] == ["ip", "inet", "arp"]
    check(sal.call("net.firewall", family="inet", table="t", chain="c1"), listed(net, "list", "chain", "inet", "t", "c1"))
    chains = sal.call("net.firewall", chain="c1")["nftables"][1:]
    assert len([e for e in chains if "chain" in e]) == 4 and all("chain" in e or "rule" in e for e in chains)
    terse = sal.call("net.firewall", elements=False)
    check(terse, listed(net, "-t", "list", "ruleset"))
    assert not any("elem" in e.get("set", e.get("map", {})) for e in terse["nftables"])


def test_errors(net, sal):
    net.sh("nft add table ip t; nft add chain ip t c")
    error = sal.error("net.firewall", kind="NOT_FOUND", field="/table", table="nope")
    assert error["data"]["subject"] == "table nope"
    sal.error("net.firewall", kind="NOT_FOUND", field="/table", family="ip6", table="t")
    sal.error("net.firewall", kind="NOT_FOUND", field="/chain", chain="nope")
    sal.error("net.firewall", kind="NOT_FOUND", field="/chain", family="ip", table="t", chain="C")
    for field, value in (("family", "IP"), ("family", "unix"), ("table", "x" * 256), ("chain", 5), ("elements", "no"), ("rules", True)):
        sal.error("net.firewall", kind="INVALID_PARAMS", field=f"/{field}", **{field: value})
    assert sal.call("net.firewall", family="arp")["nftables"][1:] == []


def test_an_empty_ruleset(net, sal):
    answer = sal.call("net.firewall")
    assert [list(e) for e in answer["nftables"]] == [["metainfo"]]
    assert answer["nftables"][0]["metainfo"]["json_schema_version"] == 1


def test_nft_reads_it_back(net, sal):
    """What we say loads again by nft -j -f, and says the same then."""
    net.run(["nft", "-f", RULESETS / "fw4.nft"])
    before = sal.call("net.firewall")["nftables"]
    net.run("nft flush ruleset")
    net.run(["nft", "-j", "-f", "-"], input=json.dumps({"nftables": before}))
    strip = lambda entries: [{k: {n: v for n, v in o.items() if n != "handle"} for k, o in e.items()} for e in entries]
    assert strip(sal.call("net.firewall")["nftables"]) == strip(before)


def test_a_fault_of_the_kernel(net, start):
    faulty = start(env={"SAL_FAULT": "nl.receive:eio:2"})
    faulty.error("net.firewall", kind="IO")
    assert faulty.call("net.firewall")["consistent"] is True


def test_without_the_right(net, start):
    """nf_tables answers to CAP_NET_ADMIN only."""
    error = start(wrap=["setpriv", "--bounding-set=-net_admin"]).error("net.firewall", kind="KERNEL")
    assert error["data"]["errno"] == "EPERM"


def test_cgroups(net, sal):
    """A cgroup is told by its path below /sys/fs/cgroup, by its number when it has none there."""
    net.run("mount -t cgroup2 none /sys/fs/cgroup")
    # nft takes the number of whatever lies there: no cgroup of the machine's need be made
    names = ["cgroup.procs", "cgroup.controllers"]
    net.run(["nft", "-f", "-"], input=f'''
add table inet t
add chain inet t c
add rule inet t c socket cgroupv2 level 1 "{names[0]}"
add rule inet t c socket cgroupv2 level 2 {{ "{names[0]}", "{names[1]}" }}
''')
    assert same(net, sal) == 4
    rights = [e["rule"]["expr"][0]["match"]["right"] for e in sal.call("net.firewall")["nftables"] if "rule" in e]
    assert rights[0] == names[0] and sorted(rights[1]["set"]) == sorted(names)
    net.run("umount /sys/fs/cgroup")
    assert same(net, sal) == 4


def test_while_the_ruleset_changes(net, sal):
    """Every answer is of one generation: all rules of a table carry the number of the same transaction."""
    size = 300

    def text(n):
        return ("add table ip t\ndelete table ip t\nadd table ip t\nadd chain ip t c\n"
                + f"add set ip t s{n} {{ type mark; elements = {{ {n} }}; }}\n"
                + "".join(f"add rule ip t c meta mark {n} ip saddr {{ 192.0.2.1, 192.0.2.{n % 250 + 2} }} meta mark @s{n}\n" for _ in range(size)))

    net.run(["nft", "-f", "-"], input=text(0))
    done = threading.Event()

    def churn():
        n = 0
        while not done.is_set():
            n += 1
            net.run(["nft", "-f", "-"], input=text(n))

    thread = threading.Thread(target=churn)
    thread.start()
    seen, consistent = set(), 0
    try:
        for _ in range(60):
            answer = sal.call("net.firewall")
            if not answer["consistent"]:
                continue
            consistent += 1
            rules = [e["rule"]["expr"] for e in answer["nftables"] if "rule" in e]
            numbers = {r[0]["match"]["right"] for r in rules}
            assert len(rules) == size and len(numbers) == 1
            number = numbers.pop()
            assert all(r[2]["match"]["right"] == f"@s{number}" and f"192.0.2.{number % 250 + 2}" in r[1]["match"]["right"]["set"] for r in rules)
            assert [e["set"]["elem"] for e in answer["nftables"] if "set" in e] == [[number]]
            seen.add(number)
    finally:
        done.set()
        thread.join()
    assert consistent > 5 and len(seen) > 1, f"{consistent} of one generation, {len(seen)} different ones"


def test_more_than_fits(net, sal):
    net.run(["/usr/bin/python3", HERE / "nft_raw.py", "MANY", "95000"])
    error = sal.error("net.firewall", kind="LIMIT")
    assert "64 MiB" in error["message"] and error["data"]["hint"]
    assert sal.call("net.firewall", family="arp")["nftables"][1:] == []
    sal.error("net.firewall", kind="LIMIT", chain="c" * 250)


def test_ten_thousand_rules(net, sal):
    lines = ["add table inet t", "add chain inet t c"]
    lines += [f"add rule inet t c ip saddr 10.{i >> 8 & 255}.{i & 255}.1 tcp dport {i % 65536} counter accept" for i in range(10000)]
    net.run(["nft", "-f", "-"], input="\n".join(lines) + "\n")
    assert same(net, sal) == 10002


def test_a_hundred_thousand_elements(net, sal):
    elements = ",".join(f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}" for i in range(100000))
    intervals = ",".join(f"10.{i >> 8}.{i & 255}.0/25" for i in range(20000))
    net.run(["nft", "-f", "-"], input="add table ip t\nadd set ip t s { type ipv4_addr; }\nadd set ip t i { type ipv4_addr; flags interval; }\n"
            f"add element ip t s {{ {elements} }}\nadd element ip t i {{ {intervals} }}\n")
    assert same(net, sal) == 3
    if os.environ.get("SAL_SLOW", "1") == "1":  # sanitizers keep what is freed
        assert sal.rss() < 24 << 20, "memory of the answer is kept"
    assert sum(len(e["set"]["elem"]) for e in sal.call("net.firewall")["nftables"] if "set" in e) == 120000
