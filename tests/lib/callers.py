"""An ACL with a caller of every sort, and what must come of their calls; for the tests of identity and rights."""
import hashlib

READER, OPERATOR, GATEWAY, STRANGER = 2000, 2001, 2002, 2003
KEY = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
OTHER_KEY = "f" * 64
TOKEN, ADMIN_TOKEN = "a-readers-token", "an-admins-token"


def digest(token):
    return hashlib.sha256(token.encode()).hexdigest()


ACL = f"""
[[group]]
name = "admins"
users = ["uid:0", "{KEY}", "token:sha256:{digest(ADMIN_TOKEN)}"]
[[group]]
name = "readers"
users = ["uid:{READER}", "gid:3000", "token:sha256:{digest(TOKEN)}"]
[[group]]
name = "only-routes"
users = ["uid:{OPERATOR}"]
[[ace]]
right = "admin"
groups = ["admins"]
[[ace]]
right = "read"
groups = ["readers"]
[[ace]]
right = "write"
groups = ["only-routes"]
methods = ["net.routes"]
[policy]
anonymous_local = "none"
anonymous_remote = "none"
trusted_peers = ["uid:{GATEWAY}"]
"""


def bearer(token):
    return ("Authorization", f"Bearer {token}")


def key(value):
    return ("X-Public-Key", value)


def allowed(client, method="net.neighbors"):
    assert "result" in client.ask(method)


def forbidden(client, have="none", principal=None, method="net.neighbors"):
    error = client.error(method, kind="FORBIDDEN")
    assert error["data"]["required"] == "read" and error["data"]["have"] == have, error
    assert principal is None or error["data"]["principal"] == principal, error


def unauthenticated(client, method="net.neighbors"):
    error = client.error(method, kind="UNAUTHENTICATED")
    assert KEY not in str(error) and TOKEN not in str(error), "what was claimed is not repeated"
