"""What the tests of net.lease and net.prefix share: times that are close, and leases as a server has them."""
import calendar
import time

from compare import compare
from http1 import PATIENCE, eventually

TIMES = ("acquired", "renew", "rebind", "expires")
KERNEL = ("valid_life_time", "preferred_life_time", "dynamic", "temporary", "mngtmpaddr", "deprecated", "tentative")


def iso(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def epoch(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def close(ours, theirs, key=None):
    """Ours with each time and lifetime that is within 2 seconds of theirs replaced by theirs."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return {k: close(v, theirs.get(k), k) for k, v in ours.items()}
    if isinstance(theirs, list) and isinstance(ours, list):
        return [close(a, b) for a, b in zip(ours, theirs)] + ours[len(theirs):]
    if key in TIMES and isinstance(theirs, str) and abs(epoch(ours) - epoch(theirs)) <= 2:
        return theirs
    if key in KERNEL and type(ours) is int and type(theirs) is int and abs(ours - theirs) <= 2:
        return theirs
    return ours


def same(ours, theirs):
    compare(close(ours, theirs), theirs)


def leases(sal, **params):
    ours = sal.call("net.lease", **params)
    assert ours["consistent"] is True and ours["problems"] == [], ours["problems"]
    return ours["leases"]


def one(sal, **members):
    """The only lease with these members, when it has come."""
    def found():
        match = [x for x in leases(sal) if all(x.get(k) == v for k, v in members.items())]
        assert len(match) < 2, match
        return match and match[0]
    return eventually(found, f"a lease with {members}", within=2 * PATIENCE)


KEA6 = {"preferred-lifetime": 60, "valid-lifetime": 120, "renew-timer": 30, "rebind-timer": 48,
        "option-data": [{"name": "dns-servers", "data": "fd50::53, fd50::54"},
                        {"name": "domain-search", "data": "example.org, corp.example.org"},
                        {"name": "sntp-servers", "data": "fd50::9"}],
        "subnet6": [{"subnet": "fd50::/64", "interface": "lan", "pools": [{"pool": "fd50::1000-fd50::1fff"}],
                     "pd-pools": [{"prefix": "fd60::", "prefix-len": 40, "delegated-len": 56}]}]}


def kea6_lease(lab, address, **members):
    row = lab.kea_leases(6)[address]
    start = int(row["expire"]) - 120
    given = ({"prefix": f"{address}/{row['prefix_len']}", "method": "pd"} if row["lease_type"] == "2" else
             {"address": address, "method": "dhcp6", "present": True})
    duid = ns_server_duid(lab)
    return {"ifname": "eth0", "family": "inet6", "state": "bound", **given, "dns": ["fd50::53", "fd50::54"],
            "search": ["example.org", "corp.example.org"], "duid": row["duid"].replace(":", ""), "server_duid": duid,
            "iaid": int(row["iaid"]), "lease_time": 120, "preferred_time": 60, "acquired": iso(start),
            "renew": iso(start + 30), "rebind": iso(start + 48), "expires": iso(start + 120), **members}


def ns_server_duid(lab):
    return (lab.dir / "kea-dhcp6-serverid").read_text().strip().replace(":", "").lower()
