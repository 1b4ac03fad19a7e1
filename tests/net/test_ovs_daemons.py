"""Open vSwitch's daemons missing, hanging, or saying what they should not: the five methods that ask them."""
import json
import signal
import socket
import struct
import threading
import time

import pytest

from http1 import eventually
from ovs import RUN, Fake, Switch, answering, question

DB, CTL = "db.sock", "ovs-vswitchd.77.ctl"
VSWITCHD = ["net.flows", "net.datapath", "net.ovs.conntrack", "net.ovs.conntrack.stats"]
PACKAGE = "openvswitch-switch"


def missing(sal, method, daemon):
    error = sal.error(method, kind="UNSUPPORTED")
    assert (error["data"]["package"], error["data"]["daemon"]) == (PACKAGE, daemon) and daemon in error["message"]


@pytest.mark.parametrize("method", ["net.ovs", *VSWITCHD])
def test_nothing_runs(ns, sal, method):
    missing(sal, method, "ovsdb-server" if method == "net.ovs" else "ovs-vswitchd")
    ns.sh(f"mkdir -p {RUN}; touch {RUN}/db.sock; echo 77 > {RUN}/ovs-vswitchd.pid; touch {RUN}/ovs-vswitchd.77.ctl")
    missing(sal, method, "ovsdb-server" if method == "net.ovs" else "ovs-vswitchd")


def test_one_half_at_a_time(ns, sal):
    switch = Switch(ns)
    switch.vsctl("add-br br0 -- set bridge br0 datapath_type=netdev")
    switch.stop(switch.vswitchd)
    assert "version" not in sal.call("net.ovs")
    assert [b["name"] for b in sal.call("net.ovs")["bridges"]] == ["br0"]
    for method in VSWITCHD:
        missing(sal, method, "ovs-vswitchd")
    switch.start_vswitchd()
    assert "version" in sal.call("net.ovs")
    eventually(lambda: sal.call("net.flows")["flows"], "the bridge has come up")
    switch.stop(switch.server)
    missing(sal, "net.ovs", "ovsdb-server")
    # without its database ovs-vswitchd hears no OpenFlow: there are no cookies, and that is said
    start = time.monotonic()
    answer = sal.call("net.flows")
    assert time.monotonic() - start < 4
    assert answer["flows"] and answer["consistent"] is False and not any("cookie" in f for f in answer["flows"])
    assert len(sal.call("net.datapath")["datapaths"]) == 1
    assert sal.call("net.ovs.conntrack")["entries"] == []
    assert len(sal.call("net.ovs.conntrack.stats")["datapaths"]) == 1


@pytest.mark.parametrize("text", ["", "x", "77 78", "-1", "99999999999", "../x", "7" * 5000])
def test_a_pid_file_that_is_none(ns, sal, text):
    ns.sh(f"mkdir -p {RUN}; echo '{text}' > {RUN}/ovs-vswitchd.pid")
    for method in VSWITCHD:
        sal.error(method, kind="IO")


def all_at_once(calls):
    """Runs functions side by side and raises what one of them raised."""
    raised = []
    def run(call):
        try:
            call()
        except BaseException as e:
            raised.append(e)
    threads = [threading.Thread(target=run, args=(c,)) for c in calls]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if raised:
        raise raised[0]


def patient(sal):
    """A caller of its own that waits longer than any daemon is waited for."""
    client = sal.client(uid=0)
    client.shared = client.connection()
    client.shared.sock.settimeout(60)
    return client


def test_a_daemon_that_hangs_delays_nobody_else(ns, sal):
    switch = Switch(ns)
    switch.vsctl("add-br br0 -- set bridge br0 datapath_type=netdev")
    eventually(lambda: sal.call("net.flows")["flows"], "the bridge has come up")
    switch.vswitchd.send_signal(signal.SIGSTOP)
    start = time.monotonic()
    def hangs(method):
        client = sal.client(uid=0)
        error = client.error(method, kind="TIMEOUT")
        assert error["data"]["subject"] == "daemon ovs-vswitchd"
        assert 4 < time.monotonic() - start < 30
        client.close()
    def others():
        client = sal.client(uid=0)
        for _ in range(20):
            began = time.monotonic()
            client.call("net.sysctl")
            client.call("net.routes")
            assert time.monotonic() - began < 2.5
        client.close()
    def configuration():
        client = sal.client(uid=0)
        assert "version" not in client.call("net.ovs")
        client.close()
    all_at_once([*(lambda m=m: hangs(m) for m in VSWITCHD * 3), others, configuration])
    switch.vswitchd.send_signal(signal.SIGCONT)
    switch.server.send_signal(signal.SIGSTOP)
    error = sal.error("net.ovs", kind="TIMEOUT")
    assert error["data"]["subject"] == "daemon ovsdb-server"
    switch.server.send_signal(signal.SIGCONT)
    assert sal.call("net.ovs")["bridges"]


