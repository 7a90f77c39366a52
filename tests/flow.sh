#!/bin/sh
# The first flow on a toy model: once in one go, once killed in the middle and
# made again; both end with the same model.
set -eu
here=$PWD
flow=$(cd "$top_srcdir" && pwd)/samples/first
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
"$here/tests/mktoy" toy

# make is not to see the flags of the make that runs the tests
unset MAKEFLAGS MFLAGS MAKELEVEL
run() { # OUT
	make -j2 -f "$flow/Makefile" BIN="$here/" MODEL=toy OUT="$1" \
		N=16 TOKENS=8 SFT_TOKENS=2000 DPO_TOKENS=1500 J=1 >"$1.log" 2>&1
}

run whole || { cat whole.log; echo "FAIL the flow"; exit 1; }
cat whole/table.txt

# kill -9 everything once responses are being drawn, and once in training
for at in cut/responses.jsonl.zst cut/sft.packed.jsonl.zst; do
	setsid sh -c "$(printf 'exec make -j2 -f "%s" BIN="%s" MODEL=toy OUT=cut N=16 TOKENS=8 SFT_TOKENS=2000 DPO_TOKENS=1500 J=1' \
		"$flow/Makefile" "$here/")" >>cut.log 2>&1 &
	pid=$!
	i=0
	while [ ! -e $at ] && kill -0 $pid 2>/dev/null && [ $i -lt 600 ]; do
		sleep 0.05
		i=$((i + 1))
	done
	kill -9 -$pid 2>/dev/null || :
	wait $pid 2>/dev/null || :
done
[ ! -e cut/table.txt ] || echo "note: the flow ended before it was killed"
run cut || { cat cut.log; echo "FAIL the flow after a kill"; exit 1; }

for f in judged.jsonl.zst sft.packed.jsonl.zst dpo.packed.jsonl.zst \
	sft/model.safetensors dpo/model.safetensors merged/model.safetensors
do
	cmp whole/$f cut/$f || { echo "FAIL $f differs after a kill"; exit 1; }
done
grep -q '^whole/merged - toy .*40 items' whole/table.txt ||
	{ echo "FAIL the table has no comparison"; exit 1; }
