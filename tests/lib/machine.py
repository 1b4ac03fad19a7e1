"""A machine that can be rebooted: a namespace, a state folder that outlives it, and a daemon.

    box = Machine(LINKS)             # a script that makes what the hardware would have
    with box.daemon() as sal: …      # as often as wanted: a restart
    box.reboot()                     # a fresh namespace, LINKS again, another boot_id
"""
import shutil
import tempfile
import uuid

from daemon import Daemon
from ns import Namespace


class Machine:
    def __init__(self, setup=""):
        self.setup = setup
        self.state = tempfile.mkdtemp(prefix="sal-state-", dir="/tmp")
        self.ns = None
        self.boot()

    def boot(self):
        self.ns = Namespace()
        self.ns.put_file("/proc/sys/kernel/random/boot_id", f"{uuid.uuid4()}\n")
        if self.setup:
            self.ns.sh(self.setup)

    def daemon(self, fault=None, env=None, **kw):
        """fault: SAL_FAULT's value. A second of confirm_within is 20 ms."""
        env = {"SAL_TEST_SECOND_MS": "20", **(env or {})}
        if fault:
            env["SAL_FAULT"] = fault
        return Daemon(self.ns, state_dir=self.state, env=env, **kw)

    def reboot(self):
        self.ns.close()
        self.boot()

    def close(self):
        self.ns.close()
        shutil.rmtree(self.state, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
