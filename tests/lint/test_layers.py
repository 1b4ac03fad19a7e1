"""What a reviewer would otherwise have to look for: layers, foreign headers, shells, comments, size."""
import re
import subprocess
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
ROOMS = ("libsal", "sal-native", "sal-proxy", "acl")
SOURCES = sorted(p for room in ROOMS for p in (REPO / room).rglob("*") if p.suffix in (".c", ".h", ".cpp"))
C_TESTS = sorted(p for p in (REPO / "tests").rglob("*") if p.suffix in (".c", ".h"))
SCRIPTS = sorted([*(REPO / "openrpc").glob("*.py"), *(p for p in (REPO / "tests").rglob("*.py") if "node_modules" not in p.parts)])

# Which rooms a room may include; its own always. base is what all stand on.
MAY = {
    "include": set(),
    "base": {"include"},
    "kernel": {"include", "base"},
    "state": {"include", "base", "kernel"},
    "net": {"include", "base", "kernel", "state", "call", "gen"},
    "vol": {"include", "base", "kernel", "state", "call", "gen"},
    "sys": {"include", "base", "state", "call", "gen"},
    "call": {"include", "base", "kernel", "state", "net", "vol", "gen"},
    "acl": {"include", "base"},
    "serve": {"include", "base", "acl"},
    "native": {"include", "serve", "base"},
    "proxy": {"include", "serve", "base", "acl"},
}
# Foreign headers and the one place that may know them. What is not listed is the C library's or the kernel's.
FOREIGN = {
    r"libmnl/|netlink/|libnftnl/|libnetfilter|libmount/|blkid/|libfdisk/|btrfsutil": {"kernel"},
    r"toml\+\+": {"acl"},
    r"zlib\.h": {"kernel"},
    r"jansson": {"base", "call", "state", "net", "vol", "sys", "acl", "serve", "proxy"},
    r"uv\.h|llhttp": {"serve", "proxy"},
    r"sha256\.h|md5\.h": {"acl", "base", "state"},
}


def room_of(path):
    parts = path.relative_to(REPO).parts
    if parts[0] == "libsal":
        return parts[1] if len(parts) > 2 else "call"
    return {"sal-native": "native", "sal-proxy": "proxy"}.get(parts[0], parts[0])


def includes(path):
    for line in path.read_text().splitlines():
        if m := re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line):
            yield m.group(1) == '"', m.group(2)


def target_room(name, path):
    """The room that an include with quotes leads to."""
    first = name.split("/")[0]
    if "/" in name:
        return first if first != "libsal" else room_of(REPO / name)
    if (path.parent / name).exists():
        return room_of(path)
    if name == "sal.h":
        return "include"
    return "call" if (REPO / "libsal" / name).exists() else None


def nothing(found):
    """Fails with everything a rule found, a line each."""
    assert not found, "\n".join(["", *sorted(found)])


def at(path, words):
    return f"{path.relative_to(REPO)}: {words}"


def test_layers():
    """base <- kernel <- state <- net | vol <- call <- serve <- binaries; acl knows base only."""
    found = []
    for path in SOURCES:
        room = room_of(path)
        if room not in MAY:
            found.append(at(path, f"a room that no rule knows: {room}"))
            continue
        for ours, name in includes(path):
            target = target_room(name, path) if ours else room
            if target != room and target not in MAY[room]:
                found.append(at(path, f"{room} must not include {name}"))
    nothing(found)


def test_foreign_headers_stay_at_home():
    nothing([at(path, f"<{name}> belongs to {', '.join(sorted(homes))}")
             for path in SOURCES for ours, name in includes(path) if not ours
             for pattern, homes in FOREIGN.items() if re.match(pattern, name) and room_of(path) not in homes])


def code(path):
    """The text without comments and strings."""
    text = re.sub(r"/\*.*?\*/", " ", path.read_text(), flags=re.S)
    return re.sub(r'"(\\.|[^"\\\n])*"', '""', text)


# Shells and searches of PATH; what other threads share; what writes without a bound.
NEVER = ("system|popen|execlp|execvp|execl|posix_spawnp|wordexp|chdir|fchdir|umask|setenv|putenv|setlocale|setns|unshare|"
         "gets|strcpy|strcat|sprintf|vsprintf|strtok|alloca|asctime|ctime|localtime|gmtime")


def test_x3_no_shell_and_nothing_process_wide():
    """X3: a tool is started with an argument vector; handlers change nothing that other threads share."""
    nothing([at(path, f"{name}()") for path in SOURCES for name in re.findall(rf"\b({NEVER})\s*\(", code(path))
             if not (name == "umask" and room_of(path) == "serve")])


def test_files_begin_with_what_they_are():
    """C: a comment that begins with the file's name. Python: a docstring."""
    found = []
    for path in SOURCES + C_TESTS:
        text = path.read_text()
        comment = text[:text.find("*/")] if text.startswith("/*") else ""
        if not re.match(rf"/\*(\n \*)? {re.escape(path.name)} - \S", comment):
            found.append(at(path, "opens with no comment that names it"))
        elif comment.count("\n") > 30:
            found.append(at(path, "opens with more than 30 lines of comment"))
    found += [at(path, "opens with no docstring") for path in SCRIPTS if not re.match(r'(#!.*\n)?"""\S', path.read_text())]
    nothing(found)


def test_size():
    """Above 500 lines two nouns share a room; a table of cases may be longer."""
    lines = {path: len(path.read_text().splitlines()) for path in SOURCES + C_TESTS + SCRIPTS}
    nothing([at(path, f"{n} lines") for path, n in lines.items() if n > (500 if path in SOURCES else 700)])


def test_style_that_a_machine_can_see():
    found = []
    for path in SOURCES:
        text = path.read_text()
        if path.suffix == ".h" and "#pragma once" not in text:
            found.append(at(path, "no #pragma once"))
        if path.suffix != ".cpp" and re.search(r"^\s*//", text, re.M):
            found.append(at(path, "comments are /* */"))
        if re.search(r"\btypedef\s+struct\b", code(path)):
            found.append(at(path, "a typedef of a struct"))
        found += [at(path, f"line {n} ends with space") for n, x in enumerate(text.splitlines(), 1) if x != x.rstrip()]
    found += [at(path, m) for path in SOURCES + C_TESTS for m in re.findall(r"\b(?:TODO|FIXME|XXX|HACK)\b", path.read_text())]
    nothing(found)


def test_exported_names_are_few():
    """libsal.so's symbols are those of libsal.sym, and each stands in sal.h."""
    symbols = re.findall(r"^\s*(sal_\w+);", (REPO / "libsal" / "libsal.sym").read_text(), re.M)
    header = (REPO / "libsal" / "include" / "sal.h").read_text()
    assert symbols and len(symbols) <= 15
    declared = set(re.findall(r"\b(sal_\w+)\(", re.sub(r"/\*.*?\*/", "", header, flags=re.S)))
    assert set(symbols) == declared


def test_generated_code_is_not_committed():
    done = subprocess.run(["git", "-c", f"safe.directory={REPO}", "ls-files"], cwd=REPO, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"not a git clone: {done.stderr.strip()}")
    assert not [f for f in done.stdout.splitlines() if re.search(r"(^|/)(build|node_modules|__pycache__)", f)]
