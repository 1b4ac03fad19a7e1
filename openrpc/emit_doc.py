"""Emits what people and tools read: the OpenRPC document and the method reference."""
import copy
import json

HIDDEN = {"x-list", "x-static", "x-raw", "x-document-only"}


def clean(schema):
    """A schema as published: our own hints removed, objects closed against unknown members."""
    if isinstance(schema, list):
        return [clean(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    out = {k: clean(v) for k, v in schema.items() if k not in HIDDEN}
    if out.get("type") == "object" and "properties" in out and not schema.get("x-document-only"):
        out.setdefault("additionalProperties", False)
    return out


def method_document(m):
    params = []
    for p in m.decl["params"]:
        params.append({"name": p["name"], "description": p.get("description", ""), "required": p.get("required", False),
                       "schema": clean(p["schema"])})
    result = {"name": m.decl["result"]["name"], "schema": clean(m.decl["result"]["schema"])}
    doc = {"name": m.name, "summary": m.decl["summary"], "description": m.decl["description"],
           "tags": [{"name": m.name.split(".")[0]}], "paramStructure": "either", "params": params, "result": result,
           "errors": [{"$ref": f"#/components/errors/{e}"} for e in m.errors], "examples": m.decl["examples"],
           "x-right": m.right, "x-lane": m.lane, "x-errors": m.errors}
    for key in ("x-inverse",):
        if key in m.decl:
            doc[key] = m.decl[key]
    return doc


def document(model, version):
    doc = copy.deepcopy(model.document)
    doc["info"]["version"] = version
    doc["methods"] = [method_document(m) for m in model.methods]
    doc["components"] = {
        "schemas": {name: clean(s) for name, s in sorted(model.schemas.items())},
        "errors": {e["kind"]: {"code": e["code"], "message": e["message"]} for e in model.errors},
    }
    return doc


def type_words(schema):
    """A schema in a few words for a table cell."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(type_words(s) for s in schema["anyOf"])
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array":
        return "array of " + type_words(schema.get("items", {}))
    words = kind + (f" ({schema['format']})" if "format" in schema else "")
    if "minimum" in schema or "maximum" in schema:
        words += f", {schema.get('minimum', '')}…{schema.get('maximum', '')}"
    if "default" in schema:
        words += f", default {json.dumps(schema['default'])}"
    return words


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def member_table(rows):
    out = ["| member | type | |", "|---|---|---|"]
    out += [f"| `{n}`{'*' if required else ''} | {cell(type_words(s))} | {cell(note)} |" for n, s, required, note in rows]
    return out


def object_table(schema):
    required = schema.get("required", [])
    return member_table((n, s, n in required, s.get("description", "")) for n, s in schema.get("properties", {}).items())


def reference(model, version):
    """docs/methods.md: every method and shape, from the declarations alone."""
    out = [f"# SAL {version}: methods", "",
           "Generated from openrpc/. `*` marks what must be sent, or is always there. Every method can also give the",
           "errors listed at the end under their codes; what its own list names is particular to it.", ""]
    for m in model.methods:
        d = m.decl
        out += [f"## {m.name}", "", d["description"], "", f"Right **{m.right}** · lane {m.lane} · errors "
                + ", ".join(m.errors), ""]
        if d["params"]:
            out += ["Parameters", ""]
            out += member_table((p["name"], p["schema"], p.get("required", False), p.get("description", ""))
                                for p in d["params"]) + [""]
        schema = d["result"]["schema"]
        out += ["Result" + (": " + type_words(schema) if "$ref" in schema else ""), ""]
        if schema.get("properties"):
            out += object_table(schema) + [""]
        example = d["examples"][0]
        call = {"jsonrpc": "2.0", "id": 1, "method": m.name}
        if example["params"]:
            call["params"] = {p["name"]: p["value"] for p in example["params"]}
        out += ["```json", json.dumps(call, ensure_ascii=False), json.dumps(example["result"]["value"], ensure_ascii=False),
                "```", ""]
    out += ["# Shapes", ""]
    for name, s in sorted(model.schemas.items()):
        out += [f"## {name}", "", s["description"], ""]
        if "enum" in s:
            out += [", ".join(f"`{v}`" for v in s["enum"]), ""]
        else:
            out += object_table(s) + [""]
    out += ["# Errors", "", "| code | kind | |", "|---|---|---|"]
    out += [f"| {e['code']} | {e['kind']} | {cell(e['message'])} |" for e in model.errors]
    return "\n".join(out) + "\n"
