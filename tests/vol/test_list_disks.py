"""vol.list_disks against lsblk -J -b -O, blkid -p and the kernel."""
import errno
import os
import threading
from pathlib import Path

import pytest

import volumes
from compare import compare

# Sizes of the machine's own filesystems move between two looks.
MOVING = ("fsused", "fsavail", "fsuse%", "diskseq")


def is_loop(device):
    return device["name"].startswith("loop")


def ours_only(devices, *mine):
    """Without the loop devices of other tests that run on this machine."""
    names = {Path(m).name for m in mine}
    return [d for d in devices if not is_loop(d) or d["name"] in names]


def gpt(ns, device, *partitions):
    ns.run(["sfdisk", "-q", "--no-reread", "--no-tell-kernel", device],
           input="label: gpt\n" + "".join(f"{p}\n" for p in partitions))
    ns.run(["partx", "-a", device])


def test_default_set(ns, sal, loops):
    """Names, values and units of every member of every device, as lsblk itself chooses them."""
    device = loops("8M")
    ours = ours_only(sal.call("vol.list_disks")["blockdevices"], device)
    theirs = ours_only(volumes.lsblk(ns), device)
    assert Path(device).name in {d["name"] for d in ours}
    compare(ours, theirs, key="name", adds=("probe",), ignore=MOVING)


def test_all(ns, sal, loops):
    """Empty loop devices, ram and zram come with all, as with lsblk -a."""
    device = loops("8M")
    empty = [d["name"] for d in volumes.lsblk(ns, "-a") if is_loop(d) and d["size"] == 0]
    ours = sal.call("vol.list_disks", all=True)["blockdevices"]
    compare(ours_only(ours, device), ours_only(volumes.lsblk(ns, "-a"), device), key="name", ignore=MOVING)
    default = {d["name"] for d in sal.call("vol.list_disks")["blockdevices"]}
    assert empty, "this machine has no empty loop device to look for"
    assert set(empty) & {d["name"] for d in ours} and not set(empty) & default


def test_partitions_and_mounts(ns, sal, loops, scratch):
    """A GPT with filesystems, mounted, bound elsewhere, and a swap: the tree with all columns."""
    disk, plain, read_only, large_sectors = loops("200M"), loops("64M"), loops("16M", "-r"), \
        loops("64M", "--sector-size", "4096")
    gpt(ns, disk, 'size=60M,type=linux,name="one two"', "size=50M,type=uefi", "size=40M,type=swap")
    ns.run(["mkfs.ext4", "-q", "-L", "lab el", f"{disk}p1"])
    ns.run(["mkswap", "-q", f"{disk}p3"])
    ns.run(["mkfs.ext4", "-q", plain])
    ns.sh(f"""cd {scratch}; mkdir whole part 'sp ace' "$(printf 'b\\xff')"
              mount {disk}p1 whole; mkdir whole/sub; mount --bind whole/sub part; mount {plain} 'sp ace'
              mount --bind whole "$(printf 'b\\xff')" """)
    mine = (disk, plain, read_only, large_sectors)
    ours = [d for d in sal.call("vol.list_disks")["blockdevices"] if d["path"] in mine]
    theirs = [d for d in volumes.lsblk(ns) if d["path"] in mine]
    assert len(theirs) == 4
    compare(ours, theirs, key="name", ignore=("diskseq",))
    tree = {d["path"]: d for d in volumes.walk(ours)}
    assert [c["start"] for c in sorted(tree[disk]["children"], key=lambda c: c["start"])] == [2048, 124928, 227328]
    part = tree[f"{disk}p1"]
    assert part["mountpoint"] == f"{scratch}/b\\xff"  # the last one that shows all of it
    assert sorted(part["mountpoints"]) == sorted([f"{scratch}/b\\xff", f"{scratch}/part", f"{scratch}/whole"])
    assert part["fssize"] and part["fsroots"].count("/sub") == 1
    assert tree[read_only]["ro"] and tree[large_sectors]["log-sec"] == 4096
    for device in ours:
        assert device["diskseq"] == int(Path(f"/sys/block/{device['kname']}/diskseq").read_text())


def test_newline_in_a_mountpoint(ns, sal, loops, scratch):
    """lsblk breaks such a name in two; we do not."""
    disk = loops("16M")
    ns.run(["mkfs.ext4", "-q", disk])
    ns.run(["mkdir", f"{scratch}/new\nline"])
    ns.run(["mount", disk, f"{scratch}/new\nline"])
    [device] = sal.call("vol.list_disks", disk=disk)["blockdevices"]
    assert device["mountpoints"] == [f"{scratch}/new\nline"]


