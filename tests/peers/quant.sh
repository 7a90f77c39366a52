#!/bin/sh
# Every GGUF type against the gguf package's decoding, bit for bit; further
# models as arguments, or in MODELS. PYTHON: an interpreter that has gguf.
set -eu
python=${PYTHON:-python3}
"$python" -c 'import gguf' 2>/dev/null || {
	echo "quant.sh: $python has no gguf package: skipped"
	exit 77
}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck disable=SC2086
"$python" "${top_srcdir:-.}/tests/peers/quant.py" \
	"${builddir:-.}/tests/tensors" "$dir" "$@" ${MODELS-}
