"""Whole answers against the oracle's: every member of every element, with a diff that can be read."""


def compare(ours, theirs, adds=(), ignore=(), key=None, what=""):
    """Fails unless our answer is the oracle's.

    ours, theirs  parsed JSON values
    adds          members that SAL documents on top of the oracle's (names, or full paths such as
                  "ports.*.fdb"); anywhere else a member the oracle lacks is a difference
    ignore        members not compared at all: what moves between two looks (same form)
    key           lists of objects are matched by these members ("ifname", or ("dst", "table")) in
                  any order; without it element by element
    A null of the oracle is not compared: we leave out what does not apply.
    """
    found = []
    _walk(ours, theirs, "", set(adds), set(ignore), key, found)
    if found:
        head = f"{what or 'the answer'} differs from the oracle's in {len(found)} places (- oracle, + ours):"
        raise AssertionError("\n".join([head, *found[:60], *(["…"] if len(found) > 60 else [])]))


def _covered(path, names):
    generic = ".".join("*" if p.startswith("[") else p for p in path.split(".") if p)
    return path.rsplit(".", 1)[-1] in names or generic in names


def _identity(element, key):
    names = (key,) if isinstance(key, str) else key
    return tuple(repr(element.get(n)) for n in names) if isinstance(element, dict) else None


def _label(identity):
    return "[" + ",".join(i.strip("'").replace(".", "·") for i in identity) + "]"


def _walk(ours, theirs, path, adds, ignore, key, found):
    if theirs is None or (path and _covered(path, ignore)):
        return
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for name in [*theirs, *(n for n in ours if n not in theirs)]:
            at = f"{path}.{name.replace('.', '·')}"
            if _covered(at, ignore):
                continue
            if name not in theirs:
                if not _covered(at, adds):
                    found.append(f"  {at}\n    + {ours[name]!r:.200}")
            elif name not in ours:
                if theirs[name] is not None:
                    found.append(f"  {at}\n    - {theirs[name]!r:.200}")
            else:
                _walk(ours[name], theirs[name], at, adds, ignore, key, found)
    elif isinstance(theirs, list) and isinstance(ours, list):
        _walk_list(ours, theirs, path, adds, ignore, key, found)
    elif type(ours) is not type(theirs) and not (_number(ours) and _number(theirs)) or ours != theirs:
        found.append(f"  {path}\n    - {theirs!r:.200}\n    + {ours!r:.200}")


def _number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _walk_list(ours, theirs, path, adds, ignore, key, found):
    objects = all(isinstance(e, dict) for e in [*ours, *theirs])
    names = (key,) if isinstance(key, str) else key
    if not (key and objects and all(any(n in e for n in names) for e in [*ours, *theirs])):
        for i, (a, b) in enumerate(zip(ours, theirs)):
            _walk(a, b, f"{path}.[{i}]", adds, ignore, key, found)
        for i in range(len(theirs), len(ours)):
            found.append(f"  {path}.[{i}]\n    + {ours[i]!r:.200}")
        for i in range(len(ours), len(theirs)):
            found.append(f"  {path}.[{i}]\n    - {theirs[i]!r:.200}")
        return
    left = {}
    for element in ours:
        left.setdefault(_identity(element, key), []).append(element)
    for element in theirs:
        identity = _identity(element, key)
        if left.get(identity):
            _walk(left[identity].pop(0), element, f"{path}.{_label(identity)}", adds, ignore, key, found)
        else:
            found.append(f"  {path}.{_label(identity)}\n    - {element!r:.200}")
    for identity, rest in left.items():
        found.extend(f"  {path}.{_label(identity)}\n    + {e!r:.200}" for e in rest)
