"""The calls that README.md shows, run as they stand there."""
import json
import re
import subprocess

import pytest


from daemon import REPO
from ns import need_network

README = REPO / "README.md"


def shown_calls():
    """The curl commands in README's shell blocks, continued lines joined."""
    blocks = re.findall(r"```sh\n(.*?)```", README.read_text(), re.S)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line.strip() for line in lines if line.strip().startswith("curl ")]


def test_there_are_five():
    assert len(shown_calls()) >= 5


@pytest.mark.parametrize("line", shown_calls())
def test_call(sal, line):
    """Exactly as shown, with $S as the socket."""
    assert "--unix-socket $S " in line
    if '"net.' in line:
        need_network()
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "S": str(sal.socket)})
    assert done.returncode == 0, done.stderr
    reply = json.loads(done.stdout)
    sent = re.search(r"-d '(\{.*\})'", line)
    if sent:
        sal.spec.check_reply(reply, json.loads(sent.group(1)))
        assert "result" in reply, reply
    else:
        assert reply["status"] == "ok"


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README.read_text()))))
def test_links_lead_somewhere(path):
    assert (REPO / path).exists(), path
