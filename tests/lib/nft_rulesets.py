"""Whole rulesets: tables, sets, maps, objects, chains and rules, on top of nft_grammar's matches."""
import json
import re

from nft_grammar import NAMES, Matches

HOOKS = {"ip": ["prerouting", "input", "forward", "output", "postrouting"], "arp": ["input", "output"],
         "bridge": ["prerouting", "input", "forward", "output", "postrouting"], "netdev": ["ingress"]}
HOOKS["ip6"] = HOOKS["inet"] = HOOKS["ip"]


class Rules(Matches):
    """Statements, and rules of them."""

    def limit(self):
        return "limit rate " + self.pick("", "over ") + self.pick(
            f"{self.r.randint(1, 9999)}/{self.pick('second', 'minute', 'hour', 'day', 'week')}{self.pick('', f' burst {self.r.randint(1, 99)} packets')}",
            f"{self.r.randint(1, 4096)} {self.pick('bytes', 'kbytes', 'mbytes')}/{self.pick('second', 'minute')}{self.pick('', f' burst {self.r.randint(1, 4096)} {self.pick(chr(98) + chr(121) + chr(116) + chr(101) + chr(115), chr(107) + chr(98) + chr(121) + chr(116) + chr(101) + chr(115))}')}")

    def quota(self):
        return f"quota {self.pick('', 'over ', 'until ')}{self.r.randint(1, 5000)} {self.pick('bytes', 'kbytes', 'mbytes')}"

    def log(self):
        out = "log" + self.pick("", f' prefix "{self.pick("x", "drop: ", "a b c " * 5)}"')
        if self.chance(0.3):
            return out + f" group {self.number(16)}" + self.pick("", f" snaplen {self.number(16)}") + self.pick("", f" queue-threshold {self.number(16)}")
        return out + self.pick("", f" level {self.name('level')}") + self.pick(
            "", " flags all", " flags tcp sequence", " flags tcp sequence,options", " flags ip options", " flags skuid", " flags ether",
            " flags skuid flags ether")

    def reject(self, family):
        if family in ("inet", "bridge", "netdev"):
            return self.pick("reject", f"reject with icmpx type {self.name('icmpx_code')}", "reject with tcp reset",
                             f"reject with icmp type {self.name('icmp_code')}", f"reject with icmpv6 type {self.name('icmpv6_code')}")
        if family == "ip":
            return self.pick("reject", f"reject with icmp type {self.name('icmp_code')}", "reject with tcp reset")
        return self.pick("reject", f"reject with icmpv6 type {self.name('icmpv6_code')}", "reject with tcp reset")

    def set_value(self, bits):
        return self.pick(str(self.number(bits)), hex(self.number(bits)))

    def meta_set(self):
        return self.pick(
            f"meta mark set {self.mark()}", f"meta mark set ct mark", f"meta mark set meta mark & {self.mark()}",
            f"meta mark set meta mark | {self.mark()}", f"meta mark set meta mark ^ {self.mark()}",
            f"meta mark set meta mark and {self.mark()} or {self.mark()}", f"meta mark set meta mark << {self.r.randint(1, 31)}",
            f"meta mark set meta mark >> {self.r.randint(1, 31)}", f"meta priority set {self.pick('1:2', 'none', 'root', 'ab:cd')}",
            f"meta pkttype set {self.name('pkttype')}", "meta nftrace set 1", f"meta mark set numgen inc mod {self.r.randint(2, 9)} offset {self.number(8)}",
            f"meta mark set jhash ip saddr mod {self.r.randint(2, 9)}", f"meta mark set symhash mod {self.r.randint(2, 9)}",
            f"meta mark set tcp dport map {{ {self.r.randint(0, 99)} : {self.mark()}, {self.r.randint(100, 999)}-2000 : {self.mark()} }}",
            f"meta mark set ip dscp", f"meta mark set iifname map {{ \"lo\" : {self.mark()}, \"x\" : {self.mark()} }}",
            f"meta priority set ip dscp map {{ cs1 : 1:1, af11 : 1:2 }}", f"meta mark set ip saddr . tcp dport map {{ {self.ip4()} . {self.port()} : {self.mark()} }}")

    def ct_set(self):
        return self.pick(f"ct mark set {self.mark()}", "ct mark set meta mark", f"ct mark set ct mark and {self.mark()} or {self.mark()}",
                         f"ct label set {self.r.randint(0, 127)}", f"ct event set {','.join(self.flags('event'))}", f"ct zone set {self.number(16)}",
                         f"ct original zone set {self.number(16)}", f"ct zone set iifname map {{ \"lo\" : {self.number(16)}, \"eth0\" : {self.number(16)} }}",
                         f"ct mark set meta mark | {self.mark()}", "notrack")

    def field_set(self):
        return self.pick(f"ip dscp set {self.name('dscp')}", f"ip6 dscp set {self.name('dscp')}", f"ip ecn set {self.name('ecn')}",
                         f"ip ttl set {self.number(8)}", f"ip6 hoplimit set {self.number(8)}", f"tcp dport set {self.number(16)}",
                         f"udp sport set {self.number(16)}", f"ip saddr set {self.ip4()}", f"ip6 daddr set {self.ip6()}", f"tcp window set {self.number(16)}",
                         f"tcp option maxseg size set {self.pick('rt mtu', str(self.number(16)))}", f"ip id set {self.number(16)}",
                         f"ip6 flowlabel set {self.number(20)}", f"tcp flags set {self.pick('syn', 'ack')}", f"tcp doff set {self.number(4)}",
                         f"ether saddr set {self.mac()}", f"ip length set {self.number(16)}", f"tcp dport set tcp dport map {{ 1 : 2, 3 : 4 }}",
                         f"ip daddr set ip saddr map {{ {self.ip4()} : {self.ip4()} }}", f"@nh,{self.r.randint(0, 12) * 8},{self.pick(8, 16, 32)} set {self.number(8)}",
                         "reset tcp option timestamp", "reset tcp option 77", "ip version set 4", "ip hdrlength set 5", f"vlan id set {self.number(12)}",
                         f"vlan pcp set {self.number(3)}", f"tcp sequence set {self.number(32)}", f"icmp type set {self.name('icmp_type')}")

    def nat(self, hook, family):
        """What only nat chains have."""
        v4 = family == "ip" or (family == "inet" and self.chance(0.5))
        fam = self.pick("ip ", "") if family == "ip" else ("ip " if v4 else "ip6 ") if family == "inet" else self.pick("ip6 ", "")
        addr = self.ip4 if v4 else self.ip6
        key = "ip saddr" if v4 else "ip6 saddr"
        flags = self.pick("", "", " random", " fully-random", " persistent", " random,persistent")
        kind = "snat" if hook in ("postrouting", "input") else "dnat"
        proto = self.pick("tcp dport 1", "meta l4proto { tcp, udp }", "udp sport 5", "meta l4proto tcp", "ip protocol tcp" if v4 else "ip6 nexthdr tcp")
        port = self.pick(self.port(), self.ports())
        wide = f"10.{self.r.randint(0, 9)}.0.1-10.{self.r.randint(10, 19)}.255.254" if v4 else "fd00::1-fd00::ffff"
        if self.chance(0.3):
            other = "masquerade" if hook == "postrouting" else "redirect"
            return self.pick(other + flags, f"{proto} {other} to :{port}{flags}")
        a = addr()
        bracketed = a if v4 else f"[{a}]"
        return self.pick(
            f"{kind} {fam}to {a}{flags}", f"{kind} {fam}to {wide}{flags}", f"{proto} {kind} {fam}to {bracketed}:{port}{flags}",
            f"{proto} {kind} {fam}to :{port}", f"{kind} {fam}to {key} map {{ {addr()} : {addr()}, {addr()} : {addr()} }}",
            f"{proto} {kind} {fam}addr . port to {key} map {{ {addr()} : {addr()} . {self.port()} }}",
            f"{proto} {kind} {fam}to {addr() if v4 else a}:tcp dport map {{ 1 : {self.port()}, 5 : {self.port()} }}",
            f"{kind} {fam}prefix to {key} map {{ {self.prefix4() if v4 else self.prefix6()} : {self.prefix4() if v4 else self.prefix6()} }}",
            f"{kind} {fam}to numgen inc mod 2 map {{ 0 : {addr()}, 1 : {addr()} }}",
            f"{kind} {fam}to jhash {key} mod 3 map {{ 0 : {addr()}, 1 : {addr()}, 2 : {addr()} }}",
            f"{kind} {fam}prefix to {self.prefix4() if v4 else self.prefix6()}")

    def tproxy(self, family):
        fam = {"ip": "", "ip6": "", "inet": self.pick("", "ip ", "ip6 ")}[family]
        v4 = family == "ip" or fam == "ip "
        addr = self.ip4() if v4 else f"[{self.ip6()}]"
        return "meta l4proto tcp tproxy " + fam + "to " + (f":{self.port()}" if fam == "" and family == "inet" else
                                                           self.pick(addr, f"{addr}:{self.port()}", f":{self.port()}"))

    def other(self, family, hook):
        v4 = family == "ip"
        return self.pick(
            f"dup to {self.ip4() if v4 else self.ip6()}{self.pick('', ' device lo')}", "synproxy mss 1460 wscale 7 timestamp sack-perm",
            f"synproxy mss {self.number(16)}", "synproxy", self.tproxy(family) if family in ("ip", "ip6", "inet") else "accept",
            f"ct count {self.pick('', 'over ')}{self.number(16)}", f"queue num {self.number(8)} bypass", "queue num 1-3 fanout,bypass",
            f"fwd to lo", f"fwd ip to {self.ip4()} device lo", "dup to lo")

    def named_statement(self, ruleset):
        choices = [f'{kind} name "{name}"' for kind, name in ruleset.objects if kind in ("counter", "quota", "limit", "synproxy")]
        choices += [f'ct {word} set "{name}"' for kind, name in ruleset.objects for word in ("helper", "timeout", "expectation") if kind == f"ct {word}"]
        for name, key, value in ruleset.dynamic:
            choices += [f"{self.pick('add', 'update')} @{name} {{ {key}{self.pick('', ' timeout 30s')}{self.pick('', ' counter', ' limit rate 5/second', ' ct count over 3')} }}",
                        f"delete @{name} {{ {key} }}"]
        for name, key, kind in ruleset.maps:
            choices.append(f"{key} vmap @{name}" if kind == "verdict" else
                           f"{kind} name {key} map @{name}" if kind in ("counter", "quota", "limit") else
                           f"meta mark set {key} map @{name}" if kind == "mark" else f"{key} @{ruleset.sets[0][0]}" if ruleset.sets else "accept")
        choices += [f"{key} {self.op()}@{name}" for name, key in ruleset.sets]
        if ruleset.objects:
            counters = [n for k, n in ruleset.objects if k == "counter"]
            if counters:
                choices.append(f'counter name tcp dport map {{ 1 : "{counters[0]}", 2 : "{counters[-1]}" }}')
        return self.pick(*choices) if choices else "counter"

    def statement(self, family, hook, ruleset):
        roll = self.r.random()
        if roll < 0.25:
            return self.pick("counter", "counter", self.limit(), self.quota(), self.log(), self.log())
        if roll < 0.4:
            return self.meta_set()
        if roll < 0.5:
            return self.ct_set()
        if roll < 0.62:
            return self.field_set()
        if roll < 0.72:
            return self.reject(family)
        if roll < 0.78:
            return self.other(family, hook)
        return self.named_statement(ruleset)

    def match(self, family):
        six = family == "ip6" or (family != "ip" and self.chance(0.35))
        families = {"ip": ("ip",), "ip6": ("ip6",)}.get(family, ("ip", "ip6"))
        if self.chance(0.25):
            return self.pick(self.masked_match, self.neighbours, self.dependent, self.dependent)(six)
        roll = self.r.random()
        if roll < 0.2:
            return self.ip6_match() if six else self.ip_match()
        if roll < 0.42:
            return self.transport_match()
        if roll < 0.6:
            return self.meta_match()
        if roll < 0.7:
            return self.ct_match(families)
        if roll < 0.78:
            return self.concat_match(six)
        if roll < 0.83:
            return self.exthdr_match() if six else self.ip_option_match()
        if roll < 0.88:
            return self.option_match()
        if roll < 0.9:
            return self.sctp_match()
        if roll < 0.94:
            return self.lookup_match(families)
        if roll < 0.96:
            return self.compute_match()
        if roll < 0.97:
            return self.ether_match()
        return self.raw_match()

    def ether_match(self):
        return self.pick(f"ether saddr {self.op()}" + self.value_or_set(self.mac), f"ether daddr {self.mac()}", self.symbols("ether type", "ethertype"),
                         f"vlan id {self.numeric(12)}", f"vlan pcp {self.numeric(3)}", f"vlan dei {self.number(1)}", f"vlan type {self.name('ethertype')}",
                         f"ether type vlan vlan id {self.number(12)} vlan type ip {self.ip_match()}", f"vlan id {self.number(12)} {self.ip_match()}",
                         f"ether type ip {self.ip_match()}", f"ether type ip6 {self.ip6_match()}", f"vlan id 1 vlan pcp 2",
                         f"ether saddr {self.mac()} ether daddr {self.mac()}", f"ether saddr . vlan id {{ {self.mac()} . {self.number(12)} }}")

    def arp_match(self):
        return self.pick(f"arp htype {self.number(16)}", self.symbols("arp ptype", "ethertype"), f"arp hlen {self.numeric(8)}", f"arp plen {self.number(8)}",
                         self.symbols("arp operation", "arpop"), f"arp saddr ip {self.ip4()}", f"arp daddr ip {self.op()}{self.prefix4()}",
                         f"arp saddr ether {self.mac()}", f"arp daddr ether {self.op()}" + self.value_or_set(self.mac), f"iifname {self.ifname()}",
                         f"meta mark {self.mark()}")

    def rule(self, family, hook, chains, ruleset):
        if family == "arp":
            parts = [self.arp_match() for _ in range(self.r.randint(1, 3))]
        elif family in ("bridge", "netdev"):
            parts = [self.pick(self.ether_match, lambda: self.match(family))() for _ in range(self.r.randint(1, 3))]
        else:
            parts = [self.match(family) for _ in range(self.pick(0, 1, 1, 1, 2, 2, 3))]
        if family != "arp" and self.chance(0.5):
            parts.append(self.statement(family, hook, ruleset))
            if self.chance(0.2):
                parts.append(self.match(family))
            if self.chance(0.2):
                parts.append(self.statement(family, hook, ruleset))
        if hook == "nat":
            parts.append(self.nat(ruleset.nat_hook, family))
        elif self.chance(0.1) and family != "arp":
            parts.append(self.vmap(chains, family == "ip6"))
        elif self.chance(0.6) or not parts:
            parts.append(self.verdict(chains))
        if self.chance(0.15):
            parts.append(f'comment "{self.comment()}"')
        return " ".join(parts)