# A script in the place of ovsdb-server

ROWS = {"Open_vSwitch": [{"_uuid": ["uuid", "r"], "bridges": ["uuid", "b"], "statistics": ["map", [["cpu", "2"]]]}],
        "Bridge": [{"_uuid": ["uuid", "b"], "name": "br0", "ports": ["uuid", "p"], "controller": ["set", []],
                    "external_ids": ["map", [["k", "v"]]], "flow_tables": ["map", [[5, ["uuid", "t"]]]],
                    "stp_enable": True, "unheard_of": ["set", [1.5]]}],
        "Port": [{"_uuid": ["uuid", "p"], "name": "p0", "tag": 7, "trunks": 5, "interfaces": ["set", [["uuid", "i"]]]}],
        "Interface": [{"_uuid": ["uuid", "i"], "name": "p0", "type": "", "ofport": -1, "mtu": ["set", []],
                       "statistics": ["map", [["rx_packets", 2 ** 53 + 1]]]}],
        "Controller": []}


def database(change=None):
    """Talks as an ovsdb-server that has ROWS, changed by a function of a copy."""
    rows = json.loads(json.dumps(ROWS))
    if change:
        change(rows)
    return answering({"get_schema": {"name": "Open_vSwitch", "version": "8.3.1"},
                      "transact": lambda params: [{"rows": rows[op["table"]]} for op in params[1:]]})


def test_what_a_database_may_say(ns, sal):
    with Fake(ns, DB, database()):
        answer = sal.call("net.ovs")
    assert answer["schema_version"] == "8.3.1" and answer["open_vswitch"] == {"_uuid": "r", "statistics": {"cpu": "2"}}
    assert answer["bridges"] == [
        {"_uuid": "b", "name": "br0", "controller": [], "external_ids": {"k": "v"}, "flow_tables": {"5": "t"}, "stp_enable": True,
         "ports": [{"_uuid": "p", "name": "p0", "tag": 7, "trunks": [5], "interfaces": [
             {"_uuid": "i", "name": "p0", "ofport": -1, "type": "", "statistics": {"rx_packets": 2 ** 53 + 1}}]}]}]


WRONG_ROWS = {
    "no root": lambda r: r["Open_vSwitch"].clear(),
    "two roots": lambda r: r["Open_vSwitch"].append(r["Open_vSwitch"][0]),
    "no uuid": lambda r: r["Bridge"][0].pop("_uuid"),
    "a uuid that is none": lambda r: r["Bridge"][0].update(_uuid="b"),
    "no name": lambda r: r["Port"][0].pop("name"),
    "a name that is a number": lambda r: r["Bridge"][0].update(name=5),
    "two names": lambda r: r["Bridge"][0].update(name=["set", ["a", "b"]]),
    "a port that is not there": lambda r: r["Bridge"][0].update(ports=["set", [["uuid", "x"]]]),
    "a port a thousand times": lambda r: r["Bridge"][0].update(ports=["set", [["uuid", "p"]] * 1000]),
    "an interface that is text": lambda r: r["Port"][0].update(interfaces="i"),
    "a tag that is text": lambda r: r["Port"][0].update(tag="7"),
    "a tag that is a fraction": lambda r: r["Port"][0].update(tag=7.5),
    "a tag without end": lambda r: r["Port"][0].update(tag=10 ** 40),
    "a flag that is a number": lambda r: r["Bridge"][0].update(stp_enable=1),
    "a map that is a set": lambda r: r["Bridge"][0].update(external_ids=["set", []]),
    "a map of triples": lambda r: r["Bridge"][0].update(external_ids=["map", [["a", "b", "c"]]]),
    "a map with a key twice": lambda r: r["Bridge"][0].update(external_ids=["map", [["a", "b"], ["a", "c"]]]),
    "a counter that is text": lambda r: r["Interface"][0].update(statistics=["map", [["rx", "5"]]]),
    "text that is a number": lambda r: r["Bridge"][0].update(external_ids=["map", [["rx", 5]]]),
    "rows that are no rows": lambda r: r.update(Bridge=[5]),
    "no rows": lambda r: r.update(Bridge=None),
}


