"""The ACL file: what is wrong with it is said with file, line and column, and nothing is granted by mistake (A5, A11)."""
import os
import re
import subprocess

import pytest

import daemon as daemon_module
from callers import ACL, KEY, OPERATOR, READER, STRANGER, TOKEN, allowed, digest, forbidden
from http1 import eventually


def line_of(words, text=ACL):
    return next(i for i, x in enumerate(text.split("\n"), 1) if words in x)


def check_fails(start, text, words, mode=0o644):
    """The daemon does not start with this file, and says where the fault is."""
    d = start(ready=False, acl=None)
    d.kill()
    d.stderr.unlink()
    d.write_acl(text, mode)
    d.args = ["--acl", str(d.acl)]
    d.start(ready=False)
    code = d.wait()
    assert 0 < code < 64, (code, d.log())
    assert re.search(words, d.log()), d.log()
    check = subprocess.run([daemon_module.NATIVE, "--check-acl", str(d.acl)], capture_output=True, text=True,
                           env={"PATH": daemon_module.PATH, **daemon_module.SANITIZER_ENV})
    assert check.returncode == 1 and re.search(words, check.stdout + check.stderr), check
    d.process.returncode = 0


BAD = {
    "unknown key": ("anonymous_local", "anonymous_lokal"),
    "unknown table": ("[policy]", "[polcy]"),
    "key of a group": ('users = ["uid:2001"]', 'members = ["uid:2001"]'),
    "unknown right": ('right = "write"', 'right = "wirte"'),
    "right none in an ace": ('right = "write"', 'right = "none"'),
    "unknown group": ('groups = ["readers"]', 'groups = ["raeders"]'),
    "pattern without a method": ('methods = ["net.routes"]', 'methods = ["net.rotues"]'),
    "pattern in the middle": ('methods = ["net.routes"]', 'methods = ["net.*.add"]'),
    "wrong type": ('groups = ["readers"]', 'groups = "readers"'),
    "wrong type inside": ('groups = ["readers"]', 'groups = [1]'),
    "hex too short": (KEY, KEY[:-1]),
    "hex not hex": (KEY, KEY[:-1] + "g"),
    "token hash": (digest(TOKEN), digest(TOKEN)[:-2]),
    "policy value": ('anonymous_local = "none"', "anonymous_local = false"),
    "not toml": ('name = "readers"', "name = readers"),
    "cut off": ('anonymous_local = "none"', 'anonymous_local = "no'),
}


@pytest.mark.parametrize("fault", BAD)
def test_a11_fault_in_the_file(start, fault):
    old, new = BAD[fault]
    assert old in ACL
    text = ACL.replace(old, new, 1)
    line = line_of(new.split("\n")[0], text)
    check_fails(start, text, rf"acl\.toml:{line}:\d+: \S+")


def test_a11_cycle(start):
    text = '[[group]]\nname = "a"\nmember_groups = ["b"]\n[[group]]\nname = "b"\nmember_groups = ["a"]\n'
    check_fails(start, text, r"acl\.toml:\d+:\d+: .*\b[ab]\b")
    check_fails(start, '[[group]]\nname = "a"\nmember_groups = ["a"]\n', r"acl\.toml:\d+:\d+: ")


def test_a11_group_twice(start):
    check_fails(start, '[[group]]\nname = "a"\n[[group]]\nname = "a"\n', r"acl\.toml:4:\d+: ")


@pytest.mark.parametrize("user", ["uid:4294967295", "uid:4294967296", "uid:-1", "uid:", "uid: 0", "uid:+0", "uid:0x0", "uid:00000000000",
                                  "gid:4294967295", "gid:18446744073709551616", "uid:1.0", "UID:0", "uid:0 ", "0", "root"])
def test_a5_ids_that_are_none(start, user):
    """-1 means "nobody in particular" to the kernel and would match too much."""
    check_fails(start, ACL.replace(f"uid:{READER}", user), rf"acl\.toml:{line_of(f'uid:{READER}')}:\d+: ")


@pytest.mark.parametrize("mode", [0o666, 0o664, 0o646])
def test_a11_others_may_write_it(start, mode):
    check_fails(start, ACL, r"acl\.toml: .*writ", mode)