class Ruleset:
    """One table of a family with everything in it; its text in .lines."""

    def __init__(self, rules, family, name, count):
        self.rules, self.family, self.name = rules, family, name
        self.objects, self.sets, self.maps, self.dynamic = [], [], [], []
        self.lines = [f"add table {family} {name}" + rules.pick("", "", f' {{ comment "{rules.comment()}"; }}')]
        self.chains = [f"c{i}" for i in range(3)]
        self.lines += [f"add chain {family} {name} {c}" for c in self.chains]
        if family not in ("arp", "bridge", "netdev"):
            self._objects()
        if family != "arp":
            self._sets()
            self._more_sets()
        self._base_chains()
        for _ in range(count):
            chain, hook = rules.pick(*self.places)
            self.nat_hook = chain.split("_")[-1]
            self.lines.append(f"add rule {family} {name} {chain} " + rules.rule(family, hook, self.chains if chain not in self.chains else self.chains[2:], self))

    def _add(self, kind, name, body):
        self.lines.append(f"add {kind} {self.family} {self.name} {name} {{ {body} }}")

    def _objects(self):
        r = self.rules
        l3 = {"ip": "ip", "ip6": "ip6"}.get(self.family) or r.pick("ip", "ip6", "inet")
        comment = r.pick("", f' comment "{r.comment()}";')
        for i in range(r.r.randint(1, 3)):
            self._add("counter", f"cnt{i}", f"packets {r.number(32)} bytes {r.number(62)};{comment}")
            self.objects.append(("counter", f"cnt{i}"))
        self._add("quota", "quo", f"{r.pick('over ', '')}{r.r.randint(1, 5000)} {r.pick('bytes', 'kbytes', 'mbytes')} used {r.r.randint(0, 9)} kbytes;")
        self._add("limit", "lim", r.limit()[6:] + ";")
        self._add("ct helper", "hel", f'type "{r.pick("ftp", "tftp", "sip")}" protocol {r.pick("tcp", "udp")}; l3proto {l3};')
        tcp = r.chance(0.5)
        states = r.r.sample(["syn_sent", "established", "close", "last_ack", "retrans", "unack"] if tcp else ["unreplied", "replied"], 2)
        self._add("ct timeout", "tim", f"protocol {'tcp' if tcp else 'udp'}; l3proto {l3}; policy = {{ {', '.join(f'{s} : {r.r.randint(1, 9999)}' for s in states)} }};")
        self._add("ct expectation", "exp", f"protocol {r.pick('tcp', 'udp')}; dport {r.r.randint(1, 65535)}; timeout {r.r.randint(1, 90)}m; size {r.number(8)}; l3proto {l3};")
        self._add("synproxy", "syn", f"mss {r.number(16)}; wscale {r.r.randint(0, 14)}; {r.pick('timestamp', 'sack-perm', 'timestamp sack-perm', '')}{r.pick(';', '')}")
        self.objects += [("quota", "quo"), ("limit", "lim"), ("ct helper", "hel"), ("ct timeout", "tim"), ("ct expectation", "exp"), ("synproxy", "syn")]

    def _sets(self):
        r = self.rules
        six = self.family == "ip6"
        for i in range(r.r.randint(2, 6)):
            key, kind, value, parts = r.key(None, six)
            typed = r.pick(f"type {kind}", f"type {kind}", f"typeof {key}")
            interval = r.chance(0.35)
            if interval and kind == "ipv4_addr":
                value = lambda v=value: r.pick(v(), r.prefix4(), r.range4())
            elif interval and kind in ("inet_service", "mark"):
                value = lambda v=value: r.pick(v(), r.ports())
            elif interval and kind == "ifname":
                value = lambda v=value: r.pick(v(), '"wl*"', '"en*"')
            elif interval and parts > 1:
                value = lambda v=value: v()
            flags = (["interval"] if interval else []) + r.pick([], [], ["timeout"], ["dynamic"] if not interval else [])
            body = typed + ";" + (f" flags {','.join(flags)};" if flags else "") + r.pick("", f" size {r.r.randint(8, 65535)};") \
                + r.pick("", f' comment "{r.comment()}";') + (r.pick("", " timeout 1h;", " gc-interval 5m;") if "timeout" in flags else "") \
                + r.pick("", "", " policy memory;") + (" counter;" if r.chance(0.1) else " auto-merge;" if interval and r.chance(0.5) else "")
            extra = lambda: r.pick("", "", f' comment "{r.comment()}"') + (r.pick("", " timeout 3d") if "timeout" in flags else "")
            items = sorted({value() for _ in range(r.r.randint(0, 8))})
            if items and r.chance(0.9):
                body += f" elements = {{ {', '.join(i + extra() for i in items)} }};"
            self._add("set", f"s{i}", body)
            self.sets.append((f"s{i}", key))
            if "dynamic" in flags or "timeout" in flags:
                self.dynamic.append((f"s{i}", key, value))
        for i in range(r.r.randint(1, 4)):
            key, kind, value, parts = r.key(None, six)
            datas = {"verdict": lambda: r.verdict(self.chains), "mark": r.mark, "ipv4_addr": r.ip4, "inet_service": r.port,
                     "ipv4_addr . inet_service": lambda: f"{r.ip4()} . {r.port()}", "ifname": r.plain_ifname}
            if self.objects:
                datas["counter"] = lambda: r.pick(*(f'"{n}"' for k, n in self.objects if k == "counter"))
            data = r.pick(*datas)
            body = f"type {kind} : {data};" + r.pick("", f' comment "{r.comment()}";')
            items = sorted({value() for _ in range(r.r.randint(1, 6))})
            body += f" elements = {{ {', '.join(f'{k} : {datas[data]()}' for k in items)} }};"
            self._add("map", f"m{i}", body)
            self.maps.append((f"m{i}", key, data))

    def _more_sets(self):
        """Odd keys by typeof, concatenations of intervals, catch-alls, elements with statements."""
        r = self.rules
        odd = [("vlan id", lambda: str(r.number(12))), ("tcp option maxseg size", r.port), ("frag frag-off", lambda: str(r.number(13))), ("ct zone", r.port),
               ("socket mark", r.mark), ("rt mtu", r.port), ("meta hour", r.hour), ("meta day", lambda: r.name("day")), ("ip version", lambda: str(r.number(4))),
               ("ct expiration", lambda: f"{r.r.randint(1, 99)}m"), ("meta priority", lambda: r.pick("1:2", "a:b")), ("tcp doff", lambda: str(r.number(4))),
               ("osf name", lambda: r.pick('"Linux"', '"Windows"')), ("ipsec in reqid", lambda: str(r.number(32))), ("ip6 flowlabel", lambda: str(r.number(20))),
               ("fib daddr type", lambda: r.name("addrtype")), ("numgen inc mod 7", lambda: str(r.r.randint(0, 6))), ("ct bytes", lambda: str(r.number(62))),
               ("meta skuid", lambda: str(r.number(32))), ("arp operation", lambda: r.name("arpop")), ("@nh,8,16", lambda: hex(r.number(16))),
               ("ip dscp", lambda: r.name("dscp")), ("srh tag", r.port), ("ct id", lambda: str(r.number(32))), ("meta time", r.time), ("tcp flags", lambda: r.pick("syn", "ack", "0x12")),
               ("ct original ip saddr", r.ip4), ("sctp chunk data tsn", lambda: str(r.number(32))), ("ip option ra value", r.port), ("th dport", r.port)]
        for i in range(3):
            chosen = r.r.sample(odd, r.pick(1, 1, 2))
            items = sorted({" . ".join(v() for _, v in chosen) for _ in range(4)})
            self._add("set", f"o{i}", f"typeof {' . '.join(k for k, _ in chosen)};{r.pick('', ' flags interval;')} elements = {{ {', '.join(items)} }};")
            self.sets.append((f"o{i}", " . ".join(k for k, _ in chosen)))
        data = r.r.sample(odd, 2)
        self._add("map", "om", f"typeof {data[0][0]} : {data[1][0]}; elements = {{ {data[0][1]()} : {data[1][1]()} }};")
        v4 = lambda: r.pick(r.ip4, r.prefix4, r.range4)()
        items = [f"{v4()} . {r.pick(r.port, r.ports)()}{r.pick('', ' . ' + r.ip4())}" for _ in range(4)]
        three = [i if i.count(" . ") == 2 else i + f" . {r.prefix4()}" for i in items]
        for n, item in enumerate(three):  # overlaps are refused: one element each
            self._add("set", f"ci{n}", f"type ipv4_addr . inet_service . ipv4_addr; flags interval; elements = {{ {item} }};")
        self._add("set", "cif", f'type ifname . ipv4_addr; flags interval; elements = {{ "eth*" . {v4()}, "lo" . {v4()} }};')
        self._add("map", "ca", f"type ipv4_addr : verdict; flags interval; elements = {{ {r.prefix4()} : accept, * : drop }};")
        self._add("map", "cv", f"type ipv4_addr . inet_service : verdict; flags interval; counter; elements = {{ {v4()} . {r.ports()} : drop }};")
        self._add("set", "cc", "type inet_service; flags interval; elements = { 5, 10-20, * };")
        self._add("set", "ec", f"type ipv4_addr; {r.pick('counter', 'quota 500 bytes', 'limit rate 5/second', 'ct count over 5', 'counter; limit rate 1/minute')}; elements = {{ {r.ip4()}, {r.ip4()} }};")
        self._add("map", "md", f'type inet_service : ifname; elements = {{ 1 : "lo", 2 : "eth0" }};')
        self._add("map", "mi", f"type ipv4_addr : interval ipv4_addr; flags interval; elements = {{ {r.prefix4()} : {r.pick(r.prefix4(), r.range4(), r.ip4())} }};")
        self._add("map", "mc", f'type ipv4_addr : verdict; flags timeout; elements = {{ {r.ip4()} timeout 5h comment "x" : jump c1, {r.ip4()} : accept }};')
        self._add("map", "mm", f"type mark : ipv4_addr . inet_service; elements = {{ {r.mark()} : {r.ip4()} . {r.port()} }};")
        self._add("set", "im", f"type mark; flags interval; elements = {{ {r.span(31)} }};")
        self._add("set", "ip6i", f"type ipv6_addr; flags interval; auto-merge; elements = {{ {r.prefix6()}, {r.ip6()}, {r.prefix6()} }};")
        self._add("set", "mac", f"type ether_addr; flags interval; elements = {{ {r.mac()}, 02:00:00:00:00:00-02:ff:ff:ff:ff:ff }};")
        self._add("set", "fl", "type tcp_flag; elements = { syn, syn|ack, fin|rst, 0x0 };")
        self._add("set", "ep", "type inet_proto . inet_service . mark . ether_addr; elements = { tcp . 1 . 2 . 00:11:22:33:44:55, udp . 3 . 4 . 02:00:00:00:00:01 };")
        self.sets += [("ip6i", "ip6 saddr"), ("im", "meta mark"), ("im", f"ct mark & {r.mark()}"), ("mac", "ether saddr"), ("ci0", "ip saddr . tcp dport . ip daddr"),
                      ("cif", "iifname . ip saddr"), ("cc", "tcp dport"), ("ec", "ip saddr"), ("fl", "tcp flags"), ("ec", "ip daddr & 255.255.255.0")]
        self.maps += [("ca", "ip saddr", "verdict"), ("cv", "ip daddr . tcp dport", "verdict"), ("mc", "ip saddr", "verdict")]

    def _base_chains(self):
        r = self.rules
        self.places = [(c, "plain") for c in self.chains]
        for hook in r.r.sample(HOOKS[self.family], min(2, len(HOOKS[self.family]))):
            device = ' device "lo"' if self.family == "netdev" else ""
            self._add("chain", f"f_{hook}", f"type filter hook {hook}{device} priority {r.pick('filter', '0', '-150', 'filter + 5', '2147483647' if self.family != 'netdev' else '1')}; policy {r.pick('accept', 'drop')};"
                      + r.pick("", f' comment "{r.comment()}";'))
            self.places += [(f"f_{hook}", "filter")] * 2
        if self.family in ("ip", "ip6", "inet"):
            for hook in ("prerouting", "postrouting"):
                self._add("chain", f"n_{hook}", f"type nat hook {hook} priority {r.pick('-100', '100', 'dstnat' if hook == 'prerouting' else 'srcnat')};")
                self.places.append((f"n_{hook}", "nat"))