@pytest.mark.parametrize("change", WRONG_ROWS.values(), ids=WRONG_ROWS)
def test_rows_that_are_none(ns, sal, change):
    with Fake(ns, DB, database(change)):
        sal.error("net.ovs", kind="IO")


def says(data, hang=False):
    """Talks as somebody who answers every question with the same bytes."""
    def talk(connection, done):
        while question(connection):
            connection.sendall(data(connection) if callable(data) else data)
            if not hang:
                return
            done.wait(60)
    return talk


def drip(connection, done):
    question(connection)
    while not done.wait(0.5):
        connection.sendall(b" ")


def flood(connection, done):
    question(connection)
    connection.sendall(b'{"id":1,"result":"')
    while not done.is_set():
        connection.sendall(b"x" * 65536)


def forever(text):
    def talk(connection, done):
        question(connection)
        while not done.is_set():
            connection.sendall(text * 1000)
    return talk


OK = b'{"id":1,"result":{"version":"8.3.1"},"error":null}'
TALKS = {
    "garbage": (says(b"HTTP/1.1 200 OK\r\n\r\n"), "IO"),
    "zeros": (says(b"\0" * 100), "IO"),
    "a list": (says(b"[]"), "IO"),
    "half an answer": (says(OK[:-5]), "IO"),
    "nothing": (says(b""), "IO"),
    "half an answer and silence": (says(OK[:-5], hang=True), "TIMEOUT"),
    "silence": (says(b"", hang=True), "TIMEOUT"),
    "a byte now and then": (drip, "TIMEOUT"),
    "an answer without end": (flood, "LIMIT"),
    "events without end": (forever(b'{"id":null,"method":"update","params":[]}'), "LIMIT"),
    "questions without end": (forever(b'{"id":"echo","method":"echo","params":[]}'), "TIMEOUT"),
    "another's answer": (says(b'{"id":2,"result":{"version":"8.3.1"},"error":null}'), "IO"),
    "an answer without id": (says(b'{"result":{"version":"8.3.1"},"error":null}'), "IO"),
    "neither result nor error": (says(b'{"id":1,"result":null,"error":null}'), "IO"),
    "result and error": (says(b'{"id":1,"result":{},"error":"x"}'), "IO"),
    "an error": (says(b'{"id":1,"result":null,"error":{"error":"permission error","details":"no"}}'), "IO"),
    "an error of no form": (says(b'{"id":1,"result":null,"error":[[]]}'), "IO"),
    "bytes that are no UTF-8": (says(b'{"id":1,"result":{"version":"\xff"},"error":null}'), "IO"),
    "a version with a zero": (says(b'{"id":1,"result":{"version":"\\u0000"},"error":null}'), "IO"),
    "too deep": (says(b'{"id":1,"result":' + b"[" * 100 + b"]" * 100 + b',"error":null}'), "IO"),
    "brackets that do not match": (says(b'{"id":1,"result":[}}'), "IO"),
    "an echo of no form": (says(b'{"method":5}{"method":"echo"}{"method":"echo","id":1}' + b"x"), "IO"),
}
SLOW_TALKS = [name for name, (_, kind) in TALKS.items() if kind == "TIMEOUT"]


@pytest.mark.parametrize("name", [n for n in TALKS if n not in SLOW_TALKS])
def test_a_database_that_talks_nonsense(ns, sal, name):
    talk, kind = TALKS[name]
    with Fake(ns, DB, talk):
        sal.error("net.ovs", kind=kind)


@pytest.mark.parametrize("name", [n for n in TALKS if n not in SLOW_TALKS])
def test_a_switch_that_talks_nonsense(ns, sal, name):
    talk, kind = TALKS[name]
    with Fake(ns, CTL, talk):
        all_at_once([lambda m=m: sal.client(uid=0).error(m, kind=kind) for m in VSWITCHD])
    with Fake(ns, DB, database()):
        assert "version" not in sal.call("net.ovs")


