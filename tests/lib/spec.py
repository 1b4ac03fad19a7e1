"""What the daemon promised in its OpenRPC document, as a check on every reply of every test.

A result must fit its method's schema, an error must be one the method lists, and every error must
carry the kind that belongs to its code. What was called, and what failed, is noted in a file from
which tests/coverage_check.py sees whether some method was never called or never failed.
"""
import json
import os

import jsonschema

# Kinds that a request can meet before it is known which method it is for.
ENVELOPE = {"PARSE_ERROR", "INVALID_REQUEST", "METHOD_NOT_FOUND"}
LONG = 1000  # longer lists: every shape of element, and the first and last of them, are checked


def shape(value):
    """Keys and types of a value, values left out: equal shapes need one look at the schema."""
    if isinstance(value, dict):
        return tuple((k, shape(v)) for k, v in value.items())
    if isinstance(value, list):
        return ("list", *{shape(v) for v in value})
    return type(value)


def shortened(value):
    """The value with its long lists cut to what is worth a look at the schema."""
    if isinstance(value, dict):
        return {k: shortened(v) for k, v in value.items()}
    if isinstance(value, list) and len(value) > LONG:
        seen = {}
        for element in value:
            seen.setdefault(shape(element), element)
        return [*seen.values(), *value[:LONG // 4], *value[-LONG // 4:]]
    return value


class Spec:
    def __init__(self, document):
        self.document = document
        self.methods = {m["name"]: m for m in document["methods"]}
        self.kinds = {e["code"]: kind for kind, e in document["components"]["errors"].items()}
        resolver = jsonschema.RefResolver("", document)
        self.results = {name: jsonschema.Draft7Validator(m["result"]["schema"], resolver=resolver)
                        for name, m in self.methods.items()}
        self.error_data = jsonschema.Draft7Validator({"$ref": "#/components/schemas/ErrorData"}, resolver=resolver)

    def note(self, method, kind):
        path = os.environ.get("SAL_COVERAGE")
        if path:
            with open(path, "a") as f:
                f.write(f"{method} {kind}\n")

    def check_result(self, method, result):
        error = jsonschema.exceptions.best_match(self.results[method].iter_errors(shortened(result)))
        if error:
            at = "/".join(str(p) for p in error.absolute_path)
            raise AssertionError(f"{method}: the result breaks its schema at /{at}: {error.message[:2000]}")

    def check_error(self, error, method=None, envelope=False):
        """error is a JSON-RPC error object; envelope: kinds of the request itself are in order too."""
        assert set(error) == {"code", "message", "data"}, f"members of an error: {error}"
        assert isinstance(error["code"], int) and error["message"], error
        kind = self.kinds.get(error["code"])
        assert kind, f"a code that no document lists: {error}"
        assert error["data"].get("kind") == kind, f"{error['code']} is {kind}: {error}"
        self.error_data.validate(error["data"])
        if isinstance(method, str) and method in self.methods and not (envelope and kind in ENVELOPE):
            assert kind in self.methods[method]["x-errors"], f"{method} does not list {kind}: {error}"

    def check_reply(self, reply, request=None, record=True, envelope=False):
        """A whole response object, against the request (a dict) it answers, where that is known."""
        assert isinstance(reply, dict) and reply.get("jsonrpc") == "2.0" and "id" in reply, f"not a reply: {reply!r:.400}"
        assert set(reply) in ({"jsonrpc", "id", "result"}, {"jsonrpc", "id", "error"}), f"members: {sorted(reply)}"
        method = request.get("method") if isinstance(request, dict) else None
        known = isinstance(method, str) and method in self.methods
        if "error" in reply:
            self.check_error(reply["error"], method, envelope)
        elif known:
            self.check_result(method, reply["result"])
        if known and record:
            self.note(method, reply["error"]["data"]["kind"] if "error" in reply else "ok")


_specs = {}


def load(key, fetch):
    """The Spec of one daemon binary; fetch() gets its document the first time."""
    if key not in _specs:
        _specs[key] = Spec(json.loads(fetch()))
    return _specs[key]
