"""The virtual machine is what docs/testing.md says: Debian's kernel, disks of its own, the host's tools, its own /tmp."""
import os
import subprocess
from pathlib import Path

import pytest


def test_kernel_is_debians(ns):
    assert "Debian" in Path("/proc/version").read_text()
    ns.sh("ip link add br0 type bridge vlan_filtering 1; ip link add link br0 name br0.5 type vlan id 5")


def test_disks():
    disks = os.environ["SAL_VM_DISKS"].split()
    assert len(disks) >= 4
    for disk in disks:
        assert subprocess.check_output(["blockdev", "--getsize64", disk]) == b"2147483648\n"
        done = subprocess.run(["dd", "if=/dev/zero", f"of={disk}", "bs=1M", "count=1", "oflag=direct"], capture_output=True)
        assert done.returncode == 0, done.stderr


@pytest.mark.vm(modules=["raid1"])
def test_modules_are_loaded():
    assert "raid1" in Path("/proc/mdstat").read_text()


def test_daemon_runs(sal):
    assert sal.call("rpc.health")["status"] == "ok"


@pytest.mark.vm("too")
def test_where_this_runs():
    """Both on the host and in the machine, which says so."""
    assert ("SAL_VM" in os.environ) == (os.environ.get("VM") == "1")
