"""Who a caller is and what that lets it do, end to end: cases A1 to A3, A5 to A9, A12, A14.

A4 and A13's streams of events wait for signatures and events; A10 is test_rights_matrix.py,
and A11 test_acl_file.py.
"""
import pwd
import re
import subprocess

import pytest

from callers import (ACL, ADMIN_TOKEN, GATEWAY, KEY, OPERATOR, OTHER_KEY, READER, STRANGER, TOKEN, allowed, bearer, digest,
                     forbidden, key, unauthenticated)

acl = pytest.mark.sal(acl=ACL)


# who is who

@acl
def test_local_peers(sal):
    allowed(sal)
    allowed(sal.client(uid=READER))
    forbidden(sal.client(uid=STRANGER), principal=f"anonymous_local (uid:{STRANGER})")
    allowed(sal.client(uid=OPERATOR), "net.routes")
    forbidden(sal.client(uid=OPERATOR))


def test_without_a_file(sal):
    """root and the daemon's own uid are admin, other local callers read, nobody remote."""
    allowed(sal.client(uid=STRANGER))
    unauthenticated(sal.client(uid=STRANGER, headers=[("Via", "1.1 gateway")]))


@acl
def test_health_and_discover_need_nothing_and_ignore_credentials(sal):
    for headers in ([], [key(KEY)], [bearer("wrong")], [("Via", "1.1 x")], [key("junk"), bearer("x"), bearer("y")]):
        stranger = sal.client(uid=STRANGER, headers=headers)
        allowed(stranger, "rpc.health")
        allowed(stranger, "rpc.discover")
        for target in ("/health", "/openrpc.json", "/.well-known/heroservice.json"):
            assert stranger.request("GET", target).status == 200


# A1: claims

@acl
def test_a1_key_from_a_peer_that_is_not_trusted(sal):
    """It is only a claim, whoever makes it; also root does not become less or more by it."""
    for uid in (0, READER, STRANGER):
        unauthenticated(sal.client(uid=uid, headers=[key(KEY)]))


@acl
def test_a1_gateway(sal):
    """A trusted peer's headers alone decide; its own uid is never used."""
    gateway = lambda *headers: sal.client(uid=GATEWAY, headers=headers)
    forbidden(gateway())
    forbidden(gateway(("Via", "1.1 gateway"), ("X-Forwarded-For", "192.0.2.7")))
    allowed(gateway(key(KEY)))
    allowed(gateway(key(KEY), ("Via", "1.1 gateway"), ("X-Hero-Context", "1")))
    allowed(gateway(bearer(TOKEN)))
    forbidden(gateway(key(OTHER_KEY)))


@pytest.mark.sal(acl=ACL.replace('anonymous_remote = "none"', 'anonymous_remote = "read"'))
def test_a1_anonymous_remote(sal):
    """A proven key that is in no group is anonymous, as is nobody at all."""
    allowed(sal.client(uid=GATEWAY))
    allowed(sal.client(uid=GATEWAY, headers=[key(OTHER_KEY)]))
    forbidden(sal.client(uid=STRANGER))


@pytest.mark.sal(acl=ACL.replace(f'"uid:{GATEWAY}"]', f'"uid:{GATEWAY}", "uid:{READER}"]'))
def test_a1_a_trusted_peer_has_no_rights_of_its_own(sal):
    """Also where its uid is listed in a group: else every caller behind it would have them."""
    forbidden(sal.client(uid=READER))


@pytest.mark.sal(acl=ACL.replace(f'["uid:{GATEWAY}"]', '["*"]'))
def test_a1_everyone_a_gateway(sal):
    forbidden(sal)
    allowed(sal.client(uid=STRANGER, headers=[key(KEY)]))


@acl
@pytest.mark.parametrize("name", ["Via", "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "x-forwarded-anything", "X-Hero-User",
                                  "X-HERO-CONTEXT", "via", "FORWARDED"])
def test_a1_forwarded_by_an_unlisted_peer(sal, name):
    """Somebody's gateway runs as root: without being trusted, what it forwards is nobody's."""
    for uid in (0, READER):
        unauthenticated(sal.client(uid=uid, headers=[(name, "1")]))
        unauthenticated(sal.client(uid=uid, headers=[(name, "")]))


@acl
@pytest.mark.parametrize("note", [b"X-Note:\rxX-Public-Key: ", b"X-Note: a\rX-Public-Key: ", b"X-Note: a\nX-Public-Key: ",
                                  b"X-Note: a\x00\r\nX-Public-Key: ", b"X-Note:\r X-Public-Key: "])
