"""Starts and stops the daemon under test, and sees to it that it dies a clean death."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import http1
import spec
from client import Client
from ns import PATH

REPO = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("SAL_BUILD", REPO / "build")).resolve()
NATIVE = os.environ.get("SAL_NATIVE", str(BUILD / "sal-native" / "sal-native"))
REPORT = re.compile(r"(ERROR|WARNING): \w+Sanitizer|runtime error:|SUMMARY: \w+Sanitizer|LeakSanitizer")
SANITIZER_ENV = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:exitcode=97:detect_stack_use_after_return=1:quarantine_size_mb=8",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1:exitcode=97",
    "TSAN_OPTIONS": "halt_on_error=0:exitcode=97:second_deadlock_stack=1",
}

ACTIVATE = """import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
s.listen(64)
os.dup2(s.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""


class Daemon(Client):
    """A running sal-native; itself a Client that calls as root. Use as a context manager.

    Daemon(ns, args=["-v"], acl="[[group]]…", env={…}); then d.call(…), d.error(…), d.client(uid=1000).
    activated: it gets its socket as from systemd. wrap: a command in front of it, such as prlimit.
    d.dir is its folder (readable by all), d.path its socket, d.pid its process, d.log() its stderr.
    """

    def __init__(self, ns, args=(), acl=None, env=None, ready=True, socket=None, state_dir=None, wrap=(),
                 activated=False, binary=None):
        self.ns, self.wrap, self.activated = ns, list(wrap), activated
        self.binary = binary or NATIVE
        self.dir = Path(tempfile.mkdtemp(prefix="sal-", dir="/tmp"))
        self.dir.chmod(0o755)
        self.acl = None
        self.args = [str(a) for a in args]
        self.env = dict(env or {})
        self.socket = self.dir / "sal.sock" if socket is None else socket  # False: the daemon chooses
        self.state_dir = self.dir / "state" if state_dir is None else state_dir
        self.stderr = self.dir / "stderr"
        self.process = None
        self.messages = []  # sd_notify messages in the order they came
        if acl is not None:
            self.write_acl(acl)
            self.args += ["--acl", str(self.acl)]
        try:
            self.start(ready)
        except BaseException:
            self.kill()
            print(self.log())
            shutil.rmtree(self.dir, ignore_errors=True)
            raise

    # its life

    def argv(self):
        argv = [self.binary]
        if self.activated:  # as systemd does it: the socket is there before the daemon
            argv = ["/usr/bin/python3", "-c", ACTIVATE, str(self.socket), *argv]
        elif self.socket is not False:
            argv += ["--socket", str(self.socket)]
        if self.state_dir is not False:
            argv += ["--state-dir", str(self.state_dir)]
        return [*self.wrap, *argv, *self.args]

    def start(self, ready=True):
        """Starts it (again). ready=False: returns at once, for a start that is meant to fail."""
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.settimeout(http1.PATIENCE)
        path = self.dir / "notify"
        path.unlink(missing_ok=True)
        self.notify.bind(str(path))
        path.chmod(0o777)
        env = {"PATH": PATH, "LC_ALL": "C.UTF-8", "HOME": str(self.dir), **SANITIZER_ENV,
               "NOTIFY_SOCKET": str(path), **self.env}
        with open(self.stderr, "ab") as err:
            self.process = subprocess.Popen(self.ns.argv(self.argv()), stdin=subprocess.DEVNULL, stdout=err,
                                            stderr=err, env=env)
        self.pid = self.process.pid
        if ready:
            self.wait_message("READY=1")
        super().__init__(str(self.socket), None)
        if ready and self.socket is not False:
            self.load_spec()

    def load_spec(self):
        self.spec = spec.load(self.binary, lambda: self.request("GET", "/openrpc.json").body)

    def wait_message(self, word):
        """Waits for a line that the daemon sends to its service manager."""
        self.notify.settimeout(0.05)
        def come():
            try:
                self.messages += self.notify.recv(4096).decode().splitlines()
            except TimeoutError:
                assert self.process.poll() is None or word in self.messages, \
                    f"it ended with {self.process.returncode}: {self.log()}"
            return word in self.messages
        return http1.eventually(come, f"the daemon says {word}")

    def wait(self, within=None):
        """Waits for its end; returns the exit code."""
        return self.process.wait(within or 3 * http1.PATIENCE)

    def terminate(self, sig=signal.SIGTERM):
        self.process.send_signal(sig)
        return self.wait()

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self, code=0):
        """Ends it in good order and looks at what it leaves: exit code, sanitizer reports."""
        try:
            self.close()
            already = self.process.poll() is not None
            got = self.process.returncode if already else self.terminate()
            if already:
                print("the daemon had ended before the test did")
            assert not REPORT.search(self.log()), "a sanitizer reported:\n" + self.log()
            assert got == code, f"exit code {got} instead of {code}"
        finally:
            self.kill()
            self.notify.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            if self.process.poll() is not None and self.process.returncode in (0, -signal.SIGKILL) and kind is None:
                assert not REPORT.search(self.log()), self.log()  # the test itself ended it
            else:
                self.stop()
        finally:
            self.kill()
            print(f"--- stderr of sal-native ---\n{self.log()}")
            shutil.rmtree(self.dir, ignore_errors=True)

    # looks at it

    def log(self):
        return self.stderr.read_text(errors="backslashreplace") if self.stderr.exists() else ""

    def log_wait(self, words):
        """Waits until the log holds these words; returns that line."""
        return http1.eventually(lambda: next((x for x in self.log().splitlines() if words in x), None),
                                f"the log says {words!r}")

    def grown(self, before):
        """Bytes that resident memory has grown by since rss() was `before`; sanitizers' share taken off."""
        return (self.rss() - before) / (1 if http1.SLOW == 1 else 4)

    def rss(self):
        """Resident memory in bytes."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")

    def fds(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu(self):
        """Seconds of CPU used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    # callers

    def client(self, headers=(), **who):
        """Another caller: client(uid=1000, gid=1000, groups=[27]), client(headers=[("Via", "1.1 x")])."""
        return Client(str(self.socket), self.spec, headers, **who)

    def write_acl(self, text, mode=0o644):
        self.acl = self.dir / "acl.toml"
        new = self.dir / "acl.toml.new"
        new.write_bytes(text if isinstance(text, bytes) else text.encode())
        new.chmod(mode)
        new.rename(self.acl)

    def reload(self):
        self.process.send_signal(signal.SIGHUP)


def document():
    """The OpenRPC document as built, for parametrizing tests before any daemon runs."""
    found = sorted(BUILD.rglob("gen/openrpc.json"))
    assert found, f"no gen/openrpc.json below {BUILD}: build first, or set SAL_BUILD"
    return json.loads(found[0].read_text())
