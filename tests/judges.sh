#!/bin/sh
# judge over a server of judges (judges.py) that know what they are shown:
# consistent verdicts, faults shown, agreement, killed runs.
set -eu
command -v python3 >/dev/null || exit 77
here=$(cd "$top_srcdir/tests" && pwd)
PATH=$PWD:$PWD/tests:$PATH
respond -m http://127.0.0.1:1/v1#m </dev/null 2>&1 |
	grep -q 'without libcurl' && exit 77
tmp=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || :; rm -rf "$tmp"' EXIT
cd "$tmp"
unset http_proxy https_proxy HTTPS_PROXY ALL_PROXY all_proxy OPENAI_API_KEY
export PYTHONDONTWRITEBYTECODE=1 no_proxy=127.0.0.1

fail() {
	echo "FAIL $*"
	tail -n 5 err out 2>/dev/null || :
	exit 1
}

same() { # NAME: out is as stdin says
	cat >want
	diff want out || fail "$1"
	echo "ok   $1"
}

# What an expression over the requests seen (R) comes to; then forget them.
seen() {
	python3 -c "
import json
R = [json.loads(line) for line in open('log')]
print(($1))"
	: >log
}

python3 "$here/judges.py" . &
server=$!
i=0
while [ ! -s port ]; do
	i=$((i + 1))
	[ $i -lt 1000 ] || fail "no server"
	sleep 0.02
done
url=http://127.0.0.1:$(cat port)/v1
printf '%s = %s\n' plain "$url#plain" mild "$url#mild" first "$url#first" \
	>models.conf

# Who judges by length judges so in both orders.
cat >pairs.jsonl <<'END'
{"prompt":"p","responses":[{"content":"1"},{"content":"the long one 1"},{"content":"a 2"}]}
END
judge -q -p --models models.conf -m plain -r pair pairs.jsonl >out 2>err
same "a verdict that holds in both orders" <<'END'
{"prompt":"p","responses":[{"content":"1","scores":{"pair":0}},{"content":"the long one 1","scores":{"pair":1}},{"content":"a 2","scores":{"pair":0.5}}],"comparisons":{"pair":[{"a":0,"b":1,"score":0.0,"same_steps":false,"same_result":true,"by":{"plain":["b","b"]}},{"a":0,"b":2,"score":0.0,"same_steps":false,"same_result":false,"by":{"plain":["b","b"]}},{"a":1,"b":2,"score":1.0,"same_steps":false,"same_result":false,"by":{"plain":["a","a"]}}]}}
END
judge -p --models models.conf -m plain -m first -r pair --stats st pairs.jsonl \
	2>err | grep -o '"scores_by.*' | sed 's/,"comp.*//' >out
tail -n 3 err | sed '$d' >>out
same "one that does not, beside it" <<'END'
"scores_by":{"pair":{"plain":0,"first":0.5}}},{"content":"the long one 1","scores":{"pair":0.75},"scores_by":{"pair":{"plain":1,"first":0.5}}},{"content":"a 2","scores":{"pair":0.5},"scores_by":{"pair":{"plain":0.5,"first":0.5}}}]
judge: pair: 6 comparisons in both orders; 3 with another verdict in the other order, 3 of them for the first shown and 0 for the second; 0 failed
judge: pair: 2 judges: Cohen's kappa 0.000, with quadratic weights 0.000, over 3 items; Kendall's tau-b is not defined, over 0 rankings
END
grep -q '"position_bias":0.5' st || fail "bias in figures"
grep -q '"requests":12' st || fail "requests in figures"
: >log

# An answer in words is shown its fault.
cat >again.jsonl <<'END'
{"prompt":"p","responses":[{"content":"again 7"},{"content":"never 7"},{"content":"4"},{"content":"11"}]}
END
judge -p --models models.conf -m plain -r fluency --asks 2 --reasons \
	again.jsonl >out 2>err
