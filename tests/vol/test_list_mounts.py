"""vol.list_mounts against findmnt -J -b --output-all."""
import os
import threading
import time

import pytest

import volumes
from compare import compare

ADDS = ("managed", "usage")
SIZES = ("size", "used", "avail", "use%")


def look(ns, sal, **params):
    """Our list and findmnt's, comparable: what moves or is honestly left out is not compared."""
    answer = sal.call("vol.list_mounts", **params)
    assert answer["consistent"] is True and answer["truncated"] is False
    ours = {m["id"]: m for m in answer["mounts"]}
    theirs = volumes.findmnt(ns)
    for mount in theirs:
        still = "/sal-vol-" in mount["target"] and ours.get(mount["id"], {}).get("usage") == "ok"
        for name in SIZES:  # the machine's own move between two looks: findmnt itself writes to /run
            if not still:
                mount[name] = None
        if "\n" in mount["source"]:  # findmnt breaks such a name in two
            mount["sources"] = [mount["source"]]
        mount["sources"] = sorted(mount["sources"] or [])
    for mount in ours.values():
        mount["sources"].sort()
    return answer["mounts"], theirs


def check(ns, sal, **params):
    ours, theirs = look(ns, sal, **params)
    compare(ours, theirs, key="id", adds=ADDS, ignore=("tid",))
    return {m["target"]: m for m in ours}


def test_a_namespace(ns, sal):
    mounts = check(ns, sal, usage=True)
    assert mounts["/proc"]["fstype"] == "proc" and mounts["/proc"]["use%"] == "-"
    assert not any(m["managed"] for m in mounts.values())


def test_no_sizes_without_usage(ns, sal, scratch):
    mounts = check(ns, sal)
    assert not set(mounts[scratch]) & {*SIZES, "usage"}
    assert check(ns, sal, usage=True)[scratch]["size"] == 1 << 30


ODD = ["sp ace", "new\nline", "tab\tx", "back\\slash", " - ", "-", "Ünï", "#hash", 'quo"te', "a\\040b", "\x01\x7f", "x" * 255]


def test_odd_names(ns, sal, scratch):
    """P9: names that mountinfo escapes, and one that looks like its separator, as target, root and source."""
    for i, name in enumerate(ODD):
        ns.run(["mkdir", f"{scratch}/{name}"])
        ns.run(["mount", "-t", "tmpfs", name if "\n" not in name else "source", f"{scratch}/{name}"])
        ns.run(["mkdir", f"{scratch}/{name}/{name}", f"{scratch}/b{i}"])
        ns.run(["mount", "--bind", f"{scratch}/{name}/{name}", f"{scratch}/b{i}"])
    mounts = check(ns, sal, usage=True)
    for i, name in enumerate(ODD):
        assert mounts[f"{scratch}/{name}"]["fsroot"] == "/"
        assert mounts[f"{scratch}/b{i}"]["fsroot"] == f"/{name}"
        assert sal.call("vol.list_mounts", target=f"{scratch}/{name}")["mounts"][0]["id"] == mounts[f"{scratch}/{name}"]["id"]


def test_not_utf8(ns, sal, scratch):
    ns.sh(f"""cd {scratch}; n="$(printf 'bad\\xff\\xc3\\x28')"; mkdir "$n"; mount -t tmpfs "$n" "$n" """)
    mounts = check(ns, sal)
    assert mounts[f"{scratch}/bad\\xff\\xc3("]["source"] == "bad\\xff\\xc3("


def test_stacked(ns, sal, scratch):
    """Of two mounts on one target the covered one has no sizes: statfs would tell the other's."""
    ns.sh(f"cd {scratch}; mkdir a; mount -t tmpfs -o size=1m one a; mount -t tmpfs -o size=2m two a")
    check(ns, sal, usage=True)
    both = {m["source"]: m for m in sal.call("vol.list_mounts", target=f"{scratch}/a", usage=True)["mounts"]}
    assert both["two"]["usage"] == "ok" and both["two"]["size"] == 2 << 20 and both["two"]["parent"] == both["one"]["id"]
    assert both["one"]["usage"] == "hidden" and "size" not in both["one"]


