"""S1, S3: every fault point times every way to fail times every write method (docs/state.md).

A scenario is a method with what must stand before it and a look at what it changes. Whatever happens,
afterwards the kernel is as before the call or as after it, never between; a call that was answered
with a result stays, one that was answered with an error is wholly absent; the daemon starts again, has
nothing half-done in its book, and a reboot brings back exactly what stands.
"""
import http1
import pytest

from machine import Machine

VETH = "ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up; ip addr add 192.0.2.1/24 dev v0"


def routes(box):
    return box.ns.run("ip -d -4 route show table all")


def bridges(box):
    """What does not differ from one making of a bridge to the next."""
    keep = ("ifname", "mtu", "address", "ifalias")
    found = [link for link in box.ns.json("ip -j -d link show type bridge") if link]
    return [{**{k: link[k] for k in keep if k in link}, "up": "UP" in link["flags"],
             "stp": link["linkinfo"]["info_data"]["stp_state"]} for link in found]


# method: (hardware, what stands before as SAL's own calls, the call, a look)
SCENARIOS = {
    "net.bridge.add": ("true", [], {"ifname": "br0", "address": "02:00:00:00:00:b0", "mtu": 1400, "stp": True}, bridges),
    "net.routes.add": (VETH, [], {"dst": "10.9.0.0/16", "gateway": "192.0.2.9"}, routes),
    "net.routes.add, replacing": (VETH, [("net.routes.add", {"dst": "10.9.0.0/16", "gateway": "192.0.2.9"})],
                                  {"dst": "10.9.0.0/16", "gateway": "192.0.2.8", "replace": True}, routes),
    "net.routes.delete": (VETH, [("net.routes.add", {"dst": "10.9.0.0/16", "gateway": "192.0.2.9"})],
                          {"dst": "10.9.0.0/16"}, routes),
}
POINTS = ["change.intent", "journal.append:1", "journal.append:2", "journal.sync:1", "journal.sync:2", "change.apply",
          "change.applied", "change.end", "change.undo", "change.abort"]
FAULTS = [f"{point.split(':')[0]}:{action}:{(point.split(':') + ['1'])[1]}" for point in POINTS
          for action in ("kill", "eio", "enospc")]
ROLLBACK_FAULTS = [f"{point}:{action}" for point in ("rollback.decide", "change.undo", "rollback.end") for action in ("kill", "eio")]


def attempt(sal, method, params):
    """What became of the call: "ok", "error", or "dead"."""
    try:
        reply = sal.ask(method, params)
    except (http1.BrokenTransfer, ConnectionError):
        sal.wait()
        return "dead"
    return "error" if "error" in reply else "ok"


def nothing_half_done(sal):
    for change in sal.call("sys.change.list")["changes"]:
        assert change["state"] in ("applied", "confirmed", "rolled_back"), change


def survives(box, look, expected):
    """A restart keeps what stands, and a reboot brings it back."""
    with box.daemon() as sal:
        nothing_half_done(sal)
        stands = look(box)
        assert stands in expected, f"neither before nor after:\n{stands}"
    box.reboot()
    with box.daemon() as sal:
        nothing_half_done(sal)
        assert look(box) == stands
        sal.kill()


@pytest.fixture(params=SCENARIOS, ids=lambda name: name.replace(", ", "-"))
def scene(request):
    hardware, earlier, params, look = SCENARIOS[request.param]
    method = request.param.split(",")[0]
    with Machine(hardware) as box:
        with box.daemon() as sal:
            for name, more in earlier:
                sal.call(name, **more)
            before = look(box)
            change = sal.call(method, **params)["change"]["id"]
            after = look(box)
            sal.call("sys.change.rollback", id=change)
            assert look(box) == before != after
        yield box, method, params, look, before, after


@pytest.mark.parametrize("fault", FAULTS)
def test_s1_every_point(scene, fault):
    box, method, params, look, before, after = scene
    with box.daemon(fault=fault) as sal:
        came = attempt(sal, method, params)
        stands = look(box)
        if came == "ok":
            assert stands == after
        if came == "error":
            assert stands == before
            assert attempt(sal, method, params) == "ok", "the daemon goes on"
            assert look(box) == after
        if came != "dead":
            sal.kill()
    survives(box, look, (before, after) if came == "dead" else (after,))


@pytest.mark.parametrize("fault", ROLLBACK_FAULTS)
def test_s1_rolling_back(scene, fault):
    box, method, params, look, before, after = scene
    with box.daemon() as sal:
        change = sal.call(method, **params)["change"]["id"]
    with box.daemon(fault=fault) as sal:
        came = attempt(sal, "sys.change.rollback", {"id": change})
        assert look(box) in (before, after)
        if came == "error" and sal.call("sys.change.get", id=change)["change"]["state"] != "rolled_back":
            attempt(sal, "sys.change.rollback", {"id": change})
            assert sal.call("sys.change.get", id=change)["change"]["state"] == "rolled_back"
            assert look(box) == before
        if came != "dead":
            sal.kill()
    survives(box, look, (before, after) if fault.startswith("rollback.decide:kill") else (before,))


@pytest.mark.parametrize("second", ["recover.change:kill", "change.undo:kill", "journal.append:kill", "journal.sync:kill"])
@pytest.mark.parametrize("first", ["change.apply:kill", "change.applied:kill", "change.end:kill"])
def test_s1_killed_again_while_recovering(scene, first, second):
    box, method, params, look, before, after = scene
    with box.daemon(fault=first) as sal:
        assert attempt(sal, method, params) == "dead"
    with box.daemon(fault=second, ready=False) as sal:
        sal.wait()
    survives(box, look, (before,))


@pytest.mark.parametrize("point", ["registry.save", "registry.rename", "journal.renew"])
@pytest.mark.parametrize("action", ["kill", "eio", "enospc"])
def test_s3_folding_at_the_end(scene, point, action):
    """The clean stop folds; where that fails the journal still has everything."""
    box, method, params, look, _, after = scene
    with box.daemon(fault=f"{point}:{action}") as sal:
        sal.call(method, **params)
        sal.process.terminate()
        sal.wait()
    survives(box, look, (after,))


def test_the_size_of_the_matrix(record_property):
    size = len(SCENARIOS) * (len(FAULTS) + len(ROLLBACK_FAULTS) + 12 + 9)
    record_property("cases", size)
    print(f"{len(SCENARIOS)} scenarios, {size} cases")
    assert size >= 100
