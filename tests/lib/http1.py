"""A plain HTTP/1.1 client on a Unix socket that sends exactly the bytes it is given.

No library stands between a test and the wire, so that every malformed request can be made and every
byte of an answer be looked at. Knows nothing of JSON-RPC.
"""
import array
import os
import socket
import time

from ns import need_network

SLOW = float(os.environ.get("SAL_SLOW", "1"))  # sanitized builds, and virtual machines, set it
PATIENCE = 10 * SLOW  # seconds


class BrokenTransfer(Exception):
    """The peer closed before the answer was whole. `partial` is what had come of the body."""

    def __init__(self, words, partial=b""):
        super().__init__(words)
        self.partial = partial


class Response:
    def __init__(self, status, reason, headers, body, chunks, version):
        self.status, self.reason, self.headers, self.body = status, reason, headers, body
        self.chunks = chunks  # sizes of the chunks, or None with Content-Length
        self.version = version

    def header(self, name):
        """The header's value, None if absent; two of them are an error."""
        values = [v for n, v in self.headers if n.lower() == name.lower()]
        assert len(values) < 2, f"{name} came {len(values)} times: {self.headers}"
        return values[0] if values else None

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:400]!r}>"


def connect(path, uid=None, gid=None, groups=(), bind=None, in_child=None):
    """A connected socket; with uid (gid, groups) made by a process with these credentials.

    The kernel remembers who connect()ed, so the child connects and hands the socket over.
    in_child is called in that process before it connects; it may do anything to it.
    """
    if uid is None and gid is None and in_child is None:
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(PATIENCE)
        if bind is not None:
            s.bind(bind)
        s.connect(path)
        return s
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        try:
            if in_child:
                in_child()
            if uid is not None or gid is not None:
                os.setgroups(list(groups))
                g = gid if gid is not None else uid
                os.setresgid(g, g, g)
            if uid is not None:
                os.setresuid(uid, uid, uid)
            s = socket.socket(socket.AF_UNIX)
            if bind is not None:
                s.bind(bind)
            s.connect(path)
            theirs.sendmsg([b"ok"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [s.fileno()]))])
        except BaseException as e:  # the child must never return into the test
            theirs.send(f"{type(e).__name__}: {e}".encode())
        finally:
            os._exit(0)
    theirs.close()
    word, extra, _, _ = ours.recvmsg(1000, socket.CMSG_SPACE(4))
    ours.close()
    os.waitpid(pid, 0)
    if word != b"ok":
        raise ConnectionError(f"connecting as uid {uid}: {word.decode()}")
    s = socket.socket(fileno=array.array("i", extra[0][2])[0])
    s.settimeout(PATIENCE)
    return s


class Connection:
    """One connection. send() takes bytes as they are; read() returns the next answer."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""

    def send(self, data):
        if b'"net.' in data:
            need_network()
        self.sock.sendall(data)

    def fill(self):
        data = self.sock.recv(1 << 18)
        self.buffer += data
        return len(data)

    def line(self):
        while b"\r\n" not in self.buffer:
            if not self.fill():
                raise BrokenTransfer(f"closed in the middle of a line: {self.buffer!r}")
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        assert b"\n" not in line, f"a line feed alone in {line!r}"
        return line

    def take(self, count, so_far=b""):
        pieces, have = [], 0
        while have < count:
            if not self.buffer:
                try:
                    got = self.fill()
                except ConnectionResetError:
                    got = 0
                if not got:
                    raise BrokenTransfer(f"closed {count - have} bytes too early", so_far + b"".join(pieces))
            piece, self.buffer = self.buffer[:count - have], self.buffer[count - have:]
            pieces.append(piece)
            have += len(piece)
        return b"".join(pieces)

    def head(self):
        """Status, reason, headers and version of the next answer, 1xx ones included."""
        start = self.line().decode("latin-1")
        version, status, reason = (start.split(" ", 2) + [""])[:3]
        assert version in ("HTTP/1.1", "HTTP/1.0") and len(status) == 3, f"bad status line {start!r}"
        headers = []
        while line := self.line():
            name, colon, value = line.decode("latin-1").partition(":")
            assert colon and name == name.strip(), f"bad header {line!r}"
            headers.append((name, value.strip()))
        return int(status), reason, headers, version

    def chunked(self):
        pieces, sizes = [], []
        while True:
            try:
                size = int(self.line(), 16)
                piece = self.take(size, b"".join(pieces)) if size else b""
                assert self.line() == b"", "a chunk not followed by CRLF"
            except (BrokenTransfer, ConnectionResetError) as e:
                raise BrokenTransfer(str(e), b"".join(pieces)) from e
            if not size:
                return b"".join(pieces), sizes
            pieces.append(piece)
            sizes.append(size)

    def read(self, method="POST", interim=False):
        """The next answer. method is the request's: HEAD has no body. interim: return a 1xx too."""
        while True:
            status, reason, headers, version = self.head()
            if status >= 200 or interim:
                break
        names = {n.lower(): v for n, v in headers}
        body, chunks = b"", None
        if method == "HEAD" or status in (204, 304) or status < 200:
            pass
        elif names.get("transfer-encoding", "").lower() == "chunked":
            assert "content-length" not in names, "both framings in an answer"
            body, chunks = self.chunked()
        elif "content-length" in names:
            body = self.take(int(names["content-length"]))
        else:
            assert names.get("connection", "").lower() == "close", f"an answer without an end: {headers}"
            while self.fill():
                pass
            body, self.buffer = self.buffer, b""
        return Response(status, reason, headers, body, chunks, version)

    def request(self, method, target, body=b"", headers=(), version="HTTP/1.1"):
        lines = [f"{method} {target} {version}", "Host: localhost", *[f"{n}: {v}" for n, v in headers]]
        if body or method == "POST":
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        return self.read(method)

    def closed(self, within=None):
        """Waits until the peer closes; True if it sent nothing more before that."""
        self.sock.settimeout(within or PATIENCE)
        try:
            return not self.buffer and self.sock.recv(1) == b""
        except ConnectionResetError:
            return not self.buffer
        except TimeoutError:
            return False
        finally:
            self.sock.settimeout(PATIENCE)

    def silent(self, seconds):
        """True if nothing comes, not even an end, for so long."""
        self.sock.settimeout(seconds)
        try:
            got = self.sock.recv(1)
            self.buffer += got
            return False
        except TimeoutError:
            return True
        finally:
            self.sock.settimeout(PATIENCE)

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def eventually(question, what, within=None):
    """Asks until the answer is true and returns it; fails when it does not come in time."""
    end = time.monotonic() + (within or PATIENCE)
    while not (answer := question()):
        assert time.monotonic() < end, f"it did not happen in time: {what}"
        time.sleep(0.01)
    return answer
