"""One daemon for all tests of a module that only look at the wire, and a look at it after each."""
import pytest

from daemon import Daemon
from ns import Namespace


@pytest.fixture(scope="module")
def wire_daemon():
    ns = Namespace()
    with Daemon(ns) as daemon:
        yield daemon
    ns.close()


@pytest.fixture
def wire(wire_daemon):
    """The module's daemon; whatever the test did, the next caller on a connection of its own is served."""
    yield wire_daemon
    wire_daemon.close()
    with wire_daemon.connection() as other:
        assert other.request("GET", "/health").status == 200
    assert wire_daemon.process.poll() is None
