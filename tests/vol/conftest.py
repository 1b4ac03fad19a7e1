"""What the storage tests share: loop devices that are always detached, oracles made comparable, dead mounts."""
import os
import subprocess
import tempfile
from pathlib import Path

import pytest

import volumes


@pytest.fixture
def scratch(ns):
    """A folder on a tmpfs of this test's own namespace."""
    folder = tempfile.mkdtemp(prefix="sal-vol-", dir="/tmp")
    ns.run(["mount", "-t", "tmpfs", "-o", "size=1g", "scratch", folder])
    yield folder
    ns.run(["umount", "-l", folder], check=False)
    os.rmdir(folder)


@pytest.fixture
def loops(ns):
    """A function that makes a loop device over a fresh sparse file: loops("64M") -> "/dev/loop7".

    Loop devices belong to the whole machine: whatever happens, they are unmounted and detached.
    """
    folder = Path(tempfile.mkdtemp(prefix="sal-loop-", dir="/tmp"))
    made = []

    def make(size, *options):
        image = folder / f"{len(made)}.img"
        with open(image, "wb") as f:
            f.truncate(volumes.size_bytes(size))
        device = ns.run(["losetup", "-f", "--show", *options, str(image)]).strip()
        made.append(device)
        return device

    yield make
    for device in reversed(made):
        for node in [device, *volumes.partitions_of(device)]:
            while ns.run(["umount", node], check=False).returncode == 0:
                pass
        ns.run(["partx", "-d", device], check=False)
        ns.run(["losetup", "-d", device], check=False)
    for image in folder.iterdir():
        image.unlink()
    folder.rmdir()


@pytest.fixture
def dead_mount(ns, scratch):
    """A function that mounts a FUSE filesystem nobody answers for; it is aborted at the end."""
    keepers = []

    def make(name="dead"):
        target = f"{scratch}/{name}"
        ns.run(["mkdir", target])
        keeper = ns.popen(["/usr/bin/python3", "-c", volumes.DEAD_FUSE, target], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True)
        keepers.append(keeper)
        line = keeper.stdout.readline()
        if line != "mounted\n":
            pytest.skip(f"this kernel cannot mount FUSE: {line.strip()}")
        return target

    yield make
    for keeper in keepers:  # closing its descriptor fails whatever still waits
        keeper.stdin.close()
        keeper.wait()
        keeper.stdout.close()
