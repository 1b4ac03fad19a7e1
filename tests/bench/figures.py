"""The figures themselves: what is run in turn with what, and what it has to reach.

Each group is one function, run in namespaces of its own by run; it prints its rows as JSON lines:
number, what, ours, floor or peer, ratio, reach, reached.
"""

import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time

import lab

MAIN_TABLE, SMALL_TABLE = "254", "1000"
# P1 and P3 are one thing after another and stay on one processor; P2 has one for the server and one
# for h2load. Left to the scheduler, the same run differs by two between one placement and the next.
SERVER_CPU, H2LOAD_CPU = 0, -1


def body(method, **params):
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params},
                      separators=(",", ":"))


# --- rows ---

def show_time(ns):
    if ns < 10_000_000:
        return f"{ns / 1e3:.1f} µs" if ns < 1_000_000 else f"{ns / 1e6:.2f} ms"
    return f"{ns / 1e6:.0f} ms" if ns < 1_000_000_000 else f"{ns / 1e9:.2f} s"


def show_size(count):
    return f"{count / (1 << 20):.2f} MiB"


def row(number, what, ours, other, ratio, reach, reached):
    answer = "" if reached is None else "yes" if reached else "no"
    print(json.dumps([number, what, ours, other, f"{ratio:.2f}" if ratio else "", reach, answer]),
          flush=True)


def row_at_most(number, what, ours, other, most):
    """Times in turn with a floor: the ratio of the medians, and what it may be."""
    a, b = statistics.median(ours), statistics.median(other)
    row(number, what, show_time(a), show_time(b), a / b, f"≤ {most} ×" if most else "",
        a / b <= most if most else None)


def row_faster(number, what, ours, other, least):
    """Times in turn with a peer: how many times faster ours is."""
    a, b = statistics.median(ours), statistics.median(other)
    row(number, what, show_time(a), show_time(b), b / a,
        f"≥ {least} × faster" if least > 1 else "faster", b / a >= least)


class Bench:
    """What every group needs: the options, the tools, and the ways to ask for a time."""

    def __init__(self, options):
        self.options = options
        self.rounds = options.rounds
        self.quick = options.quick
        self.tools = lab.Tools(options.build)

    def wants(self, number):
        return number in self.options.wanted

    def say(self, text):
        print("  " + text, file=sys.stderr, flush=True)

    def latency(self, server, message, *options):
        return lab.output(lab.pinned([self.tools.client, "latency", *options, server.socket,
                                      message], SERVER_CPU))[0]

    def fetch(self, server, message):
        return lab.output([self.tools.client, "fetch", server.socket, message])[0]

    def dump(self, *arguments):
        return lab.output([self.tools.dump, *arguments])[0]["total"]

    def text(self, server, message):
        """A whole answer as text."""
        lab.output([self.tools.client, "fetch", "--out", "answer", server.socket, message])
        with open("answer", "rb") as file:
            return file.read()

    def check(self, server, message, marker, least):
        """A list that is too short would be quick: counts before anything is measured."""
        found = self.text(server, message).count(marker)
        if found < least:
            raise RuntimeError(f"{message}: {found} times {marker}, expected {least}")

    def in_turn(self, *runs):
        """Calls each of the functions once a round; a list of results for each."""
        results = [[] for _ in runs]
        for _ in range(self.rounds):
            for result, run in zip(results, runs):
                result.append(run())
        return results


# --- P1, P2, P3: small calls ---

