"""need_packages of sal-native/packages.sh: what it installs starts no service, now or at the next boot.

apt-get is a script here that looks at what the real one would find; /etc and /usr/sbin are the test's own.
"""
import os
import signal
from pathlib import Path

import pytest

from http1 import eventually
from ns import Namespace

PACKAGES = Path(__file__).resolve().parents[2] / "sal-native" / "packages.sh"
APT = """#!/bin/bash
[ "$1" = install ] || exit 0
cp -a "$POLICY" $DIR/seen 2>/dev/null
"$POLICY" some-service start; echo $? >$DIR/answer
ln -s /dev/null /etc/systemd/system/test.target.wants/new.service
touch $DIR/installing
[ ! -e $DIR/wait ] || sleep 60
[ ! -e $DIR/fail ] || exit 100
"""


@pytest.fixture
def room(tmp_path):
    """A mount namespace whose /etc/systemd/system is empty, with an apt-get and a policy file of its own."""
    (tmp_path / "bin").mkdir()
    for name, text in (("apt-get", APT), ("dpkg-query", "#!/bin/sh\nexit 1\n")):
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    ns = Namespace()
    ns.sh("mkdir -p /etc/systemd/system; mount -t tmpfs units /etc/systemd/system; mkdir /etc/systemd/system/test.target.wants;"
          "ln -s /dev/null /etc/systemd/system/test.target.wants/old.service")
    yield ns, tmp_path
    ns.close()


def command(path, script="need_packages some-package"):
    policy = path / "policy-rc.d"
    return ["bash", "-euo", "pipefail", "-c",
            f'. {PACKAGES}; POLICY_RC_D={policy}; export POLICY=$POLICY_RC_D DIR={path} PATH={path}/bin:$PATH; {script}']


def links(ns):
    return ns.run("ls /etc/systemd/system/test.target.wants").split()


@pytest.mark.parametrize("fail", [False, True])
def test_machine_without_a_policy(room, fail):
    ns, path = room
    if fail:
        (path / "fail").touch()
    done = ns.run(command(path), check=False)
    assert (done.returncode != 0) == fail, done
    assert (path / "answer").read_text() == "101\n"
    assert not (path / "policy-rc.d").exists()
    assert links(ns) == ["old.service"]


def test_machine_with_a_policy(room):
    ns, path = room
    (path / "policy-rc.d").write_text("#!/bin/sh\nexit 104\n")
    (path / "policy-rc.d").chmod(0o755)
    ns.run(command(path))
    assert (path / "answer").read_text() == "104\n"
    assert (path / "policy-rc.d").read_text() == "#!/bin/sh\nexit 104\n"


def test_policy_left_behind_by_a_killed_run(room):
    ns, path = room
    ns.run(command(path))
    os.rename(path / "seen", path / "policy-rc.d")
    ns.run(command(path))
    assert (path / "answer").read_text() == "101\n"
    assert not (path / "policy-rc.d").exists()


def test_interrupted(room):
    ns, path = room
    (path / "wait").touch()
    process = ns.popen(command(path), start_new_session=True)
    eventually(lambda: (path / "installing").exists(), "apt-get runs")
    os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(20) != 0
    eventually(lambda: not (path / "policy-rc.d").exists(), "the policy is gone")  # a subshell removes it


def test_nothing_missing(room):
    ns, path = room
    ns.run(command(path, "have_package() { true; }; need_packages some-package"))
    assert not (path / "answer").exists()
