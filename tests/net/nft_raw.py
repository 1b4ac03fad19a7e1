"""Speaks nf_tables netlink by itself, for what nft would never write. Runs inside a namespace:

    nft_raw.py RULE      a table "raw" with a chain and rules of expressions that nft 1.0.6 does not know
    nft_raw.py HOSTILE   user data that makes no sense: comments without an end, typeof of nothing
    nft_raw.py MANY N    N rules of about 800 bytes each
"""
import socket
import struct
import sys

NEWTABLE, NEWCHAIN, NEWRULE, NEWSET, NEWSETELEM = 0, 3, 6, 9, 12
INET = 1


def attr(kind, data):
    if isinstance(data, str):
        data = data.encode() + b"\0"
    if isinstance(data, int):
        data = struct.pack(">I", data)
    return struct.pack("=HH", len(data) + 4, kind) + data + b"\0" * (-len(data) % 4)


def nest(kind, *attrs):
    return attr(kind | 0x8000, b"".join(attrs))


def message(kind, flags, seq, body, family=INET, res=0):
    body = struct.pack(">BBH", family, 0, res) + body
    return struct.pack("=IHHII", len(body) + 16, kind, flags | 1, seq, 0) + body


def expression(name, *attrs):
    return nest(1, attr(1, name), nest(2, *attrs))


def verdict(code):
    return expression("immediate", attr(1, 0), nest(2, nest(2, attr(1, code))))


def send(*messages, wait=None):
    """One transaction; each message as (type, flags, body). wait: how many are acknowledged, the first ones."""
    wait = len(messages) if wait is None else wait
    parts = [message(16, 0, 0, b"", 0, 10)]
    for seq, (kind, flags, body) in enumerate(messages, 1):
        parts.append(message(10 << 8 | kind, flags | (4 if seq <= wait else 0), seq, body))
    parts.append(message(17, 0, len(messages) + 1, b"", 0, 10))
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as s:
        s.settimeout(10)
        s.setsockopt(socket.SOL_SOCKET, 32, 16 << 20)  # SO_SNDBUFFORCE
        s.send(b"".join(parts))
        for _ in range(wait):
            answer = s.recv(65536)
            error = struct.unpack_from("=i", answer, 16)[0]
            if error:
                sys.exit(f"message {struct.unpack_from('=I', answer, 8)[0]}: error {error}")


def table(name="raw", *more):
    return NEWTABLE, 0x400, attr(1, name) + b"".join(more)


def chain(name, *more):
    return NEWCHAIN, 0x400, attr(1, "raw") + attr(3, name) + b"".join(more)


def rule(name, *expressions, userdata=None):
    body = attr(1, "raw") + attr(2, name) + nest(4, *expressions)
    return NEWRULE, 0x400 | 0x800, body + (attr(7, userdata) if userdata else b"")


def key_set(name, key_type, key_len, userdata):
    return NEWSET, 0x400, (attr(1, "raw") + attr(2, name) + attr(3, 0) + attr(4, key_type) + attr(5, key_len) + attr(10, 1)
                           + attr(13, userdata))


def load(reg):
    """Which comparison is believed after an unknown expression? None."""
    return expression("meta", attr(1, reg), attr(2, 3)), expression("cmp", attr(1, reg), attr(2, 0), nest(3, attr(1, b"\x05\0\0\0")))


if sys.argv[1] == "RULE":
    mark, cmp = load(8)
    send(table(), chain("c"),
         rule("c", expression("last"), verdict(1)),
         rule("c", mark, expression("last"), cmp, verdict(0)),
         rule("c", expression("last"), mark, cmp, expression("counter"), expression("last"), verdict(1)))
elif sys.argv[1] == "MANY":
    name = "c" * 250
    send(table(), chain(name))
    one = rule(name, expression("log", attr(2, "p" * 120)), verdict(1), userdata=bytes([0, 250]) + b"x" * 249 + b"\0")
    for _ in range(int(sys.argv[2]) // 5000):
        send(*[one] * 5000, wait=1)
else:
    tlv = lambda kind, data: bytes([kind, len(data)]) + data
    u32 = lambda n: struct.pack("=I", n)
    described = lambda kind, data: tlv(0, u32(kind)) + tlv(1, data)
    send(table("raw", attr(6, tlv(0, b"table without an end"))),
         chain("c", attr(12, tlv(0, b"\xff\xfe\"\\\0"))),
         rule("c", verdict(1), userdata=tlv(0, b"no end")),
         rule("c", verdict(1), userdata=b"\x00\xff short"),
         rule("c", verdict(1), userdata=tlv(7, b"x") + tlv(0, b"behind another\0")),
         key_set("a", 13, 2, tlv(3, b"") + tlv(0, b"x")),
         key_set("b", 13, 2, tlv(3, described(7, tlv(0, u32(99)) + tlv(1, u32(99))))),
         key_set("d", 13, 2, tlv(3, described(13, tlv(0, described(13, b"abcdefg"))))),
         key_set("e", 63, 4, b"\xff" * 9),
         key_set("f", 0x3ffffff, 16, tlv(3, described(8, tlv(0, u32(5)) + tlv(1, u32(200))))),
         key_set("g", 4, 4, tlv(0, u32(0xffffffff))))
