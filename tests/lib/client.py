"""Calls of a daemon's methods as one particular caller; every reply is checked (see spec.py)."""
import json

import http1


class RpcError(AssertionError):
    """The daemon answered an error where a test wanted a result."""

    def __init__(self, method, error):
        super().__init__(f"{method}: {error}")
        self.error = error


def strict(pairs):
    keys = [k for k, _ in pairs]
    assert len(keys) == len(set(keys)), f"a member twice in an answer: {keys}"
    return dict(pairs)


def parse(body):
    """JSON as RFC 8259 has it: UTF-8, no NaN, no member twice."""
    def refuse(word):
        raise AssertionError(f"{word} in an answer")
    return json.loads(body.decode("utf-8"), object_pairs_hook=strict, parse_constant=refuse)


class Client:
    """One caller: who connects (uid, gid, groups) and what headers come along.

    call() and error() share one kept-alive connection; connection() opens one of its own.
    """

    def __init__(self, path, spec, headers=(), **who):
        self.path, self.spec, self.headers, self.who = path, spec, list(headers), who
        self.shared = None
        self.last_id = 0
        self.response = None  # of the last call, for looks at its headers

    def connection(self):
        return http1.Connection(http1.connect(self.path, **self.who))

    def request(self, method, target, body=b"", headers=()):
        """One HTTP exchange on the shared connection, opened again where the daemon closed it."""
        fresh = self.shared is None
        if fresh:
            self.shared = self.connection()
        try:
            self.response = self.shared.request(method, target, body, [*self.headers, *headers])
        except (http1.BrokenTransfer, BrokenPipeError, ConnectionResetError):
            self.close()
            if fresh:
                raise
            return self.request(method, target, body, headers)
        except BaseException:
            self.close()
            raise
        if (self.response.header("connection") or "").lower() == "close":
            self.close()
        return self.response

    def post(self, body, headers=()):
        """Posts a body as it is (bytes, text or JSON value) to /rpc."""
        if not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        return self.request("POST", "/rpc", body if isinstance(body, bytes) else body.encode(), headers)

    def ask(self, method, params=None, record=True, **more):
        """The whole, checked reply object of one call."""
        self.last_id += 1
        request = {"jsonrpc": "2.0", "id": self.last_id, "method": method, **more}
        if params is not None:
            request["params"] = params
        response = self.post(request)
        assert response.status == 200, f"{method}: {response!r}"
        assert response.header("content-type") == "application/json", response
        reply = parse(response.body)
        assert reply["id"] == self.last_id, reply
        self.spec.check_reply(reply, request, record)
        return reply

    def call(self, method, **params):
        """The result of a call; RpcError if there was none."""
        reply = self.ask(method, params or None)
        if "error" in reply:
            raise RpcError(method, reply["error"])
        return reply["result"]

    def error(self, method, kind=None, field=None, **params):
        """The error object of a call that must fail, with this kind and field where given."""
        reply = self.ask(method, params or None)
        assert "error" in reply, f"{method} {params} should have failed: {reply['result']!r:.400}"
        error = reply["error"]
        if kind:
            assert error["data"]["kind"] == kind, error
        if field:
            assert error["data"].get("field") == field, error
        return error

    def rpc(self, body, headers=()):
        """Posts a raw body (bytes, text, or a value to be dumped) and returns the checked reply value.

        For malformed envelopes and batches: None for a 204, else the parsed object or list.
        """
        response = self.post(body, headers)
        if response.status == 204:
            assert response.body == b"" and response.header("content-length") is None, response
            return None
        assert response.status == 200, response
        reply = parse(response.body)
        try:
            sent = json.loads(body) if isinstance(body, (bytes, str)) else body
        except (ValueError, RecursionError):
            sent = None
        if not isinstance(reply, list):
            self.spec.check_reply(reply, sent if isinstance(sent, dict) else None, envelope=True)
            return reply
        for element in reply:
            match = [r for r in sent if isinstance(r, dict) and r.get("id") == element["id"] and "id" in r]
            self.spec.check_reply(element, match[0] if len(match) == 1 else None, envelope=True)
        return reply

    def close(self):
        if self.shared:
            self.shared.close()
            self.shared = None