def test_a1_no_header_out_of_another(sal, note):
    body = b'{"jsonrpc":"2.0","id":1,"method":"net.neighbors"}'
    with sal.client(uid=GATEWAY).connection() as c:
        c.send(b"POST /rpc HTTP/1.1\r\nHost: x\r\n" + note + KEY.encode() + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        assert c.read().status == 400
        assert c.closed()


# A2, A3: odd and doubled credentials

@acl
@pytest.mark.parametrize("value,good", [
    (KEY, True), (KEY.upper(), True), (f"  {KEY}\t", True),
    (KEY[:-1], False), (KEY + "0", False), (KEY[:-1] + "g", False), ("0x" + KEY, False), (f"{KEY},{KEY}", False),
    (f"{KEY}, {OTHER_KEY}", False), ("", False), (f'"{KEY}"', False), (KEY[:32] + " " + KEY[32:], False), (KEY + ";", False)])
def test_a2_spellings_of_a_key(sal, value, good):
    gateway = sal.client(uid=GATEWAY, headers=[key(value)])
    allowed(gateway) if good else unauthenticated(gateway)


@acl
@pytest.mark.parametrize("headers", [[key(KEY), key(KEY)], [key(KEY), key(OTHER_KEY)], [bearer(TOKEN), bearer(TOKEN)],
                                     [key(KEY), bearer(TOKEN)], [bearer(TOKEN), key(KEY)], [key(KEY), bearer("wrong")],
                                     [key(""), bearer(TOKEN)], [("x-public-key", KEY), ("X-PUBLIC-KEY", KEY)]])
def test_a2_a3_twice_or_both(sal, headers):
    for uid in (GATEWAY, READER, 0):
        unauthenticated(sal.client(uid=uid, headers=headers))


@acl
@pytest.mark.parametrize("value,good", [
    (f"Bearer {TOKEN}", True), (f"bearer {TOKEN}", True), (f"BEARER  {TOKEN}  ", True),
    ("Bearer", False), ("Bearer ", False), (TOKEN, False), (f"Basic {TOKEN}", False), (f"Bearer {TOKEN}x", False),
    (f"Bearer {TOKEN[:-1]}", False), (f"Bearer {digest(TOKEN)}", False), (f"Bearer sha256:{digest(TOKEN)}", False),
    (f"Bearer {TOKEN}, Bearer {TOKEN}", False), ("", False), ("Bearer " + "x" * 10000, False)])
def test_a3_bearer_tokens(sal, value, good):
    """The hash of a token is no token."""
    caller = sal.client(uid=STRANGER, headers=[("Authorization", value)])
    allowed(caller) if good else unauthenticated(caller)


@acl
def test_a3_a_token_replaces_the_uid(sal):
    """A caller with a token is who the token says, also where its uid could do more."""
    allowed(sal.client(uid=STRANGER, headers=[bearer(ADMIN_TOKEN)]))
    unauthenticated(sal.client(uid=0, headers=[bearer("wrong")]))
    error = sal.client(uid=0, headers=[bearer(TOKEN)]).ask("net.neighbors")
    assert "result" in error


@acl
def test_a3_principal_is_found_for_each_request(sal):
    """One connection, one request with a token, the next without."""
    body = b'{"jsonrpc":"2.0","id":1,"method":"net.neighbors"}'
    with sal.client(uid=STRANGER).connection() as c:
        assert b"result" in c.request("POST", "/rpc", body, [bearer(TOKEN)]).body
        assert b"FORBIDDEN" in c.request("POST", "/rpc", body).body
        assert b"UNAUTHENTICATED" in c.request("POST", "/rpc", body, [bearer("wrong")]).body
        assert b"result" in c.request("POST", "/rpc", body, [bearer(TOKEN)]).body


# A5 to A8: what the kernel says of a peer

@pytest.mark.sal(acl=ACL.replace(f'"uid:{READER}"', '"uid:2147483648", "uid:4294967294"'))
def test_a5_large_uids(sal):
    """Above INT_MAX a uid is still a number like any other."""
    for uid in (2147483648, 4294967294):
        allowed(sal.client(uid=uid, gid=2000))
    forbidden(sal.client(uid=2147483649, gid=2000))
    forbidden(sal.client(uid=READER))


@pytest.mark.sal(acl=ACL.replace(f'"uid:{READER}"', '"uid:65534", "gid:65534"'))
def test_a5_overflow_uid_of_a_user_namespace(sal):
    """A peer whose uid has no name here is shown as 65534, which must not make it that user."""
    script = f"""
import json, socket
s = socket.socket(socket.AF_UNIX)
s.connect({str(sal.socket)!r})
body = b'{{"jsonrpc":"2.0","id":1,"method":"net.neighbors"}}'
s.sendall(b"POST /rpc HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
print(s.makefile("rb").read().decode())
"""
    done = subprocess.run(["setpriv", "--reuid", str(STRANGER), "--regid", str(STRANGER), "--clear-groups",
                           "unshare", "--user", "/usr/bin/python3", "-c", script], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no user namespaces for ordinary users here: {done.stderr.splitlines()[-1]}")
    # From outside the namespace the peer has its real uid, which is a stranger's.
    assert "FORBIDDEN" in done.stdout and f"uid:{STRANGER}" in done.stdout, done.stdout
    forbidden(sal.client(uid=65534, gid=65534))


@acl
def test_a5_credentials_are_those_of_connect(sal):
    """What the process becomes later, or who gets its socket, changes nothing."""
    c = sal.client(uid=READER).connection()  # connected by a child that is dead, used by root
    body = b'{"jsonrpc":"2.0","id":1,"method":"%s"}'
    assert b"result" in c.request("POST", "/rpc", body % b"net.neighbors").body
    c.close()
    c = sal.client(uid=STRANGER).connection()
    assert b"FORBIDDEN" in c.request("POST", "/rpc", body % b"net.neighbors").body
    c.close()


@acl
def test_a6_supplementary_groups(sal):
    allowed(sal.client(uid=STRANGER, gid=STRANGER, groups=[3000]))
    allowed(sal.client(uid=STRANGER, gid=3000))
    allowed(sal.client(uid=STRANGER, gid=STRANGER, groups=[*range(5000, 5100), 3000]))
    forbidden(sal.client(uid=STRANGER, gid=STRANGER, groups=[3001]))
    forbidden(sal.client(uid=STRANGER, gid=STRANGER, groups=[]))


@pytest.mark.sal(acl=ACL.replace('"gid:3000"', '"user:daemon", "group:games", "group:no-such-group", "user:no-such-user"'))
def test_a6_names_and_names_that_are_gone(sal):
    """A deleted user or group is a warning with its place, not a refusal to start."""
    allowed(sal.client(uid=pwd.getpwnam("daemon").pw_uid, gid=STRANGER))
    games = int(next(x.split(":")[2] for x in open("/etc/group") if x.startswith("games:")))
    allowed(sal.client(uid=STRANGER, gid=STRANGER, groups=[games]))
    for name in ("no-such-group", "no-such-user"):
        assert re.search(r"acl\.toml:\d+:\d+", sal.log_wait(name))
    forbidden(sal.client(uid=STRANGER))


@acl
def test_a7_the_client_s_own_address_says_nothing(sal, tmp_path):
    """A socket bound to a path like uid=0; is still a stranger's."""
    tmp_path.chmod(0o777)
    for parent in list(tmp_path.parents)[:-2]:
        parent.chmod(parent.stat().st_mode | 0o055)
    for name in ("uid=0;", "uid:0", "@uid:0\n"):
        forbidden(sal.client(uid=STRANGER, bind=str(tmp_path / name)), principal=f"anonymous_local (uid:{STRANGER})")


@acl
def test_a8_abstract_addresses(sal):
    forbidden(sal.client(uid=STRANGER, bind="\0uid:0"), principal=f"anonymous_local (uid:{STRANGER})")
    allowed(sal.client(uid=READER, bind="\0reader"))


@acl
def test_a9_unknown_methods_say_nothing_of_rights(sal):
    """Nobody holds a right for what does not exist; it is not found, for everyone alike."""
    for caller in (sal, sal.client(uid=STRANGER)):
        error = caller.ask("net.nosuch")["error"]
        assert error["data"]["kind"] == "METHOD_NOT_FOUND"


# A12, A14

def test_a12_no_policy_table(start):
    """Its defaults: nobody remote; nobody local beyond what the file names."""
    text = ACL[:ACL.index("[policy]")] + f'[policy]\ntrusted_peers = ["uid:{GATEWAY}"]\n'
    sal = start(acl=text)
    forbidden(sal.client(uid=GATEWAY))
    sal = start(acl=ACL[:ACL.index("[policy]")])
    unauthenticated(sal.client(uid=GATEWAY, headers=[key(KEY)]))
    allowed(sal)


@acl
def test_a14_params_never_change_the_right(sal):
    """Refused before params are looked at, whatever they are; allowed or not by the name alone."""
    stranger = sal.client(uid=STRANGER)
    for params in ({}, {"dev": "lo"}, {"nosuch": 1}, {"dev": None}, ["inet"], {"force": True}):
        assert stranger.ask("net.neighbors", params)["error"]["data"]["kind"] == "FORBIDDEN"


@acl
def test_rights_in_a_batch(sal):
    """Each element by itself."""
    call = lambda i, m: {"jsonrpc": "2.0", "id": i, "method": m}
    replies = sal.client(uid=OPERATOR).rpc([call(1, "net.neighbors"), call(2, "net.routes"), call(3, "rpc.health")])
    assert ["error" in r for r in replies] == [True, False, False]


@acl
def test_refused_notification_is_silent(sal):
    stranger = sal.client(uid=STRANGER)
    assert stranger.rpc({"jsonrpc": "2.0", "method": "net.neighbors"}) is None
    sal.log_wait("FORBIDDEN")
