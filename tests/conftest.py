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

Environment: SAL_BUILD (default build/), SAL_NATIVE (the binary), SAL_SLOW (factor on every patience,
for sanitized builds), SAL_COVERAGE (file in which calls are noted).
"""
import contextlib
import os
import resource

import pytest

from daemon import Daemon
from ns import Namespace


def pytest_configure(config):
    if os.geteuid() != 0:
        raise pytest.UsageError("these tests make namespaces and callers of other uids: run them as root (tests/run)")
    # Crowds of callers are ours to hold, too.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


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
