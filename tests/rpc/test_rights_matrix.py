"""A10: every method with every right, generated from the document.

A caller with a right may run exactly the methods that need no more than it. What a permitted call
then answers is other tests' matter; here it must only not be FORBIDDEN.
"""
import pytest

from daemon import Daemon, document
from ns import Namespace

RIGHTS = ["none", "read", "write", "admin"]
UIDS = {"none": 2000, "read": 2001, "write": 2002, "admin": 2003}
METHODS = {m["name"]: m for m in document()["methods"]}
ACL = "".join(f"""
[[group]]
name = "{right}-group"
users = ["uid:{uid}"]
""" + (f"""
[[ace]]
right = "{right}"
groups = ["{right}-group"]
""" if right != "none" else "") for right, uid in UIDS.items()) + """
[policy]
anonymous_local = "none"
"""


@pytest.fixture(scope="module")
def callers():
    ns = Namespace()
    with Daemon(ns, acl=ACL) as sal:
        clients = {right: sal.client(uid=uid) for right, uid in UIDS.items()}
        yield clients
        for client in clients.values():
            client.close()
    ns.close()


@pytest.mark.parametrize("right", RIGHTS)
@pytest.mark.parametrize("method", METHODS)
def test_a10_right_and_method(callers, method, right):
    """Params that no method knows: permitted calls end with INVALID_PARAMS and change nothing."""
    needs = METHODS[method]["x-right"]
    reply = callers[right].ask(method, {"x-probe": 1}, record=False)
    kind = reply["error"]["data"]["kind"]
    if RIGHTS.index(right) >= RIGHTS.index(needs):
        assert kind == "INVALID_PARAMS"
    else:
        assert kind == "FORBIDDEN"
        assert reply["error"]["data"]["required"] == needs
        assert reply["error"]["data"]["have"] == right


@pytest.mark.parametrize("right", RIGHTS)
@pytest.mark.parametrize("method", METHODS)
def test_a10_as_a_notification(callers, method, right):
    """Nothing comes back, whatever the right."""
    assert callers[right].rpc({"jsonrpc": "2.0", "method": method, "params": {"x-probe": 1}}) is None


def test_every_method_has_a_right():
    assert all(m["x-right"] in RIGHTS for m in METHODS.values())
    assert {m for m, d in METHODS.items() if d["x-right"] == "none"} == {"rpc.discover", "rpc.health"}
