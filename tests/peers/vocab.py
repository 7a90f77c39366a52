#!/usr/bin/env python3
"""vocab.py VOCAB FOLDER: llama.cpp's vocabularies (ggml-vocab-NAME.gguf with
.inp and .out beside them) written as tokenizer.json by the program VOCAB, read
by the tokenizers package: the ids must be those of the .out file. Those that
VOCAB refuses are listed."""
import pathlib, subprocess, sys, tempfile
from tokenizers import Tokenizer

program, folder = sys.argv[1:3]
passed = failed = 0
for gguf in sorted(pathlib.Path(folder).glob("ggml-vocab-*.gguf")):
    inp, out = (gguf.with_name(gguf.name + x) for x in (".inp", ".out"))
    if not inp.exists():
        continue
    run = subprocess.run([program, gguf], capture_output=True)
    if run.returncode:
        print(run.stderr.decode().strip())
        continue
    with tempfile.NamedTemporaryFile() as f:
        f.write(run.stdout)
        f.flush()
        tok = Tokenizer.from_file(f.name)
    texts = inp.read_bytes().decode().split("\n__ggml_vocab_test__\n")
    ids = [[int(x) for x in s.split()] for s in out.read_text().splitlines()]
    for text, want in zip(texts, ids):
        got = tok.encode(text, add_special_tokens=False).ids
        if got == want:
            passed += 1
        else:
            failed += 1
            print(f"FAIL {gguf.name} {text!r}: {got}, not {want}")
print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0 or not passed)
