# prefpair on real pairs: nothing is lost, what passes is as it was, filters
# hold for every pair, transcripts and annotators give back what went in.
set -u
pairs=$SHARED/data/pairs.jsonl.zst
python=${PYTHON:-python3}
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0

ok() { # WHAT: how did the last command end?
	if [ $? = 0 ]; then
		passed=$((passed + 1))
		echo "ok   $1"
	else
		failed=$((failed + 1))
		echo "FAIL $1"
	fi
}

./prefpair -q --reject "$tmp/bad" --stats "$tmp/stats" -o "$tmp/best.zst" \
	"$pairs"
ok "pairs"
./prefpair -q -j1 --reject "$tmp/bad" -P all -o "$tmp/all.zst" "$pairs" &&
	cmp "$tmp/best.zst" "$tmp/all.zst"
ok "two answers make one pair in any way, at any -j"
./prefpair -q --reject "$tmp/bad" -x 1.5 -r 0.5 -o "$tmp/short.jsonl" "$pairs"
ok "--max-length-ratio and --rouge"
zstd -qdc "$pairs" >"$tmp/in"
zstd -qdc "$tmp/best.zst" >"$tmp/best"
"$python" - "$tmp" <<'END'
import json
import sys

top = sys.argv[1]


def rows(name):
    with open(f"{top}/{name}", encoding="utf-8") as f:
        return [json.loads(line) for line in f]


stats = json.load(open(f"{top}/stats"))
was, got, bad = rows("in"), rows("best"), rows("bad")
assert stats["in"] == len(was) == 11105, stats
assert len(bad) == stats["rejected"] == 506
assert all(not isinstance(r["chosen"], str) or r["prompt"] is None for r in bad)
dropped = sum(stats["dropped"].values())
assert stats["out"] == len(got) == len(was) - len(bad) - dropped
assert 0 < dropped < 400, stats["dropped"]
assert 1 < stats["length ratio"] < 3 and 0.5 < stats["chosen longer"] < 0.9
old = {r["id"]: r for r in was}
changed = 0
for r in got:
    o = old[r["id"]]
    assert all(r[k] == o[k] for k in ("chosen", "rejected", "source", "lang"))
    changed += r != o  # an answer stood at the end of the messages
assert changed < 100, changed
for r in rows("short.jsonl"):
    assert len(r["chosen"]) <= 1.5 * max(1, len(r["rejected"])), r["id"]
assert 1000 < len(rows("short.jsonl")) < len(got)

# Transcripts, as hh-rlhf has them.
names = {"user": "\n\nHuman: ", "assistant": "\n\nAssistant: "}
with open(f"{top}/hh", "w", encoding="utf-8") as f:
    for r in got:
        if r["source"] != "hh-rlhf":
            continue
        ms = r.get("messages") or [{"role": "user", "content": r["prompt"]}]
        text = "".join(names[m["role"]] + m["content"] for m in ms)
        row = {"id": r["id"]}
        for side in "chosen", "rejected":
            row[side] = text + names["assistant"] + r[side]
        f.write(json.dumps(row) + "\n")
# Judged responses, the worse one first, for annotators.
with open(f"{top}/responses", "w", encoding="utf-8") as f:
    for r in got:
        row = {k: r[k] for k in r if k not in ("chosen", "rejected")}
        row["responses"] = [{"content": r["rejected"], "model": "x"},
                            {"content": r["chosen"], "model": "y"}]
        f.write(json.dumps(row, ensure_ascii=False) + "\n")
END
ok "counts, bytes and lengths"

./prefpair -q -o "$tmp/hh.jsonl" "$tmp/hh"
ok "hh-rlhf transcripts"
./prefpair -q --seed 7 --to-annotate "$tmp/tasks" --by source -o "$tmp/none" \
	"$tmp/responses"
ok "to annotators"
"$python" - "$tmp" fill <<'END'
import glob
import json
import sys

top = sys.argv[1]
best = {}
for line in open(f"{top}/best", encoding="utf-8"):
    r = json.loads(line)
    best[r["id"]] = r
first = tasks = 0
with open(f"{top}/back", "w", encoding="utf-8") as f:
    for name in sorted(glob.glob(f"{top}/tasks/*.jsonl"), reverse=True):
        for line in open(name, encoding="utf-8"):
            r = json.loads(line)
            answers = r["annotation"]["answers"]
            want = best[r["id"]]
            for a in answers:
                good = a["content"] == want["chosen"]
                a["rank"] = 1 if good else 2
                a["helpfulness"] = 9 if good else 4
                if a["content"].strip():
                    word = a["content"].split()[-1]
                    a["errors"] = [{"text": word, "note": "last"}]
            tasks += 1
            first += answers[0]["rank"] == 1
            f.write(json.dumps(r, ensure_ascii=False) + "\n")
assert tasks == len(best)
assert 0.47 < first / tasks < 0.53, first / tasks
END
ok "filled in; the order tells nothing"
./prefpair -q --from-annotated -o "$tmp/people.jsonl" "$tmp/back"
ok "from annotators"
"$python" - "$tmp" <<'END'
import json
import sys

top = sys.argv[1]


def rows(name):
    with open(f"{top}/{name}", encoding="utf-8") as f:
        return [json.loads(line) for line in f]


best = {r["id"]: r for r in rows("best")}
people = rows("people.jsonl")
assert len(people) == len(best)
for r in people:
    o = best[r["id"]]
    assert (r["chosen"], r["rejected"]) == (o["chosen"], o["rejected"])
    assert (r["model_chosen"], r["model_rejected"]) == ("y", "x")
    assert (r["score_chosen"], r["score_rejected"], r["margin"]) == (9, 4, 1)
hh = rows("hh.jsonl")
assert len(hh) > 2000
for r in hh:
    o = best[r["id"]]
    ms = r.get("messages") or [{"role": "user", "content": r["prompt"]}]
    want = o.get("messages") or [{"role": "user", "content": o["prompt"]}]
    assert [m["content"] for m in ms] == [m["content"].strip() for m in want]
    for side in "chosen", "rejected":
        assert r[side] == o[side].strip(), r["id"]
END
ok "the same pairs came back"

tests/mktoy "$tmp/toy"
./pack -q -m "$tmp/toy" --overlong drop --stats "$tmp/packed" -o "$tmp/rows.zst" \
	"$tmp/best.zst" && zstd -qdc "$tmp/rows.zst" | head -n 1 |
	grep -q '"kind":"pairs"' &&
	[ "$(zstd -qdc "$tmp/rows.zst" | wc -l)" -gt 9000 ]
ok "pack"
./prefpair -q --kto 0.5 "$tmp/best.zst" |
	./pack -q -m "$tmp/toy" --overlong drop -o "$tmp/kto.zst" &&
	[ "$(zstd -qdc "$tmp/kto.zst" | grep -c '"label":true')" -gt 9000 ] &&
	[ "$(zstd -qdc "$tmp/kto.zst" | grep -c '"label":false')" -gt 9000 ]
ok "KTO rows"
echo "$passed passed, $failed failed"
exit $((failed > 0))
