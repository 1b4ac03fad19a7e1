"""HTTP/1.1 as it is framed on the socket, byte by byte: cases H1 to H6 of the project's list."""
import json

import pytest

from http1 import BrokenTransfer
from wire import CALL, CHUNKED, HEAD, TAIL, answered, chunk, refused, served, whole, with_length


# H1: Content-Length

@pytest.mark.parametrize("value", [b"-1", b"+5", b"5,5", b"0x2e", b"5 5", b"", b"1e1", b"46;", b"\xb2",
                                   b"18446744073709551616", b"18446744073709551662", b"99999999999999999999999999"])
def test_h1_content_length_is_not_a_number(wire, value):
    refused(wire, with_length(value) + TAIL)


@pytest.mark.parametrize("value", [b"2147483648", b"4294967342", b"9223372036854775807", b"1048577"])
def test_h1_content_length_beyond_the_limit(wire, value):
    refused(wire, with_length(value) + TAIL, 413 if len(value) < 19 else 400)


@pytest.mark.parametrize("second", [b"46", b"47", b"0"])
def test_h1_content_length_twice(wire, second):
    refused(wire, with_length(b"46", more=b"Content-Length: " + second + b"\r\n") + TAIL)


@pytest.mark.parametrize("value", [b"  46", b"46  ", b"046"])
def test_h1_space_around_a_length_is_legal(wire, value):
    served(wire, with_length(value))


def test_h1_absent(wire):
    """A POST without a length has an empty body, which is not JSON."""
    with wire.connection() as c:
        c.send(HEAD + b"\r\n")
        response = c.read()
        assert json.loads(response.body)["error"]["code"] == -32700
        assert c.request("GET", "/health").status == 200


def test_h1_shorter_than_the_body(wire):
    """What lies behind the body is looked at as a request, and this is none."""
    with wire.connection() as c:
        c.send(with_length(b"5"))
        assert json.loads(c.read().body)["error"]["code"] == -32700
        assert c.read().status == 400
        assert c.closed()


def test_h1_longer_than_the_body(wire):
    """The daemon waits for the rest; when the caller ends instead, nothing is run."""
    with wire.connection() as c:
        c.send(with_length(b"47"))
        assert c.silent(0.2)
        c.sock.shutdown(1)
        try:
            assert c.read().status == 400
        except BrokenTransfer:
            pass  # closing without an answer is as good: nobody sent a request


# H2, H3: transfer coding

@pytest.mark.parametrize("order", [0, 1])
def test_h2_length_and_coding(wire, order):
    both = [b"Content-Length: 46\r\n", b"Transfer-Encoding: chunked\r\n"]
    refused(wire, HEAD + both[order] + both[1 - order] + b"\r\n" + chunk(CALL) + b"0\r\n\r\n" + TAIL)


@pytest.mark.parametrize("value", [b"chunked, gzip", b"gzip, chunked", b"xchunked", b"chunkedx", b"chunked,chunked",
                                   b"chunked;q=1", b"identity", b"", b"\x0bchunked", b"chun ked", b'"chunked"'])
def test_h3_other_codings(wire, value):
    refused(wire, HEAD + b"Transfer-Encoding: " + value + b"\r\n\r\n" + chunk(CALL) + b"0\r\n\r\n" + TAIL)