def generate(seed, family, rules, name="t"):
    """The commands of one table, by a seed."""
    return Ruleset(Rules(f"{seed}/{family}"), family, name, rules).lines


BATCH = 24


class Loader:
    """Loads commands into a namespace and keeps what nft and the kernel take.

    .kept and .refused are the commands; .unlisted those that nft takes but then cannot list itself
    (it aborts, or says nothing of them), which therefore have no oracle.
    """

    def __init__(self, ns):
        self.ns = ns
        self.kept, self.refused, self.unlisted = [], [], []

    def _nft(self, lines):
        return self.ns.run(["nft", "-f", "-"], input="\n".join(lines) + "\n", check=False)

    def _lists(self):
        done = self.ns.run(["nft", "-j", "list", "ruleset"], check=False)
        return done.returncode == 0 and "rror" not in done.stderr

    def _one(self, line, check=False):
        if self._nft([line]).returncode:
            self.refused.append(line)
            return
        if check and not self._lists():
            self.unlisted.append(line)
            self.ns.run("nft flush ruleset")
            assert not self._nft(self.kept).returncode, "what was loaded once does not load again"
            return
        self.kept.append(line)

    def _batch(self, lines):
        """A batch loads as a whole or not at all; nft says which lines were at fault."""
        lines = list(lines)
        while lines:
            done = self._nft(lines)
            if done.returncode == 0:
                break
            bad = sorted({int(n) for n in re.findall(r"^/dev/stdin:(\d+):", done.stderr, re.M)}, reverse=True)
            if not bad or len(bad) > 11:  # it does not say which
                for line in lines:
                    self._one(line, check=True)
                return
            for n in bad:
                self.refused.append(lines.pop(n - 1))
        if lines and not self._lists():
            self.ns.run("nft flush ruleset")
            assert not self._nft(self.kept).returncode, "what was loaded once does not load again"
            for line in lines:
                self._one(line, check=True)
            return
        self.kept += lines

    def load(self, lines):
        rules = [line for line in lines if line.startswith("add rule")]
        for line in lines:
            if not line.startswith("add rule"):
                self._one(line, check=True)
        for at in range(0, len(rules), BATCH):
            self._batch(rules[at:at + BATCH])
        return self


def listed(ns, *words):
    """What nft -j says, without its metainfo."""
    return json.loads(ns.run(["nft", "-j", *(words or ("list", "ruleset"))]))["nftables"][1:]