def test_a11_odd_files(start, tmp_path):
    """Missing, a link, a folder, somebody else's, binary, far too large."""
    path = tmp_path / "x.toml"

    def fails(words=r"x\.toml"):
        d = start(ready=False, args=["--acl", str(path)])
        code = d.wait()
        assert 0 < code < 64 and re.search(words, d.log()), (code, d.log())
        d.process.returncode = 0

    fails()
    real = tmp_path / "real.toml"
    real.write_text(ACL)
    path.symlink_to(real)
    fails()
    path.unlink()
    path.mkdir()
    fails()
    path.rmdir()
    path.write_text(ACL)
    os.chown(path, STRANGER, STRANGER)
    path.chmod(0o644)
    fails()
    os.chown(path, 0, 0)
    path.write_bytes(b"\x00\xff" * 100)
    fails(r"x\.toml:1:\d+")
    path.write_text("# " + "x" * (10 << 20))
    fails()


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n"])
def test_a11_empty_file(start, text):
    """More likely a failed write than a wish."""
    check_fails(start, text, r"acl\.toml:1:1: ")


def test_a11_the_same_ace_twice(start):
    check_fails(start, ACL + '[[ace]]\nright = "read"\ngroups = ["readers"]\n', r"acl\.toml:\d+:\d+: ")


def test_a11_file_gone_bad_and_mended(start):
    """However it went bad while we ran, root still gets in and mends it."""
    sal = start(acl=ACL)
    for text in ("", ACL[:-40], ACL.replace("admins", "admin", 1), "\0" * 50):
        before = sal.log().count("acl.toml")
        sal.write_acl(text)
        sal.reload()
        eventually(lambda: sal.log().count("acl.toml") > before, "the bad file is reported")
        allowed(sal)
        forbidden(sal.client(uid=STRANGER))
    sal.write_acl(ACL.replace(f"uid:{READER}", f"uid:{STRANGER}"))
    sal.reload()
    eventually(lambda: "result" in sal.client(uid=STRANGER).ask("net.neighbors"), "the mended policy is in force")


def test_a11_users_of_no_and_of_several_groups(start):
    """Harmless: a group of nobody, a user in two groups; the highest right counts."""
    text = ACL + '[[group]]\nname = "empty"\n[[group]]\nname = "again"\nusers = ["uid:2000"]\n' + \
        '[[ace]]\nright = "write"\ngroups = ["again"]\nmethods = ["vol.*"]\n'
    sal = start(acl=text)
    allowed(sal.client(uid=READER))
    allowed(sal.client(uid=READER), "vol.list_mounts")


def test_a11_member_groups(start):
    """Members of a group that is inside another have what the outer one has, never the reverse."""
    text = """
[[group]]
name = "inner"
users = ["uid:2000"]
[[group]]
name = "middle"
member_groups = ["inner"]
[[group]]
name = "outer"
users = ["uid:2001"]
member_groups = ["middle"]
[[ace]]
right = "read"
groups = ["outer"]
[[ace]]
right = "read"
groups = ["inner"]
methods = ["net.routes"]
[policy]
anonymous_local = "none"
"""
    sal = start(acl=text)
    allowed(sal.client(uid=2000))
    allowed(sal.client(uid=2001))
    forbidden(sal.client(uid=2002))
    outer_only = start(acl=text.replace('groups = ["outer"]', 'groups = ["inner"]'))
    allowed(outer_only.client(uid=2000))
    forbidden(outer_only.client(uid=2001))


@pytest.mark.parametrize("pattern,allowed_,denied", [("net.*", "net.neighbors", "vol.list_mounts"), ("*", "vol.list_mounts", None),
                                                     ("vol.list_mounts", "vol.list_mounts", "vol.list_disks")])
def test_a11_method_patterns(start, pattern, allowed_, denied):
    sal = start(acl=ACL.replace('methods = ["net.routes"]', f'methods = ["{pattern}"]'))
    allowed(sal.client(uid=OPERATOR), allowed_)
    if denied:
        forbidden(sal.client(uid=OPERATOR), method=denied)
