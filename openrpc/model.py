"""Reads the declarations in openrpc/*.json into one checked model.

A declaration is a fragment of the OpenRPC document itself: methods with JSON Schemas, in the subset
that maps onto C structs (see Kind). generate.py hands the model to emit_c.py and emit_doc.py; a
declaration that breaks a rule stops the build with file, method and reason.
"""
import json
import re
from pathlib import Path

RIGHTS = ["none", "read", "write", "admin"]
LANES = ["inline", "quick", "slow", "stream", "write", "decide"]
INTEGERS = {"int32": "I32", "int64": "I64", "uint8": "U8", "uint16": "U16", "uint32": "U32", "uint64": "U64"}
BINARY_FORMATS = {"ip": "IP", "prefix": "PREFIX", "mac": "MAC"}  # strings held as bytes
CHECKED_FORMATS = {"ifname": "IFNAME", "path": "PATH", "uuid": "UUID"}  # strings with a form
PLAIN_FORMATS = {"date-time"}
# Errors that any call can meet, on top of what a method lists.
COMMON_ERRORS = ["INVALID_PARAMS", "INTERNAL", "LIMIT", "BUSY", "CANCELLED"]
RIGHT_ERRORS = ["UNAUTHENTICATED", "FORBIDDEN"]
# What every method that changes something has, so that no declaration has to repeat it (or can forget it).
CHANGE_ERRORS = ["CONFLICT", "IO", "KERNEL"]
DRY_RUN = {
    "name": "dry_run",
    "description": "Check everything, change nothing, and say in `would` what would be done.",
    "schema": {"type": "boolean", "default": False},
}
CONFIRM_WITHIN = {
    "name": "confirm_within",
    "description": "Seconds within which sys.change.confirm must come, or the change is taken back by itself.",
    "schema": {"type": "integer", "format": "uint32", "minimum": 10, "maximum": 3600},
}
CHANGE_RESULT = {
    "change": {"description": "The change; absent when nothing was changed.", "$ref": "#/components/schemas/ChangeRef"},
    "would": {
        "description": "With dry_run: the steps, in the words of the tools people know.",
        "type": "array",
        "items": {"type": "string"},
    },
}
LIST_TAIL = {
    "consistent": {
        "description": "False when the kernel said that the list changed while it was read.",
        "type": "boolean",
    },
    "truncated": {"description": "True when a limit cut the list short.", "type": "boolean"},
}
C_WORDS = set("auto break case char const continue default do double else enum extern float for goto if inline int "
              "long register restrict return short signed sizeof static struct switch typedef union unsigned void "
              "volatile while bool true false asm typeof linux unix".split())


class DeclarationError(Exception):
    pass


def snake(name):
    """CamelCase or any JSON key as a C identifier: RouteNexthop -> route_nexthop, fsuse% -> fsuse_pct."""
    name = name.replace("%", "_pct")
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    name = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").lower()
    if name and name[0].isdigit():
        name = "n" + name
    return name + "_" if name in C_WORDS else name


class Field:
    """A member of an object: where it stands in JSON and what it is in C."""

    def __init__(self, key, schema, required, model, where):
        self.key, self.schema, self.required = key, schema, required
        self.name = snake(key)
        self.array = self.nullable = False
        self.target = None  # component schema behind an object or enum
        kinds = schema.get("type")
        if isinstance(kinds, list):
            self.nullable = "null" in kinds
            kinds = [k for k in kinds if k != "null"]
            if len(kinds) != 1 or not required:
                raise DeclarationError(f"{where}: a nullable member has one other type and is required")
            kinds = kinds[0]
        element = schema
        if kinds == "array":
            self.array = True
            element = schema.get("items", {})
            kinds = element.get("type")
        self.element = element
        self.kind = self._kind(element, kinds, model, where)
        if not schema.get("description") and "$ref" not in schema:
            raise DeclarationError(f"{where}: needs a description")

    def _kind(self, s, kind, model, where):
        if "$ref" in s:
            self.target = s["$ref"].rsplit("/", 1)[1]
            target = model.schemas.get(self.target)
            if target is None:
                raise DeclarationError(f"{where}: no schema named {self.target}")
            return "ENUM" if "enum" in target else "OBJECT"
        if "anyOf" in s:
            return "ANY"
        if s.get("x-raw"):
            return "RAW"
        if kind == "boolean":
            return "BOOL"
        if kind == "number":
            return "DOUBLE"
        if kind == "integer":
            if s.get("format") not in INTEGERS:
                raise DeclarationError(f"{where}: an integer needs a format of {', '.join(INTEGERS)}")
            return INTEGERS[s["format"]]
        if kind == "string":
            if "enum" in s:
                raise DeclarationError(f"{where}: an enum is a schema of its own, used by $ref")
            fmt = s.get("format")
            if fmt in BINARY_FORMATS:
                return BINARY_FORMATS[fmt]
            if fmt and fmt not in CHECKED_FORMATS and fmt not in PLAIN_FORMATS:
                raise DeclarationError(f"{where}: unknown format {fmt}")
            return "STRING"
        raise DeclarationError(f"{where}: type {kind!r} does not map onto C; name a schema and use $ref")


class Struct:
    """An object schema that becomes a C struct and a field table."""

    def __init__(self, cname, schema, fields):
        self.cname, self.schema, self.fields = cname, schema, fields
        names = [f.name for f in fields]
        for n in names:
            if names.count(n) > 1:
                raise DeclarationError(f"{cname}: two members would both be called {n} in C")


