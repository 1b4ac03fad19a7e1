"""What a connection goes through: methods, types and endpoints (H7), pieces and pipelines (H8), errors (H9), writes (H10).

H8's slow senders and H11 stand in test_limits.py, which starts daemons with small limits.
"""
import fcntl
import json
import re
import shutil
import signal
import struct
import subprocess
import termios
import threading

import pytest

from http1 import eventually
from wire import CALL, CHUNKED, TAIL, answered, chunk, refused, served, whole, with_length


# H7: methods, types, Expect, Upgrade

@pytest.mark.parametrize("method,target,allow", [
    ("GET", "/rpc", "POST"), ("GET", "/", "POST"), ("HEAD", "/rpc", "POST"),
    ("PUT", "/rpc", "POST"), ("DELETE", "/", "POST"), ("PATCH", "/rpc", "POST"), ("TRACE", "/rpc", "POST"),
    ("POST", "/health", "GET, HEAD"), ("DELETE", "/openrpc.json", "GET, HEAD"),
    ("POST", "/.well-known/heroservice.json", "GET, HEAD")])
def test_h7_method_not_allowed(wire, method, target, allow):
    with wire.connection() as c:
        response = c.request(method, target, CALL if method in ("POST", "PUT") else b"")
        assert response.status == 405
        assert response.header("allow") == allow + ", OPTIONS"


@pytest.mark.parametrize("target,allow", [("/rpc", "POST"), ("/", "POST"), ("/health", "GET, HEAD")])
def test_h7_options(wire, target, allow):
    with wire.connection() as c:
        response = c.request("OPTIONS", target)
        assert (response.status, response.header("allow")) == (204, allow + ", OPTIONS")
        assert c.request("OPTIONS", "/nowhere").status == 404


def test_h7_unknown_method(wire):
    with wire.connection() as c:
        c.send(b"BREW /rpc HTTP/1.1\r\nHost: x\r\n\r\n")
        assert c.read().status in (405, 501, 400)


def test_h7_connect_is_not_a_tunnel(wire):
    with wire.connection() as c:
        c.send(b"CONNECT localhost:80 HTTP/1.1\r\nHost: x\r\n\r\n" + TAIL)
        assert c.read().status in (400, 404, 405)


@pytest.mark.parametrize("target", ["/health", "/openrpc.json", "/.well-known/heroservice.json"])
def test_h7_head(wire, target):
    with wire.connection() as c:
        got = c.request("GET", target)
        assert got.status == 200 and got.body
        head = c.request("HEAD", target)
        assert head.status == 200
        assert head.header("content-length") == str(len(got.body))
        assert head.header("content-type") == got.header("content-type") == "application/json"
        assert c.request("GET", target).body == got.body


def test_health_endpoint(wire):
    with wire.connection() as c:
        health = json.loads(c.request("GET", "/health").body)
        assert set(health) == {"status", "service", "version"}
        assert health == wire.call("rpc.health")


def test_openrpc_endpoint(wire):
    with wire.connection() as c:
        assert json.loads(c.request("GET", "/openrpc.json").body) == wire.call("rpc.discover")


def test_heroservice_endpoint(wire):
    with wire.connection() as c:
        service = json.loads(c.request("GET", "/.well-known/heroservice.json").body)
    assert set(service) == {"protocol", "name", "title", "version", "description", "socket"}
    assert (service["protocol"], service["socket"]) == ("openrpc", "rpc")
    assert service["version"] == wire.call("rpc.health")["version"]


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON",
                                  "application/json-rpc", "text/json", "application/x-www-form-urlencoded",
                                  "application/json;charset=UTF-8"])
def test_h7_content_types_taken(wire, kind):
    served(wire, whole(more=b"Content-Type: " + kind.encode() + b"\r\n"))


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "application/jsonx",
                                  "application", "", "text/html, application/json"])
def test_h7_content_types_refused(wire, kind):
    with wire.connection() as c:
        response = c.request("POST", "/rpc", CALL, [("Content-Type", kind)])
        assert response.status == 415, response


def test_h7_expect_continue(wire):
    with wire.connection() as c:
        c.send(with_length(b"46", b"", b"Expect: 100-continue\r\n"))
        interim = c.read(interim=True)
        assert (interim.status, interim.headers) == (100, [])
        c.send(CALL)
        answered(c.read())


def test_h7_expect_continue_with_the_body_at_once(wire):
    served(wire, whole(more=b"Expect: 100-Continue\r\n"))


def test_h7_expect_continue_of_a_body_too_long(wire):
    """Refused before the caller sends it."""
    response = refused(wire, with_length(b"2000000", b"", b"Expect: 100-continue\r\n"), 413)
    assert response.status == 413


def test_h7_expect_something_else(wire):
    """RFC 9110 10.1.1: it may be ignored."""
    served(wire, whole(more=b"Expect: miracles\r\n"))


@pytest.mark.parametrize("upgrade", [b"websocket", b"h2c", b"TLS/1.3"])
def test_h7_upgrade_is_ignored(wire, upgrade):
    served(wire, whole(more=b"Connection: Upgrade\r\nUpgrade: " + upgrade + b"\r\nHTTP2-Settings: AAMAAABk\r\n"))


def test_connection_close_is_honoured(wire):
    with wire.connection() as c:
        c.send(whole(more=b"Connection: close\r\n") + TAIL)
        response = c.read()
        answered(response)
        assert response.header("connection") == "close"
        assert c.closed()


# H8: pieces, pipelines, callers that go away

def swallowed(sock):
    """Waits until the daemon has read everything we sent."""
    def queued():
        return struct.unpack("i", fcntl.ioctl(sock, termios.TIOCOUTQ, b"\0\0\0\0"))[0]
    eventually(lambda: queued() == 0, "the daemon reads what was sent")