def test_kinds(ns, sal, scratch):
    """Bind, overlay, read-only, propagation in all its words, an empty source."""
    ns.sh(f"""cd {scratch}; mkdir l u w ov ro b sh sl sub ub
              mount -t overlay ov -o lowerdir=l,upperdir=u,workdir=w ov
              mount -t tmpfs -o ro,nosuid,noexec,size=1m ro ro
              mount --bind l b; mount -o remount,bind,ro b
              mount -t tmpfs sh sh; mount --make-shared sh
              mount --bind sh sl; mount --make-slave sl
              mount --bind sl sub; mount --make-shared sub
              mount -t tmpfs ub ub; mount --make-unbindable ub""")
    mounts = check(ns, sal, usage=True)
    words = {name: mounts[f"{scratch}/{name}"]["propagation"] for name in ("sh", "sl", "sub", "ub", "ro")}
    assert words == {"sh": "shared", "sl": "private,slave", "sub": "shared,slave", "ub": "private,unbindable", "ro": "private"}
    assert mounts[f"{scratch}/ro"]["options"].startswith("ro,nosuid,noexec")
    assert mounts[f"{scratch}/b"]["options"].startswith("ro") and mounts[f"{scratch}/b"]["source"].endswith("[/l]")


def test_devices(ns, sal, loops, scratch):
    """Labels and UUIDs of what is mounted, partitions' too, and both devices of a btrfs with its subvolumes."""
    disk, first, second, xfs = loops("100M"), loops("200M"), loops("200M"), loops("400M")
    ns.run(["sfdisk", "-q", "--no-reread", "--no-tell-kernel", disk], input='label: gpt\nsize=60M,name="part one"\n')
    ns.run(["partx", "-a", disk])
    ns.run(["mkfs.ext4", "-q", "-L", "ext lab", f"{disk}p1"])
    ns.run(["mkfs.btrfs", "-q", "-L", "MOSDATA", first, second])
    ns.run(["mkfs.xfs", "-q", xfs])
    ns.sh(f"""cd {scratch}; mkdir e t s x b; mount {disk}p1 e; mount {first} t; btrfs -q subvolume create t/vol
              mount -o subvol=vol,ro {first} s; mount {xfs} x; mkdir e/sub; mount --bind e/sub b""")
    mounts = check(ns, sal, usage=True)
    assert mounts[f"{scratch}/e"]["label"] == "ext lab" and mounts[f"{scratch}/e"]["partlabel"] == "part one"
    assert mounts[f"{scratch}/s"]["sources"] == sorted([first, second])
    assert mounts[f"{scratch}/s"]["source"] == f"{first}[/vol]" and mounts[f"{scratch}/s"]["uuid"]


def test_filters(ns, sal, scratch):
    ns.sh(f"cd {scratch}; mkdir a b; mount -t tmpfs a a; mount -t ramfs b b")
    every = sal.call("vol.list_mounts")["mounts"]

    def ask(**params):
        return [m["id"] for m in sal.call("vol.list_mounts", **params)["mounts"]]

    assert ask(target=f"{scratch}/a") == [m["id"] for m in every if m["target"] == f"{scratch}/a"] != []
    assert ask(fstype="tmpfs") == [m["id"] for m in every if m["fstype"] == "tmpfs"]
    assert ask(fstype="ramfs", target=f"{scratch}/a") == [] and len(ask(fstype="ramfs", target=f"{scratch}/b")) == 1
    assert ask(target=f"{scratch}/nothing") == [] and ask(target=f"{scratch}/a/") == []
    assert ask(managed=True) == [] and ask(managed=False) == [m["id"] for m in every]


def test_bad_parameters(sal):
    sal.error("vol.list_mounts", kind="INVALID_PARAMS", field="/target", target=["/"])
    sal.error("vol.list_mounts", kind="INVALID_PARAMS", field="/usage", usage=1)
    sal.error("vol.list_mounts", kind="INVALID_PARAMS", field="/fstype", fstype="x" * 257)
    sal.error("vol.list_mounts", kind="INVALID_PARAMS", where="/")


