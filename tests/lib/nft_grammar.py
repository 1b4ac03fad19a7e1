"""Rulesets out of a grammar of nft's language, by a seed.

Not a list of what the decoder knows: every production follows nft(8), values are drawn from the
whole range of their type, and what nft or this kernel refuses is dropped when it is loaded (and
counted). A ruleset is a list of commands, one a line, for `nft -f`.
"""
import random

PROTOCOLS = ["tcp", "udp", "udplite", "sctp", "dccp", "esp", "ah", "comp", "icmp", "icmpv6", "gre", "ospf", "igmp"]
FLAGS = {"tcp": ["fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr"],
         "state": ["invalid", "established", "related", "new", "untracked"],
         "status": ["expected", "seen-reply", "assured", "confirmed", "snat", "dnat", "dying"],
         "event": ["new", "related", "destroy", "reply", "assured", "protoinfo", "helper", "mark"]}
NAMES = {
    "icmp_type": ["echo-reply", "destination-unreachable", "source-quench", "redirect", "echo-request", "time-exceeded",
                  "parameter-problem", "timestamp-request", "timestamp-reply", "info-request", "address-mask-reply",
                  "router-advertisement", "router-solicitation", "77"],
    "icmpv6_type": ["destination-unreachable", "packet-too-big", "time-exceeded", "parameter-problem", "echo-request",
                    "echo-reply", "mld-listener-query", "mld-listener-report", "mld-listener-done", "nd-router-solicit",
                    "nd-router-advert", "nd-neighbor-solicit", "nd-neighbor-advert", "nd-redirect", "router-renumbering",
                    "ind-neighbor-solicit", "ind-neighbor-advert", "mld2-listener-report", "200"],
    "icmp_code": ["net-unreachable", "host-unreachable", "prot-unreachable", "port-unreachable", "net-prohibited",
                  "host-prohibited", "admin-prohibited", "frag-needed"],
    "icmpv6_code": ["no-route", "admin-prohibited", "addr-unreachable", "port-unreachable", "policy-fail", "reject-route"],
    "icmpx_code": ["port-unreachable", "admin-prohibited", "no-route", "host-unreachable"],
    "igmp_type": ["membership-query", "membership-report-v1", "membership-report-v2", "membership-report-v3", "leave-group"],
    "dscp": ["cs0", "cs1", "cs7", "af11", "af23", "af43", "ef", "va", "lephb", "0x3f", "0x05"],
    "ecn": ["not-ect", "ect0", "ect1", "ce"],
    "pkttype": ["host", "broadcast", "multicast", "other"],
    "iftype": ["ether", "loopback", "ppp", "sit", "ipgre", "ipip", "ipip6", "0x309"],
    "day": ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
    "addrtype": ["unspec", "unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit"],
    "ethertype": ["ip", "ip6", "arp", "8021q", "8021ad", "0x88a8", "0x9000"],
    "arpop": ["request", "reply", "rrequest", "rreply", "inrequest", "inreply", "nak", "77"],
    "mh": ["binding-refresh-request", "home-test-init", "careof-test-init", "home-test", "binding-update", "binding-error",
           "home-agent-switch-message", "99"],
    "dccp": ["request", "response", "data", "ack", "dataack", "closereq", "close", "reset", "sync", "syncack"],
    "level": ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"],
}