@pytest.mark.parametrize("name", SLOW_TALKS)
def test_daemons_that_are_silent(ns, sal, name):
    talk, kind = TALKS[name]
    with Fake(ns, CTL, talk), Fake(ns, DB, talk):
        all_at_once([lambda m=m: patient(sal).error(m, kind=kind) for m in ["net.ovs", *VSWITCHD]])


def test_a_database_asks_whether_we_live(ns, sal):
    alive = []
    def talk(connection, done):
        answer = database()
        class Wrapped:
            recv = connection.recv
            @staticmethod
            def sendall(data):
                connection.sendall(b'{"id":"echo","method":"echo","params":["x"]}\n')
                alive.append(question(connection))
                connection.sendall(data)
        answer(Wrapped, done)
    with Fake(ns, DB, talk):
        assert sal.call("net.ovs")["schema_version"] == "8.3.1"
    assert alive == [{"id": "echo", "result": ["x"], "error": None}] * 2


@pytest.mark.sal(env={"SAL_FAULT": "ovs.receive:eio:2"})
def test_a_receive_that_fails(ns, sal):
    with Fake(ns, DB, database()):
        sal.error("net.ovs", kind="IO")
        assert sal.call("net.ovs")["bridges"]


@pytest.mark.parametrize("result", [[], [{"rows": []}] * 4, [{"rows": []}] * 6, {}, "x",
                                    [{"error": "x", "details": "y"}], [{"rows": []}] * 5 + [{"error": "aborted"}]])
def test_a_transaction_that_fails(ns, sal, result):
    with Fake(ns, DB, answering({"get_schema": {"version": "1"}, "transact": result})):
        sal.error("net.ovs", kind="IO")


# A script in the place of ovs-vswitchd

def test_commands_that_this_version_lacks(ns, sal):
    """Without a bridge ovs-vswitchd knows none of these; with a datapath their lack is told."""
    with Fake(ns, CTL, answering({})):
        for method in VSWITCHD:
            sal.call(method)
        error = sal.error("net.flows", kind="UNSUPPORTED", bridge="br0")
        assert "bridge/dump-flows" in error["message"]
    with Fake(ns, "ovs-vswitchd.78.ctl", answering({"dpctl/dump-dps": "system@x\n"})):
        for method in ("net.datapath", "net.ovs.conntrack", "net.ovs.conntrack.stats"):
            error = sal.error(method, kind="UNSUPPORTED")
            assert error["data"]["package"] == PACKAGE and "dpctl/" in error["message"]


DATAPATH = {"dpctl/dump-dps": "d\n", "dpif/show": "", "dpctl/show": "d:\n", "dpctl/dump-flows": "",
            "dpctl/dump-conntrack": "", "dpctl/ct-stats-show": "Connections Stats:\n    Total: 0\n"}
GARBAGE = {
    "net.datapath": [{"dpctl/show": ""}, {"dpctl/show": "d"}, {"dpctl/show": "d:\n  port x: y\n"},
                     {"dpctl/show": "d:\n  port 4294967296: y\n"}, {"dpctl/dump-flows": "x"},
                     {"dpctl/dump-flows": "in_port(1), packets:1, bytes:2, used:never"},
                     {"dpctl/dump-flows": "in_port(1), packets:x, bytes:2, used:never, actions:drop"},
                     {"dpctl/dump-flows": "in_port(1), packets:1, bytes:2, used:soon, actions:drop"},
                     {"dpctl/dump-flows": "in_port(1), packets:99999999999999999999, bytes:2, used:never, actions:drop"}],
    "net.ovs.conntrack": [{"dpctl/dump-conntrack": t} for t in (
        "x", "tcp", ",", "tcp,orig=(src=1)", "tcp,orig=(src=1,dst=2,sport=65536)", "tcp,orig=(src=1,dst=2),zone=x",
        "tcp,orig=(src=1,dst=2),zone=65536", "tcp,orig=(src=1,dst=2),mark=4294967296", "orig=(src=1,dst=2)")],
    "net.ovs.conntrack.stats": [{"dpctl/ct-stats-show": t} for t in ("", "x", "Total: x", "TCP: 5")],
}


