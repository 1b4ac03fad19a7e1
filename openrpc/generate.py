#!/usr/bin/python3
"""Turns the declarations in openrpc/ into C, the OpenRPC document and the method reference.

Called by meson: generate.py FOLDER OUTDIR VERSION NOUN...
Writes OUTDIR/gen/<noun>.h, types.c, codes.c, methods.c, calls.c, openrpc.c, openrpc.json, methods.md.
"""
import json
import sys
from pathlib import Path

import emit_c
import emit_doc
from model import DeclarationError, Model


def write(path, text):
    """Only what changed is written, so that nothing is rebuilt for nothing."""
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def main(folder, outdir, version, *nouns):
    gen = Path(outdir)
    gen.mkdir(parents=True, exist_ok=True)
    try:
        model = Model(folder, nouns)
    except DeclarationError as e:
        sys.exit(f"openrpc: {e}")
    except KeyError as e:
        sys.exit(f"openrpc: a declaration lacks {e}")
    doc = emit_doc.document(model, version)
    text = json.dumps(doc, ensure_ascii=False, separators=(",", ":"))
    for noun in model.nouns:
        write(gen / f"{noun.path.stem}.h", emit_c.noun_header(noun))
    write(gen / "types.c", emit_c.types_source(model))
    write(gen / "codes.c", emit_c.codes_source(model))
    write(gen / "methods.c", emit_c.methods_source(model))
    write(gen / "calls.c", emit_c.calls_source(model))
    write(gen / "openrpc.c", emit_c.document_source(text))
    write(gen / "openrpc.json", json.dumps(doc, ensure_ascii=False, indent=2) + "\n")
    write(gen / "methods.md", emit_doc.reference(model, version))


if __name__ == "__main__":
    main(*sys.argv[1:])