class Values:
    """Values of nft's data types, as text."""

    def __init__(self, seed):
        self.seed = seed
        self.r = random.Random(seed)

    def pick(self, *options):
        return self.r.choice(options)

    def chance(self, p):
        return self.r.random() < p

    def number(self, bits):
        """Biased to the edges."""
        top = (1 << bits) - 1
        return self.pick(0, 1, top, top - 1, self.r.randint(0, top), self.r.randint(0, top), self.r.randint(0, min(top, 300)))

    def ip4(self):
        return self.pick("10.0.0.1", "192.168.1.254", "255.255.255.255", "0.0.0.0", "127.0.0.1",
                         ".".join(str(self.r.randint(0, 255)) for _ in range(4)))

    def ip6(self):
        return self.pick("::", "::1", "fe80::1", "ff02::1", "2001:db8::", "::ffff:1.2.3.4", "::1.2.3.4",
                         ":".join(f"{self.r.randint(0, 65535):x}" for _ in range(8)),
                         f"2001:db8:{self.r.randint(0, 65535):x}::{self.r.randint(0, 65535):x}")

    def prefix4(self):
        n = self.r.randint(1, 32)
        a = self.r.getrandbits(32) >> (32 - n) << (32 - n)
        return f"{a >> 24}.{a >> 16 & 255}.{a >> 8 & 255}.{a & 255}/{n}"

    def prefix6(self):
        n = self.r.randint(1, 128)
        a = self.r.getrandbits(128) >> (128 - n) << (128 - n)
        return ":".join(f"{a >> s & 65535:x}" for s in range(112, -1, -16)) + f"/{n}"

    def range4(self):
        a, b = sorted(self.r.getrandbits(32) for _ in range(2))
        return "-".join(f"{x >> 24}.{x >> 16 & 255}.{x >> 8 & 255}.{x & 255}" for x in (a, b + 1 & 0xffffffff if b < 2 ** 32 - 1 else b))

    def mac(self):
        return ":".join(f"{self.r.randint(0, 255):02x}" for _ in range(6))

    def port(self):
        return str(self.number(16))

    def ports(self):
        a, b = sorted(self.r.sample(range(65536), 2))
        return f"{a}-{b}"

    def span(self, bits):
        a, b = sorted(self.r.sample(range(1 << min(bits, 31)), 2))
        return f"{a}-{b}"

    def mark(self):
        return self.pick(hex(self.number(32)), str(self.number(32)))

    def name(self, kind):
        return self.r.choice(NAMES[kind])

    def flags(self, kind, most=3):
        return self.r.sample(FLAGS[kind], self.r.randint(1, most))

    def ifname(self):
        return self.pick('"lo"', '"eth0"', '"wlan-0.100"', '"br_lan"', '"x"', '"abcdefghijklmno"', '"veth*"', '"e*"',
                         '"ppp\\*"')

    def plain_ifname(self):
        return self.pick('"lo"', '"eth0"', '"wlan-0.100"', '"br_lan"', '"x"', '"abcdefghijklmno"')

    def time(self):
        return f'"20{self.r.randint(10, 37)}-{self.r.randint(1, 12):02}-{self.r.randint(1, 28):02} ' \
               f'{self.r.randint(0, 23):02}:{self.r.randint(0, 59):02}:{self.r.randint(0, 59):02}"'

    def hour(self):
        return self.pick(f'"{self.r.randint(0, 23):02}:{self.r.randint(0, 59):02}"',
                         f'"{self.r.randint(0, 23):02}:{self.r.randint(0, 59):02}:{self.r.randint(1, 59):02}"')

    def comment(self):
        return self.pick("a comment", "with 'quotes'", "ünïcödé 🔥", "x" * 100, "tab\\t{}", "%s %d", "<&>")


