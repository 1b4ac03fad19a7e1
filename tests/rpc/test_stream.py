"""Long answers: sent as they are made, in constant memory, from few slots that nobody can hold for good."""
import json
import threading
import time

import pytest

from client import parse
from http1 import SLOW, BrokenTransfer, eventually
from ns import Namespace

COUNT = 60000
CALL = {"jsonrpc": "2.0", "id": 1, "method": "net.routes"}
BODY = json.dumps(CALL).encode()
REQUEST = b"POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY


@pytest.fixture(scope="module")
def many():
    """A namespace with so many routes that listing them takes many megabytes."""
    ns = Namespace()
    ns.batch(f"route add 10.{i >> 16}.{i >> 8 & 255}.{i & 255} dev lo" for i in range(COUNT))
    yield ns
    ns.close()


@pytest.fixture
def ns(many):
    return many


def begin(client, request=REQUEST):
    """Asks for the long list and reads only the head of the answer: a reader that sleeps."""
    c = client.connection()
    c.send(request)
    status, _, headers, _ = c.head()
    assert status == 200
    c.streams = ("Transfer-Encoding", "chunked") in headers
    return c


def sleeper(client):
    c = begin(client)
    assert c.streams, "the answer should have been long"
    return c


def finish(c):
    body, sizes = c.chunked()
    return parse(body), sizes


def busy(client):
    """Asks for the long list and gets BUSY; returns how long that took."""
    start = time.monotonic()
    error = client.error("net.routes", kind="BUSY")
    assert error["data"]["retry_after"] >= 1
    return time.monotonic() - start


def test_long_answer_is_whole(sal, ns):
    with sal.connection() as c:
        response = c.request("POST", "/rpc", BODY)
        assert response.chunks and response.header("content-length") is None
        reply = parse(response.body)
        sal.spec.check_reply(reply, CALL)
        ours = reply["result"]
        assert (ours["consistent"], ours["truncated"]) == (True, False)
        assert len(ours["routes"]) == COUNT
        assert [r["dst"] for r in ours["routes"]] == [r["dst"] for r in ns.json("ip -j -d route")]
        assert c.request("GET", "/health").status == 200, "the connection goes on"


def test_short_answer_is_not_chunked(sal):
    sal.call("net.interfaces")
    assert sal.response.chunks is None


def test_the_first_byte_comes_before_the_last_is_made(sal):
    """With the reader asleep, only a few megabytes have been made."""
    c = sleeper(sal)
    c.take(1000)
    c.close()


def test_memory_stays_flat(sal):
    sal.call("net.routes", dst="10.0.0.1")
    before = sal.rss()
    sleepers = [sleeper(sal.client(uid=2000 + i)) for i in range(3)]
    for _ in range(3):
        sal.call("net.routes")
    assert sal.grown(before) < (3 * 5 + 8) << 20
    for c in sleepers:
        reply, _ = finish(c)
        assert len(reply["result"]["routes"]) == COUNT, "a late reader gets all of it"
        c.close()


@pytest.mark.sal(args=["--stream-unsent", "65536"])
def test_back_pressure(sal):
    """The producer waits for its reader: little CPU and memory is spent until it reads on."""
    sal.call("net.routes", dst="10.0.0.1")
    before = sal.rss()
    c = sleeper(sal)
    last = -1.0
    while sal.cpu() != last:  # until it has come to rest
        last = sal.cpu()
        time.sleep(0.3)
    assert sal.grown(before) < 6 << 20
    reply, _ = finish(c)
    assert len(reply["result"]["routes"]) == COUNT
    c.close()


def test_pipelined_behind_a_long_answer(sal):
    health = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    with sal.connection() as c:
        c.send(REQUEST + health + REQUEST + health)
        for long in (True, False, True, False):
            response = c.read()
            assert bool(response.chunks) == long
            assert ("routes" in response.body[:200].decode()) == long


def test_reader_that_goes_away(sal):
    """Its slot and its worker are free again at once."""
    sal.call("rpc.health")
    before = sal.fds()
    for _ in range(40):
        sleeper(sal).close()
    eventually(lambda: sal.fds() <= before, "sockets and dumps are let go")
    assert len(sal.call("net.routes")["routes"]) == COUNT


SMALL = ["--max-streams", "4", "--max-streams-uid", "2", "--admin-streams", "1", "--stream-wait", "1"]