@pytest.mark.parametrize("method, answers", [(m, a) for m, many in GARBAGE.items() for a in many])
def test_texts_that_are_none(ns, sal, method, answers):
    with Fake(ns, CTL, answering({**DATAPATH, **answers})):
        sal.error(method, kind="IO")
    with Fake(ns, "ovs-vswitchd.78.ctl", answering(DATAPATH)):
        sal.call(method)


def test_a_zone_is_looked_at_again(ns, sal):
    """A datapath that ignores the filter gets no entry of another zone through."""
    text = "".join(f"udp,orig=(src=1,dst=2),reply=(src=2,dst=1){zone}\n" for zone in ("", ",zone=3", ",zone=4"))
    with Fake(ns, CTL, answering({**DATAPATH, "dpctl/dump-conntrack": text})):
        for zone in (0, 3, 4, 5):
            assert [e["zone"] for e in sal.call("net.ovs.conntrack", zone=zone)["entries"]] == ([zone] if zone < 5 else [])
        assert len(sal.call("net.ovs.conntrack")["entries"]) == 3


@pytest.mark.parametrize("method", ["net.datapath", "net.ovs.conntrack", "net.ovs.conntrack.stats"])
def test_a_datapath_that_goes_meanwhile(ns, sal, method):
    def talk(connection, done):
        while (asked := question(connection)):
            refusal = {"id": asked["id"], "result": None, "error": "ovs-vswitchd: datapath not found (Invalid argument)\n"}
            reply = {"id": asked["id"], "result": DATAPATH[asked["method"]], "error": None}
            connection.sendall(json.dumps(reply if asked["method"] in ("dpctl/dump-dps", "dpif/show") else refusal).encode())
    with Fake(ns, CTL, talk):
        answer = sal.call(method)
    assert answer.get("datapaths", []) == [] and answer.get("entries", []) == []


def test_every_counter_and_type(ns, sal):
    """What only the kernel's datapath shows, and ports with every kind of name."""
    show = """system@ovs-system:
  lookups: hit:5 missed:2 lost:1
  flows: 3
  masks: hit:9 total:2 hit/pkt:1.29
  cache: hit:1 hit-rate:14.29%
  caches:
    masks-cache: size:256
  port 0: ovs-system (internal)
    RX packets:1 errors:2 dropped:3 overruns:4 frame:5
    TX packets:6 errors:7 dropped:8 aborted:9 carrier:10
    collisions:11
    RX bytes:12 (12.0 KiB)  TX bytes:13 (1.5 MiB)
    UPCALL packets:14 errors:15
  port 1: eth0
    RX packets:0 errors:? dropped:? overruns:? frame:?
  port 2: a (b) (vxlan: packet_type=ptap, x=(y))
"""
    shown = 'system@ovs-system: hit:5 missed:2\n  br0:\n    br0 65534/0: (internal)\n    odd name 1/2: (x) 7/1: (system)\n' \
            '    p 3/none: (patch: peer=q)\n  junk\n'
    with Fake(ns, CTL, answering({**DATAPATH, "dpctl/dump-dps": "system@ovs-system\n", "dpctl/show": show, "dpif/show": shown})):
        dp = sal.call("net.datapath")["datapaths"][0]
    assert dp["masks"] == {"hit": 9, "total": 2, "hit_per_pkt": 1.29} and dp["lookups"] == {"hit": 5, "missed": 2, "lost": 1}
    assert list(dp["ports"][0]["statistics"].values()) == [1, 12, 2, 3, 4, 5, 6, 13, 7, 8, 9, 10, 11, 14, 15]
    assert dp["ports"][1]["statistics"] == {"rx_packets": 0}
    assert (dp["ports"][2]["name"], dp["ports"][2]["type"]) == ("a", "b) (vxlan")
    assert [i["ofport"] for i in dp["ports"][0]["interfaces"]] == [65534]


# Flows

ONE = "duration=5s, n_packets=1, n_bytes=2, priority=7,tcp,actions=drop\n"


@pytest.mark.parametrize("text", ["x", "actions=drop", "duration=5s, n_packets=x, n_bytes=2, actions=drop",
                                  "duration=5s, priority=x,tcp,actions=drop", "priority=99999999999,actions=drop",
                                  "table_id=256, duration=1s, tcp,actions=drop", "duration=5s, n_packets=1, tcp"])
