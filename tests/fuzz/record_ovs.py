#!/usr/bin/python3
"""record_ovs.py - records fuzz_ovs's corpus from the real daemons: tests/fuzz/corpus/ovs, a file a kind.

Run as root where openvswitch-switch is installed; it works in a namespace of its own.
"""
import json
import socket
import struct
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "lib"), str(TESTS / "net")]

import test_ovs  # noqa: E402
from ns import Namespace  # noqa: E402
from ovs import RUN, Switch  # noqa: E402

OUT = TESTS / "fuzz" / "corpus" / "ovs"
VERSIONS = {"OpenFlow10": 1, "OpenFlow13": 4, "OpenFlow15": 6}


def ask(ns, name, method, params):
    """The raw answer of a daemon."""
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(f"/proc/{ns.pid}/root{RUN}/{name}")
        s.sendall(json.dumps({"id": 1, "method": method, "params": params}).encode())
        data = b""
        while True:
            data += s.recv(65536)
            try:
                json.loads(data)
                return data
            except ValueError:
                continue


def openflow(ns, version):
    """The first reply with flows that a bridge gives."""
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(f"/proc/{ns.pid}/root{RUN}/br0.mgmt")
        s.sendall(struct.pack("!BBHIHHI", version, 0, 16, 1, 1, 8, 1 << version))
        if version == 1:
            s.sendall(struct.pack("!BBHIHHIIIHHBBH", 1, 16, 32, 2, 0xffff, 0, 0x2320, 0, 0, 0xffff, 0, 1, 0, 0))
        else:
            s.sendall(struct.pack("!BBHIHHI", version, 18, 56, 2, 1, 0, 0) + b"\1\0\0\0" + b"\xff" * 8 + b"\0" * 20
                      + struct.pack("!HHI", 1, 4, 0))
        data = b""
        while True:
            while len(data) >= 8 and len(data) >= (n := struct.unpack("!H", data[2:4])[0]):
                if data[1] in (17, 19):
                    return data[:n]
                data = data[n:]
            data += s.recv(65536)


def main():
    ns = Namespace()
    OUT.mkdir(parents=True, exist_ok=True)
    try:
        switch = Switch(ns)
        test_ovs.peers(ns)
        test_ovs.town(switch)
        ctl = ns.run(f"ls {RUN}").split()
        ctl = next(n for n in ctl if n.startswith("ovs-vswitchd.") and n.endswith(".ctl"))
        people = test_ovs.traffic(ns, switch)
        switch.appctl("dpctl/ct-set-limits netdev@ovs-netdev default=500 zone=3,limit=10")
        dp = "netdev@ovs-netdev"
        files = {
            "0-rpc": ask(ns, ctl, "version", []),
            "0-rpc-error": ask(ns, ctl, "nosuch", []),
            "3-datapath-flows": switch.appctl(f"dpctl/dump-flows {dp}").encode(),
            "4-datapath": (switch.appctl("dpif/show") + "\n" + switch.appctl(f"dpctl/show -s {dp}")).encode(),
            "5-conntrack": switch.appctl(f"dpctl/dump-conntrack -s {dp}").encode(),
            "6-counts": (switch.appctl(f"dpctl/ct-stats-show -m {dp}") + switch.appctl("dpctl/ct-get-limits")).encode(),
        }
        for table in ("Open_vSwitch", "Bridge", "Port", "Interface", "Controller"):
            where = [] if table in ("Open_vSwitch", "Controller") else [["name", "==", {"Bridge": "br1", "Port": "bnd"}.get(table, "vx0")]]
            answer = json.loads(ask(ns, "db.sock", "transact",
                                    ["Open_vSwitch", {"op": "select", "table": table, "where": where}]))
            files[f"1-{table}"] = json.dumps(answer["result"][0]).encode()
        for process in people:
            process.kill()
            process.wait()
        for flow in test_ovs.variety():
            switch.add_flows("br0", [flow])
        files["2-flows"] = switch.appctl("bridge/dump-flows br0").encode()
        for name, number in VERSIONS.items():
            switch.vsctl(f"set bridge br0 protocols={name}")
            files[f"7-{name}"] = openflow(ns, number)
        files["8-match"] = bytes.fromhex("80000a02080080001401068000160801010101ffffff00")
        for name, data in files.items():
            (OUT / name).write_bytes(name[0].encode() + data)
    finally:
        ns.close()


main()
