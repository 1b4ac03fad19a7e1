"""After a whole run: was every method called with success, and did every one fail once for a reason?

Reads what lib/spec.py noted. Not collected with the other tests; tests/run starts it after them.
FORBIDDEN and UNAUTHENTICATED do not count: the rights matrix gives them to every method.
"""
import os
from collections import defaultdict
from pathlib import Path

import pytest

from daemon import document
from ns import need_network

RIGHTS = {"FORBIDDEN", "UNAUTHENTICATED"}
METHODS = [m["name"] for m in document()["methods"]]


@pytest.fixture(scope="module")
def seen():
    need_network()
    kinds = defaultdict(set)
    for line in Path(os.environ["SAL_COVERAGE"]).read_text().splitlines():
        method, kind = line.split()
        kinds[method].add(kind)
    return kinds


@pytest.mark.parametrize("method", METHODS)
def test_was_called(seen, method):
    assert "ok" in seen[method], f"no test got a result of {method}"


@pytest.mark.parametrize("method", METHODS)
def test_has_failed(seen, method):
    assert seen[method] - RIGHTS - {"ok"}, f"no test saw {method} fail"
