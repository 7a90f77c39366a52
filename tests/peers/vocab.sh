#!/bin/sh
# GGUF vocabularies as tokenizer.json, against llama.cpp's own cases. PYTHON:
# an interpreter that has tokenizers; VOCABS: llama.cpp's models/ folder.
set -eu
python=${PYTHON:-python3}
"$python" -c 'import tokenizers' 2>/dev/null && [ -d "${VOCABS-}" ] || {
	echo "vocab.sh: no tokenizers package or no VOCABS folder: skipped"
	exit 77
}
exec "$python" "${top_srcdir:-.}/tests/peers/vocab.py" \
	"${builddir:-.}/tests/vocab" "$VOCABS"