@pytest.mark.parametrize("data", [whole(), CHUNKED + chunk(CALL[:20]) + chunk(CALL[20:]) + b"0\r\nX: y\r\n\r\n"],
                         ids=["length", "chunked"])
def test_h8_a_byte_at_a_time(wire, data):
    with wire.connection() as c:
        for i in range(len(data)):
            c.send(data[i:i + 1])
            swallowed(c.sock)
        answered(c.read())


@pytest.mark.parametrize("data", [whole(), CHUNKED + chunk(CALL[:20]) + chunk(CALL[20:]) + b"0\r\nX: y\r\n\r\n"],
                         ids=["length", "chunked"])
def test_h8_split_at_every_byte(wire, data):
    with wire.connection() as c:
        for i in range(1, len(data)):
            c.send(data[:i])
            swallowed(c.sock)
            c.send(data[i:])
            answered(c.read())


def test_h8_two_in_one_piece_cut_anywhere(wire):
    data = whole() + TAIL
    with wire.connection() as c:
        for i in range(len(whole()), len(data), 3):
            c.send(data[:i])
            answered(c.read())
            c.send(data[i:])
            assert c.read().status == 200


def test_h8_1000_pipelined(wire):
    """Answered one by one in the order sent."""
    calls = b"".join(whole(json.dumps({"jsonrpc": "2.0", "id": i, "method": "rpc.health"}).encode()) for i in range(1000))
    with wire.connection() as c:
        sender = threading.Thread(target=c.send, args=(calls,))
        sender.start()
        for i in range(1000):
            answered(c.read(), i)
        sender.join()


def test_h8_pipelined_calls_of_different_weight_keep_their_order(wire):
    methods = ["net.interfaces", "rpc.health", "vol.list_mounts", "rpc.health", "net.routes", "rpc.health"]
    with wire.connection() as c:
        c.send(b"".join(whole(json.dumps({"jsonrpc": "2.0", "id": m, "method": m}).encode()) for m in methods))
        assert [json.loads(c.read().body)["id"] for _ in methods] == methods


def test_h8_pipelining_does_not_fill_memory(wire):
    """A caller that sends and never reads is not read from without end."""
    before = wire.rss()
    request = whole(b'{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}')
    with wire.connection() as c:
        c.sock.settimeout(1)
        sent = 0
        with pytest.raises(TimeoutError):
            while sent < 64 << 20:
                sent += c.sock.send(request * 100)
        assert wire.grown(before) < 16 << 20


def test_h8_callers_that_go_away(wire):
    """Gone before, while and after the answer is made; nothing is left behind."""
    wire.call("rpc.health")
    before = wire.fds()
    for data in (b"", b"POST", whole()[:-5], whole(), whole(b'{"jsonrpc":"2.0","id":1,"method":"net.interfaces"}'),
                 whole(b'{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}') * 50):
        for _ in range(30):
            with wire.connection() as c:
                c.send(data)
    eventually(lambda: wire.fds() <= before, "connections are let go")


def test_h8_caller_that_only_shuts_its_sending_side(wire):
    """A half-closed connection still gets its answer, as with `nc -N`."""
    with wire.connection() as c:
        c.send(whole())
        c.sock.shutdown(1)
        answered(c.read())
        assert c.closed()


# H9: an unread body never becomes a request

@pytest.mark.parametrize("head", [
    b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n",
    b"POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2000000\r\n\r\n",
    b"PUT /rpc HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n"])
def test_h9_error_with_an_unread_body_closes(wire, head):
    with wire.connection() as c:
        c.send(head + TAIL * 3)
        assert c.read().status in (404, 405, 413, 415)
        assert c.closed()


@pytest.mark.parametrize("head,status", [
    (b"POST /nowhere HTTP/1.1\r\nHost: x\r\n", 404), (b"PUT /rpc HTTP/1.1\r\nHost: x\r\n", 405),
    (b"GET /health HTTP/1.1\r\nHost: x\r\n", 200),
    (b"POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n", 415)])
def test_h9_body_of_an_error_is_not_a_request(wire, head, status):
    """A body that looks like a request is passed over or the connection ends, never run."""
    inner = b"POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Length: 46\r\n\r\n" + CALL
    with wire.connection() as c:
        c.send(head + b"Content-Length: %d\r\n\r\n" % len(inner) + inner)
        assert c.read().status == status
        assert c.silent(0.2) or c.closed(), c.buffer


# H10: one write an answer

def writes_of(wire, call):
    """The system calls with which the daemon sent its answer to a call."""
    if not shutil.which("strace"):
        pytest.skip("strace is missing")
    trace = wire.dir / "trace"
    tracer = subprocess.Popen(["strace", "-f", "-s", "32", "-p", str(wire.pid), "-o", str(trace),
                               "-e", "trace=write,writev,sendmsg,sendto"], stderr=subprocess.PIPE, text=True)
    line = tracer.stderr.readline()
    if "attached" not in line:
        tracer.wait()
        pytest.skip(f"strace cannot attach: {line.strip()}")
    try:
        call()
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait()
        tracer.stderr.close()
    return [x for x in trace.read_text().splitlines() if re.search(r"(write|writev|sendmsg|sendto)\((?!2,)", x)]


@pytest.mark.parametrize("method", ["rpc.health", "rpc.discover"])
def test_h10_short_answer_is_one_write(wire, method):
    wire.call("rpc.health")
    writes = writes_of(wire, lambda: wire.call(method))
    answers = [w for w in writes if "HTTP/1.1 200" in w]
    # eventfd wake-ups are 8 bytes; everything else is the answer
    others = [w for w in writes if w not in answers and not re.search(r", 8\) += 8$", w)]
    assert len(answers) == 1 and not others, writes
