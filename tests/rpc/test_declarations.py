"""The generator refuses declarations that break its rules, naming file, method and reason (J8, A9)."""
import json
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path):
    for name in ("types.json", "errors.json", "document.json"):
        shutil.copy(ROOT / "openrpc" / name, tmp_path / name)
    probe = json.loads((ROOT / "tests/unit/gen/probe.json").read_text())
    return tmp_path, probe


def generate(folder, probe):
    (folder / "probe.json").write_text(json.dumps(probe))
    return subprocess.run(["/usr/bin/python3", ROOT / "openrpc/generate.py", folder, folder / "gen", "0", "probe"],
                          capture_output=True, text=True)


def test_a_good_declaration_passes(folder):
    done = generate(*folder)
    assert done.returncode == 0, done.stderr
    document = json.loads((folder[0] / "gen/openrpc.json").read_text())
    assert [m["name"] for m in document["methods"]] == ["probe"]


def method(probe):
    return probe["methods"][0]


BREAKS = {
    "a method without right (A9)": (lambda p: method(p).pop("x-right"), "x-right"),
    "an unknown right": (lambda p: method(p).update({"x-right": "root"}), "x-right"),
    "an unknown lane": (lambda p: method(p).update({"x-lane": "fast"}), "x-lane"),
    "an unknown error": (lambda p: method(p).update({"x-errors": ["NOPE"]}), "NOPE"),
    "no example": (lambda p: method(p).update({"examples": []}), "example"),
    "no summary": (lambda p: method(p).pop("summary"), "summary"),
    "another noun's method": (lambda p: method(p).update({"name": "net.x"}), "noun"),
    "an integer without width": (lambda p: method(p)["params"][2]["schema"].pop("format"), "format"),
    "an unknown format": (lambda p: method(p)["params"][0]["schema"].update({"format": "hostname"}), "hostname"),
    "an enum without a name": (lambda p: method(p)["params"][0].update({"schema": {"type": "string", "enum": ["a"]}}), "enum"),
    "a reference to nothing": (lambda p: method(p)["params"][1].update({"schema": {"$ref": "#/components/schemas/No"}}), "No"),
    "a member without description": (lambda p: p["schemas"]["Probe"]["properties"]["i32"].pop("description"), "description"),
    "a schema without description": (lambda p: p["schemas"]["Probe"].pop("description"), "description"),
    "a requirement of nothing": (lambda p: p["schemas"]["Probe"]["required"].append("ghost"), "ghost"),
    "two members of one C name": (lambda p: p["schemas"]["Probe"]["properties"].update({"maj-min": {"description": "x", "type": "string"}}), "maj_min"),
    "a schema declared twice": (lambda p: p["schemas"].update({"Family": {"description": "x", "type": "object"}}), "Family"),
    "an untyped member": (lambda p: p["schemas"]["Probe"]["properties"].update({"x": {"description": "x"}}), "type"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_declaration_stops_the_build(folder, name):
    change, word = BREAKS[name]
    change(folder[1])
    done = generate(*folder)
    assert done.returncode == 1
    assert word in done.stderr and "Traceback" not in done.stderr, done.stderr