def test_h3_coding_twice(wire):
    refused(wire, HEAD + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n" + chunk(CALL) + b"0\r\n\r\n" + TAIL)


def test_h3_coding_in_http_1_0(wire):
    refused(wire, CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0") + chunk(CALL) + b"0\r\n\r\n")


@pytest.mark.parametrize("value", [b"chunked", b"Chunked", b"CHUNKED", b"  chunked", b"\tchunked ", b"chunked "])
def test_h3_chunked_in_any_case_and_space(wire, value):
    served(wire, HEAD + b"Transfer-Encoding:" + value + b"\r\n\r\n" + chunk(CALL) + b"0\r\n\r\n")


# H4: chunks

@pytest.mark.parametrize("size", [b"", b"0x2e", b"-1", b"+2e", b"2g", b" 2e", b"2e ", b"0000000000000002e",
                                  b"100000000", b"ffffffffffffffff", b"10000000000000000", b"2e\x00", b";x=1"])
def test_h4_chunk_size(wire, size):
    refused(wire, CHUNKED + size + b"\r\n" + CALL + b"\r\n0\r\n\r\n" + TAIL)


@pytest.mark.parametrize("size", [b"ffffffff", b"7fffffff", b"100001"])
def test_h4_chunk_larger_than_a_body_may_be(wire, size):
    refused(wire, CHUNKED + size + b"\r\n" + CALL, 413)


def test_h4_chunks_together_larger_than_a_body_may_be(wire):
    refused(wire, CHUNKED + chunk(b" " * (1 << 19)) * 2 + chunk(b" "), 413)


@pytest.mark.parametrize("body", [
    b"2e\r\n" + CALL + b"0\r\n\r\n", b"2e\r\n" + CALL + b"xx0\r\n\r\n", b"2e\r\n" + CALL + b"\n0\r\n\r\n",
    b"2e\n" + CALL + b"\r\n0\r\n\r\n", b"2d\r\n" + CALL + b"\r\n0\r\n\r\n", b"2e\r" + CALL + b"\r\n0\r\n\r\n"])
def test_h4_chunk_without_its_end(wire, body):
    refused(wire, CHUNKED + body + TAIL)


@pytest.mark.parametrize("body", [
    b"2e;ext=1\r\n" + CALL + b"\r\n0\r\n\r\n", b'2e;a="b c";d\r\n' + CALL + b"\r\n0;x\r\n\r\n",
    b"2E\r\n" + CALL + b"\r\n0\r\n\r\n", b"0000002e\r\n" + CALL + b"\r\n00000000\r\n\r\n",
    b"".join(chunk(CALL[i:i + 1]) for i in range(len(CALL))) + b"0\r\n\r\n",
    b"2e\r\n" + CALL + b"\r\n0\r\nX-Trailer: 1\r\nY: 2\r\n\r\n"])
def test_h4_good_chunks(wire, body):
    served(wire, CHUNKED + body)


def test_h4_endless_trailers(wire):
    refused(wire, CHUNKED + chunk(CALL) + b"0\r\n" + b"X-T: 0123456789\r\n" * 2000, 431)


def test_h4_endless_extension(wire):
    refused(wire, CHUNKED + b"2e;" + b"x" * 20000, 431)


@pytest.mark.parametrize("trailer", [b"Content-Length: 5", b"Transfer-Encoding: chunked"])
def test_h4_framing_in_a_trailer(wire, trailer):
    refused(wire, CHUNKED + chunk(CALL) + b"0\r\n" + trailer + b"\r\n\r\n" + TAIL)


# H5, H6: headers and lines

@pytest.mark.parametrize("line", [b": value", b"X Y: 1", b"X : 1", b"X\t: 1", b"X\x00: 1", b"X\x7f: 1", b"(X): 1", b"X",
                                  b"X\xe9: 1", b" folded", b"\tfolded", b"X-A: 1\r\n folded", b"X-A: 1\r\n\tfolded",
                                  b"X: a\x00b", b"X: a\x01b", b"X: a\x7fb", b"X: \x1b[31m"])
def test_h5_bad_header_line(wire, line):
    refused(wire, whole(more=line + b"\r\n") + TAIL)


def test_h5_101_headers(wire):
    refused(wire, whole(more=b"".join(b"X-%d: 1\r\n" % i for i in range(100))) + TAIL, 431)


def test_h5_many_headers_are_fine(wire):
    served(wire, whole(more=b"".join(b"X-%d: 1\r\n" % i for i in range(90))))


@pytest.mark.parametrize("data", [
    pytest.param(HEAD + b"X: " + b"a" * 65536 + b"\r\n", id="value"),
    pytest.param(HEAD + b"X" * 65536 + b": 1\r\n", id="name"),
    pytest.param(b"GET /" + b"a" * 65536 + b" HTTP/1.1\r\n", id="target"),
    pytest.param(HEAD + b"X: 1\r\n" * 20000, id="endless")])
def test_h5_head_beyond_the_limit(wire, data):
    with wire.connection() as c:
        try:
            c.send(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert c.read().status == 431
        assert c.closed()


def test_h5_endless_method(wire):
    """Refused where it stops being a method, or at the limit."""
    with wire.connection() as c:
        try:
            c.send(b"G" * 65536)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert c.read().status in (400, 431)
        assert c.closed()


def test_h5_large_but_allowed_head(wire):
    served(wire, whole(more=b"X: " + b"a" * 15000 + b"\r\n"))


@pytest.mark.parametrize("data", [
    HEAD.replace(b"\r\n", b"\n") + b"Content-Length: 46\n\n" + CALL,
    b"POST /rpc HTTP/1.1\nHost: x\r\nContent-Length: 46\r\n\r\n" + CALL,
    HEAD + b"X: 1\nContent-Length: 46\r\n\r\n" + CALL,
    HEAD + b"Content-Length: 46\r\n\n" + CALL,
    HEAD + b"X-Note: a\rb\r\nContent-Length: 46\r\n\r\n" + CALL,
    HEAD + b"X-Note: \rX-Public-Key: 00\r\nContent-Length: 46\r\n\r\n" + CALL,
    HEAD + b"X-Note:\rxX-Public-Key: 00\r\nContent-Length: 46\r\n\r\n" + CALL,
    HEAD + b"X: 1\r\r\n\r\n", HEAD + b"\r\r\n", b"\n" + whole(), b"\r" + whole(), b" " + whole()],
    ids=range(12))
def test_h6_bare_cr_and_lf(wire, data):
    refused(wire, data + TAIL)


@pytest.mark.parametrize("line", [
    b"GET /health", b"GET  /health HTTP/1.1", b"GET /health  HTTP/1.1", b"GET\t/health HTTP/1.1", b"GET /health HTTP/1.1 ",
    b"GET /health HTTP/1.2", b"GET /health HTTP/2.0", b"GET /health HTTP/0.9", b"GET /health HTTP/11", b"GET /health http/1.1",
    b"GET /health HTTP/1.10", b"GET /health HTTP/1.", b"GET /a b HTTP/1.1", b"GET HTTP/1.1", b"GE(T /health HTTP/1.1",
    b"GET /h\x00 HTTP/1.1", b"GET /h\xff HTTP/1.1", b"GET /h\x7f HTTP/1.1", b"\x00", b"GET /health ICY/1.1"])
def test_h6_request_line(wire, line):
    refused(wire, line + b"\r\nHost: x\r\n\r\n" + TAIL)


def test_h6_http_2_preface(wire):
    refused(wire, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")


def test_h6_tls_client_hello(wire):
    refused(wire, bytes.fromhex("16030100f8010000f40303") + bytes(range(32)))


def test_h6_http_1_0(wire):
    """Answered, and closed behind unless it asked to be kept."""
    with wire.connection() as c:
        c.send(whole().replace(b"HTTP/1.1", b"HTTP/1.0"))
        answered(c.read())
        assert c.closed()
    with wire.connection() as c:
        for _ in range(2):
            c.send(whole(more=b"Connection: keep-alive\r\n").replace(b"HTTP/1.1", b"HTTP/1.0"))
            response = c.read()
            answered(response)
            assert response.header("connection") == "keep-alive"


def test_h6_one_empty_line_in_front_is_fine(wire):
    served(wire, b"\r\n" + whole())


@pytest.mark.parametrize("target", ["/nowhere", "/rpc%00", "/%72pc", "/rpc/", "/rpc/..", "//", "/RPC", "/health%00",
                                    "/../etc/passwd", "/" + "a" * 4000, "*"])
def test_h6_unknown_targets(wire, target):
    with wire.connection() as c:
        assert c.request("POST", target, CALL).status == 404
        answered(c.request("POST", "/rpc", CALL))


@pytest.mark.parametrize("target", ["rpc", "?x", "localhost:80", "\\rpc"])
def test_h6_what_is_no_target(wire, target):
    refused(wire, whole().replace(b"/rpc", target.encode()) + TAIL)


@pytest.mark.parametrize("target", ["/", "/rpc", "/rpc?", "/rpc?session=1", "/?a=b"])
def test_h6_both_paths_and_a_query(wire, target):
    with wire.connection() as c:
        answered(c.request("POST", target, CALL))


def test_h6_absolute_form(wire):
    """RFC 9112 3.2.2: a server must take it, though only proxies are sent it."""
    with wire.connection() as c:
        answered(c.request("POST", "http://localhost/rpc", CALL))
        assert c.request("GET", "http://localhost/health").status == 200
        assert c.request("GET", "http://localhost/nowhere").status == 404
