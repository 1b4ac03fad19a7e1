"""The place a group of figures runs in: namespaces, the daemon, nginx, and what fills the kernel's
lists. Called by run and figures.py; nothing here measures a time that ends up in the table, except
timed()."""

import ctypes
import fcntl
import glob
import json
import os
import signal
import socket
import subprocess
import sys
import time

DEVNULL = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
libc = ctypes.CDLL(None, use_errno=True)
LOOP_CLR_FD, LOOP_CTL_REMOVE = 0x4C01, 0x4C81
MS_BIND = 4096


def mount(source, target, fstype, flags=0, data=None):
    texts = [text.encode() if text else None for text in (source, target, fstype)]
    if libc.mount(*texts, ctypes.c_ulong(flags), data.encode() if data else None):
        raise OSError(ctypes.get_errno(), f"mount {fstype or 'bind'} at {target}")


def enter(directory):
    """First thing in the new namespaces: the new network's sysfs, a tmpfs to work in, lo up."""
    mount("sysfs", "/sys", "sysfs")
    mount("bench", directory, "tmpfs")
    os.chdir(directory)
    for name, value in (("default/accept_dad", "0"), ("all/accept_dad", "0")):
        with open(f"/proc/sys/net/ipv6/conf/{name}", "w") as file:
            file.write(value)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def wait_for(what, seconds, check):
    """Waits until check() is true, and says what it was that did not come."""
    end = time.monotonic() + seconds
    while not check():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come within {seconds} s")
        time.sleep(0.005)


def answers(path):
    """Whether somebody accepts connections on a Unix socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
            return True
        except OSError:
            return False


def timed(argv, want_status=(0,)):
    """Nanoseconds from start to end of a command whose output nobody reads."""
    actions = [(os.POSIX_SPAWN_DUP2, DEVNULL, 0), (os.POSIX_SPAWN_DUP2, DEVNULL, 1)]
    start = time.perf_counter_ns()
    pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=actions)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    taken = time.perf_counter_ns() - start
    if status not in want_status:
        raise RuntimeError(f"{argv[0]} ended with {status}")
    return taken


def peak(argv):
    """Bytes of memory a command takes at its peak; what this script takes is the least it can say."""
    pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, DEVNULL, 1)])
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise RuntimeError(f"{argv[0]} ended with {status}")
    return usage.ru_maxrss * 1024


def pinned(argv, cpu):
    """A command that stays on one processor, the first or the last (-1) of those we may use."""
    if cpu is None:
        return argv
    return ["taskset", "-c", str(sorted(os.sched_getaffinity(0))[cpu]), *argv]


def output(argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


class Tools:
    """The C programs of this folder, as built."""

    def __init__(self, build):
        folder = os.path.join(build, "tests", "bench")
        self.echo, self.client, self.dump = (
            os.path.join(folder, "bench-" + name) for name in ("echo", "client", "dump"))
        for path in (self.echo, self.client, self.dump):
            if not os.access(path, os.X_OK):
                raise SystemExit(f"{path} is not built: meson compile -C {build} bench")


class Daemon:
    """sal-native on a socket of its own in the working directory."""

    count = 0

    def __init__(self, build, cpu=None):
        self.binary = os.path.join(build, "sal-native", "sal-native")
        self.cpu = cpu
        Daemon.count += 1
        self.socket = os.path.abspath(f"sal-{Daemon.count}.sock")
        self.state = os.path.abspath(f"state-{Daemon.count}")
        self.process = None

    def argv(self):
        return [self.binary, "--socket", self.socket, "--state-dir", self.state]

    def __enter__(self):
        with open("sal.log", "ab") as log:
            self.process = subprocess.Popen(pinned(self.argv(), self.cpu), stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL)
        wait_for("the daemon", 10, self.ready)
        return self

    def ready(self):
        if self.process.poll() is not None:
            with open("sal.log") as log:
                sys.stderr.write(log.read())
            raise RuntimeError(f"the daemon ended with {self.process.returncode}")
        return answers(self.socket)

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            print("the daemon did not stop within 15 s of SIGTERM", file=sys.stderr)
            self.process.kill()
            self.process.wait()

    def memory(self, field):
        """VmRSS or VmHWM in bytes."""
        with open(f"/proc/{self.process.pid}/status") as file:
            for line in file:
                if line.startswith(field + ":"):
                    return int(line.split()[1]) << 10
        raise KeyError(field)

    def memory_mark(self):
        """Starts VmHWM anew and returns what is resident now."""
        with open(f"/proc/{self.process.pid}/clear_refs", "w") as file:
            file.write("5")
        return self.memory("VmRSS")

    def child_faults(self):
        """Page faults of all processes it has started and waited for: no process has none."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            return int(file.read().rsplit(")", 1)[1].split()[8])

    def switches(self):
        """Context switches of all threads since the start."""
        total = 0
        for path in glob.glob(f"/proc/{self.process.pid}/task/*/status"):
            try:
                with open(path) as file:
                    total += sum(int(line.split()[1]) for line in file if "ctxt_switches" in line)
            except FileNotFoundError:
                pass  # a thread that has just ended
        return total

    def settle(self):
        """Waits until the daemon has stopped working: a tenth of a second without any switch."""
        seen = [None]

        def calm():
            before, seen[0] = seen[0], self.switches()
            if seen[0] == before:
                return True
            time.sleep(0.1)
            return False
        wait_for("the daemon's rest", 30, calm)


