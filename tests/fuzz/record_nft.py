#!/usr/bin/python3
"""Records nf_tables as the kernel sends it, for fuzz_nft's corpus and for test_nft_recorded.

    record_nft.py messages PATH          the ruleset of the network namespace it runs in: PATH.nl, and
                                         PATH.json as `nft -j list ruleset` says it
    record_nft.py corpus DIR             small rulesets of the grammar, each in a namespace of its own

A .nl file is the messages of all dumps, one behind the other, in the order net.firewall asks for them.
"""
import json
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

TABLE, CHAIN, RULE, SET, ELEM, OBJ, FLOWTABLE = 1, 4, 7, 10, 13, 19, 23
NEW_SET = 9


def attr(kind, text):
    data = text + b"\0"
    return struct.pack("=HH", len(data) + 4, kind) + data + b"\0" * (-len(data) % 4)


def dump(kind, family=0, attrs=b""):
    s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
    s.bind((0, 0))
    s.send(struct.pack("=IHHII", 20 + len(attrs), 10 << 8 | kind, 0x301, 1, 0) + struct.pack(">BBH", family, 0, 0) + attrs)
    found = []
    while True:
        data = s.recv(1 << 18)
        while data:
            length, kind, _, _, _ = struct.unpack_from("=IHHII", data)
            if kind == 3:
                return found
            if kind == 2:
                return []
            found.append(data[:length].ljust((length + 3) & ~3, b"\0"))
            data = data[(length + 3) & ~3:]


def text_attrs(message):
    """The first string attributes of a message: table and name."""
    at, found = 20, {}
    while at + 4 <= len(message):
        length, kind = struct.unpack_from("=HH", message, at)
        if length < 4:
            break
        found.setdefault(kind, message[at + 4:at + length].rstrip(b"\0"))
        at += (length + 3) & ~3
    return found


def ruleset():
    sets = dump(SET)
    elements = []
    for s in sets:
        names = text_attrs(s)
        elements += dump(ELEM, s[16], attr(1, names[1]) + attr(2, names[2]))
    return dump(TABLE) + dump(CHAIN) + sets + dump(OBJ) + dump(FLOWTABLE) + elements + dump(RULE)


def corpus(folder):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
    from nft_rulesets import Loader, generate
    from ns import Namespace
    folder = os.path.abspath(folder)
    os.makedirs(folder, exist_ok=True)
    for family in ("ip", "ip6", "inet", "bridge", "arp", "netdev"):
        for seed in range(3):
            space = Namespace()
            try:
                Loader(space).load([line for line in generate(seed, family, 25) if seed or not line.startswith("add set")])
                space.run(["/usr/bin/python3", Path(__file__).resolve(), "messages", Path(folder) / f"{family}-{seed}"])
            finally:
                space.close()
            os.unlink(Path(folder) / f"{family}-{seed}.json")


if sys.argv[1] == "corpus":
    corpus(sys.argv[2])
else:
    Path(sys.argv[2] + ".nl").write_bytes(b"".join(ruleset()))
    said = json.loads(subprocess.check_output(["nft", "-j", "list", "ruleset"]))["nftables"][1:]
    Path(sys.argv[2] + ".json").write_text("[\n" + ",\n".join(json.dumps(o) for o in said) + "\n]\n")