def test_many(ns, sal, scratch):
    """5,000 mounts, whole; streamed, since the answer is longer than 256 KiB."""
    ns.run(["/usr/bin/python3", "-c", volumes.MANY_BINDS, scratch, "5000"])
    mounts = check(ns, sal)
    assert len(mounts) > 5000
    usage = sal.call("vol.list_mounts", usage=True, fstype="tmpfs")["mounts"]
    assert sum(m.get("size") == 1 << 30 for m in usage) == 5001


def test_dead_filesystem(ns, sal, scratch, dead_mount):
    """D2: one that never answers delays nobody but who asks for sizes, and them by its 2 s only."""
    dead = dead_mount()
    ns.sh(f"cd {scratch}; mkdir after; for i in 1 2 3 4 5; do mkdir d$i; mount --bind {dead} d$i; done; mount -t tmpfs after after")
    begin = time.monotonic()
    assert len(sal.call("vol.list_mounts", fstype="fuse")["mounts"]) == 6
    assert time.monotonic() - begin < 1
    begin = time.monotonic()
    mounts = {m["target"]: m for m in sal.call("vol.list_mounts", usage=True)["mounts"]}
    assert 1.9 < time.monotonic() - begin < 4
    assert mounts[dead]["usage"] == "busy" == mounts[f"{scratch}/d5"]["usage"] and "size" not in mounts[dead]
    assert mounts[f"{scratch}/after"]["usage"] == "ok"


def test_autofs_is_never_asked(ns, sal, scratch):
    """statfs on an autofs would set off what it stands for; here nobody would ever answer it."""
    ns.run(["mkdir", f"{scratch}/auto"])
    keeper = ns.popen(["/usr/bin/python3", "-c", f"""
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
r, w = os.pipe()
os.setpgid(0, 0)
options = f"fd={{w}},pgrp={{os.getpgrp()}},minproto=5,maxproto=5,direct"
if libc.mount(b"auto", b"{scratch}/auto", b"autofs", 0, options.encode()):
    print(os.strerror(ctypes.get_errno()), flush=True)
else:
    print("mounted", flush=True)
    sys.stdin.read()
"""], stdin=-1, stdout=-1, text=True)
    try:
        line = keeper.stdout.readline()
        if line != "mounted\n":
            pytest.skip(f"this kernel cannot mount autofs: {line.strip()}")
        begin = time.monotonic()
        [mount] = sal.call("vol.list_mounts", target=f"{scratch}/auto", usage=True)["mounts"]
        assert mount["usage"] == "skipped" and time.monotonic() - begin < 1
    finally:
        ns.run(["umount", "-l", f"{scratch}/auto"], check=False)
        keeper.stdin.close()
        keeper.wait()
        keeper.stdout.close()


def test_mounts_come_and_go(ns, sal, scratch):
    """While others mount and unmount every answer is whole, and says if it is of no single moment."""
    ns.run(["/usr/bin/python3", "-c", volumes.MANY_BINDS, scratch, "300"])
    churner = ns.popen(["bash", "-c", f"cd {scratch}; mkdir come; while :; do mount -t tmpfs c come; umount come; done"])
    try:
        for _ in range(100):
            answer = sal.call("vol.list_mounts")
            targets = [m["target"] for m in answer["mounts"]]
            missing = {f"{scratch}/{i}" for i in range(300)} - set(targets)
            assert not missing
            if answer["consistent"]:
                assert len({m["id"] for m in answer["mounts"]}) == len(targets)
    finally:
        churner.kill()
        churner.wait()


def test_memory_stays_flat(ns, sal, scratch):
    """The list leaves as it is parsed: many times 5,000 mounts do not add up."""
    ns.run(["/usr/bin/python3", "-c", volumes.MANY_BINDS, scratch, "5000"])
    for _ in range(3):
        sal.call("vol.list_mounts", usage=True)
    before, fds = sal.rss(), sal.fds()
    for _ in range(10):
        sal.call("vol.list_mounts", usage=True)
    assert sal.fds() == fds
    if os.environ.get("SAL_SLOW", "1") == "1":  # the sanitizers keep what was freed for a while
        assert sal.rss() - before < 4 << 20


def test_threads_answer_alike(ns, sal, scratch):
    found = []

    def ask():
        found.append(sorted(m["id"] for m in sal.client(uid=0).call("vol.list_mounts", usage=True)["mounts"]))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(found) == 8 and all(f == found[0] for f in found)
