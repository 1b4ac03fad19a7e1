"""Fixtures for every test that talks to the real daemon. How to write such a test:

    def test_routes_of_one_device(ns, sal):
        ns.run("ip link add br0 type bridge")            # ip, bridge … run in the test's own namespace
        ns.sh("ip link set br0 up; ip addr add 192.0.2.1/24 dev br0")
        ours = sal.call("net.routes", dev="br0")["routes"]
        compare(ours, ns.json("ip -j -d route show dev br0"), key="dst", adds=("dev",))

    def test_unknown_device(sal):
        sal.error("net.routes", kind="NOT_FOUND", field="/dev", dev="nope")

    @pytest.mark.sal(args=["-v"], acl=ACL_TEXT)          # options of the daemon for one test
    def test_as_somebody(sal):
        sal.client(uid=1000, groups=[27]).error("net.routes", kind="FORBIDDEN")

    def test_two(ns, start):                             # several daemons, or one with odd options
        first = start(args=["--log-format", "json"])

`from compare import compare` for whole answers. Every reply that passes through call(), error(),
ask() or rpc() is checked against the OpenRPC document by itself; the daemon must end with exit code
0 and without a sanitizer report when the test ends. ns.or_skip("ip link add v0 type vlan …") skips
where the kernel lacks something. A module that needs one daemon for many tests writes a fixture of
scope "module" with Namespace() and Daemon(ns) as below.

What needs a kernel with everything in it is marked @pytest.mark.vm, or stands in tests/vm: tests/run
boots a virtual machine for it. @pytest.mark.vm("too") runs on the host and there (docs/testing.md).

Environment: SAL_BUILD (default build/), SAL_NATIVE (the binary), SAL_SLOW (factor on every patience,
for sanitized builds), SAL_COVERAGE (file in which calls are noted), SAL_VM (set inside the virtual
machine), SAL_VM_TESTS (file of the tests meant for it: written on the host, read inside).
"""
import contextlib
import os
import resource
import subprocess
from pathlib import Path

import pytest

from daemon import Daemon
from ns import Namespace


def pytest_configure(config):
    if os.geteuid() != 0:
        raise pytest.UsageError("these tests make namespaces and callers of other uids: run them as root (tests/run)")
    # Crowds of callers are ours to hold, too.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


IN_VM = "SAL_VM" in os.environ


@pytest.hookimpl(trylast=True)  # behind -k and -m, so that the machine runs what they left
def pytest_collection_modifyitems(config, items):
    """On the host the machine's tests are taken out and listed; in it, those on the list are what is left."""
    listed = os.environ.get("SAL_VM_TESTS")
    for item in items:
        if Path(__file__).parent / "vm" in item.path.parents and not item.get_closest_marker("vm"):
            item.add_marker(pytest.mark.vm)
    marked = {item: item.get_closest_marker("vm") for item in items}
    meant = [item for item in items if marked[item]]
    if IN_VM:
        wanted = set(Path(listed).read_text().splitlines()) if listed else None
        stay = [item for item in meant if wanted is None or item.nodeid in wanted]
    else:
        stay = [item for item in items if not marked[item] or "too" in marked[item].args]
        if listed:
            Path(listed).write_text("".join(f"{item.nodeid}\n" for item in meant))
    gone = set(items) - set(stay)
    if gone:
        config.hook.pytest_deselected(items=list(gone))
        items[:] = stay


def pytest_runtest_setup(item):
    mark = item.get_closest_marker("vm")
    for module in mark.kwargs.get("modules", ()) if IN_VM and mark else ():
        subprocess.run(["modprobe", module], check=True)


@pytest.fixture
def ns():
    """A network and mount namespace of this test's own; see lib/ns.py."""
    space = Namespace()
    yield space
    space.close()


@pytest.fixture
def start(ns):
    """A function that starts daemons in ns: start(args=[…], acl="…", env={…}); see lib/daemon.py."""
    with contextlib.ExitStack() as stack:
        yield lambda **kw: stack.enter_context(Daemon(ns, **kw))


@pytest.fixture
def sal(request, start):
    """The daemon, running in ns and called as root; options by @pytest.mark.sal(…)."""
    mark = request.node.get_closest_marker("sal")
    return start(**(mark.kwargs if mark else {}))