tail -n 1 err >>out
same "answers asked again" <<'END'
{"prompt":"p","responses":[{"content":"again 7","scores":{"fluency":7},"reasons":{"fluency":"as it says"}},{"content":"never 7","scores":{"fluency":null},"errors":{"fluency":"there is no JSON object in it"}},{"content":"4","scores":{"fluency":4},"reasons":{"fluency":"as it says"}},{"content":"11","scores":{"fluency":null},"errors":{"fluency":"its \"score\" is not a whole number from 1 to 10"}}]}
judge: 1 in, 1 out, 3 asked again, 2 judge answers failed, requests 7, requests_again 0
END
seen '[[m["content"] for m in r["messages"][1:]] for r in R
	if len(r["messages"]) == 3 and "again 7" in r["messages"][0]["content"]]' \
	>out
same "with their fault" <<'END'
[['I would say again 7', 'Your answer cannot be used: there is no JSON object in it. Answer again, with one JSON object and nothing after it: {"reason": "...", "score": a whole number from 1 to 10}']]
END

# The server is told the schema, unless it is not to be.
judge -q --models models.conf -m plain -r safety pairs.jsonl >/dev/null
seen '{json.dumps(r["response_format"]["json_schema"]["schema"]["properties"]["score"])
	for r in R}' >out
judge -q --models models.conf -m plain -r safety --free pairs.jsonl >/dev/null
seen '{"response_format" in r for r in R}' >>out
same "held to JSON" <<'END'
{'{"type": "integer", "minimum": 1, "maximum": 10}'}
{False}
END

# Judges a step apart: never equal, in the same order. Scores 2 4 6 and 3 5 7;
# squared distances 3 of the 9 pairs' mean 8/3 x 3 + 3 = 11.
cat >three.jsonl <<'END'
{"prompt":"p","responses":[{"content":"2"},{"content":"4"},{"content":"6"}]}
END
judge -p --models models.conf -m plain -m mild -r absolute three.jsonl \
	2>err >out
sed '$d' err >>out
same "how far judges agree" <<'END'
{"prompt":"p","responses":[{"content":"2","scores":{"absolute":2.5},"scores_by":{"absolute":{"plain":2,"mild":3}}},{"content":"4","scores":{"absolute":4.5},"scores_by":{"absolute":{"plain":4,"mild":5}}},{"content":"6","scores":{"absolute":6.5},"scores_by":{"absolute":{"plain":6,"mild":7}}}]}
judge: absolute: 2 judges: Cohen's kappa 0.000, with quadratic weights 0.842, over 3 items; Kendall's tau-b 1.000, over 1 rankings
END

# A run that is killed asks only what is missing, and writes the same bytes.
i=0
while [ $i -lt 40 ]; do
	echo "{\"prompt\":\"slow $i\",\"responses\":[{\"content\":\"$((i % 9 + 1))\"},{\"content\":\"again $((i % 7 + 1))\"}]}"
	i=$((i + 1))
done >slow.jsonl
judge -q -p --models models.conf -m plain -r fluency --concurrency 8 \
	slow.jsonl >whole
: >log
judge -q -p --models models.conf -m plain -r fluency --concurrency 8 \
	--cache c.db slow.jsonl >part 2>/dev/null &
run=$!
i=0
while [ "$(wc -l <log)" -lt 60 ]; do
	i=$((i + 1))
	[ $i -lt 1000 ] || fail "nothing is asked"
	sleep 0.02
done
kill -9 $run
wait $run 2>/dev/null || :
: >log
judge -q -p --models models.conf -m plain -r fluency --concurrency 8 \
	--cache c.db --stats st slow.jsonl >out 2>err
cmp out whole || fail "after a kill"
asked=$(wc -l <log)
[ "$asked" -lt 115 ] && [ "$asked" -gt 0 ] || fail "asked $asked after a kill"
echo "ok   a run that is killed goes on"
