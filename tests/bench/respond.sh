# Generation beside llama.cpp: several prompts, several samples of each, 32 at
# once, sampling included, the same tokens to draw. Run in a build folder:
#   PYTHON=venv/bin/python SHARED=../../shared tests/bench/respond.sh MODEL.gguf
# The Python wants llama-cpp-python and numpy. Both sides read the same BF16
# file, made from MODEL by llama.cpp's own converter; runs alternate.
set -e
model=$1 python=${PYTHON:-python3} peers=$SHARED/peers
here=$(cd "$(dirname "$0")" && pwd)
prompts=${PROMPTS:-8} samples=${SAMPLES:-8} tokens=${TOKENS:-48}
[ -n "$model" ] || {
	echo "usage: respond.sh MODEL.gguf" >&2
	exit 2
}
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT
"$python" "$peers/requant.py" "$model" "$tmp" >&2
bf16=$(ls "$tmp"/*.BF16.gguf)
"$python" - "$here/../../samples/first/prompts.jsonl" "$prompts" \
	>"$tmp/prompts.jsonl" <<'P'
import json, sys
for line in list(open(sys.argv[1], encoding="utf-8"))[:int(sys.argv[2])]:
    text = json.loads(line)["prompt"]
    print(json.dumps({"messages": [
        {"role": "system", "content": "You are a helpful AI assistant."},
        {"role": "user", "content": text}]}))
P
for run in 1 2 3
do
	./respond -q -j 2 -m "$bf16" -n "$samples" --batch 32 \
		--max-tokens "$tokens" --ignore-eos -t 0.8 --top-k 40 \
		--top-p 0.95 --stats "$tmp/ours.$run" -o "$tmp/out.jsonl" \
		"$tmp/prompts.jsonl"
	"$python" "$peers/bench_llamacpp.py" --model "$bf16" --mode work \
		--threads 2 --parallel 32 --prompts "$tmp/prompts.jsonl" \
		--n "$samples" --gen "$tokens" --ignore-eos --sampler topk \
		--repeat 1 >"$tmp/theirs.$run"
done
"$python" - "$tmp" <<'P'
import json, statistics, sys
ours = [json.load(open(f"{sys.argv[1]}/ours.{i}")) for i in (1, 2, 3)]
theirs = [json.load(open(f"{sys.argv[1]}/theirs.{i}")) for i in (1, 2, 3)]
a = [x["tokens_per_second"] for x in ours]
b = [x["tps_median"] for x in theirs]
print(json.dumps({"bench": "respond", "tokens": ours[0]["tokens_drawn"],
    "plumbline_tok_s": a, "llamacpp_tok_s": b,
    "others_cpu": [x["others_cpu"][0] for x in theirs],
    "peer": theirs[0]["peer"],
    "ratio": round(statistics.median(a) / statistics.median(b), 3)}))
P