def test_flows_that_are_none(ns, sal, text):
    with Fake(ns, CTL, answering({"bridge/dump-flows": text, "ofproto/list": "br0\n"})):
        sal.error("net.flows", kind="IO")
        sal.error("net.flows", kind="IO", bridge="br0")


@pytest.mark.parametrize("actions", ["ct(" * 5000, ")" * 100, "a(b[c(d", "," * 1000, "->", "x:->->", "=", '"', '\\"(',
                                     "clone(" * 40 + "drop" + ")" * 40, "x" * 300000, "\u00e9\u4e2d(\u00e9=\u4e2d)"],
                         ids=range(12))
def test_actions_of_every_form(ns, sal, actions):
    """Whatever is written comes out again, taken apart only as deep and as long as is bearable."""
    text = f"duration=5s, n_packets=1, n_bytes=2, tcp,actions={actions}\n" + ONE
    with Fake(ns, CTL, answering({"bridge/dump-flows": text})):
        flows = sal.call("net.flows", bridge="br0")["flows"]
    assert [f["actions"] for f in flows] == [actions, "drop"]
    assert ("action_list" in flows[0]) == (0 < len(actions) <= 256 * 1024)


def test_a_hundred_thousand_flows(ns, sal):
    """One text of ovs-vswitchd's, bounded; the memory that it took is given back."""
    n = 100000
    text = "".join(f"table_id={i % 200 + 1}, duration=5s, n_packets={i}, n_bytes=2, priority={i % 9},ip,nw_dst=10.{i >> 16}."
                   f"{i >> 8 & 255}.{i & 255},actions=ct(commit,zone={i % 7},nat(src=10.0.0.1)),output:{i % 99}\n" for i in range(n))
    with Fake(ns, CTL, answering({"bridge/dump-flows": text})):
        flows = sal.call("net.flows", bridge="br0")["flows"]
        assert len(flows) == n and sum(f["n_packets"] for f in flows) == n * (n - 1) // 2
        def peak():
            return int(next(x for x in open(f"/proc/{sal.pid}/status") if x.startswith("VmHWM")).split()[1])
        if "AddressSanitizer" not in open(sal.binary, "rb").read().decode("latin1"):
            assert peak() < 120 * 1024, f"{peak()} KiB for a text of {len(text) >> 10} KiB"


HELLO = struct.pack("!BBHIHHI", 6, 0, 16, 1, 1, 8, 1 << 4)


def openflow(reply):
    """Talks OpenFlow 1.3: a hello, then what reply(xid) gives."""
    def talk(connection, done):
        connection.sendall(HELLO)
        data = b""
        while len(data) < 16 + 56:
            more = connection.recv(65536)
            if not more:
                return
            data += more
        answer = reply(data[20:24])
        if answer is None:
            done.wait(60)
        else:
            connection.sendall(answer)
            connection.shutdown(socket.SHUT_WR)  # what the other side still says is heard
            while connection.recv(65536):
                pass
    return talk


def multipart(xid, body, flags=0, kind=19):
    return struct.pack("!BBH", 4, kind, 16 + len(body)) + xid + struct.pack("!HHI", 1, flags, 0) + body


def stats(match, cookie=5, length=None, table=0, priority=7, age=5):
    match = struct.pack("!HH", 1, 4 + len(match)) + match
    match += b"\0" * (-len(match) % 8)
    return struct.pack("!HBBIIHHHHHHQQQ", length or 48 + len(match), table, 0, age, 0, priority, 3, 4, 1, 0, 0, cookie, 1, 2) + match


