#!/usr/bin/python3
"""Fills this network namespace's connection tracking table by ctnetlink, fast; also a library.

    ctfill.py COUNT [--first N] [--zone Z] [--delete]

Entry N is a TCP connection from 10.x.y.z (50,000 of them an address) to 192.168.1.1 port 80; --delete
removes such entries again. Hundreds of requests go out at once, the last of each batch is
acknowledged. Used by tests and the bench, run inside their namespaces.
"""
import argparse
import os
import socket
import struct
import sys

NEW, DELETE = 0x100, 0x102
REQUEST, ACK, EXCL, CREATE = 0x1, 0x4, 0x200, 0x400
NESTED = 0x8000
TUPLE_ORIG, TUPLE_REPLY, STATUS, PROTOINFO, HELP, TIMEOUT, MARK, ZONE, LABELS = 1, 2, 3, 4, 5, 7, 8, 18, 22
BATCH = 200


def attr(kind, data):
    length = 4 + len(data)
    return struct.pack("=HH", length, kind) + data + b"\0" * (-length % 4)


def tcp_tuple(kind, src, dst, sport, dport):
    family = 1 if len(src) == 4 else 3
    ip = attr(family, src) + attr(family + 1, dst)
    proto = attr(1, b"\x06") + attr(2, struct.pack(">H", sport)) + attr(3, struct.pack(">H", dport))
    return attr(kind | NESTED, attr(1 | NESTED, ip) + attr(2 | NESTED, proto))


def tcp_entry(src, dst, sport, dport, timeout=3600, status=0x0c, zone=0, more=b""):
    """An ESTABLISHED connection: the attributes of a request that makes it."""
    body = tcp_tuple(TUPLE_ORIG, src, dst, sport, dport) + tcp_tuple(TUPLE_REPLY, dst, src, dport, sport)
    body += attr(STATUS, struct.pack(">I", status)) + attr(TIMEOUT, struct.pack(">I", timeout))
    body += attr(PROTOINFO | NESTED, attr(1 | NESTED, attr(1, b"\x03")))
    return body + (attr(ZONE, struct.pack(">H", zone)) if zone else b"") + more


class Table:
    """A socket to the table of the namespace this process is in."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
        self.socket.bind((0, 0))
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            self.socket.setsockopt(socket.SOL_SOCKET, option, 4 << 20)
        self.sequence = 0

    def send(self, kind, bodies, flags=0):
        """Sends requests as one datagram; raises OSError for the first that failed."""
        datagram = b""
        for i, body in enumerate(bodies):
            self.sequence += 1
            last = ACK if i == len(bodies) - 1 else 0
            datagram += struct.pack("=IHHIIBBH", 20 + len(body), kind, REQUEST | flags | last, self.sequence, 0,
                                    socket.AF_INET, 0, 0) + body
        self.socket.send(datagram)
        error = 0
        while True:
            answer, at = self.socket.recv(1 << 20), 0
            while at < len(answer):
                length, message, _, sequence, _ = struct.unpack_from("=IHHII", answer, at)
                if message == 2:
                    error = error or -struct.unpack_from("=i", answer, at + 16)[0]
                    if sequence == self.sequence:
                        if error:
                            raise OSError(error, os.strerror(error))
                        return
                at += (length + 3) & ~3

    def add(self, bodies):
        self.send(NEW, bodies, CREATE | EXCL)

    def delete(self, bodies):
        self.send(DELETE, bodies)


def ends(number):
    return struct.pack(">I", 0x0A000000 + number // 50000), b"\xc0\xa8\x01\x01", 1024 + number % 50000, 80


def fill(table, first, count, zone=0):
    for start in range(first, first + count, BATCH):
        table.add([tcp_entry(*ends(i), zone=zone) for i in range(start, min(start + BATCH, first + count))])


def empty(table, first, count, zone=0):
    where = attr(ZONE, struct.pack(">H", zone)) if zone else b""
    for start in range(first, first + count, BATCH):
        table.delete([tcp_tuple(TUPLE_ORIG, *ends(i)) + where for i in range(start, min(start + BATCH, first + count))])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--zone", type=int, default=0)
    parser.add_argument("--delete", action="store_true")
    options = parser.parse_args()
    (empty if options.delete else fill)(Table(), options.first, options.count, options.zone)


if __name__ == "__main__":
    sys.exit(main())
