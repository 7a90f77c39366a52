#!/bin/sh
# train.sh MODEL.gguf - one SFT step of 1,024 tokens beside torch, f32 and
# bf16, in turn in one run, as JSON: tokens a second (the best step of each
# run, the first one left out) and peak memory. Run in a build folder;
# $SHARED/peers/bench_torch_train.py is the other side (the same shapes of
# SmolLM2-135M, its own random ids), $PYTHON has torch and transformers.
set -eu
model=${1:?usage: train.sh MODEL.gguf}
here=$(cd "$(dirname "$0")" && pwd)
SHARED=${SHARED-$here/../../../shared}
export PYTHON="${PYTHON-python3}"
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT

# Rows of 1,024 tokens, every one a target, as on the other side.
"$PYTHON" - "$here/../../samples/first/prompts.jsonl" >"$tmp/in.jsonl" <<'MAKE'
import json, sys
text = " ".join(json.loads(l)["prompt"] for l in open(sys.argv[1], encoding="utf-8"))
for i in range(4):
    print(json.dumps({"id": str(i), "messages": [{"role": "user", "content": "Go on."},
        {"role": "assistant", "content": text[i * 3000:] + text[:i * 3000]}]}))
MAKE
./pack -q -p -m "$model" --length 1024 --overlong right "$tmp/in.jsonl" \
	>"$tmp/rows.jsonl" 2>/dev/null ||
	./pack -q -p -m "$model" --length 1024 --overlong split \
		--max-tokens 4096 "$tmp/in.jsonl" >"$tmp/rows.jsonl"
for turn in 1 2; do
	for type in bf16 f32; do
		/usr/bin/time -f %M -o "$tmp/mem.$type.$turn" \
			./train sft -q -m "$model" --dtype $type --micro 1024 \
			--batch 1 --steps 3 --lr 1e-6 --log "$tmp/log.$type.$turn" \
			-o "$tmp/out" "$tmp/rows.jsonl"
		rm -rf "$tmp/out" "$tmp/out.checkpoint"
		"$PYTHON" "$SHARED/peers/bench_torch_train.py" --dtype $type \
			--tokens 1024 --steps 2 >"$tmp/torch.$type.$turn"
	done
done
exec "$PYTHON" - "$tmp" <<'SAY'
import json, sys
tmp, out = sys.argv[1], {"bench": "train", "tokens": 1024}
for t in ("bf16", "f32"):
    ours, torch, mem, tmem = [], [], [], []
    for turn in "12":
        steps = [json.loads(l) for l in open(f"{tmp}/log.{t}.{turn}")]
        ours.append(max(s["tok_s"] for s in steps[1:]))
        mem.append(int(open(f"{tmp}/mem.{t}.{turn}").read()) / 1024)
        raw = [l for l in open(f"{tmp}/torch.{t}.{turn}") if l.startswith("{")][-1]
        d = json.loads(raw)
        out.setdefault("torch_mib", {})[t] = d["peak_rss_mib"]
        torch.append(d["tok_s"])
    out[t] = {"plumbline_tok_s": ours, "torch_tok_s": torch, "plumbline_mib": mem,
        "ratio": round(max(ours) / max(torch), 2)}
print(json.dumps(out))
SAY
