"""Open vSwitch of a test's own, in its namespace: the real daemons, or a script that answers in their place.

Real: ovsdb-server and ovs-vswitchd with the userspace datapath, sockets in the namespace's own
/run/openvswitch, started in the foreground so that their pids are known. Fake: threads of the test
that listen on the same sockets and do what the test says.
"""
import json
import re
import shutil
import signal
import socket
import subprocess
import threading

import pytest

from http1 import eventually

RUN = "/run/openvswitch"
ENV = f"OVS_RUNDIR={RUN} OVS_LOGDIR={RUN} OVS_DBDIR={RUN} OVS_SYSCONFDIR={RUN}"
SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"


def need_ovs():
    if not shutil.which("ovs-vswitchd"):
        pytest.skip("no ovs-vswitchd here (package openvswitch-switch)")


class Switch:
    """The two daemons; vsctl() and appctl() are the oracles."""

    def __init__(self, ns, vswitchd=("--disable-system",)):
        need_ovs()
        self.ns, self.options = ns, vswitchd
        ns.sh(f"mkdir -p {RUN}; {ENV} ovsdb-tool create {RUN}/conf.db {SCHEMA}")
        self.server = self.vswitchd = None
        self.start_server()
        self.vsctl("--no-wait init")
        self.start_vswitchd()

    def start(self, command):
        return self.ns.popen(["bash", "-c", f"{ENV} exec {command}"], stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def start_server(self):
        self.server = self.start(f"ovsdb-server {RUN}/conf.db --remote=punix:{RUN}/db.sock --pidfile"
                                 f" --log-file --no-chdir")
        eventually(lambda: self.vsctl("--no-wait show", check=False).returncode == 0, "ovsdb-server answers")

    def start_vswitchd(self):
        self.vswitchd = self.start(f"ovs-vswitchd unix:{RUN}/db.sock --pidfile --log-file --no-chdir "
                                   + " ".join(self.options))
        eventually(lambda: self.appctl("version", check=False).returncode == 0, "ovs-vswitchd answers")

    def stop(self, process):
        """Without a farewell: its sockets and pid file stay behind."""
        process.send_signal(signal.SIGKILL)
        process.wait()

    def run(self, words, check=True, **kw):
        words = words if isinstance(words, list) else words.split()
        return self.ns.run(["env", *ENV.split(), *words], check=check, **kw)

    def vsctl(self, words, check=True):
        words = words if isinstance(words, list) else words.split()
        return self.run(["ovs-vsctl", "--timeout=20", *words], check=check)

    def appctl(self, words, check=True):
        words = words if isinstance(words, list) else words.split()
        return self.run(["ovs-appctl", "--timeout=20", *words], check=check)

    def add_flows(self, bridge, flows, version="OpenFlow15"):
        self.run(["ovs-ofctl", "-O", version, "add-flows", bridge, "-"], input="\n".join(flows) + "\n")

    def ofctl_flows(self, bridge, version="OpenFlow15"):
        """What ovs-ofctl dump-flows says, a dictionary a flow."""
        words = ["ovs-ofctl", "-O", version, "dump-flows", bridge]
        if version == "OpenFlow10":
            words[3:3] = ["-F", "nxm"]
        return [flow_line(line) for line in self.run(words).splitlines() if "cookie=" in line]

    def table(self, name):
        """Rows of a table as plain JSON, by ovs-vsctl and the schema; what is empty and optional is absent."""
        listed = json.loads(self.vsctl(["-f", "json", "list", name]))
        columns = json.loads(self.ns.run(["cat", SCHEMA]))["tables"][name]["columns"]
        rows = []
        for row in listed["data"]:
            plain = {"_uuid": row[listed["headings"].index("_uuid")][1]}
            for column, value in zip(listed["headings"], row):
                if column in columns:
                    found = column_plain(value, columns[column]["type"])
                    if found is not None:
                        plain[column] = found
            rows.append(plain)
        return rows


def atom(value):
    return value[1] if isinstance(value, list) and value[0] in ("uuid", "named-uuid") else value


def column_plain(value, kind):
    kind = kind if isinstance(kind, dict) else {"key": kind}
    if "value" in kind:
        return {str(atom(k)): atom(v) for k, v in value[1]}
    many = kind.get("max", 1) == "unlimited" or kind.get("max", 1) > 1
    items = value[1] if isinstance(value, list) and value[0] == "set" else [value]
    if many:
        return [atom(i) for i in items]
    return atom(items[0]) if items else None


def flow_line(line):
    """A line of ovs-ofctl dump-flows by the names of net.flows."""
    head, actions = line.strip().split(" actions=", 1) if " actions=" in line else line.strip().split("actions=", 1)
    flow = {"actions": actions, "priority": 32768}
    words, match = re.split(r",? ", head.strip().rstrip(",")), []
    names = ("cookie", "duration", "table", "n_packets", "n_bytes", "idle_timeout", "hard_timeout", "idle_age",
             "hard_age", "importance")
    for word in words:
        name, _, value = word.partition("=")
        if name in names:
            flow[name] = value if name == "cookie" else float(value[:-1]) if name == "duration" else int(value)
        elif word in ("send_flow_rem", "check_overlap", "reset_counts", "no_packet_counts", "no_byte_counts"):
            flow.setdefault("flags", []).append(word)
        else:
            match.append(word)
    assert len(match) <= 1, line
    for part in (match[0].split(",", 1) if match else []):
        if part.startswith("priority="):
            flow["priority"] = int(part[9:])
    text = re.sub(r"^priority=\d+,?", "", match[0] if match else "")
    return {**flow, "match": text}


def written(parts, action=True):
    """Actions or arguments of ours as text again; what joins a name and its value is always a colon."""
    out = []
    for p in parts:
        text = p.get("action") if action else p.get("name")
        if "arguments" in p:
            text += "(" + written(p["arguments"], False) + ")"
        if "actions" in p:
            text += "(" + written(p["actions"]) + ")"
        if "value" in p:
            text = p["value"] if text is None else text + ("" if "arguments" in p or "actions" in p else ":") + p["value"]
        if "to" in p:
            text += "->" + p["to"]
        out.append(text)
    return ",".join(out)


def plainly(actions):
    """The oracle's actions with the same joints as written() has."""
    return actions.replace("=", ":")


def fields_written(fields, joint="=", inner=None):
    """Fields of ours as text again: of OpenFlow "a=b/c", of a datapath "a(b/c)"."""
    out = []
    for f in fields:
        if "fields" in f:
            out.append(f["field"] + "(" + fields_written(f["fields"], "=" if inner is None else inner, "=") + ")")
        elif "value" not in f:
            out.append(f["field"])
        else:
            value = f["value"] + ("/" + f["mask"] if "mask" in f else "")
            out.append(f"{f['field']}({value})" if joint == "(" else f"{f['field']}{joint}{value}")
    return ",".join(out)


class Fake:
    """Listens on a socket of /run/openvswitch in ns; talk(connection, text) is run for each caller.

    connection is a socket; question(connection) reads what was asked. Use as a context manager.
    """

    def __init__(self, ns, name, talk):
        ns.sh(f"mkdir -p {RUN}")
        if name.endswith(".ctl"):
            ns.sh(f"echo {name.split('.')[1]} > {RUN}/ovs-vswitchd.pid")
        self.talk, self.done = talk, threading.Event()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(f"/proc/{ns.pid}/root{RUN}/{name}")
        self.socket.listen(64)
        self.threads = [threading.Thread(target=self.serve, daemon=True)]
        self.threads[0].start()

    def serve(self):
        while True:
            try:
                connection = self.socket.accept()[0]
            except OSError:
                return
            thread = threading.Thread(target=self.one, args=(connection,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def one(self, connection):
        with connection:
            try:
                self.talk(connection, self.done)
            except OSError:
                pass  # the other side has given up, as it should

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.done.set()
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for thread in self.threads:
            thread.join(30)


def question(connection):
    """The next question of a caller; None when it hung up."""
    text = ""
    while True:
        data = connection.recv(65536)
        if not data:
            return None
        text += data.decode()
        try:
            return json.loads(text)
        except ValueError:
            continue


def answering(answers, then=None):
    """Talks as a daemon that answers each method from a dictionary: a value, or a function of params."""
    def talk(connection, done):
        while (asked := question(connection)):
            known = asked["method"] in answers
            answer = answers.get(asked["method"])
            answer = answer(asked["params"]) if callable(answer) else answer
            reply = {"id": asked["id"], "result": answer, "error": None} if known else {
                "id": asked["id"], "result": None,
                "error": f'"{asked["method"]}" is not a valid command (use "list-commands" to see a list)'}
            connection.sendall(json.dumps(reply).encode())
    return talk