@pytest.mark.sal(args=SMALL)
def test_slots_of_one_uid(sal):
    mine = sal.client(uid=2000)
    held = [sleeper(mine), sleeper(mine)]
    assert 0.8 < busy(mine) < 8 * SLOW
    assert len(sal.client(uid=2001).call("net.routes")["routes"]) == COUNT, "others are not touched"
    finish(held[0])
    assert len(mine.call("net.routes")["routes"]) == COUNT, "room again when one has ended"
    for c in held:
        c.close()


@pytest.mark.sal(args=SMALL)
def test_slots_kept_for_admins(sal):
    held = [sleeper(sal.client(uid=2000 + i)) for i in range(3)]
    busy(sal.client(uid=2010))
    held.append(sleeper(sal))
    busy(sal)
    for c in held:
        c.close()
    assert len(sal.client(uid=2010).call("net.routes")["routes"]) == COUNT


@pytest.mark.sal(args=SMALL)
def test_short_answers_need_no_slot(sal):
    held = [sleeper(sal.client(uid=2000 + i)) for i in range(3)] + [sleeper(sal)]
    begin_ = time.monotonic()
    for _ in range(20):
        sal.client(uid=2010).call("net.routes", dst="10.0.0.7")
        sal.call("net.interfaces")
    assert time.monotonic() - begin_ < 4 * SLOW
    for c in held:
        c.close()


@pytest.mark.sal(args=[*SMALL, "--stream-wait", "6", "--max-stream-waiters", "1"])
def test_too_many_wait(sal):
    """Who could not even wait is told at once."""
    mine = sal.client(uid=2000)
    held = [sleeper(mine), sleeper(mine)]
    times = []
    def ask():
        times.append(busy(sal.client(uid=2000)))
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(times) == 4 and sorted(times)[2] < 3 < max(times), times
    for c in held:
        c.close()


@pytest.mark.sal(args=["--max-streams", "1", "--admin-streams", "0", "--stream-wait", "20", "--stream-slow", "1"])
def test_slow_reader_is_cut_while_another_waits(sal):
    slow = sleeper(sal.client(uid=2000))
    assert len(sal.client(uid=2001).call("net.routes")["routes"]) == COUNT
    with pytest.raises(BrokenTransfer):
        finish(slow)
    slow.close()


@pytest.mark.sal(args=["--stream-slow", "1", "--stream-stall", "600"])
def test_slow_reader_is_left_alone_while_nobody_waits(sal):
    slow = sleeper(sal.client(uid=2000))
    sal.client(uid=2001).call("net.routes")
    time.sleep(2.5)  # longer than the reader would be given if somebody waited
    assert len(finish(slow)[0]["result"]["routes"]) == COUNT
    slow.close()


@pytest.mark.sal(args=["--stream-stall", "1"])
def test_stalled_reader_is_cut_in_any_case(sal):
    sal.call("rpc.health")
    before = sal.fds()
    slow = sleeper(sal)
    assert sal.fds() > before
    eventually(lambda: sal.fds() <= before, "the daemon gives it up")
    with pytest.raises(BrokenTransfer):
        finish(slow)
    slow.close()


@pytest.mark.sal(args=["--stream-stall", "3", "--stream-least", "65536"])
def test_steady_reader_is_kept_however_long_it_takes(sal):
    c = sleeper(sal)
    taken = b""
    end = time.monotonic() + 6
    while time.monotonic() < end:
        taken += c.take(30000)
        time.sleep(0.1)
    c.close()
    assert len(taken) > 65536


def test_list_never_looks_whole_when_cut(start):
    """A long answer whose end cannot come is broken off without the last chunk."""
    sal = start(args=["--stop-timeout", "1"])
    c = sleeper(sal)
    sal.process.terminate()
    assert sal.wait() == 0
    with pytest.raises(BrokenTransfer) as broken:
        finish(c)
    with pytest.raises(ValueError):
        json.loads(broken.value.partial)
    c.close()


def test_stop_waits_for_a_reader_that_reads(start):
    sal = start(args=["--stop-timeout", "10"])
    c = sleeper(sal)
    sal.process.terminate()
    sal.wait_message("STOPPING=1")
    assert len(finish(c)[0]["result"]["routes"]) == COUNT
    assert sal.wait() == 0
    c.close()