def group_small(bench):
    health = body("rpc.health")
    with lab.Daemon(bench.options.build, SERVER_CPU) as sal, \
            lab.Echo(bench.tools, 200, SERVER_CPU) as echo:
        for number, what, calls, extra in (
                ("P1", "rpc.health, 1 keep-alive connection, p50", 20000, []),
                ("P3", "rpc.health, a connection each, p50", 5000, ["--new"])):
            if not bench.wants(number):
                continue
            bench.say(what)
            plan = ["--calls", str(calls // 4 if bench.quick else calls), *extra]
            floor, ours = bench.in_turn(lambda: bench.latency(echo, "echo:200", *plan)["p50"],
                                        lambda: bench.latency(sal, health, *plan)["p50"])
            row_at_most(number, what, ours, floor, 2.5)
        if bench.wants("P2"):
            measure_throughput(bench, sal, health)


def h2load(server, connections, requests):
    done = subprocess.run(
        lab.pinned(["h2load", "--h1", "-n", str(requests), "-c", str(connections), "-m", "1",
                    "--base-uri=unix:" + server.socket, "-d", "request.json",
                    "-H", "content-type: application/json", "http://localhost/rpc"], H2LOAD_CPU),
        stdout=subprocess.PIPE, text=True, check=True)
    if f" {requests} 2xx" not in done.stdout:
        raise RuntimeError(f"h2load: not every answer was a 200\n{done.stdout}")
    return float(re.search(r"([\d.]+) req/s", done.stdout).group(1))


def measure_throughput(bench, sal, health):
    with open("request.json", "w") as file:
        file.write(health)
    requests = 20000 if bench.quick else 80000
    answer = bench.text(sal, health).decode()
    with lab.Nginx(answer, SERVER_CPU) as nginx:
        for connections in (16, 64):
            what = f"rpc.health, {connections} keep-alive connections, requests per second"
            bench.say(what)
            peer, ours = (statistics.median(rates) for rates in bench.in_turn(
                lambda: h2load(nginx, connections, requests),
                lambda: h2load(sal, connections, requests)))
            row("P2", what, f"{ours:.0f}", f"nginx {peer:.0f}", ours / peer, "≥ 1.0 ×",
                ours >= peer)


# --- P4, P12: routes ---

def group_routes(bench):
    lab.add_veth()
    lab.add_small_table(SMALL_TABLE, 10)
    loaded = 0
    for count in (100_000,) if bench.quick else (100_000, 1_000_000):
        if not bench.wants("P4") and not bench.quick and count < 1_000_000:
            continue
        bench.say(f"loading {count} routes")
        lab.add_routes(loaded, count)
        loaded = count
        if bench.wants("P4"):
            measure_routes(bench, count)
    if bench.wants("P12"):
        measure_slow_readers(bench, loaded)


def measure_routes(bench, count):
    routes = body("net.routes", family="inet")
    name = f"net.routes, {count // 1000}k IPv4 routes"
    with lab.Daemon(bench.options.build) as sal:
        bench.text(sal, body("rpc.health"))
        before = sal.memory_mark()
        bench.check(sal, routes, b'"dst":', count)
        bench.say(name)
        floor, ours, peer = bench.in_turn(
            lambda: bench.dump("--table", MAIN_TABLE, "routes4"),
            lambda: bench.fetch(sal, routes),
            lambda: lab.timed(["ip", "-j", "-d", "route"]))
        grown = sal.memory("VmHWM") - before
    whole = [one["total"] for one in ours]
    first = statistics.median(one["first"] for one in ours)
    row_at_most("P4", name, whole, floor, 2)
    row_faster("P4", name + ", ip -j -d route", whole, peer, 1.5)
    at_last = count >= 1_000_000
    row("P4", name + ", memory growth", show_size(grown), "", None,
        "≤ 8 MiB" if at_last else "", grown <= 8 << 20 if at_last else None)
    row("P4", name + ", first byte", show_time(first), "", None,
        "≤ 5 ms" if at_last else "", first <= 5_000_000 if at_last else None)


CALLERS = {
    "rpc.health": body("rpc.health"),
    "net.interfaces": body("net.interfaces"),
    "net.routes of 10": body("net.routes", table=SMALL_TABLE),
}


def measure_callers(bench, sal):
    """One caller of each, at the same time, one call a millisecond: the p99 of each."""
    seconds = "2" if bench.quick else "4"
    running = [subprocess.Popen([bench.tools.client, "latency", "--seconds", seconds,
                                 "--interval", "1000", sal.socket, message],
                                stdout=subprocess.PIPE, text=True)
               for message in CALLERS.values()]
    found = []
    for process in running:
        text = process.communicate()[0]
        if process.returncode:
            raise RuntimeError(f"a caller ended with {process.returncode}")
        found.append(json.loads(text)["p99"])
    return found


def measure_beside(bench, sal, routes):
    """The same with eight slow readers; also how many of these were cut."""
    slow = subprocess.Popen([bench.tools.client, "slow", "--readers", "8", "--rate", "1024",
                             sal.socket, routes], stdout=subprocess.PIPE, text=True)
    if slow.stdout.readline() != "ready\n":
        raise RuntimeError("the slow readers did not start")
    found = measure_callers(bench, sal)
    slow.terminate()
    cut = json.loads(slow.communicate()[0])["cut"]
    sal.settle()  # or what the readers left behind would slow down the callers alone
    return found, cut


def measure_slow_readers(bench, count):
    routes = body("net.routes", family="inet")
    beside_what = f"8 readers at 1 KiB/s of {count // 1000}k routes"
    with lab.Daemon(bench.options.build) as sal:
        for message in CALLERS.values():
            bench.text(sal, message)
        before = sal.memory_mark()
        bench.say(beside_what)
        alone, beside = bench.in_turn(lambda: measure_callers(bench, sal),
                                      lambda: measure_beside(bench, sal, routes))
        grown = sal.memory("VmHWM") - before
    for i, name in enumerate(CALLERS):
        row_at_most("P12", f"{name}, p99 beside {beside_what}",
                    [found[i] for found, _ in beside], [found[i] for found in alone], 3)
    cut = statistics.median(cut for _, cut in beside)
    row("P12", f"memory growth with {beside_what} ({cut:.0f} cut)", show_size(grown), "", None,
        "≤ 64 MiB", grown <= 64 << 20)


# --- P5: links ---

def group_links(bench):
    count = 1000
    interfaces = body("net.interfaces")
    bench.say(f"adding {count} links")
    lab.add_links(count)
    try:
        with lab.Daemon(bench.options.build) as sal:
            bench.check(sal, interfaces, b'"ifname":', count)
            bench.say("net.interfaces")
            floor, lean, ours, peer = bench.in_turn(
                lambda: bench.dump("links", "addresses"),
                lambda: bench.dump("--skip-stats", "links", "addresses"),
                lambda: bench.fetch(sal, interfaces)["total"],
                lambda: lab.timed(["ip", "-j", "-d", "addr"]))
    finally:
        lab.remove_links()
    what = "net.interfaces, 1,000 links with addresses"
    row_at_most("P5", what, ours, floor, 2.5)
    row_at_most("P5", what + ", floor without statistics", ours, lean, None)
    row_faster("P5", what + ", ip -j -d addr", ours, peer, 1)


# --- P7: the firewall ---

def group_firewall(bench):
    firewall = body("net.firewall")
    peer = ["nft", "-j", "list", "ruleset"]
    for what, add, floor, mark, count in (
            ("10k rules", lab.add_rules, ["nftables"], b'{"rule":', 10_000),
            ("100k set elements", lab.add_elements, ["nftables", "nftset:bench:s"], b'"10.', 100_000)):
        bench.say(f"loading {what}")
        add(count)
        with lab.Daemon(bench.options.build) as sal:
            bench.check(sal, firewall, mark, count)
            bench.say("net.firewall")
            plain, ours, nft = bench.in_turn(lambda: bench.dump(*floor),
                                             lambda: bench.fetch(sal, firewall)["total"],
                                             lambda: lab.timed(peer))
            resident = sal.memory("VmHWM")
        theirs = lab.peak(peer)
        row_at_most("P7", f"net.firewall, {what}", ours, plain, 2.5)
        row_faster("P7", f"net.firewall, {what}, nft -j list ruleset", ours, nft, 1)
        row("P7", f"net.firewall, {what}, peak of the daemon, of nft", show_size(resident), show_size(theirs), None, "", None)


# --- P6: tracked connections ---

def group_conntrack(bench):
    count, zone = 100_000, 9
    entries = body("net.conntrack")
    of_zone = body("net.conntrack", zone=zone)
    bench.say(f"adding {count} tracked connections")
    lab.add_conntrack(count - count // 100)
    lab.add_conntrack(count // 100, zone)
    with lab.Daemon(bench.options.build) as sal:
        bench.text(sal, body("rpc.health"))
        before = sal.memory_mark()
        bench.check(sal, entries, b'"original":', count)
        bench.check(sal, of_zone, b'"original":', count // 100)
        bench.say("net.conntrack")
        floor, ours, filtered, peer = bench.in_turn(
            lambda: bench.dump("conntrack"),
            lambda: bench.fetch(sal, entries)["total"],
            lambda: bench.fetch(sal, of_zone)["total"],
            lambda: lab.timed(["conntrack", "-L"]))
        grown = sal.memory("VmHWM") - before
    what = "net.conntrack, 100k entries"
    row_at_most("P6", what, ours, floor, 1.5)
    row_faster("P6", what + ", conntrack -L", ours, peer, 1)
    row_at_most("P6", what + ", zone filter that 1 % match", filtered, floor, 0.7)
    row("P6", what + ", memory growth", show_size(grown), "", None, "", None)


# --- P8: neighbours, mounts, disks ---

def group_neighbours(bench):
    count = 10_000
    neighbours = body("net.neighbors")
    lab.add_veth()
    lab.add_neighbours(count)
    with lab.Daemon(bench.options.build) as sal:
        bench.check(sal, neighbours, b'"lladdr":', count)
        bench.say("net.neighbors")
        floor, ours = bench.in_turn(lambda: bench.dump("neighbours4", "neighbours6"),
                                    lambda: bench.fetch(sal, neighbours)["total"])
    row_at_most("P8", "net.neighbors, 10k", ours, floor, 2.5)


def group_mounts(bench):
    count = 5000
    mounts = body("vol.list_mounts")
    lab.add_mounts(count)
    with lab.Daemon(bench.options.build) as sal:
        bench.check(sal, mounts, b'"target":', count)
        bench.say("vol.list_mounts")
        floor, ours = bench.in_turn(lambda: bench.dump("file:/proc/self/mountinfo"),
                                    lambda: bench.fetch(sal, mounts)["total"])
    row_at_most("P8", "vol.list_mounts, 5,000 mounts, reading mountinfo", ours, floor, 3)


def group_disks(bench):
    count = 100
    before = lab.loop_names()
    tag = os.path.basename(bench.options.base)
    plain = body("vol.list_disks")
    probe = body("vol.list_disks", probe=True)
    bench.say(f"attaching {count} loop devices")
    try:
        devices = lab.add_disks(tag, count)
        script = "lsblk -J -O; for d in " + " ".join(devices) + "; do blkid -p $d; done"
        with lab.Daemon(bench.options.build) as sal:
            bench.check(sal, plain, b'"kname":', count)
            bench.check(sal, probe, b'"ext4"', count // 4)
            before_call = sal.child_faults()
            bench.text(sal, plain)
            alone = sal.child_faults() == before_call
            bench.say("vol.list_disks")
            ours, lsblk, probed, blkid = bench.in_turn(
                lambda: bench.fetch(sal, plain)["total"],
                lambda: lab.timed(["lsblk", "-J", "-O"]),
                lambda: bench.fetch(sal, probe)["total"],
                lambda: lab.timed(["sh", "-c", script]))
    finally:
        lab.loops_release(tag, before)
    row_faster("P8", "vol.list_disks, 100 block devices, lsblk -J -O", ours, lsblk, 3)
    row("P8", "vol.list_disks, processes started", "none" if alone else "some", "", None, "none",
        alone)
    row_faster("P8", "vol.list_disks with probe, lsblk + blkid -p on each", probed, blkid, 2)


# --- P13: footprint ---

def stripped_size(bench):
    total = 0
    for path in ("sal-native/sal-native", "libsal/libsal.so"):
        whole = os.path.realpath(os.path.join(bench.options.build, path))
        shutil.copy(whole, "stripped")
        subprocess.run(["strip", "stripped"], check=True)
        total += os.path.getsize("stripped")
    return total


def ready_time(bench):
    """From exec to READY=1, as a service manager sees it."""
    sal = lab.Daemon(bench.options.build)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(os.path.abspath("notify.sock"))
        notify.settimeout(10)
        actions = [(os.POSIX_SPAWN_DUP2, lab.DEVNULL, fd) for fd in (0, 1, 2)]
        environment = dict(os.environ, NOTIFY_SOCKET=os.path.abspath("notify.sock"))
        start = time.perf_counter_ns()
        pid = os.posix_spawn(sal.binary, sal.argv(), environment, file_actions=actions)
        while b"READY=1" not in notify.recv(4096):
            pass
        taken = time.perf_counter_ns() - start
        os.kill(pid, 15)
        os.waitpid(pid, 0)
    os.unlink("notify.sock")
    return taken


def group_footprint(bench):
    size = stripped_size(bench)
    row("P13", "sal-native + libsal.so, stripped", show_size(size), "", None, "≤ 1.5 MiB",
        size <= 1.5 * (1 << 20))
    bench.say("idle")
    idle = 2 if bench.quick else 5
    with lab.Daemon(bench.options.build) as sal:
        for message in (body("rpc.health"), body("net.interfaces"), body("net.routes")):
            bench.text(sal, message)
        time.sleep(2)  # the clock that watches connections ticks once more
        before = sal.switches()
        time.sleep(idle)
        woken, resident = sal.switches() - before, sal.memory("VmRSS")
    row("P13", "resident when idle, after a call each of three methods", show_size(resident), "",
        None, "≤ 8 MiB", resident <= 8 << 20)
    row("P13", f"wake-ups of all threads in {idle} s", woken, "", None, "0", woken == 0)
    ready = statistics.median(ready_time(bench) for _ in range(bench.rounds))
    row("P13", "ready after exec", show_time(ready), "", None, "≤ 20 ms", ready <= 20_000_000)


GROUPS = {
    "small": {"P1", "P2", "P3"},
    "routes": {"P4", "P12"},
    "links": {"P5"},
    "firewall": {"P7"},
    "conntrack": {"P6"},
    "neighbours": {"P8"},
    "mounts": {"P8"},
    "disks": {"P8"},
    "footprint": {"P13"},
}
FIGURES = set().union(*GROUPS.values())


def run(group, options):
    globals()["group_" + group](Bench(options))