class Method:
    def __init__(self, decl, noun, model, where):
        self.decl, self.noun, self.name = decl, noun, decl["name"]
        self.cname = "sal_" + self.name.replace(".", "_")
        self.right, self.lane = decl["x-right"], decl["x-lane"]
        if self.right not in RIGHTS or self.lane not in LANES:
            raise DeclarationError(f"{where}: x-right is one of {RIGHTS}, x-lane one of {LANES}")
        for key in ("summary", "description", "params", "result", "examples"):
            if key not in decl:
                raise DeclarationError(f"{where}: lacks {key}")
        changes = self.right in ("write", "admin") and not self.name.startswith("sys.")
        if changes:
            self._changes(decl, where)
        if not decl["examples"]:
            raise DeclarationError(f"{where}: needs an example")
        errors = COMMON_ERRORS + (RIGHT_ERRORS if self.right != "none" else []) + decl["x-errors"]
        self.errors = [e["kind"] for e in model.errors if e["kind"] in errors]
        unknown = set(errors) - set(self.errors)
        if unknown:
            raise DeclarationError(f"{where}: unknown errors {', '.join(sorted(unknown))}")
        self.params = Struct(self.cname + "_params", {}, [
            Field(p["name"], {**p["schema"], "description": p.get("description", "")}, p.get("required", False), model,
                  f"{where} param {p['name']}") for p in decl["params"]])
        self._result(decl["result"]["schema"], model, where)

    @staticmethod
    def _changes(decl, where):
        """Adds what every method that changes something has. x-inverse says what is restored, or "none"."""
        if not decl.get("x-inverse"):
            raise DeclarationError(f"{where}: a method that changes something needs x-inverse")
        decl["params"] = decl["params"] + [DRY_RUN] + ([CONFIRM_WITHIN] if decl["x-inverse"] != "none" else [])
        decl["x-errors"] = decl["x-errors"] + CHANGE_ERRORS
        decl["result"]["schema"]["properties"].update(CHANGE_RESULT)

    def _result(self, schema, model, where):
        """Which struct sal_<method>_done() takes, and which one sal_<method>_item()."""
        self.static = bool(schema.get("x-static"))
        self.list = schema.get("x-list")
        self.item = self.done = self.own_result = None
        if self.static:
            return
        if "$ref" in schema:
            self.done = "sal_" + snake(schema["$ref"].rsplit("/", 1)[1])
            return
        if self.list:
            member = schema["properties"].pop(self.list)
            self.item = Field(self.list, member, True, model, f"{where} result")
            if self.item.kind not in ("OBJECT", "RAW") or not self.item.array:
                raise DeclarationError(f"{where}: x-list names an array of a schema, or of x-raw items")
            schema["properties"].update(LIST_TAIL)
            schema["required"] = schema.get("required", []) + list(LIST_TAIL)
        self.own_result = model.struct(self.cname + "_result", schema, where)
        self.done = self.own_result.cname
        if self.list:  # back in its place, first, for the document
            schema["properties"] = {self.list: member, **schema["properties"]}
            schema["required"].insert(0, self.list)


class Noun:
    def __init__(self, path, decl):
        self.path, self.decl = path, decl
        self.name = decl.get("noun", path.stem)
        self.methods, self.structs, self.enums = [], [], []
        self.uses = set()  # nouns whose structs ours point at


class Model:
    def __init__(self, folder, names):
        folder = Path(folder)
        self.errors = json.loads((folder / "errors.json").read_text())
        self.document = json.loads((folder / "document.json").read_text())
        self.nouns = [Noun(p, self._load(p)) for p in (folder / f"{n}.json" for n in ["types", *names])]
        self.schemas, self.home = {}, {}
        for noun in self.nouns:
            for name, schema in noun.decl.get("schemas", {}).items():
                if name in self.schemas:
                    raise DeclarationError(f"{noun.path}: schema {name} stands in {self.home[name].path} already")
                if not schema.get("description"):
                    raise DeclarationError(f"{noun.path}: schema {name} needs a description")
                self.schemas[name], self.home[name] = schema, noun
        for noun in self.nouns:
            self._fill(noun)
        self.methods = sorted((m for n in self.nouns for m in n.methods), key=lambda m: m.name)

    @staticmethod
    def _load(path):
        try:
            return json.loads(path.read_text())
        except (OSError, ValueError) as e:
            raise DeclarationError(f"{path}: {e}") from e

    def struct(self, cname, schema, where):
        required = schema.get("required", [])
        properties = schema.get("properties", {})
        missing = set(required) - set(properties)
        if missing:
            raise DeclarationError(f"{where}: required but not declared: {', '.join(sorted(missing))}")
        return Struct(cname, schema, [Field(k, s, k in required, self, f"{where} {k}") for k, s in properties.items()])

    def _fill(self, noun):
        for name, schema in noun.decl.get("schemas", {}).items():
            if schema.get("x-document-only"):
                continue
            if "enum" in schema:
                noun.enums.append((name, schema))
            else:
                noun.structs.append(self.struct("sal_" + snake(name), schema, f"{noun.path} {name}"))
        for decl in noun.decl.get("methods", []):
            where = f"{noun.path} {decl.get('name')}"
            if not (decl["name"] == noun.name or decl["name"].startswith(noun.name + ".")):
                raise DeclarationError(f"{where}: does not belong to noun {noun.name}")
            noun.methods.append(Method(decl, noun, self, where))
        for target in self._targets(noun):
            if self.home[target] is not noun:
                noun.uses.add(self.home[target])

    def _targets(self, noun):
        structs = noun.structs + [m.params for m in noun.methods]
        structs += [m.own_result for m in noun.methods if m.own_result]
        for s in structs:
            yield from (f.target for f in s.fields if f.target)
        yield from (m.item.target for m in noun.methods if m.item and m.item.target)
        for m in noun.methods:
            ref = m.decl["result"]["schema"].get("$ref")
            if ref:
                yield ref.rsplit("/", 1)[1]