class Echo:
    """The echo floor."""

    def __init__(self, tools, size, cpu):
        self.socket = os.path.abspath("echo.sock")
        self.argv = pinned([tools.echo, self.socket, str(size)], cpu)
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(self.argv, stdout=subprocess.PIPE)
        self.process.stdout.readline()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class Nginx:
    """nginx with one worker that answers every request with the same JSON body."""

    CONF = """
daemon off; worker_processes 1; user root; pid {dir}/pid; error_log {dir}/error.log crit;
events {{ worker_connections 512; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
  client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy; fastcgi_temp_path {dir}/fastcgi;
  uwsgi_temp_path {dir}/uwsgi; scgi_temp_path {dir}/scgi;
  server {{
    listen unix:{dir}/sock;
    location / {{ default_type application/json; return 200 '{body}'; }}
  }}
}}
"""

    def __init__(self, body, cpu):
        self.cpu = cpu
        self.dir = os.path.abspath("nginx")
        self.socket = os.path.join(self.dir, "sock")
        os.makedirs(self.dir, exist_ok=True)
        with open(os.path.join(self.dir, "conf"), "w") as file:
            file.write(self.CONF.format(dir=self.dir, body=body))
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(pinned(
            ["nginx", "-p", self.dir, "-c", os.path.join(self.dir, "conf"),
             "-e", os.path.join(self.dir, "error.log")], self.cpu))
        wait_for("nginx", 10, lambda: answers(self.socket))
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


# --- filling the kernel's lists ---

def ip_batch(lines, *options):
    with open("batch", "w") as file:
        file.write("\n".join(lines) + "\n")
    subprocess.run(["ip", *options, "-batch", "batch"], check=True)
    os.unlink("batch")


