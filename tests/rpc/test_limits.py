"""Every limit and timeout of the socket, with small values set by options: H8, H11 and J7."""
import json
import time

import pytest

from http1 import SLOW, eventually

HEALTH = {"jsonrpc": "2.0", "id": 1, "method": "rpc.health"}
BODY = json.dumps(HEALTH).encode()


def get(connection):
    response = connection.request("GET", "/health")
    assert response.status == 200, response
    return response


def refused_at_once(client):
    """A connection beyond a limit is told so without being asked, and closed."""
    with client.connection() as c:
        response = c.read()
        assert response.status == 503 and response.header("connection") == "close", response
        return c.closed()


# sizes

@pytest.mark.sal(args=["--max-body", "1000"])
def test_j7_body_limit(sal):
    """413 before a byte of it is parsed; exactly the limit is fine."""
    fits = json.dumps(HEALTH).ljust(1000).encode()
    with sal.connection() as c:
        assert c.request("POST", "/rpc", fits).status == 200
        response = c.request("POST", "/rpc", b"{" * 1001)
        assert response.status == 413 and response.header("connection") == "close"
        assert c.closed()


@pytest.mark.sal(args=["--max-body", "1000"])
def test_j7_body_limit_in_chunks(sal):
    with sal.connection() as c:
        c.send(b"POST /rpc HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        c.send(b"1f4\r\n" + b" " * 500 + b"\r\n1f4\r\n" + b" " * 500 + b"\r\n1\r\n")
        assert c.read().status == 413
        assert c.closed()


def test_j7_the_default_body_limit_is_a_mebibyte(sal):
    with sal.connection() as c:
        assert c.request("POST", "/rpc", BODY.ljust(1 << 20)).status == 200
        assert c.request("POST", "/rpc", BODY.ljust((1 << 20) + 1)).status == 413


@pytest.mark.sal(args=["--max-header", "500", "--max-headers", "5"])
def test_header_limits(sal):
    with sal.connection() as c:
        assert c.request("GET", "/health", headers=[("X", "a" * 400)]).status == 200
        assert c.request("GET", "/health", headers=[("X", "a" * 500)]).status == 431
        assert c.closed()
    with sal.connection() as c:
        assert c.request("GET", "/health", headers=[("X", "1")] * 4).status == 200
        assert c.request("GET", "/health", headers=[("X", "1")] * 5).status == 431
        assert c.closed()


@pytest.mark.sal(args=["--max-batch", "3", "--max-depth", "4"])
def test_batch_and_depth_limits(sal):
    assert len(sal.rpc([HEALTH] * 3)) == 3
    assert sal.rpc([HEALTH] * 4)["error"]["data"]["kind"] == "INVALID_REQUEST"
    assert "result" in sal.rpc({**HEALTH, "params": {}})
    too_deep = sal.rpc({**HEALTH, "params": {"a": [[[1]]]}})
    assert too_deep["id"] is None and too_deep["error"]["data"]["kind"] == "PARSE_ERROR"


@pytest.mark.sal(args=["--max-whole", "20000"])
def test_batch_answer_limit(sal, ns):
    """The element that would make the answer too long is told to come alone; the others are answered."""
    ns.batch(f"route add 10.9.{i // 250}.{i % 250} dev lo" for i in range(1000))
    routes = {"jsonrpc": "2.0", "id": 2, "method": "net.routes"}
    first, long, last = sal.rpc([HEALTH, routes, {**HEALTH, "id": 3}])
    assert "result" in first and "result" in last
    assert long["error"]["data"]["kind"] == "LIMIT" and "alone" in json.dumps(long["error"])
    assert len(sal.call("net.routes")["routes"]) == 1000


@pytest.mark.sal(args=["--max-whole", "20000"])
def test_http_1_0_answer_limit(sal, ns):
    """HTTP/1.0 knows no chunks, so a long answer is refused rather than cut."""
    ns.batch(f"route add 10.9.{i // 250}.{i % 250} dev lo" for i in range(4000))
    call = json.dumps({"jsonrpc": "2.0", "id": 2, "method": "net.routes"}).encode()
    with sal.connection() as c:
        response = c.request("POST", "/rpc", call, version="HTTP/1.0")
        assert json.loads(response.body)["error"]["data"]["kind"] == "LIMIT"
        assert c.closed()


# times

@pytest.mark.sal(args=["--header-timeout", "1"])
@pytest.mark.parametrize("begun", [b"G", b"GET /health HTTP/1.1\r\nHost", b"\r\n"])
def test_h8_header_timeout(sal, begun):
    """A head must be whole in time, however steadily its bytes trickle."""
    with sal.connection() as c:
        begin = time.monotonic()
        c.send(begun)
        assert c.read().status == 408
        assert 0.9 < time.monotonic() - begin < 4 * SLOW
        assert c.closed()


@pytest.mark.sal(args=["--header-timeout", "1"])
def test_h8_slowloris(sal):
    """A byte now and then does not prolong it."""
    with sal.connection() as c:
        c.send(b"GET /health HTTP/1.1\r\n")
        for _ in range(100):
            if not c.silent(0.1):
                break
            try:
                c.send(b"X")
            except (BrokenPipeError, ConnectionResetError):
                break
        else:
            pytest.fail("a trickling head was let go on for 10 s")
        assert c.read().status == 408


@pytest.mark.sal(args=["--body-timeout", "1"])
@pytest.mark.parametrize("begun", [b"Content-Length: 100\r\n\r\n", b"Content-Length: 100\r\n\r\n{}",
                                   b"Transfer-Encoding: chunked\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"])
def test_h8_body_timeout(sal, begun):
    with sal.connection() as c:
        c.send(b"POST /rpc HTTP/1.1\r\nHost: x\r\n" + begun)
        assert c.read().status == 408
        assert c.closed()


@pytest.mark.sal(args=["--idle-timeout", "1"])
@pytest.mark.parametrize("first", [False, True])
def test_idle_timeout(sal, first):
    """An idle connection ends without a word, before and after a request."""
    with sal.connection() as c:
        if first:
            get(c)
        begin = time.monotonic()
        assert c.closed()
        assert time.monotonic() - begin > 0.9


@pytest.mark.sal(args=["--idle-timeout", "2"])
def test_idle_timeout_begins_anew_with_each_request(sal):
    with sal.connection() as c:
        for _ in range(4):
            get(c)
            assert c.silent(0.8)


@pytest.mark.sal(args=["--idle-timeout", "1"])
def test_caller_that_takes_no_byte_of_its_answer(sal):
    """The pipelined answers that nobody reads do not keep a connection for ever."""
    with sal.connection() as c:
        call = b"GET /openrpc.json HTTP/1.1\r\nHost: x\r\n\r\n"
        c.sock.settimeout(0.5)
        with pytest.raises((TimeoutError, BrokenPipeError, ConnectionResetError)):
            while True:
                c.send(call * 100)
        before = sal.fds()
        eventually(lambda: sal.fds() < before, "the connection is closed")


# how many

@pytest.mark.sal(args=["--max-connections", "20", "--max-connections-uid", "8", "--root-connections", "4"])
def test_h11_connections_of_one_uid(sal):
    """Beyond its share a uid's own longest idle connection goes; nobody else's."""
    other = sal.client(uid=2001).connection()
    get(other)
    mine = sal.client(uid=2000)
    held = []
    for _ in range(8):
        held.append(mine.connection())
        get(held[-1])
    more = mine.connection()
    get(more)
    assert held[0].closed(), "the longest idle one makes room"
    get(held[-1])
    get(other)
    for c in [*held, more, other]:
        c.close()


@pytest.mark.sal(args=["--max-connections", "20", "--max-connections-uid", "8", "--root-connections", "4"])
def test_h11_busy_connections_are_not_taken_away(sal):
    """Where every connection of a uid has a request under way, the new one is turned away."""
    mine = sal.client(uid=2000)
    held = []
    for _ in range(8):
        c = mine.connection()
        c.send(b"POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n")
        held.append(c)
    get(sal.connection())
    assert refused_at_once(mine)
    for c in held:
        c.send(b"0123456789")
        assert c.read().status == 200
        c.close()


@pytest.mark.sal(args=["--max-connections", "12", "--max-connections-uid", "12", "--root-connections", "4"])
def test_h11_some_are_kept_for_root(sal):
    held = []
    for uid in range(3000, 3008):
        c = sal.client(uid=uid).connection()
        c.send(b"POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n")
        held.append(c)
    assert refused_at_once(sal.client(uid=3010))
    for _ in range(4):
        c = sal.connection()
        get(c)
        held.append(c)
    for c in held:
        c.close()
    eventually(lambda: get(sal.client(uid=3010).connection()), "room again when they are gone")


@pytest.mark.sal(args=["--max-connections", "12", "--max-connections-uid", "10", "--root-connections", "2"])
def test_h11_the_greediest_gives_way(sal):
    """When all are taken, an idle connection of the uid with the most goes first."""
    one = sal.client(uid=2001).connection()
    get(one)
    greedy = [sal.client(uid=2000).connection() for _ in range(9)]
    for c in greedy:
        get(c)
    new = sal.client(uid=2002).connection()
    get(new)
    get(one)
    assert greedy[0].closed()
    for c in [one, new, *greedy]:
        c.close()


def test_h11_1024_idle_connections_of_one_uid(sal):
    """They do not stop root's calls, nor anybody's."""
    sal.call("rpc.health")
    before = sal.rss()
    crowd = sal.client(uid=2000)
    held = [crowd.connection() for _ in range(1024)]
    get(sal.connection())
    get(sal.client(uid=2001).connection())
    eventually(lambda: sal.fds() < 256 + 100, "only its share of them is kept")
    assert sal.grown(before) < 16 << 20
    for c in held:
        c.close()
    eventually(lambda: sal.fds() < 40, "they are let go")


@pytest.mark.sal(args=["--max-queue", "2", "--quick-threads", "1", "--slow-threads", "1"])
def test_queue_limit(sal, ns):
    """More calls than may wait: BUSY at once, with a hint when to come again, never a hang."""
    ns.batch(f"route add 10.9.{i // 250}.{i % 250} dev lo" for i in range(20000))
    call = {"jsonrpc": "2.0", "id": 1, "method": "vol.list_mounts"}
    body = json.dumps(call).encode()
    request = b"POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    connections = [sal.connection() for _ in range(60)]
    kinds = set()
    for _ in range(20):
        for c in connections:
            c.send(request)
        for c in connections:
            reply = json.loads(c.read().body)
            sal.spec.check_reply(reply, call)
            kinds.add(reply["error"]["data"]["kind"] if "error" in reply else "ok")
            if "error" in reply:
                assert reply["error"]["data"]["retry_after"] >= 1
        if kinds == {"ok", "BUSY"}:
            break
    for c in connections:
        c.close()
    assert kinds == {"ok", "BUSY"}
