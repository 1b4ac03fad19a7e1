"""Emits C from the model: structs, field tables, the method table, and the glue to handlers."""
import json

from model import CHECKED_FORMATS, snake

BANNER = "/* Generated from openrpc/ by openrpc/generate.py; do not edit. */\n"
SCALARS = {"BOOL": "bool", "I32": "int32_t", "I64": "int64_t", "U8": "uint8_t", "U16": "uint16_t", "U32": "uint32_t",
           "U64": "uint64_t", "DOUBLE": "double", "STRING": "const char *", "IP": "struct sal_ip",
           "PREFIX": "struct sal_prefix", "MAC": "struct sal_mac", "ANY": "struct sal_any", "RAW": "struct sal_raw"}
ARRAYS = {"STRING": "sal_strings", "U16": "sal_u16s", "U32": "sal_u32s", "U64": "sal_u64s", "I64": "sal_i64s",
          "IP": "sal_ips", "PREFIX": "sal_prefixes"}
KEY_ROOM = 16  # SAL_KEY_ROOM of base/field.h


def c_string(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def comment(text):
    return "/* " + text.replace("*/", "* /") + " */" if text else ""


def member_type(field):
    if field.kind == "OBJECT":
        base = "sal_" + snake(field.target)
        return f"struct {base}_array " if field.array else f"const struct {base} *"
    if field.kind == "ENUM":
        return f"enum sal_{snake(field.target)} "
    if field.array:
        return f"struct {ARRAYS[field.kind]} "
    kind = SCALARS[field.kind]
    return kind if kind.endswith("*") else kind + " "


def words(struct):
    return max(1, (len(struct.fields) + 63) // 64)


def emit_struct(struct, out):
    out.append(f"struct {struct.cname} {{")
    out.append("\tunion {")
    out.append(f"\t\tuint64_t has_words[{words(struct)}];")
    if struct.fields:
        bits = "".join(f"\t\t\tuint64_t {f.name} : 1;\n" for f in struct.fields)
        out.append("\t\tstruct {\n" + bits + "\t\t} has; /* which optional members are present */")
    out.append("\t};")
    for f in struct.fields:
        note = f.element.get("description") or f.schema.get("description", "")
        out.append(f"\t{member_type(f)}{f.name}; {comment(note)}".rstrip())
    out.append("};")
    out.append(f"extern const struct sal_type {struct.cname}_type;\n")


def emit_field(struct, f):
    flags, extra = [], []
    s = f.element
    key = c_string(json.dumps(f.key, ensure_ascii=False) + ":")
    # The encoder copies as much, whatever the length, and the comma before it.
    padded = '&",' + key[1:-1] + r"\0" * KEY_ROOM + '"[1]'
    if f.array:
        flags.append("SAL_FIELD_ARRAY")
    if f.required:
        flags.append("SAL_FIELD_REQUIRED")
    if f.nullable:
        flags.append("SAL_FIELD_NULLABLE")
    for name in ("minimum", "maximum"):
        if name in s:
            flags.append(f"SAL_FIELD_HAS_{name[:3].upper()}")
            extra.append(f".{name[:3]} = {s[name]}")
    bound = f.schema.get("maxItems") if f.array else s.get("maxLength")
    if bound is not None:
        extra.append(f".max_len = {bound}")
    if "default" in f.schema:
        flags.append("SAL_FIELD_HAS_DEFAULT")
        value = f.schema["default"]
        if f.kind == "STRING":
            extra.append(f".preset_text = {c_string(value)}")
        elif f.kind == "ENUM":
            extra.append(f".preset = SAL_{snake(f.target).upper()}_{snake(value).upper().rstrip('_')}")
        else:
            extra.append(f".preset = {int(value)}")
    if s.get("format") in CHECKED_FORMATS:
        extra.append(f".format = SAL_FORMAT_{CHECKED_FORMATS[s['format']]}")
    if f.kind == "OBJECT":
        extra.append(f".type = &sal_{snake(f.target)}_type")
    if f.kind == "ENUM":
        extra.append(f".names = &sal_{snake(f.target)}_names")
    if flags:
        extra.insert(0, ".flags = " + " | ".join(flags))
    row = [f".key = {padded}", f".key_len = sizeof({key}) - 1", f".offset = offsetof(struct {struct.cname}, {f.name})",
           f".kind = SAL_FIELD_{f.kind}", *extra]
    return "\t{ " + ", ".join(row) + " },"


def emit_table(struct, out):
    required = [0] * words(struct)
    for i, f in enumerate(struct.fields):
        if f.required:
            required[i // 64] |= 1 << (i % 64)
    if struct.fields:
        out.append(f"static const struct sal_field {struct.cname}_fields[] = {{")
        out.extend(emit_field(struct, f) for f in struct.fields)
        out.append("};")
    out.append(f"static const uint64_t {struct.cname}_required[] = {{ "
               + ", ".join(f"{w:#x}ull" for w in required) + " };")
    fields = f"{struct.cname}_fields" if struct.fields else "NULL"
    out.append(f"const struct sal_type {struct.cname}_type = {{\n\t.name = {c_string(struct.cname)},\n"
               f"\t.fields = {fields},\n\t.nfields = {len(struct.fields)},\n\t.has_words = {words(struct)},\n"
               f"\t.size = sizeof(struct {struct.cname}),\n\t.required = {struct.cname}_required,\n}};\n")


def enum_member(name, value):
    return f"SAL_{snake(name).upper()}_{snake(value).upper().rstrip('_')}"


def structs_of(noun):
    for s in noun.structs:
        yield s
    for m in noun.methods:
        yield m.params
        if m.own_result:
            yield m.own_result


def noun_header(noun):
    """gen/<noun>.h: what a handler of this noun includes."""
    out = [BANNER, "#pragma once\n", '#include "base/field.h"']
    if noun.methods:
        out.append('#include "call.h"')
    out.extend(f'#include "gen/{n.path.stem}.h"' for n in sorted(noun.uses, key=lambda n: n.path.stem))
    out.append("")
    for name, schema in noun.enums:
        values = "".join(f"\t{enum_member(name, v)},\n" for v in schema["enum"])
        out.append(f"{comment(schema['description'])}\nenum sal_{snake(name)} {{\n{values}}};\n"
                   f"extern const struct sal_names sal_{snake(name)}_names;\n")
    for s in noun.structs:
        out.append(f"struct {s.cname};\nstruct {s.cname}_array {{\n\tconst struct {s.cname} *items;\n\tsize_t len;\n}};")
    out.append("")
    for s in structs_of(noun):
        emit_struct(s, out)
    for m in noun.methods:
        out.append(comment(m.decl["summary"]))
        out.append(f"int {m.cname}(struct sal_call *call, const struct {m.params.cname} *params,\n"
                   "\tstruct sal_error *err);\n")
        if m.item and m.item.kind == "RAW":
            out.append(f"static inline int {m.cname}_item(struct sal_call *call, const struct sal_raw *item,\n"
                       "\tstruct sal_error *err)\n{\n"
                       f"\treturn sal_reply_raw_item(call, {c_string(m.list)}, item, err);\n}}\n")
        elif m.item:
            item = "sal_" + snake(m.item.target)
            out.append(f"static inline int {m.cname}_item(struct sal_call *call, const struct {item} *item,\n"
                       "\tstruct sal_error *err)\n{\n"
                       f"\treturn sal_reply_item(call, {c_string(m.list)}, &{item}_type, item, err);\n}}\n")
        if m.done:
            listed = c_string(m.list) if m.list else "NULL"
            out.append(f"static inline int {m.cname}_done(struct sal_call *call, const struct {m.done} *result,\n"
                       "\tstruct sal_error *err)\n{\n"
                       f"\treturn sal_reply_done(call, {listed}, &{m.done}_type, result, err);\n}}\n")
    return "\n".join(out)


def types_source(model):
    """gen/types.c: the field tables of every struct and the strings of every enum."""
    out = [BANNER]
    out.extend(f'#include "gen/{n.path.stem}.h"' for n in model.nouns)
    out.append("\n_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,\n"
               "\t       \"presence bits are laid out for little-endian machines\");\n")
    for noun in model.nouns:
        for name, schema in noun.enums:
            cname = f"sal_{snake(name)}"
            rows = "".join(f"\t[{enum_member(name, v)}] = {c_string(v)},\n" for v in schema["enum"])
            out.append(f"static const char *const {cname}_strings[] = {{\n{rows}}};\n"
                       f"const struct sal_names {cname}_names = {{ {cname}_strings, {len(schema['enum'])} }};\n")
        for s in structs_of(noun):
            emit_table(s, out)
    return "\n".join(out)


def codes_source(model):
    """gen/codes.c: names of error codes, and the proof that sal.h agrees with errors.json."""
    out = [BANNER, '#include "sal.h"\n']
    for e in model.errors:
        out.append(f"_Static_assert(SAL_{e['kind']} == {e['code']}, \"sal.h and errors.json differ\");")
    cases = "".join(f"\tcase SAL_{e['kind']}:\n\t\treturn {c_string(e['kind'])};\n" for e in model.errors)
    out.append("\nconst char *sal_code_name(enum sal_code code)\n{\n\tswitch (code) {\n\tcase SAL_OK:\n\t\tbreak;\n"
               f"{cases}\t}}\n\treturn NULL;\n}}")
    return "\n".join(out) + "\n"


def methods_source(model):
    """gen/methods.c: the method table, sorted by name, for whoever routes and authorizes calls."""
    out = [BANNER, "#include <string.h>\n", '#include "sal.h"\n']
    for m in model.methods:
        codes = ", ".join(f"SAL_{e}" for e in m.errors)
        out.append(f"static const enum sal_code {m.cname}_errors[] = {{ {codes}, SAL_OK }};")
    out.append("\nstatic const struct sal_method methods[] = {")
    for i, m in enumerate(model.methods):
        out.append(f"\t{{ .name = {c_string(m.name)}, .right = SAL_RIGHT_{m.right.upper()},"
                   f" .lane = SAL_LANE_{m.lane.upper()}, .index = {i}, .errors = {m.cname}_errors }},")
    out.append("};\n")
    out.append("""unsigned sal_method_count(void)
{
	return sizeof(methods) / sizeof(methods[0]);
}

const struct sal_method *sal_method_at(unsigned index)
{
	return index < sal_method_count() ? &methods[index] : NULL;
}

const struct sal_method *sal_method_find(const char *name, size_t len)
{
	unsigned low = 0, high = sal_method_count();

	while (low < high) {
		unsigned mid = (low + high) / 2;
		int diff = strncmp(name, methods[mid].name, len);

		if (!diff && methods[mid].name[len])
			diff = -1;
		if (!diff)
			return &methods[mid];
		if (diff < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}
""")
    return "\n".join(out)


def calls_source(model):
    """gen/calls.c: the functions behind the methods; one that is missing does not link."""
    out = [BANNER]
    out.extend(f'#include "gen/{n.path.stem}.h"' for n in model.nouns if n.methods)
    out.append("")
    for m in model.methods:
        out.append(f"static int run_{m.cname[4:]}(struct sal_call *call, const void *params, struct sal_error *err)\n"
                   f"{{\n\treturn {m.cname}(call, params, err);\n}}\n")
    out.append("const struct sal_handler sal_handlers[] = {")
    out.extend(f"\t{{ &{m.params.cname}_type, run_{m.cname[4:]} }}," for m in model.methods)
    out.append("};")
    return "\n".join(out) + "\n"


def document_source(text):
    """gen/openrpc.c: the document as an array (a string literal that long is beyond C11's limits)."""
    data = text.encode()
    rows = "\n".join("\t" + ",".join(str(b) for b in data[i:i + 32]) + "," for i in range(0, len(data), 32))
    return (f'{BANNER}\n#include "sal.h"\n\nstatic const char document[] = {{\n{rows}\n}};\n\n'
            "const char *sal_describe(size_t *ret_len)\n{\n\t*ret_len = sizeof(document);\n\treturn document;\n}\n")
