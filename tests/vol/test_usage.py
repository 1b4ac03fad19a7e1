"""vol.usage against df -B1 --output."""
import time

import pytest

import volumes
from compare import compare

# The machine's own filesystems change while we look at them twice.
MOVING = {"used", "avail", "pcent", "iused", "iavail", "ipcent"}


def check(ns, sal, still=()):
    """The whole list; numbers of filesystems below `still` to the byte."""
    answer = sal.call("vol.usage")
    assert answer["consistent"] is True
    theirs = volumes.df(ns)
    for row in theirs:
        if not any(row["target"].startswith(s) for s in still):
            row.update(dict.fromkeys(MOVING))
    compare(answer["filesystems"], theirs, key="target", adds=("status",))
    assert {f["status"] for f in answer["filesystems"]} == {"ok"}
    return {f["target"]: f for f in answer["filesystems"]}


def test_list(ns, sal, scratch):
    ns.sh(f"cd {scratch}; head -c 5000000 /dev/zero > file; mkdir 'sp ace'; mount -t tmpfs -o size=3m 'a source' 'sp ace'")
    found = check(ns, sal, still=[scratch])
    assert found[scratch]["used"] >= 5000000 and found[f"{scratch}/sp ace"]["size"] == 3 << 20
    assert "/proc" not in found and "/sys" not in found


def test_each_filesystem_once(ns, sal, scratch):
    """Bind mounts, a bind nearer to the root, one mounted over another, a covered one."""
    ns.sh(f"""cd {scratch}; mkdir -p deep/er/folder a b over under
              mount -t tmpfs far deep/er/folder; mkdir deep/er/folder/x
              mount --bind deep/er/folder a; mount --bind deep/er/folder/x b
              mount -t tmpfs one over; mount -t tmpfs two over""")
    found = check(ns, sal, still=[scratch])
    assert f"{scratch}/a" in found and f"{scratch}/deep/er/folder" not in found and f"{scratch}/b" not in found
    assert found[f"{scratch}/over"]["source"] == "two"


def test_devices(ns, sal, loops, scratch):
    """Reserved blocks (ext4), no inode numbers (btrfs), subvolumes as df lists them."""
    ext4, btrfs, other = loops("64M"), loops("200M"), loops("200M")
    ns.run(["mkfs.ext4", "-q", ext4])
    ns.run(["mkfs.btrfs", "-q", btrfs, other])
    ns.sh(f"""cd {scratch}; mkdir e t s b; mount {ext4} e; head -c 3000000 /dev/zero > e/f; mount {btrfs} t
              btrfs -q subvolume create t/s; mkdir t/s/folder; mount -o subvol=s {btrfs} s; mount --bind t/s/folder b; sync -f e t""")
    found = check(ns, sal, still=[scratch])
    assert found[f"{scratch}/t"]["itotal"] == 0 and found[f"{scratch}/t"]["ipcent"] == "-"
    assert found[f"{scratch}/e"]["avail"] + found[f"{scratch}/e"]["used"] < found[f"{scratch}/e"]["size"]


def test_one_path(ns, sal, scratch):
    ns.sh(f"cd {scratch}; mkdir -p m; mount -t tmpfs -o size=2m m m; mkdir -p m/d; ln -s m/d link; mkfifo fifo; touch file")
    for path, target in ((f"{scratch}/m/d", "m"), (f"{scratch}/link", "m"), (f"{scratch}/m", "m"), (f"{scratch}/fifo", ""),
                         (f"{scratch}/file", "")):
        [ours] = sal.call("vol.usage", path=path)["filesystems"]
        [theirs] = volumes.df(ns, path)
        assert theirs["target"] == f"{scratch}/{target}".rstrip("/")
        compare(ours, theirs, adds=("status", "file"))
        assert ours["file"] == path and ours["status"] == "ok"
    assert sal.call("vol.usage", path="/proc")["filesystems"][0]["pcent"] == "-"
    assert sal.call("vol.usage", path="/")["filesystems"][0]["target"] == "/"


def test_no_such_path(ns, sal, scratch):
    ns.run(["touch", f"{scratch}/file"])
    ns.run(["ln", "-s", "nowhere", f"{scratch}/dangling"])
    for path in (f"{scratch}/nope", f"{scratch}/file/below", f"{scratch}/dangling"):
        sal.error("vol.usage", kind="NOT_FOUND", field="/path", path=path)
    ns.run(["ln", "-s", "ring", f"{scratch}/ring"])
    assert sal.error("vol.usage", kind="KERNEL", field="/path", path=f"{scratch}/ring")["data"]["errno"] == "ELOOP"


@pytest.mark.parametrize("path", ["", "tmp", "./tmp", "/tmp/", "/tmp/../etc", "//", "/a\nb", 1, ["/"],
                                  pytest.param("/" + "x" * 4096, id="long")])
def test_bad_parameters(sal, path):
    sal.error("vol.usage", kind="INVALID_PARAMS", field="/path", path=path)


def test_dead_filesystem(ns, sal, scratch, dead_mount):
    """By path it is TIMEOUT after 2 s; in the list it is marked, and the others are there."""
    dead = dead_mount()
    begin = time.monotonic()
    sal.error("vol.usage", kind="TIMEOUT", field="/path", path=dead)
    assert 1.9 < time.monotonic() - begin < 4
    begin = time.monotonic()
    found = {f["target"]: f for f in sal.call("vol.usage")["filesystems"]}
    assert 1.9 < time.monotonic() - begin < 4
    assert found[dead]["status"] == "busy" and "size" not in found[dead]
    assert found[scratch]["status"] == "ok"
    assert sal.call("rpc.health")["status"] == "ok"


def test_threads_of_dead_ones_end(ns, sal, scratch, dead_mount):
    """D2: what was left behind ends when the filesystem does; nothing leaks (the sanitizers look at the end)."""
    dead = [dead_mount(f"dead{i}") for i in range(3)]
    found = {f["target"]: f["status"] for f in sal.call("vol.usage")["filesystems"]}
    assert [found[d] for d in dead] == ["busy"] * 3
