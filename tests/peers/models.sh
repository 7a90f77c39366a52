#!/bin/sh
# Every family against transformers, on tiny random models: logits of all
# positions, and that transformers loads what merge writes.
set -u
python=${PYTHON:-python3}
"$python" -c "import torch, transformers" 2>/dev/null || {
	echo "models.sh: $python has no torch and transformers: skipped"
	exit 77
}
here=$top_srcdir/tests/peers
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT
bad=0
"$python" "$here/models.py" make "$tmp" || exit 1
for model in "$tmp"/*/; do
	tests/forward "$model" "$tmp/ids" >"$model/logits" || bad=1
	./merge -q --method linear -o "$model/saved" "$model" || bad=1
	tests/forward "$model/saved" "$tmp/ids" >"$model/saved.logits" || bad=1
done
"$python" "$here/models.py" compare "$tmp" || bad=1
exit $bad