def address(number):
    """10.0.0.0/8, one after another."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def add_veth():
    """b0 with 192.0.2.2/24, its peer b1; what routes and neighbours hang on."""
    ip_batch(["link add b0 type veth peer name b1", "link set b0 up", "link set b1 up",
              "address add 192.0.2.2/24 dev b0"])


def add_routes(first, last):
    ip_batch([f"route add {address(i)}/32 via 192.0.2.1 dev b0" for i in range(first, last)])


def add_small_table(table, count):
    ip_batch([f"route add 172.16.{i}.0/24 via 192.0.2.1 dev b0 table {table}"
              for i in range(count)])


def add_neighbours(count):
    ip_batch([f"neighbour add {address(i)} lladdr 02:00:0a:{i >> 16 & 255:02x}:{i >> 8 & 255:02x}"
              f":{i & 255:02x} nud permanent dev b0" for i in range(count)])


def add_conntrack(count, zone=0):
    """Entries of TCP connections, in one zone."""
    filler = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib",
                          "ctfill.py")
    subprocess.run([sys.executable, filler, str(count), "--zone", str(zone)], check=True)


def add_links(count):
    """A node of many guests: per ten links eight ends of veth pairs, a bridge and a macvlan, each
    with an IPv4 and two IPv6 addresses."""
    lines = []
    for i in range(0, count, 10):
        lines += [f"link add v{i + n} group 7 type veth peer name v{i + n + 1} group 7"
                  for n in range(0, 8, 2)]
        lines += [f"link add v{i + 8} group 7 type bridge",
                  f"link add v{i + 9} link v{i} group 7 type macvlan mode bridge",
                  f"link set v{i + 2} master v{i + 8}"]
    for i in range(count):
        lines += [f"link set v{i} up",
                  f"address add 10.{i >> 8}.{i & 255}.1/24 dev v{i}",
                  f"address add fd00:{i:x}::1/64 dev v{i} nodad"]
    ip_batch(lines)


def remove_links():
    """A network namespace that ends with thousands of links slows the next ones down."""
    subprocess.run(["ip", "link", "delete", "group", "7"], check=True)


def add_mounts(count):
    """Half of them tmpfs, half bind mounts of their neighbours."""
    os.mkdir("mounts")
    for i in range(0, count, 2):
        first, second = (os.path.abspath(f"mounts/volume-{i + n}") for n in (0, 1))
        os.mkdir(first)
        os.mkdir(second)
        mount(f"tmpfs-{i}", first, "tmpfs", 0, "size=64k,mode=700")
        mount(first, second, None, MS_BIND)


def add_disks(tag, count):
    """Loop devices over sparse files: ext4, btrfs, swap and GPT in turn."""
    made = []
    for i in range(count):
        image = os.path.abspath(f"{tag}-{i}.img")
        with open(image, "wb") as file:
            file.truncate(128 << 20)
        tool = (["mkfs.ext4", "-q", "-F", "-O", "^has_journal", image],
                ["mkfs.btrfs", "-q", image], ["mkswap", "-q", image],
                ["sfdisk", "-q", "--no-reread", image])[i % 4]
        subprocess.run(tool, check=True, input=b"label: gpt\nsize=64M\nsize=32M\n",
                       stdout=subprocess.DEVNULL)
        done = subprocess.run(["losetup", "-f", "--show", image], check=True, text=True,
                              stdout=subprocess.PIPE)
        made.append(done.stdout.strip())
    return made


def loop_names():
    return set(os.path.basename(path) for path in glob.glob("/sys/block/loop*"))


def loops_release(tag, before):
    """Detaches the loop devices whose file bears the tag and removes those that are new."""
    for path in glob.glob("/sys/block/loop*/loop/backing_file"):
        try:
            with open(path) as file:
                backing = os.path.basename(file.read().strip())
        except OSError:
            continue
        if not backing.startswith(tag):
            continue
        name = path.split("/")[3]
        device = os.open("/dev/" + name, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.ioctl(device, LOOP_CLR_FD)
        os.close(device)
        if name not in before:
            loop_remove(name)


def loop_remove(name):
    control = os.open("/dev/loop-control", os.O_RDWR | os.O_CLOEXEC)
    try:
        # Detaching ends with the last one who has it open; a moment, since we just were.
        for _ in range(100):
            try:
                fcntl.ioctl(control, LOOP_CTL_REMOVE, int(name[4:]))
                return
            except OSError:
                time.sleep(0.01)
        print(f"{name} could not be removed", file=sys.stderr)
    finally:
        os.close(control)


def nft(lines):
    subprocess.run(["nft", "-f", "-"], input="\n".join(["flush ruleset", *lines]) + "\n", text=True, check=True)


def add_rules(count):
    nft(["add table inet bench", "add chain inet bench c"]
        + [f"add rule inet bench c ip saddr 10.{i >> 8 & 255}.{i & 255}.1 tcp dport {i % 65536} counter accept"
           for i in range(count)])


def add_elements(count):
    elements = ",".join(f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}" for i in range(count))
    nft(["add table ip bench", "add set ip bench s { type ipv4_addr; }", f"add element ip bench s {{ {elements} }}"])
