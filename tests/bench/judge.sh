# How often a model's judgement agrees with people's. Run in a build folder:
#   SHARED=../../shared tests/bench/judge.sh MODEL [PAIRS [RUBRIC ...]]
# PAIRS (200) are sampled from hh-rlhf and as many from pandalm in SHARED;
# pairs too long for the model are left out. RUBRIC: prefer and quality, which
# generate nothing; pair, helpfulness and so on take a model that can write
# JSON. Prints JSON: the share of pairs in agreement, a tie counted half, with
# a 95% interval, and how often the order of two responses decided.
set -e
model=$1 pairs=${2:-200} python=${PYTHON:-python3}
[ -n "$model" ] || {
	echo "usage: judge.sh MODEL [PAIRS [RUBRIC ...]]" >&2
	exit 2
}
[ $# -le 2 ] && set -- "$model" "$pairs" prefer quality
shift 2
rubrics=
for r; do rubrics="$rubrics -r $r"; done
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT
for set in hh-rlhf pandalm
do
	zstd -dc "$SHARED/data/pairs.jsonl.zst" |
		grep "\"source\": \"$set\"" |
		./record sample -q -n "$pairs" --seed 1 |
		./record convert -q -t responses --reject "$tmp/$set.not" |
		./judge -q -m "$model" $rubrics --human human \
			--reject "$tmp/$set.long" --stats "$tmp/$set" >"$tmp/out"
done
"$python" - "$tmp" "$model" <<'P'
import json, os, sys
out = {"model": os.path.basename(sys.argv[2])}
for name in "hh-rlhf", "pandalm":
    stats = json.load(open(sys.argv[1] + "/" + name, encoding="utf-8"))
    out[name] = {"pairs": stats["out"], "left_out": stats["rejected"],
                 "failed": stats["counted"].get("judge answers failed", 0)}
    if "digit_probability" in stats:
        out[name]["digit_probability"] = stats["digit_probability"]
    for rubric, human in stats["human"].items():
        out[name][rubric] = {
            "agreement": round(human["agreement"], 4),
            "interval": [round(human["low"], 4), round(human["high"], 4)],
            "pairs": human["pairs"], "ties": human["tied"]}
        both = stats.get("comparisons", {}).get(rubric)
        if both:
            out[name][rubric]["position_bias"] = round(both["position_bias"], 4)
print(json.dumps(out, indent=1))
P
