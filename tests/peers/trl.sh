# What prefpair writes, in TRL's DPO, reward and KTO trainers: loaded as it is,
# tokenised as pack does it, one step each.
set -u
python=${PYTHON:-python3}
"$python" -c "import torch, transformers, trl, datasets" 2>/dev/null || {
	echo "trl.sh: $python has no torch, transformers, trl and datasets: skipped"
	exit 77
}
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT
samples=$top_srcdir/samples
tests/mktoy "$tmp/model" || exit 1

# Conversations: judged responses, the open sets, what annotators sent back.
./prefpair -q -p -f -P all "$samples/judged.jsonl" >"$tmp/judged.talk" &&
	./prefpair -q -p -f "$samples/open.jsonl" >"$tmp/open.talk" &&
	./prefpair -q -p -f --from-annotated "$samples/annotated.jsonl" \
		>"$tmp/annotated.talk" &&
	./prefpair -q -p -f --kto 0.5 "$samples/judged.jsonl" >"$tmp/kto.talk" &&
	./prefpair -q -p -f --kto 3 "$samples/open.jsonl" >"$tmp/open-kto.talk" &&
	./prefpair -q -p -f --kto 8 --from-annotated "$samples/annotated.jsonl" \
		>"$tmp/annotated-kto.talk" &&
	cat "$tmp/judged.talk" "$tmp/open.talk" "$tmp/annotated.talk" |
	./pack -q -p -m "$tmp/model" >"$tmp/pairs.packed" &&
	cat "$tmp/kto.talk" "$tmp/open-kto.talk" "$tmp/annotated-kto.talk" |
	./pack -q -p -m "$tmp/model" >"$tmp/kto.packed" ||
	exit 1
# Texts: records with a prompt as they are, others by record convert.
grep '"prompt"' "$samples/judged.jsonl" | ./prefpair -q -p >"$tmp/judged.text" &&
	./prefpair -q -p "$samples/judged.jsonl" |
	./record convert -q -p --to trl-text >"$tmp/converted.text" &&
	grep '"prompt"' "$samples/judged.jsonl" |
	./prefpair -q -p --kto 0.5 >"$tmp/kto.text" || exit 1
HF_HOME=$tmp/hub "$python" "$top_srcdir/tests/peers/prefs.py" "$tmp"