TCP = bytes.fromhex("80000a020800" "8000140106")
TALKS_OPENFLOW = {
    "the flow": (lambda x: multipart(x, stats(TCP)), None),
    "in two parts": (lambda x: multipart(x, b"", 1) + multipart(x, stats(TCP)), None),
    "after an event, and a question": (lambda x: struct.pack("!BBHI", 4, 10, 8, 0) + struct.pack("!BBHI", 4, 2, 8, 9)
                                       + multipart(x, stats(TCP)), None),
    "an error": (lambda x: struct.pack("!BBH", 4, 1, 12) + x + struct.pack("!HH", 1, 5), "IO"),
    "half a message": (lambda x: multipart(x, stats(TCP))[:-3], "IO"),
    "half a flow": (lambda x: multipart(x, stats(TCP)[:-8]), "IO"),
    "a flow of no length": (lambda x: multipart(x, b"\0\0" + stats(TCP)[2:]), "IO"),
    "a flow too long": (lambda x: multipart(x, stats(TCP, length=500)), "IO"),
    "a message of no length": (lambda x: b"\4\x13\0\0" + x, "IO"),
    "another version": (lambda x: b"\5" + multipart(x, stats(TCP))[1:], "IO"),
    "other statistics": (lambda x: multipart(x, stats(TCP)).replace(b"\0\1\0\0\0\0\0\0", b"\0\2\0\0\0\0\0\0", 1), "IO"),
    "nothing more": (lambda x: multipart(x, b"", 1), "IO"),
    "silence": (lambda x: None, "TIMEOUT"),
    "flows without end": (lambda x: multipart(x, stats(TCP) * 900, 1) * 1200, "LIMIT"),
}


@pytest.mark.parametrize("name", TALKS_OPENFLOW)
def test_what_a_bridge_says_by_openflow(ns, sal, name):
    reply, kind = TALKS_OPENFLOW[name]
    with Fake(ns, CTL, answering({"bridge/dump-flows": ONE})), Fake(ns, "br0.mgmt", openflow(reply)), Fake(ns, DB, database()):
        if kind:
            sal.error("net.flows", kind=kind, bridge="br0")
            return
        answer = sal.call("net.flows", bridge="br0")
    flow = answer["flows"][0]
    assert (flow["cookie"], flow["idle_timeout"], flow["hard_timeout"], flow["flags"]) == ("0x5", 3, 4, ["send_flow_rem"])
    assert answer["consistent"] is True


UNKNOWN = bytes.fromhex("12340a0108")  # a field that nobody knows
PARTNERS = {
    "its own": (stats(TCP, 5), "0x5"),
    "its own, of two": (stats(TCP[:6], 6) + stats(TCP, 5), "0x5"),
    "the only one left of its kind": (stats(UNKNOWN, 5), "0x5"),
    "the only one left beside its own": (stats(UNKNOWN, 6) + stats(TCP, 5), "0x5"),
    "one of two left": (stats(UNKNOWN, 5) + stats(UNKNOWN[:-1] + b"\1", 6), None),
    "one that was made meanwhile": (stats(UNKNOWN, 5, age=0), None),
    "one of another table": (stats(TCP, table=1), None),
    "one of another priority": (stats(TCP, priority=8), None),
    "none": (b"", None),
}


@pytest.mark.parametrize("name", PARTNERS)
def test_which_flow_is_which(ns, sal, name):
    """A cookie is its flow's own; where it might be another's there is none, and that is said."""
    flows, cookie = PARTNERS[name]
    with Fake(ns, CTL, answering({"bridge/dump-flows": ONE})), \
            Fake(ns, "br0.mgmt", openflow(lambda x: multipart(x, flows))):
        answer = sal.call("net.flows", bridge="br0")
    assert answer["flows"][0].get("cookie") == cookie and answer["consistent"] == (cookie is not None)


@pytest.mark.parametrize("hello", [b"\x01\x00\x00\x08\0\0\0\1", b"\x02\x00\x00\x08\0\0\0\1", b"\x06\x01\x00\x08\0\0\0\1",
                                   b"\x06\x00\x00\x10\0\0\0\1\0\1\0\x08\0\0\0\4", b"GET / HTTP/1.1\r\n", b"\x06\x00\x00\x00\0\0\0\0"])
def test_hellos(ns, sal, hello):
    def talk(connection, done):
        connection.sendall(hello)
        connection.recv(100)
    with Fake(ns, CTL, answering({"bridge/dump-flows": ONE})), Fake(ns, "br0.mgmt", talk):
        reply = sal.ask("net.flows", {"bridge": "br0"})
    if hello[:2] == b"\2\0" or hello[-1:] == b"\4":  # 1.1 only
        assert "cookie" not in reply["result"]["flows"][0] and not reply["result"]["consistent"]
    else:
        assert reply["error"]["data"]["kind"] == "IO"
