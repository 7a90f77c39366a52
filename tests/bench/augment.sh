# What prompt-augment changes: prompts and answers with complements beside
# those without. Run in a build folder:
#   SHARED=../../shared tests/bench/augment.sh MODEL [PROMPTS]
# PROMPTS (100) are sampled from the prompts in SHARED; answers are greedy,
# of 64 tokens at most; prompts too long for the model are left out. Prints
# JSON.
set -e
model=$1 prompts=${2:-100} python=${PYTHON:-python3}
[ -n "$model" ] || {
	echo "usage: augment.sh MODEL [PROMPTS]" >&2
	exit 2
}
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT
./record sample -q -n "$prompts" --seed 1 -o "$tmp/in.jsonl" \
	"$SHARED/data/prompts.jsonl.zst"
./prompt-augment -q -m "$model" --stats "$tmp/stats" \
	-o "$tmp/augmented.jsonl" "$tmp/in.jsonl"
for side in in augmented
do
	./respond -q -m "$model" -t 0 --max-tokens 64 --cache "$tmp/a.db" \
		--reject "$tmp/$side.long" \
		-o "$tmp/$side.answers.jsonl" "$tmp/$side.jsonl"
done
"$python" - "$tmp" <<'P'
import json, sys
def read(name):
    return [json.loads(line) for line in
            open(sys.argv[1] + "/" + name, encoding="utf-8")]
before, after = read("in.answers.jsonl"), read("augmented.answers.jsonl")
stats = json.load(open(sys.argv[1] + "/stats", encoding="utf-8"))
answered = {a["id"]: a for a in after}
both = [(b, answered[b["id"]]) for b in before if b["id"] in answered]
extended = [(b, a) for b, a in both if "complement" in a]
answer = lambda r: r["responses"][0]["content"]
def turn(r):
    if "messages" not in r:
        return r["prompt"]
    return [m["content"] for m in r["messages"] if m["role"] == "user"][-1]
print(json.dumps({
    "prompts": len(both),
    "augmented": len(extended),
    "prompt_untouched": sum(turn(a) == turn(b) + "\n" + a["complement"]
                            for b, a in extended),
    "answer_changed": sum(answer(a) != answer(b) for b, a in extended),
    "others_equal": sum(a == b for b, a in both if "complement" not in a),
    "counted": stats["counted"]}, indent=1))
P