def test_btrfs_on_two_devices(ns, sal, loops, scratch):
    """Its device number is its own: the source that mountinfo names is the one with mount points."""
    first, second = loops("200M"), loops("200M")
    ns.run(["mkfs.btrfs", "-q", "-L", "MOSDATA", first, second])
    ns.sh(f"cd {scratch}; mkdir top sub; mount {first} top; btrfs -q subvolume create top/s; mount -o subvol=s {first} sub")
    mine = (first, second)
    ours = [d for d in sal.call("vol.list_disks")["blockdevices"] if d["path"] in mine]
    compare(ours, [d for d in volumes.lsblk(ns) if d["path"] in mine], key="name", ignore=("diskseq",))
    assert {d["path"]: d.get("mountpoint") for d in ours} == {first: f"{scratch}/top", second: None}


PROBED = {"fstype": "TYPE", "fsver": "VERSION", "uuid": "UUID", "label": "LABEL", "pttype": "PTTYPE", "ptuuid": "PTUUID",
          "parttype": "PART_ENTRY_TYPE", "partuuid": "PART_ENTRY_UUID", "partflags": "PART_ENTRY_FLAGS"}


def blkid(ns, device):
    done = ns.run(["blkid", "-p", "-o", "export", device], check=False)
    assert done.returncode in (0, 2), done.stderr
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


def test_probe(ns, sal, loops):
    """What is on each device, as blkid -p reads it."""
    disk, ext4, btrfs, xfs, swap, blank = (loops(s) for s in ("200M", "32M", "200M", "400M", "16M", "8M"))
    gpt(ns, disk, 'size=50M,type=linux,name="Größe"', "size=20M,type=uefi,attrs=RequiredPartition", "size=20M,type=swap")
    for command in (["mkfs.ext4", "-L", "ext lab", f"{disk}p1"], ["mkswap", "-L", "sw", f"{disk}p3"], ["mkfs.ext4", ext4],
                    ["mkfs.btrfs", "-L", "MOSDATA", btrfs], ["mkfs.xfs", "-L", "xlab", xfs], ["mkswap", swap]):
        ns.run([command[0], "-q", *command[1:]])
    mine = (disk, ext4, btrfs, xfs, swap, blank)
    found = {d["path"]: d for d in volumes.walk(sal.call("vol.list_disks", probe=True)["blockdevices"])}
    for path in [*mine, f"{disk}p1", f"{disk}p2", f"{disk}p3"]:
        theirs, ours = blkid(ns, path), found[path]
        assert ours["probe"] == "ok"
        if "PART_ENTRY_SCHEME" in theirs:  # a partition shows the table it stands in, as with udev
            theirs.setdefault("PTTYPE", theirs["PART_ENTRY_SCHEME"])
            theirs.setdefault("PTUUID", found[disk]["ptuuid"])
        assert {k: ours.get(k) for k in PROBED} == {k: theirs.get(v, "").replace("\\ ", " ") or None
                                                    for k, v in PROBED.items()}, path
    assert found[f"{disk}p1"]["partlabel"] == "Größe"
    assert [found[f"{disk}p{n}"]["parttypename"] for n in (1, 2, 3)] == ["Linux filesystem", "EFI System", "Linux swap"]
    assert "fstype" not in found[blank]
    plain = {d["path"]: d for d in volumes.walk(sal.call("vol.list_disks")["blockdevices"])}
    assert "probe" not in plain[ext4]


def test_mbr_partitions(ns, sal, loops):
    disk = loops("32M")
    ns.run(["sfdisk", "-q", "--no-reread", "--no-tell-kernel", disk], input="label: dos\nsize=8M,type=83\nsize=8M,type=ef\n")
    ns.run(["partx", "-a", disk])
    [device] = sal.call("vol.list_disks", disk=disk, probe=True)["blockdevices"]
    parts = sorted(device["children"], key=lambda p: p["start"])
    assert device["pttype"] == "dos"
    assert [(p["parttype"], p["parttypename"]) for p in parts] == [("0x83", "Linux"), ("0xef", "EFI (FAT-12/16/32)")]


