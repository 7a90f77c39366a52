# The engine beside llama.cpp without files around them: a prompt of 512
# tokens, one sequence, 32 at once. Run in a build folder after `make check`:
#   PYTHON=venv/bin/python SHARED=../../shared tests/bench/generate.sh MODEL.gguf
# The Python wants llama-cpp-python and numpy. Both sides read the same BF16
# file, made from MODEL by llama.cpp's own converter; runs alternate, three
# each. BF16=-b: plumbline multiplies in bf16 as well. Prints a line of JSON
# for each.
set -e
model=$1 python=${PYTHON:-python3} peers=$SHARED/peers
[ -n "$model" ] || {
	echo "usage: generate.sh MODEL.gguf" >&2
	exit 2
}
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT
"$python" "$peers/requant.py" "$model" "$tmp" >&2
bf16=$(ls "$tmp"/*.BF16.gguf)

ours() { # SEQUENCES PROMPT TOKENS
	tests/bench/generate ${BF16-} -s "$1" -p "$2" -g "$3" "$bf16"
}

theirs() {
	mode=tg
	[ "$3" != 0 ] || mode=pp
	"$python" "$peers/bench_llamacpp.py" --model "$bf16" --mode $mode \
		--parallel "$1" --prompt-len "$2" --gen "$3" --sampler topk
}

for row in '1 512 0' '1 64 128' '32 64 64'
do
	for run in 1 2 3
	do
		# shellcheck disable=SC2086
		ours $row >"$tmp/ours.$run"
		# shellcheck disable=SC2086
		theirs $row >"$tmp/theirs.$run"
	done
	"$python" - "$tmp" <<'P'
import json, statistics, sys
ours = [json.load(open(f"{sys.argv[1]}/ours.{i}")) for i in (1, 2, 3)]
theirs = [json.load(open(f"{sys.argv[1]}/theirs.{i}")) for i in (1, 2, 3)]
a = [statistics.median(x["tps"]) for x in ours]
b = [x["tps_median"] for x in theirs]
print(json.dumps({"bench": "generate", **{k: ours[0][k] for k in
    ("sequences", "prompt", "tokens", "kernel", "dtype")},
    "plumbline_tok_s": a, "llamacpp_tok_s": b,
    "plumbline_mib": ours[0]["peak_rss_mib"],
    "llamacpp_mib": theirs[0]["peak_rss_mib"],
    "others_cpu": [max(x["others_cpu"]) for x in theirs],
    "peer": theirs[0]["peer"],
    "ratio": round(statistics.median(a) / statistics.median(b), 3)}))
P
done
