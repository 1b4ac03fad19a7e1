"""What a failing kernel does to an answer: an error while nothing was sent, a broken transfer after that."""
import json

import pytest

from daemon import BUILD
from http1 import BrokenTransfer

OPTIONS = json.loads((BUILD / "meson-info" / "intro-buildoptions.json").read_text())
pytestmark = pytest.mark.skipif(not any(o["name"] == "fault_points" and o["value"] for o in OPTIONS),
                                reason="built without fault points (-Dfault_points=true)")

BODY = b'{"jsonrpc":"2.0","id":1,"method":"net.routes"}'
REQUEST = b"POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY


def fill(ns):
    ns.batch(f"route add 10.9.{i // 250}.{i % 250} dev lo" for i in range(30000))


@pytest.mark.sal(env={"SAL_FAULT": "nl.receive:eio:30"})
def test_failure_midway_is_never_a_short_answer(ns, sal):
    fill(ns)
    with sal.connection() as c:
        c.send(REQUEST)
        # The failure may come before the loop has sent the head: broken all the same.
        with pytest.raises(BrokenTransfer):
            assert c.head()[0] == 200
            c.chunked()
    assert sal.call("rpc.health")["status"] == "ok"
    assert len(sal.call("net.routes")["routes"]) == 30000  # the point fails once


@pytest.mark.sal(env={"SAL_FAULT": "nl.receive:eio:1"})
def test_failure_before_anything_was_sent_is_an_error(ns, sal):
    fill(ns)
    error = sal.error("net.routes", kind="IO")
    assert error["data"]["errno"] == "EIO"
    assert len(sal.call("net.routes")["routes"]) == 30000