def test_probe_says_how_it_went(sal):
    """A device that cannot be read is shown with the errno, never an error of the list."""
    seen = set()
    for device in volumes.walk(sal.call("vol.list_disks", probe=True, all=True)["blockdevices"]):
        if is_loop(device):
            continue  # may be another test's, and gone
        try:
            fd = os.open(device["path"], os.O_RDONLY | os.O_NONBLOCK)
            try:
                expected = "ok" if os.pread(fd, 512, 0) else "empty"
            finally:
                os.close(fd)
        except OSError as e:
            expected = "empty" if e.errno == errno.ENOMEDIUM else errno.errorcode[e.errno]
        assert device["probe"] == expected, device["path"]
        seen.add(expected)
    if not seen:
        pytest.skip("this machine has no block device but loops")


def test_one_disk(ns, sal, loops):
    disk = loops("32M")
    gpt(ns, disk, "size=8M", "size=8M")
    name = Path(disk).name
    for asked in (name, disk, f"/dev/block/{Path(f'/sys/block/{name}/dev').read_text().strip()}"):
        if asked.startswith("/dev/block") and not os.path.exists(asked):
            continue
        [device] = sal.call("vol.list_disks", disk=asked)["blockdevices"]
        assert device["path"] == disk and len(device["children"]) == 2
    compare(sal.call("vol.list_disks", disk=disk)["blockdevices"], volumes.lsblk(ns, disk), key="name", ignore=MOVING)
    part = sal.call("vol.list_disks", disk=f"{disk}p2")["blockdevices"]
    compare(part, volumes.lsblk(ns, f"{disk}p2"), key="name", ignore=MOVING)
    assert part[0]["pkname"] == name
    empty = [d["name"] for d in volumes.lsblk(ns, "-a") if is_loop(d) and d["size"] == 0]
    assert sal.call("vol.list_disks", disk=empty[-1])["blockdevices"][0]["name"] == empty[-1]


@pytest.mark.parametrize("name", ["nope", "", ".", "..", "../block", "/dev/nope", "/dev/null", "/dev", "/etc/passwd",
                                  "/dev/../etc/passwd", "loop0/queue", "-a", pytest.param("x" * 4096, id="long"), "a\nb"])
def test_no_such_disk(sal, name):
    sal.error("vol.list_disks", kind="NOT_FOUND", field="/disk", disk=name)


def test_bad_parameters(sal):
    sal.error("vol.list_disks", kind="INVALID_PARAMS", field="/disk", disk=1)
    sal.error("vol.list_disks", kind="INVALID_PARAMS", field="/all", all="yes")
    sal.error("vol.list_disks", kind="INVALID_PARAMS", field="/disk", disk="x" * 4097)
    sal.error("vol.list_disks", kind="INVALID_PARAMS", nope=1)


def test_devices_come_and_go(ns, sal, loops):
    """K5: what vanishes between two looks is left out; the rest is there."""
    disk = loops("32M")
    gpt(ns, disk, "size=8M", "size=8M", "size=8M")
    done = threading.Event()
    rounds = []

    def churn():
        while not done.is_set():  # -d fails for a partition that is just being probed, -a for one still there
            ns.run(["partx", "-d", disk], check=False)
            ns.run(["partx", "-a", disk], check=False)
            rounds.append(1)

    churner = threading.Thread(target=churn)
    churner.start()
    try:
        for i in range(150):
            devices = sal.call("vol.list_disks", probe=i % 5 == 0)["blockdevices"]
            [mine] = [d for d in devices if d["path"] == disk]
            assert {c["path"] for c in mine.get("children", [])} <= {f"{disk}p{n}" for n in (1, 2, 3)}
    finally:
        done.set()
        churner.join()
    assert len(rounds) > 3


def test_no_process_started(ns, sal, loops):
    """P8: no tool is run. Whoever starts one has a child to reap, and the kernel counts the faults."""
    loops("8M")
    children = Path(f"/proc/{sal.pid}/task")
    before = [int(x) for x in Path(f"/proc/{sal.pid}/stat").read_text().rsplit(")", 1)[1].split()[8:12:2]]
    sal.call("vol.list_disks", probe=True)
    after = [int(x) for x in Path(f"/proc/{sal.pid}/stat").read_text().rsplit(")", 1)[1].split()[8:12:2]]
    assert before == after
    assert not any((t / "children").read_text().strip() for t in children.iterdir() if (t / "children").exists())