class Matches(Values):
    """Matches: what stands before a statement."""

    def op(self, *more):
        return self.pick("", "", "", "!= ", *more)

    def value_or_set(self, one, several=None):
        """A value, a range, or an anonymous set of them."""
        several = several or one
        roll = self.r.random()
        if roll < 0.6:
            return one()
        if roll < 0.7:
            return several()
        items = {several() if self.chance(0.3) else one() for _ in range(self.r.randint(1, 5))}
        return "{ " + ", ".join(sorted(items)) + " }"

    def numeric(self, bits):
        """Operator and operand for a plain number."""
        roll = self.r.random()
        if roll < 0.15:
            return f"{self.pick('<', '<=', '>', '>=')} {self.number(bits)}"
        if roll < 0.3:
            return f"{self.op()}{self.span(bits)}"
        return self.op() + self.value_or_set(lambda: str(self.number(bits)), lambda: self.span(bits))

    def address4(self, key):
        if self.chance(0.1):
            return f"{key} & {self.pick('255.255.0.0', '0.0.0.255', '255.0.255.0')} {self.pick('==', '!=')} {self.ip4()}"
        if self.chance(0.08):
            return f"{key} {self.pick('<', '>', '<=', '>=')} {self.ip4()}"
        return f"{key} {self.op()}" + self.value_or_set(self.ip4, lambda: self.pick(self.prefix4(), self.range4()))

    def address6(self, key):
        if self.chance(0.1):
            return f"{key} & {self.pick('ffff:ffff::', '::ffff', 'ffff::ffff')} {self.pick('==', '!=')} {self.ip6()}"
        return f"{key} {self.op()}" + self.value_or_set(self.ip6, self.prefix6)

    def flag_match(self, key, kind):
        f, m = self.flags(kind), self.flags(kind, 4)
        return self.pick(f"{key} {self.op()}{','.join(f)}", f"{key} {{ {', '.join(sorted(set(f)))} }}",
                         f"{key} & ({'|'.join(m)}) {self.pick('==', '!=')} {'|'.join(f)}",
                         f"{key} & ({'|'.join(m)}) {self.pick('==', '!=')} 0",
                         f"{key} {self.pick('==', '!=')} {f[0]}",
                         f"{key} & {m[0]} {self.pick('==', '!=')} {m[0]}",
                         f"{key} {','.join(f)} / {','.join(sorted(set(m + f)))}",
                         f"{key} != {','.join(f)} / {','.join(sorted(set(m + f)))}")

    def symbols(self, key, kind):
        return f"{key} {self.op()}" + self.value_or_set(lambda: self.name(kind))

    def ip_match(self):
        field = self.pick("saddr", "daddr", "saddr", "daddr", "protocol", "length", "id", "frag-off", "ttl", "checksum",
                          "dscp", "ecn", "version", "hdrlength")
        if field in ("saddr", "daddr"):
            return self.address4(f"ip {field}")
        if field == "protocol":
            return "ip protocol " + self.op() + self.value_or_set(lambda: self.pick(*PROTOCOLS[:9], "77", "253"))
        if field in ("dscp", "ecn"):
            return self.symbols(f"ip {field}", field)
        bits = {"length": 16, "id": 16, "frag-off": 16, "checksum": 16, "ttl": 8, "version": 4, "hdrlength": 4}[field]
        if field == "frag-off" and self.chance(0.4):
            return f"ip frag-off & {self.pick('0x1fff', '0x2000', '0xffff')} {self.pick('==', '!=')} {self.number(12)}"
        return f"ip {field} {self.numeric(bits)}"

    def ip6_match(self):
        field = self.pick("saddr", "daddr", "saddr", "daddr", "nexthdr", "length", "hoplimit", "dscp", "ecn", "flowlabel",
                          "version")
        if field in ("saddr", "daddr"):
            return self.address6(f"ip6 {field}")
        if field == "nexthdr":
            return "ip6 nexthdr " + self.op() + self.value_or_set(lambda: self.pick(*PROTOCOLS[:10], "77"))
        if field in ("dscp", "ecn"):
            return self.symbols(f"ip6 {field}", field)
        return f"ip6 {field} {self.numeric({'length': 16, 'hoplimit': 8, 'flowlabel': 20, 'version': 4}[field])}"

    def tcp_match(self):
        field = self.pick("sport", "dport", "dport", "sequence", "ackseq", "doff", "flags", "flags", "window", "checksum",
                          "urgptr", "reserved")
        if field == "flags":
            return self.flag_match("tcp flags", "tcp")
        return f"tcp {field} " + self.numeric({"sport": 16, "dport": 16, "sequence": 32, "ackseq": 32, "doff": 4,
                                               "reserved": 4, "window": 16, "checksum": 16, "urgptr": 16}[field])

    def transport_match(self):
        proto = self.pick("tcp", "tcp", "udp", "udplite", "sctp", "dccp", "esp", "ah", "comp", "th", "igmp", "icmp", "icmpv6")
        if proto == "tcp":
            return self.tcp_match()
        if proto == "icmp":
            return self.icmp_match()
        if proto == "icmpv6":
            return self.icmpv6_match()
        if proto == "th":
            return f"meta l4proto {{ tcp, udp }} th {self.pick('sport', 'dport')} {self.numeric(16)}"
        if proto == "dccp" and self.chance(0.3):
            return self.symbols("dccp type", "dccp")
        if proto == "igmp" and self.chance(0.5):
            return self.symbols("igmp type", "igmp_type")
        fields = {"udp": {"sport": 16, "dport": 16, "length": 16, "checksum": 16},
                  "udplite": {"sport": 16, "dport": 16, "checksum": 16},
                  "sctp": {"sport": 16, "dport": 16, "vtag": 32, "checksum": 32},
                  "dccp": {"sport": 16, "dport": 16},
                  "esp": {"spi": 32, "sequence": 32},
                  "ah": {"hdrlength": 8, "reserved": 16, "spi": 32, "sequence": 32},
                  "comp": {"flags": 8, "cpi": 16},
                  "igmp": {"mrt": 8, "checksum": 16}}[proto]
        field = self.pick(*fields)
        return f"{proto} {field} {self.numeric(fields[field])}"

    def icmp_match(self):
        return self.pick(self.symbols("icmp type", "icmp_type"), self.symbols("icmp type", "icmp_type"),
                         self.symbols("icmp code", "icmp_code"), f"icmp checksum {self.number(16)}",
                         f"icmp id {self.numeric(16)}", f"icmp sequence {self.number(16)}", f"icmp gateway {self.number(32)}",
                         f"icmp mtu {self.numeric(16)}", f"icmp type {self.name('icmp_type')} icmp code {self.number(8)}",
                         f"icmp type {self.pick('echo-request', 'echo-reply')} icmp id {self.number(16)}",
                         f"icmp type {{ echo-request, echo-reply }} icmp id {self.number(16)}",
                         f"icmp type redirect icmp gateway {self.number(32)}")

    def icmpv6_match(self):
        return self.pick(self.symbols("icmpv6 type", "icmpv6_type"), self.symbols("icmpv6 type", "icmpv6_type"),
                         self.symbols("icmpv6 code", "icmpv6_code"), f"icmpv6 mtu {self.numeric(32)}",
                         f"icmpv6 id {self.number(16)}", f"icmpv6 sequence {self.numeric(16)}",
                         f"icmpv6 max-delay {self.number(16)}", f"icmpv6 parameter-problem {self.number(32)}",
                         f"icmpv6 type {self.pick('echo-request', 'echo-reply')} icmpv6 sequence {self.number(16)}")

    def meta_match(self):
        key = self.pick("length", "protocol", "l4proto", "nfproto", "mark", "iif", "oif", "iifname", "oifname", "iiftype",
                        "oiftype", "skuid", "skgid", "rtclassid", "pkttype", "cpu", "iifgroup", "oifgroup", "cgroup",
                        "random", "ipsec", "iifkind", "time", "hour", "day", "priority", "mark", "sdif", "sdifname")
        if key == "mark":
            return self.mark_match("meta mark")
        if key in ("iif", "oif", "sdif"):
            return f"{'meta ' if key == 'sdif' else ''}{key} {self.op()}" + self.value_or_set(lambda: self.pick('"lo"', "77", "1"))
        if key in ("iifname", "oifname", "sdifname"):
            return f"meta {key} {self.op()}" + (self.ifname() if self.chance(0.5) else self.value_or_set(self.plain_ifname))
        if key in ("iiftype", "oiftype"):
            return self.symbols(f"meta {key}", "iftype")
        if key in ("skuid", "skgid", "cgroup", "cpu", "length", "random"):
            return f"meta {key} {self.numeric(16 if key == 'cpu' else 32)}"
        if key in ("iifgroup", "oifgroup"):
            return f"{key} {self.op()}" + self.value_or_set(lambda: self.pick("default", "5", str(self.number(32))))
        if key == "rtclassid":
            return f"meta rtclassid {self.op()}{self.pick('cosmos', str(self.number(16)))}"
        if key == "protocol":
            return self.symbols("meta protocol", "ethertype")
        if key == "l4proto":
            return "meta l4proto " + self.op() + self.value_or_set(lambda: self.pick(*PROTOCOLS, "77", "254"))
        if key == "nfproto":
            return f"meta nfproto {self.op()}{self.pick('ipv4', 'ipv6')}"
        if key == "pkttype":
            return self.symbols("meta pkttype", "pkttype")
        if key == "ipsec":
            return f"meta ipsec {self.pick('exists', 'missing')}"
        if key == "iifkind":
            return f'meta {self.pick("iifkind", "oifkind")} {self.op()}{self.pick(chr(34) + "vrf" + chr(34), chr(34) + "tun" + chr(34))}'
        if key == "time":
            return f"meta time {self.pick('', '!= ', '< ', '> ')}{self.time()}"
        if key == "hour":
            return f"meta hour {self.op()}{self.pick(self.hour(), self.hour() + '-' + self.hour())}"
        if key == "day":
            return self.symbols("meta day", "day")
        return f"meta priority {self.op()}{self.pick('root', 'none', '1:10', 'ffff:ffff', 'a:0')}"

    def mark_match(self, key):
        return self.pick(f"{key} {self.op()}{self.mark()}", f"{key} & {self.mark()} {self.pick('==', '!=')} {self.mark()}",
                         f"{key} {self.op()}{self.value_or_set(self.mark)}", f"{key} {self.pick('<', '>=')} {self.mark()}",
                         f"{key} {self.span(31)}", f"{key} and {self.mark()} {self.mark()}", f"{key} or {self.mark()} == {self.mark()}",
                         f"{key} xor {self.mark()} == {self.mark()}",
                         f"{key} & 0xffff0000 == {hex(self.r.randint(0, 65535) << 16)}")

    def ct_match(self, families=("ip", "ip6")):
        key = self.pick("state", "state", "state", "status", "mark", "expiration", "helper", "l3proto", "protocol", "bytes",
                        "packets", "avgpkt", "zone", "label", "direction", "id", "addr", "proto", "saddr")
        direction = self.pick("original", "reply")
        if key in ("state", "status"):
            return self.flag_match(f"ct {key}", key)
        if key == "mark":
            return self.mark_match("ct mark")
        if key == "expiration":
            return f"ct expiration {self.pick('', '> ', '!= ')}{self.r.randint(1, 90)}{self.pick('s', 'm', 'h', 'd')}"
        if key == "helper":
            return f'ct helper {self.op()}{self.pick(chr(34) + "ftp" + chr(34), chr(34) + "sip" + chr(34))}'
        if key == "l3proto":
            return f"ct {direction} l3proto {self.pick('ipv4', 'ipv6')}"
        if key == "protocol":
            return f"ct {direction} protocol {self.op()}" + self.value_or_set(lambda: self.pick(*PROTOCOLS[:6]))
        if key in ("bytes", "packets", "avgpkt"):
            return f"ct {self.pick('', direction + ' ')}{key} {self.numeric(62)}"
        if key == "zone":
            return f"ct {self.pick('', direction + ' ')}zone {self.numeric(16)}"
        if key == "label":
            return f"ct label {self.r.randint(0, 127)}"
        if key == "direction":
            return f"ct direction {direction}"
        if key == "id":
            return f"ct id {self.number(32)}"
        if key == "proto":
            return f"ct {direction} protocol {self.pick('tcp', 'udp')} ct {direction} {self.pick('proto-src', 'proto-dst')} {self.numeric(16)}"
        family = self.pick(*families)
        return (self.address4 if family == "ip" else self.address6)(f"ct {direction} {family} {self.pick('saddr', 'daddr')}")

    def exthdr_match(self):
        return self.pick(
            f"hbh nexthdr {self.pick(*PROTOCOLS[:6])}", f"hbh hdrlength {self.numeric(8)}", f"dst nexthdr {self.number(8)}",
            f"rt type {self.numeric(8)}", f"rt seg-left {self.number(8)}", f"rt0 addr[1] {self.ip6()}", f"rt nexthdr {self.number(8)}",
            f"srh tag {self.number(16)}", f"srh flags {self.number(8)}", f"srh sid[1] {self.ip6()}", f"srh last-entry {self.number(8)}",
            f"frag id {self.numeric(32)}", f"frag frag-off {self.numeric(13)}", f"frag more-fragments {self.number(1)}",
            f"frag reserved2 {self.number(2)}", f"frag nexthdr {self.pick(*PROTOCOLS[:6])}", self.symbols("mh type", "mh"),
            f"mh checksum {self.number(16)}", f"mh hdrlength {self.number(8)}",
            f"exthdr {self.pick('hbh', 'rt', 'frag', 'dst', 'mh')} {self.pick('exists', 'missing')}")

    def option_match(self):
        return self.pick(
            f"tcp option maxseg size {self.numeric(16)}", f"tcp option maxseg {self.pick('kind', 'length')} {self.number(8)}",
            f"tcp option window count {self.numeric(8)}", f"tcp option sack left {self.numeric(32)}",
            f"tcp option sack{self.r.randint(1, 3)} {self.pick('left', 'right')} {self.number(32)}",
            f"tcp option timestamp {self.pick('tsval', 'tsecr')} {self.number(32)}", f"tcp option sack-perm {self.pick('exists', 'missing')}",
            f"tcp option fastopen exists", f"tcp option md5sig length {self.number(8)}", f"tcp option mptcp subtype {self.number(4)}",
            f"tcp option {self.r.randint(40, 255)} {self.pick('exists', 'missing')}", f"tcp option nop missing",
            f"tcp option @{self.r.randint(1, 255)},{self.pick(0, 8, 16)},{self.pick(8, 16, 32)} {self.number(8)}")

    def ip_option_match(self):
        return self.pick(f"ip option {self.pick('rr', 'lsrr', 'ssrr', 'ra')} {self.pick('exists', 'missing')}",
                         f"ip option {self.pick('rr', 'lsrr', 'ssrr')} {self.pick('ptr', 'length', 'type')} {self.number(8)}",
                         f"ip option {self.pick('rr', 'lsrr')} addr {self.number(32)}", f"ip option ra value {self.numeric(16)}")

    def sctp_match(self):
        return "sctp chunk " + self.pick(
            f"{self.pick('data', 'init', 'heartbeat', 'abort', 'cookie-echo', 'shutdown-complete', 'asconf')} {self.pick('exists', 'missing')}",
            f"data {self.pick('tsn', 'ppid')} {self.number(32)}", f"data stream {self.numeric(16)}", f"init init-tag {self.number(32)}",
            f"init-ack num-inbound-streams {self.number(16)}", f"sack cum-tsn-ack {self.number(32)}", f"forward-tsn new-cum-tsn {self.number(32)}",
            f"asconf-ack seqno {self.number(32)}", f"error flags {self.number(8)}")

    def lookup_match(self, families=("ip", "ip6")):
        addr = {"ip": self.ip4, "ip6": self.ip6}[self.pick(*families)]
        return self.pick(
            f"fib {self.pick('saddr', 'daddr', 'saddr . iif', 'daddr . oif', 'saddr . mark . iif')} oif {self.pick('exists', 'missing', '!= 5')}",
            f"fib daddr . iif type {self.op()}" + self.value_or_set(lambda: self.name("addrtype")),
            f"fib saddr type {self.name('addrtype')}", f'fib daddr oifname {self.op()}"lo"',
            f"rt classid {self.op()}{self.number(16)}", f"rt mtu {self.numeric(16)}", f"rt ipsec {self.pick('exists', 'missing')}",
            f"rt {'ip' if addr == self.ip4 else 'ip6'} nexthop {addr()}",
            f"socket transparent {self.number(1)}", f"socket wildcard {self.number(1)}", self.mark_match("socket mark"),
            f'osf {self.pick("", "ttl loose ", "ttl skip ")}name "{self.pick("Linux", "Windows", "unknown")}"', 'osf version "Linux:3.0"',
            f"ipsec {self.pick('in', 'out')} {self.pick('', 'spnum 2 ')}reqid {self.numeric(32)}",
            f"ipsec {self.pick('in', 'out')} spi {self.number(32)}",
            f"ipsec in {'ip' if addr == self.ip4 else 'ip6'} {self.pick('saddr', 'daddr')} {addr()}")

    def compute_match(self):
        return self.pick(
            f"numgen {self.pick('inc', 'random')} mod {self.r.randint(2, 100)} {self.pick('', f'offset {self.r.randint(1, 100)} ')}{self.pick('', '< ')}{self.r.randint(0, 9)}",
            f"symhash mod {self.r.randint(2, 9)} {self.r.randint(0, 1)}",
            f"jhash {self.key()[0]} mod {self.r.randint(2, 99)} {self.pick('', f'seed {hex(self.number(32))} ')}{self.pick('', 'offset 5 ')}== {self.r.randint(5, 9)}")

    def raw_match(self):
        base = self.pick("nh", "th", "ll", "ih")
        bits = self.pick(8, 16, 32, 64, 128, 4, 12)
        return f"@{base},{self.r.randint(0, 20) * 8},{bits} {self.pick('', '!= ')}{hex(self.number(bits))}"

    def masked_match(self, six=False):
        """Masks and shifts on what is not an address, and in front of sets."""
        key, bits = self.pick(("tcp dport", 16), ("udp length", 16), ("ip6 hoplimit" if six else "ip ttl", 8), ("tcp window", 16), ("meta mark", 32),
                              ("ct mark", 32), ("ip6 flowlabel" if six else "ip id", 16), ("tcp sequence", 32), ("meta cpu", 32), ("udp checksum", 16),
                              ("icmp code", 8), ("tcp doff", 4), ("ip dscp", 6), ("vlan id", 12), ("frag frag-off", 13), ("meta length", 32))
        mask = hex(self.number(bits))
        values = "{ " + ", ".join(sorted({str(self.number(bits)) for _ in range(3)})) + " }"
        return self.pick(f"{key} & {mask} {self.pick('==', '!=')} {self.number(bits)}", f"{key} & {mask} {self.op()}{values}", f"{key} and {mask} {self.span(bits)}",
                         f"{key} & {mask} {self.pick('<', '>=')} {self.number(bits)}", f"{key} {self.pick('<<', '>>')} {self.r.randint(1, bits - 1)} == {self.number(bits)}",
                         f"{key} & {mask} >> {self.r.randint(1, 7)} {self.op()}{values}", f"{key} | {mask} == {self.number(bits)}", f"{key} ^ {mask} != {self.number(bits)}",
                         f"{key} & {mask} vmap {{ {self.number(bits)} : accept, {self.number(bits - 1)} : drop }}", f"{key} . meta mark {{ {self.number(bits)} . {self.mark()} }}")

    def neighbours(self, six=False):
        """Fields that lie side by side, which nft loads at once."""
        return self.pick(
            f"ip saddr {self.ip4()} ip daddr {self.ip4()}" if not six else f"ip6 saddr {self.ip6()} ip6 daddr {self.ip6()}",
            f"tcp sport {self.port()} tcp dport {self.port()}", f"udp sport {self.port()} udp dport {self.port()} udp length {self.port()}",
            f"icmp type {self.name('icmp_type')} icmp code {self.number(8)}", f"icmpv6 type {self.name('icmpv6_type')} icmpv6 code {self.number(8)}",
            f"ip ttl {self.number(8)} ip protocol tcp", f"ip6 nexthdr tcp ip6 hoplimit {self.number(8)}", f"tcp sequence {self.number(32)} tcp ackseq {self.number(32)}",
            f"ip daddr {self.prefix4()} tcp sport {self.port()}", f"ip saddr {self.prefix4()} ip daddr {self.prefix4()}", f"tcp sport 1 tcp dport 2 tcp sequence 3",
            f"ether saddr {self.mac()} ether daddr {self.mac()} ether type ip", f"arp htype 1 arp ptype ip arp hlen 6 arp plen 4", f"ip length {self.number(16)} ip id {self.number(16)}",
            f"tcp window {self.number(16)} tcp checksum {self.number(16)}", f"icmp id {self.number(16)} icmp sequence {self.number(16)}",
            f"ip protocol udp ip checksum {self.number(16)}", f"ip saddr != {self.ip4()} ip daddr != {self.ip4()}", f"udp sport != 1 udp dport != 2")

    def dependent(self, six=False):
        """Protocols said once or twice, with and without something in between."""
        proto = self.pick("tcp", "udp", "icmp", "icmpv6", "sctp", "esp", "6", "17", "gre")
        inner = {"tcp": "tcp dport 22", "6": "tcp flags syn", "udp": "udp dport 53", "17": "udp sport 1", "icmp": "icmp type echo-request", "sctp": "sctp dport 1",
                 "icmpv6": "icmpv6 type echo-request", "esp": "esp spi 5", "gre": "meta mark 1"}[proto]
        between = self.pick("", "", "", "counter", "meta mark 5", "ct state new", "log", "ip6 hoplimit 1" if six else "ip ttl 1", "meta mark set 7", "iifname \"lo\"", "limit rate 1/second")
        first = self.pick(f"meta l4proto {proto}", f"ip protocol {proto}", f"ip6 nexthdr {proto}", f"meta l4proto {{ {proto}, 99 }}", f"meta l4proto != {proto}",
                          f"ip protocol {{ {proto} }}", f"ct original protocol {proto}", f"meta l4proto {proto} meta l4proto {proto}")
        network = self.pick("", "", "meta nfproto ipv4", "meta nfproto ipv6", "meta protocol ip", "meta protocol ip6", "ether type ip", "ether type ip6", "ip version 4",
                            "ip saddr 1.2.3.4", "ip6 saddr ::1", "meta iiftype ether", "meta protocol vlan", "ct original l3proto ipv4", "meta nfproto { ipv4, ipv6 }")
        return " ".join(x for x in self.pick((network, first, between, inner), (first, between, inner), (network, between, inner), (inner, between, first), (network, first),
                                             (first, network, inner), (network, between, network, inner)) if x)

    # keys: (expression, type, a function that makes values)

    def keys(self):
        return [("ip saddr", "ipv4_addr", self.ip4), ("ip daddr", "ipv4_addr", self.ip4), ("tcp dport", "inet_service", self.port),
                ("udp sport", "inet_service", self.port), ("th dport", "inet_service", self.port), ("meta mark", "mark", self.mark),
                ("iifname", "ifname", self.plain_ifname), ("oifname", "ifname", self.plain_ifname),
                ("ip protocol", "inet_proto", lambda: self.pick("tcp", "udp", "77")), ("meta l4proto", "inet_proto", lambda: self.pick("tcp", "udp", "sctp")),
                ("ct mark", "mark", self.mark), ("icmp type", "icmp_type", lambda: self.name("icmp_type")),
                ("ip dscp", "dscp", lambda: self.name("dscp")), ("iif", "iface_index", lambda: self.pick('"lo"', "77")),
                ("ct state", "ct_state", lambda: self.pick(*FLAGS["state"])), ("meta pkttype", "pkt_type", lambda: self.name("pkttype")),
                ("ether saddr", "ether_addr", self.mac), ("meta cpu", "integer", lambda: str(self.number(8)))]

    def keys6(self):
        return [("ip6 saddr", "ipv6_addr", self.ip6), ("ip6 daddr", "ipv6_addr", self.ip6), ("tcp dport", "inet_service", self.port),
                ("udp dport", "inet_service", self.port), ("meta mark", "mark", self.mark), ("iifname", "ifname", self.plain_ifname),
                ("meta l4proto", "inet_proto", lambda: self.pick("tcp", "udp", "sctp")), ("ip6 nexthdr", "inet_proto", lambda: self.pick("tcp", "udp")),
                ("icmpv6 type", "icmpv6_type", lambda: self.name("icmpv6_type")), ("ip6 dscp", "dscp", lambda: self.name("dscp")),
                ("ct status", "ct_status", lambda: self.pick(*FLAGS["status"]))]

    def key(self, parts=None, six=False):
        """A key of one or several parts: expression, type, a function for a value."""
        keys = self.keys6() if six else self.keys()
        chosen = self.r.sample(keys, parts or self.pick(1, 1, 1, 2, 2, 3))
        return (" . ".join(k[0] for k in chosen), " . ".join(k[1] for k in chosen),
                lambda: " . ".join(k[2]() for k in chosen), len(chosen))

    def concat_match(self, six=False):
        key, _, value, _ = self.key(self.pick(2, 2, 3), six)
        return f"{key} {self.op()}{{ " + ", ".join(sorted({value() for _ in range(self.r.randint(1, 4))})) + " }"

    def vmap(self, chains, six=False):
        key, _, value, _ = self.key(None, six)
        items = {value() for _ in range(self.r.randint(1, 5))}
        return f"{key} vmap {{ " + ", ".join(f"{i} : {self.verdict(chains)}" for i in sorted(items)) + " }"

    def verdict(self, chains):
        return self.pick("accept", "drop", "return", "continue", *(f"{self.pick('jump', 'goto')} {c}" for c in chains[:2]))
