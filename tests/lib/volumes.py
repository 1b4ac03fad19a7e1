"""Oracles of the storage tests, made comparable with our answers."""
import json
import re
from pathlib import Path

# Mounts FUSE on its first argument and never reads a request; ends when its stdin does.
DEAD_FUSE = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
try:
    fd = os.open("/dev/fuse", os.O_RDWR)
except OSError as e:
    print(e, flush=True)
    raise SystemExit
options = f"fd={fd},rootmode=40000,user_id=0,group_id=0"
if libc.mount(b"dead", sys.argv[1].encode(), b"fuse", 0, options.encode()):
    print(os.strerror(ctypes.get_errno()), flush=True)
    raise SystemExit
print("mounted", flush=True)
sys.stdin.read()
"""

# Binds one folder on many targets, all with system calls; a mount(8) each would take minutes.
MANY_BINDS = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
folder, count = sys.argv[1], int(sys.argv[2])
os.mkdir(f"{folder}/source")
for i in range(count):
    os.mkdir(f"{folder}/{i}")
    if libc.mount(f"{folder}/source".encode(), f"{folder}/{i}".encode(), None, 4096, None):
        raise OSError(ctypes.get_errno(), "mount")
"""


def size_bytes(text):
    units = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
    return int(text[:-1]) * units[text[-1]] if text[-1] in units else int(text)


def partitions_of(device):
    name = Path(device).name
    return [f"/dev/{p.name}" for p in Path(f"/sys/block/{name}").glob(f"{name}p*")]


def shown(value):
    """util-linux 2.38 puts bytes that are not UTF-8 into its JSON as they are; we show them as \\xHH."""
    if isinstance(value, str):
        return "".join(f"\\x{ord(c) - 0xdc00:02x}" if 0xdc80 <= ord(c) <= 0xdcff else c for c in value)
    if isinstance(value, list):
        return None if value == [None] else [shown(v) for v in value]
    if isinstance(value, dict):
        return {k: shown(v) for k, v in value.items()}
    return value


def oracle(ns, command):
    return shown(json.loads(ns.run(command), strict=False))


def lsblk(ns, *options):
    return oracle(ns, ["lsblk", "-J", "-b", "-O", *options])["blockdevices"]


def findmnt(ns, *options):
    """findmnt's tree as a list by mount id."""
    def flat(mounts):
        for mount in mounts:
            children = mount.pop("children", [])
            yield mount
            yield from flat(children)
    return list(flat(oracle(ns, ["findmnt", "-J", "-b", "--output-all", *options])["filesystems"]))


DF_FIELDS = ["source", "fstype", "itotal", "iused", "iavail", "ipcent", "size", "used", "avail", "pcent", "target"]
DF_NUMBERS = {"itotal", "iused", "iavail", "size", "used", "avail"}


def df(ns, *paths):
    """df's rows as objects; no control characters in names, please: df shows those as '?'."""
    text = ns.run(["df", "-B1", f"--output={','.join(DF_FIELDS)}", *paths])
    row = re.compile(r"(.*?) +(\S+) " + r" *(\d+|-) +(\d+|-) +(\d+|-) +(\S+) " * 2 + r" *(/.*)")
    found = []
    for line in text.splitlines()[1:]:
        match = row.fullmatch(line)
        assert match, line
        found.append({k: int(v) if k in DF_NUMBERS and v != "-" else v for k, v in zip(DF_FIELDS, match.groups())})
    return found


def walk(devices):
    for device in devices:
        yield device
        yield from walk(device.get("children", []))
