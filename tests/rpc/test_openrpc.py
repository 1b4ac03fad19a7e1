"""The document that rpc.discover answers: valid, complete, and true of the daemon; J8."""
import json
import re
import shutil
import subprocess

import jsonschema
import pytest

from daemon import BUILD, REPO, document

DOC = document()
METHODS = {m["name"]: m for m in DOC["methods"]}
TESTS = REPO / "tests"


def meta_schema():
    """The OpenRPC meta-schema as npm has it, and the JSON Schema one that it refers to."""
    if not shutil.which("node"):
        pytest.skip("node is missing")
    if not (TESTS / "node_modules" / "@open-rpc" / "meta-schema").exists():
        pytest.skip("npm could not fetch @open-rpc/meta-schema (npm ci in tests/)")
    text = subprocess.run(["node", "-e", 'console.log(JSON.stringify([require("@open-rpc/meta-schema").default, '
                           'require("@json-schema-tools/meta-schema").default]))'],
                          cwd=TESTS, capture_output=True, text=True, check=True).stdout
    return json.loads(text)


def validator():
    openrpc, draft = meta_schema()
    where = "https://meta.json-schema.tools"
    resolver = jsonschema.RefResolver("", openrpc, store={where: draft, where + "/": draft, where + "/#": draft})
    return jsonschema.Draft7Validator(openrpc, resolver=resolver)


def test_document_fits_the_meta_schema():
    errors = [f"/{'/'.join(map(str, e.absolute_path))}: {e.message[:300]}" for e in validator().iter_errors(DOC)]
    assert not errors, errors[:10]


@pytest.mark.parametrize("breakage", [
    lambda d: d.pop("info"), lambda d: d["methods"][0].pop("params"), lambda d: d.update(openrpc="9.9.9"),
    lambda d: d["methods"][0]["params"].append({"name": "x"}), lambda d: d["methods"][0].update(nosuch=1),
    lambda d: d["components"]["schemas"].update(Broken={"type": "nosuchtype"})])
def test_the_meta_schema_can_refuse(breakage):
    broken = json.loads(json.dumps(DOC))
    breakage(broken)
    assert list(validator().iter_errors(broken)), "this document should not pass"


def test_discover_answers_the_built_document(sal):
    assert sal.call("rpc.discover") == DOC


def test_methods_are_sorted_and_unique():
    names = [m["name"] for m in DOC["methods"]]
    assert names == sorted(set(names))


def refs(node):
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from refs(value)
    elif isinstance(node, list):
        for value in node:
            yield from refs(value)


def test_every_reference_leads_somewhere_and_nothing_is_unused():
    for ref in set(refs(DOC)):
        node = DOC
        for part in ref.removeprefix("#/").split("/"):
            node = node[part]
    used = {r.rsplit("/", 1)[1] for r in refs(DOC)}
    assert set(DOC["components"]["schemas"]) - used <= {"ErrorData"}


@pytest.mark.parametrize("name", METHODS)
def test_method_says_all_it_should(name):
    m = METHODS[name]
    assert re.fullmatch(r"[a-z0-9]+(\.[a-z0-9_]+)+", name)
    assert m["summary"] and m["description"] and m["examples"]
    assert m["x-right"] in ("none", "read", "write", "admin")
    assert m["x-lane"] in ("inline", "quick", "slow", "stream", "write", "decide")
    assert m["x-errors"] == [e["$ref"].rsplit("/", 1)[1] for e in m["errors"]]
    assert set(m["x-errors"]) <= set(DOC["components"]["errors"])
    assert all(p["description"] and "schema" in p for p in m["params"])
    assert [p["required"] for p in m["params"]] == sorted((p["required"] for p in m["params"]), reverse=True), \
        "required params come first, so that calls by position can be short"


def resolver():
    return jsonschema.RefResolver("", DOC)


@pytest.mark.parametrize("name", METHODS)
def test_j8_examples_fit_their_schemas(name):
    m = METHODS[name]
    params = {p["name"]: p for p in m["params"]}
    for example in m["examples"]:
        for given in example["params"]:
            jsonschema.Draft7Validator(params[given["name"]]["schema"], resolver=resolver()).validate(given["value"])
        assert {p for p, d in params.items() if d["required"]} <= {g["name"] for g in example["params"]}
        assert example["result"]["name"] == m["result"]["name"]
        jsonschema.Draft7Validator(m["result"]["schema"], resolver=resolver()).validate(example["result"]["value"])


@pytest.mark.parametrize("name", METHODS)
def test_j8_examples_are_taken_by_the_daemon(sal, name):
    """By name and by position: what the document shows is understood, whatever this machine then answers."""
    m = METHODS[name]
    for example in m["examples"]:
        by_name = {g["name"]: g["value"] for g in example["params"]}
        by_position = [by_name.get(p["name"]) for p in m["params"]]
        for params in (by_name, by_position):
            reply = sal.ask(name, params)
            assert "result" in reply or reply["error"]["data"]["kind"] not in ("INVALID_PARAMS", "METHOD_NOT_FOUND"), reply


@pytest.mark.parametrize("name", METHODS)
def test_j8_every_method_exists(sal, name):
    """An unknown param is found, and named; noted as this method's failure only where it has no params."""
    reply = sal.ask(name, {"x-probe": 1}, record=not METHODS[name]["params"])
    assert reply["error"]["data"] == {**reply["error"]["data"], "kind": "INVALID_PARAMS", "field": "/x-probe"}


WRONG = {"string": 5, "integer": "5", "boolean": 1, "array": {}, "object": [], "number": "5"}


@pytest.mark.parametrize("name,param", [(m, p["name"]) for m in METHODS for p in METHODS[m]["params"]])
def test_every_param_is_checked(sal, name, param):
    """A value of a wrong type is refused with that param's pointer."""
    schema = next(p for p in METHODS[name]["params"] if p["name"] == param)["schema"]
    while "$ref" in schema:
        schema = DOC["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    others = {p["name"]: "x" for p in METHODS[name]["params"] if p["required"] and p["name"] != param}
    reply = sal.ask(name, {param: WRONG[schema["type"]], **others})
    assert reply["error"]["data"]["kind"] == "INVALID_PARAMS", reply
    assert reply["error"]["data"]["field"].split("/")[1] == param, reply


def test_j8_error_codes_are_stable():
    """Codes are an interface: this list only ever grows."""
    assert {kind: e["code"] for kind, e in DOC["components"]["errors"].items()} == {
        "PARSE_ERROR": -32700, "INVALID_REQUEST": -32600, "METHOD_NOT_FOUND": -32601, "INVALID_PARAMS": -32602,
        "INTERNAL": -32603, "UPSTREAM_UNAVAILABLE": -32000, "UNAUTHENTICATED": -32001, "FORBIDDEN": -32002,
        "UNSUPPORTED": -32003, "NOT_FOUND": -32004, "CONFLICT": -32005, "BUSY": -32006, "LIMIT": -32007, "TIMEOUT": -32008,
        "IO": -32009, "KERNEL": -32010, "REFUSED": -32011, "TOOL_FAILED": -32012, "CANCELLED": -32013}


def test_reference_names_every_method():
    text = next(BUILD.rglob("methods.md")).read_text()
    for name in METHODS:
        assert f"\n## {name}\n" in text
