#!/bin/sh
# respond over many records: the same bytes whatever runs beside them, and
# after a kill; log-probabilities as training computes them.
set -eu
PATH=$PWD:$PWD/tests:$PATH
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT
agree=$PWD/tests/agree
cd "$tmp"

fail() {
	echo "FAIL $*"
	exit 1
}

mktoy toy
mktoy -a qwen2 -s 2 other
"$agree" toy
"$agree" other
for family in qwen3 mistral gemma3
do
	mktoy -a $family -s 2 $family
	"$agree" $family
done

i=0
while [ $i -lt 60 ]; do
	echo "{\"id\":\"$i\",\"prompt\":\"Tell me about the number $i, and\
 about $((i % 7)) and $((i * i)).\",\"gold\":$i}"
	i=$((i + 1))
done >in.jsonl

ask() { # OUT ARGUMENT ...: with what is the same each time
	out=$1
	shift
	respond -q -m toy -n 4 --max-tokens 40 --top-p 0.9 --ids \
		-o "$out" "$@" in.jsonl
}

ask whole.jsonl -j 1
ask a.jsonl -j 3 --batch 1
ask b.jsonl -j 2 --batch 7 --kv-mem 1
ask c.jsonl -j 2 --batch 500
for f in a b c; do
	cmp whole.jsonl $f.jsonl || fail "batch and threads: $f"
done
ask d.jsonl --seed 1
! cmp -s whole.jsonl d.jsonl || fail "another seed, the same bytes"
[ "$(wc -l <whole.jsonl)" = 60 ] || fail "records"

# the first of four is the only one of one
ids() {
	grep -o '"ids":\[[0-9,]*\]' "$1"
}
respond -q -m toy --max-tokens 40 --top-p 0.9 --ids -o one.jsonl in.jsonl
ids one.jsonl >want
ids whole.jsonl | awk 'NR % 4 == 1' >got
cmp want got || fail "n changes the first sample"

# a kill after the first commit, and the same run again
respond -q -m toy -n 4 --max-tokens 40 --top-p 0.9 --ids -j 1 --batch 2 \
	--cache a.db -o x.jsonl in.jsonl &
pid=$!
i=0
while [ $i -lt 3000 ] && kill -0 $pid 2>/dev/null; do
	[ "$(stat -c %s a.db 2>/dev/null || echo 0)" -lt 90000 ] || break
	sleep 0.02
	i=$((i + 1))
done
kill -9 $pid 2>/dev/null || :
wait $pid || :
respond -m toy -n 4 --max-tokens 40 --top-p 0.9 --ids \
	-j 2 --cache a.db --stats s.json -o y.jsonl in.jsonl 2>err
cmp whole.jsonl y.jsonl || fail "after a kill"
grep -q '"answers_found":[1-9]' s.json || fail "nothing was in the cache"
ask z.jsonl --cache a.db --stats s.json
cmp whole.jsonl z.jsonl || fail "all from the cache"
grep -q '"tokens_drawn":0,' s.json || fail "asked again"

# a signal in the middle: whole records, the first of them
respond -q -m toy -n 4 --max-tokens 40 --top-p 0.9 --ids -j 1 --batch 2 \
	-p in.jsonl >part.jsonl &
pid=$!
while [ ! -s part.jsonl ] && kill -0 $pid 2>/dev/null; do sleep 0.02; done
kill -TERM $pid 2>/dev/null || :
wait $pid || :
[ -s part.jsonl ] || fail "nothing before a signal"
head -n "$(wc -l <part.jsonl)" whole.jsonl | cmp - part.jsonl ||
	fail "after a signal"

# a second model stands behind the first, and asks for itself
respond -q -m toy -m other -n 2 --max-tokens 8 -p in.jsonl >both
respond -q -m other -n 2 --max-tokens 8 -p in.jsonl >alone
sed 's/.*},{"content":\(.*"model":"other".*"model":"other"\)/\1/' both >b
sed 's/.*"responses":\[{"content":\(.*"model":"other"\)/\1/' alone >a
cmp a b || fail "two models"

# a judge from the cache
judge -q -m toy --gold --both --cache j.db -o j1.jsonl whole.jsonl
judge -q -m toy --gold --both --cache j.db --stats s.json -j 1 --batch 1 \
	-o j2.jsonl whole.jsonl
cmp j1.jsonl j2.jsonl || fail "judged again"
grep -c '"gold":[01],"quality":[1-8]\.[0-9]*' j1.jsonl | grep -qx 60 ||
	fail "scores"
evaluate -q -m toy -m other --max-tokens 8 --cache e.db --json e1.json \
	in.jsonl >t1
evaluate -q -m toy -m other --max-tokens 8 --cache e.db --json e2.json \
	-j 1 --batch 3 in.jsonl >t2
cmp e1.json e2.json && cmp t1 t2 || fail "evaluate again"
