"""A network and mount namespace of a test's own, in which the daemon and the oracle tools run.

Nothing that happens inside reaches the machine: its links, routes, nft rules, mounts and net sysctls
die with it. Not isolated: /dev, loop devices, other sysctls, the disk. sysfs is that of the new
network namespace, /run and /var/lib are empty tmpfs, lo is up, IPv6 addresses skip duplicate
detection. Commands enter it by the pid of a process that only waits; there is no pid namespace, so
the pid of a started program is its real one.
"""
import functools
import json
import os
import shlex
import signal
import subprocess
import tempfile

import pytest

SETUP = """set -e
if [ $1 = net ]; then
	mount -t sysfs sysfs /sys
	for f in all default; do echo 0 > /proc/sys/net/ipv6/conf/$f/accept_dad; done
	ip link set lo up
fi
mount -t tmpfs run /run
mount -t tmpfs varlib /var/lib
mkdir -p /run/netns /run/lock
echo ready
exec cat
"""
NETWORK_TOOLS = {"ip", "bridge", "tc", "ss", "nft", "conntrack", "wg"}
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


class CommandFailed(AssertionError):
    def __init__(self, argv, done):
        self.returncode, self.stdout, self.stderr = done.returncode, done.stdout, done.stderr
        super().__init__(f"{shlex.join(argv)}: exit {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")


@functools.cache
def network_namespaces():
    """Whether this kernel makes network namespaces.

    One whose rtnetlink lock was left behind by a crash hangs every process that asks for one, for
    ever and unkillably; the probe is abandoned then, and nothing here touches the network any more.
    """
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    probe = subprocess.Popen(["unshare", "-n", "true"], start_new_session=True, **quiet)
    try:
        return probe.wait(30) == 0
    except subprocess.TimeoutExpired:
        return False


def need_network():
    """Skips the test where it would hang instead."""
    if not network_namespaces():
        pytest.skip("this kernel makes no network namespace (unshare -n fails or hangs)")


class Namespace:
    def __init__(self):
        self.kinds = ["-n", "-m"] if network_namespaces() else ["-m"]
        self.keeper = subprocess.Popen(
            ["unshare", *self.kinds, "--propagation", "private", "bash", "-c", SETUP, "setup",
             "net" if "-n" in self.kinds else "mount"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PATH": PATH})
        if self.keeper.stdout.readline() != "ready\n":
            raise RuntimeError("cannot set up a network and mount namespace: is this root?")
        self.pid = self.keeper.pid
        self.own = "ns/net" if "-n" in self.kinds else "ns/mnt"
        self.identity = os.readlink(f"/proc/{self.pid}/{self.own}")

    def argv(self, command):
        """The argument vector that runs command (a string without shell syntax, or a list) inside."""
        command = shlex.split(command) if isinstance(command, str) else [str(c) for c in command]
        if command[0] in NETWORK_TOOLS or any('"net.' in word or "ip link" in word for word in command):
            need_network()
        return ["nsenter", "-t", str(self.pid), *self.kinds, "--", *command]

    def popen(self, command, **kw):
        """Starts a program inside; its pid is the program's own. What still runs at the end is killed."""
        kw.setdefault("env", {**os.environ, "PATH": PATH, "LC_ALL": "C.UTF-8"})
        return subprocess.Popen(self.argv(command), **kw)

    def run(self, command, check=True, input=None, timeout=120):
        """Runs a command inside to its end; returns its stdout, or the whole outcome with check=False."""
        argv = self.argv(command)
        done = subprocess.run(argv, input=input, capture_output=True, text=True, timeout=timeout,
                              errors="surrogateescape", env={**os.environ, "PATH": PATH, "LC_ALL": "C.UTF-8"})
        if not check:
            return done
        if done.returncode:
            raise CommandFailed(argv[argv.index("--") + 1:], done)
        return done.stdout

    def sh(self, script, **kw):
        """Runs a bash script inside that stops at its first failure."""
        return self.run(["bash", "-ec", script], **kw)

    def json(self, command):
        """Runs an oracle inside and returns its parsed JSON (an empty output is an empty list)."""
        text = self.run(command)
        return json.loads(text, strict=False) if text.strip() else []  # ip(8) leaves control characters as they are

    def batch(self, lines, tool="ip"):
        """Feeds many lines to `ip -batch -` (or bridge, or tc) at once."""
        self.run([tool, "-batch", "-"], input="\n".join(lines) + "\n")

    def or_skip(self, command):
        """Runs a command; where this kernel lacks what it needs, skips the test and says what."""
        try:
            return self.run(command)
        except CommandFailed as e:
            reason = (e.stderr or e.stdout).strip().splitlines()
            pytest.skip(f"this kernel cannot: {command}: {reason[0] if reason else e.returncode}")

    def put_file(self, path, content):
        """Shows content (text or bytes) at path inside this namespace only; path must exist."""
        data = content if isinstance(content, bytes) else content.encode()
        fd, temporary = tempfile.mkstemp(prefix="sal-file-")
        try:
            os.write(fd, data)
            os.fchmod(fd, 0o644)
            self.run(["mount", "--bind", temporary, path])
        finally:
            os.close(fd)
            os.unlink(temporary)

    def processes(self):
        found = []
        for name in os.listdir("/proc"):
            if name.isdigit():
                try:
                    if os.readlink(f"/proc/{name}/{self.own}") == self.identity:
                        found.append(int(name))
                except OSError:
                    continue
        return found

    def close(self):
        """Kills what still runs in this namespace, and nothing else; the namespace goes with it."""
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.keeper.wait()
        self.keeper.stdin.close()
        self.keeper.stdout.close()
