"""Requests as bytes, good and bad, and what must come of them; for the tests that look at the wire."""
import json

CALL = b'{"jsonrpc":"2.0","id":7,"method":"rpc.health"}'
HEAD = b"POST /rpc HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
TAIL = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"  # behind a refused request: must not be run


def with_length(value, body=CALL, more=b""):
    return HEAD + more + b"Content-Length: " + value + b"\r\n\r\n" + body


def whole(body=CALL, more=b""):
    return with_length(str(len(body)).encode(), body, more)


def chunk(data):
    return b"%x\r\n" % len(data) + data + b"\r\n"


def answered(response, expected_id=7):
    assert response.status == 200, response
    reply = json.loads(response.body)
    assert reply["id"] == expected_id and reply["result"]["status"] == "ok", reply


def served(wire, data):
    """These bytes are one good request."""
    with wire.connection() as c:
        c.send(data)
        answered(c.read())
        assert c.request("GET", "/health").status == 200, "the connection should have gone on"


def refused(wire, data, status=400):
    """These bytes get this one answer, then the end of the connection; what follows is not run."""
    with wire.connection() as c:
        try:
            c.send(data)
        except BrokenPipeError:
            pass
        response = c.read()
        assert response.status == status, response
        assert response.header("connection") == "close", response
        assert c.closed(), f"more came after the refusal: {c.buffer!r}"
    return response
