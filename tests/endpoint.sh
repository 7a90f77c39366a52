#!/bin/sh
# respond and others over a server that behaves as prompts tell it to
# (server.py): what is sent, what is tried again, what fails and how; order,
# cache, budget, keys.
set -eu
command -v python3 >/dev/null || exit 77
here=$(cd "$top_srcdir/tests" && pwd)
PATH=$PWD:$PWD/tests:$PATH
respond -m http://127.0.0.1:1/v1#m </dev/null 2>&1 |
	grep -q 'without libcurl' && exit 77
tmp=$(mktemp -d)
servers=
trap 'kill $servers 2>/dev/null || :; rm -rf "$tmp"' EXIT
cd "$tmp"
unset http_proxy https_proxy HTTPS_PROXY ALL_PROXY all_proxy NO_PROXY no_proxy
key=sk-test-0123456789-secret
export OPENAI_API_KEY=$key PYTHONDONTWRITEBYTECODE=1

fail() {
	echo "FAIL $*"
	tail -n 5 err 2>/dev/null || :
	exit 1
}

serve() { # DIR [CERT KEY]
	mkdir -p "$1"
	python3 "$here/server.py" "$@" &
	servers="$servers $!"
	i=0
	while [ ! -s "$1/port" ]; do
		i=$((i + 1))
		[ $i -lt 1000 ] || fail "no server"
		sleep 0.02
	done
	port=$(cat "$1/port")
}

# What an expression over the requests seen (R) comes to; then forget them.
seen() {
	python3 -c "
import json
R = [json.loads(line) for line in open('s/log')]
print(($1))"
}
is() { # EXPRESSION VALUE
	[ "$(seen "$1")" = "$2" ] || fail "$1 is $(seen "$1"), not $2"
}
forget() {
	: >s/log
}
prompts() { # TEXT ...
	for p; do
		echo "{\"prompt\":\"$p\"}"
	done
}
ask() { # OUT ARGUMENT ...: status in $rc
	out=$1
	shift
	rc=0
	respond -m "$url" --max-tokens 20 -o "$out" "$@" 2>err || rc=$?
}

serve s
url=http://127.0.0.1:$port/v1/#some/model

# What is sent: once for each response, with a seed of its own.
cat >in.jsonl <<'END'
{"messages":[{"role":"system","content":"s","weight":0},{"content":[{"type":"text","text":"hel"},{"type":"text","text":"lo"}],"role":"user","x":1},{"role":"assistant","content":"left out"}],"tools":[{"type":"function"}]}
END
ask out.jsonl -n 2 --stop a --stop 'b"' -t 0.5 --top-p 0.9 --presence-penalty 1 \
	--frequency-penalty -1 --top-k 0 --stats st.json in.jsonl
[ $rc = 0 ] || fail "status $rc"
is 'len(R), R[0]["path"], R[0]["auth"]' \
	"(2, '/v1/chat/completions', 'Bearer $key')"
is 'sorted(R[0]["body"])' "['frequency_penalty', 'max_tokens', 'messages',\
 'model', 'presence_penalty', 'seed', 'stop', 'temperature', 'tools', 'top_k',\
 'top_p']"
is 'R[0]["body"]["messages"], R[0]["body"]["tools"]' \
	"([{'role': 'system', 'content': 's'}, {'role': 'user', 'content':\
 'hello'}], [{'type': 'function'}])"
is '[R[0]["body"][k] for k in ("model", "temperature", "top_p", "top_k", "stop",
	"max_tokens", "presence_penalty", "frequency_penalty")]' \
	"['some/model', 0.5, 0.9, -1, ['a', 'b\"'], 20, 1.0, -1.0]"
is 'R[0]["body"]["seed"] != R[1]["body"]["seed"]' True
grep -q '"tokens_prompt":2,"tokens_drawn":6,' st.json || fail "usage"
grep -q '"requests":2,"requests_again":0' st.json || fail "requests"
forget
ask out.jsonl --seed 1 --ignore-eos --min-p 0.1 --repetition-penalty 1.1 in.jsonl
is '[R[0]["body"][k] for k in ("ignore_eos", "min_p", "repetition_penalty",
	"repeat_penalty")]' "[True, 0.1, 1.1, 1.1]"
forget
echo '{"type": "object"}' >schema
ask out.jsonl --schema schema in.jsonl
ask out.jsonl --json in.jsonl
ask out.jsonl --min-tokens 2 in.jsonl
is 'R[0]["body"]["response_format"]' "{'type': 'json_schema', 'json_schema':\
 {'name': 'answer', 'strict': True, 'schema': {'type': 'object'}}}"
is 'R[1]["body"]["response_format"], R[2]["body"]["min_tokens"]' \
	"({'type': 'json_object'}, 2)"
forget

# Answers of all shapes, and the same from the cache.
prompts 'null x' 'parts x' 'refusal x' 'tools x' 'think x' 'nousage x' >in.jsonl
ask out.jsonl --cache a.db --logprobs in.jsonl
sed 's/.*"responses":\[\(.*\)\]}$/\1/; s/,"model":"[^"]*","seed":0//' \
	out.jsonl >got
l=',"logprob":-1.75,"logps":[-0.25,-1.5]'
cat >want <<END
{"content":"","finish":"stop","tokens":4$l}
{"content":"one two","finish":"stop","tokens":4$l}
{"content":"I will not.","finish":"stop","tokens":4$l}
{"content":"","finish":"tool_calls","tokens":4$l,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\": \" b\\\\n\"}"}}]}
{"content":"you said: think x","finish":"stop","tokens":4$l,"reasoning_content":"hm"}
{"content":"you said: nousage x","finish":"stop"$l}
END
diff want got || fail "shapes"
forget
ask again.jsonl --cache a.db --logprobs --stats st.json in.jsonl
cmp out.jsonl again.jsonl || fail "from the cache"
is 'len(R)' 0
grep -q '"tokens_drawn":0,.*"answers_found":6' st.json || fail "counted anew"
ask again.jsonl --cache a.db --logprobs --seed 1 in.jsonl
is 'len(R)' 6
forget

# Order and bytes, whatever comes first; no more at once than told, and each
# connection used again.
i=0
while [ $i -lt 24 ]; do
	prompts "slow=0.$((24 - i)) number $i"
	i=$((i + 1))
done | sed 's/0\.\([0-9]\) /0.0\1 /; s/0\.\([12]\)/0.0\1/' >in.jsonl
ask one.jsonl --concurrency 4 in.jsonl
is 'max(r["working"] for r in R)' 4
is 'sum(r["served"] == 0 for r in R)' 4
forget
ask many.jsonl --concurrency 24 in.jsonl
is 'max(r["working"] for r in R) > 4' True
cmp one.jsonl many.jsonl || fail "order"
grep -o 'number [0-9]*"}*,"resp' many.jsonl | grep -o '[0-9]*' >got
seq 0 23 | cmp - got || fail "order of records"
forget

# A rate.
prompts a b c d e >in.jsonl
ask out.jsonl --rate 600 in.jsonl
is 'all(b["time"] - a["time"] > 0.07 for a, b in zip(R, R[1:]))' True
forget

# What is tried again, and then well.
prompts '500:2 ms=10' '502:1 ms=0' '408:1 ms=10' '409:1 ms=10' 'garbage:1' \
	'half:1' 'cut:1' 'hangup:1' 'huge:1' 'deep:1' 'error200:1' 'drip:1' \
	'page:1 ms=1' plain >in.jsonl
ask out.jsonl --concurrency 16 --timeout 2 --retries 2 --stats st.json in.jsonl
[ $rc = 0 ] || fail "tried again: status $rc"
[ "$(grep -c '"finish":"stop"' out.jsonl)" = 14 ] || fail "tried again"
is 'len(R)' 28
grep -q '"requests":28,"requests_again":14' st.json || fail "counted again"
forget

# Retry-After as seconds and as a date; after 429 all wait.
prompts '429:1 ms=400' 'second' >in.jsonl
ask out.jsonl --concurrency 1 in.jsonl
is 'R[1]["time"] - R[0]["time"] > 0.35, R[1]["try"], len(R)' "(True, 2, 3)"
forget
prompts '503:1 after=1' '500:1 date' >in.jsonl
ask out.jsonl in.jsonl
is 'len(R), R[-1]["time"] - R[0]["time"] > 0.9' "(4, True)"
forget

# What fails is a record with its error, in its place; no other is lost; the
# key is nowhere, nor what terminals obey.
prompts first '500 ms=1' '400' '422' 'garbage' 'half' 'hangup' 'huge' 'cut' \
	'deep' 'page' 'error200' 'drip' '429 after=121' last >in.jsonl
for t in choices empty choice message content missing finish calls surrogate \
	root; do
	prompts "type=$t"
done >>in.jsonl
ask failed.jsonl -v --concurrency 40 --timeout 2 --retries 1 --cache f.db \
	--stats st.json in.jsonl
[ $rc = 0 ] || fail "failed items: status $rc"
grep -o '"finish":"error","error":".*"' failed.jsonl |
	sed 's/"finish":"error","error":"//; s/"$//' >got
cat >want <<'END'
HTTP 500: no: Bearer ***  [31m (2 tries)
HTTP 400: no: Bearer ***  [31m
HTTP 422: no: Bearer ***  [31m
END
head -n 3 got | diff want - || fail "errors of statuses"
sed -n '4,$p' got | sed 's/it is not JSON: .*/it is not JSON (2 tries)/' >g
cat >want <<'END'
it is not JSON (2 tries)
transfer closed with 100 bytes remaining to read (2 tries)
the connection broke (2 tries)
the answer is too long (2 tries)
it is not JSON (2 tries)
it is not JSON (2 tries)
HTTP 502 (2 tries)
over capacity (2 tries)
timed out (2 tries)
HTTP 429: no: Bearer ***  [31m, to be asked again after 121 seconds
it has no choice (2 tries)
it has no choice (2 tries)
its choice has no message (2 tries)
its choice has no message (2 tries)
no text in its 'content' (2 tries)
its message has no content (2 tries)
no text in its 'finish_reason' (2 tries)
no list in its 'tool_calls' (2 tries)
no text in its 'content' (2 tries)
it has no choice (2 tries)
END
diff want g || fail "errors of answers"
[ "$(wc -l <failed.jsonl)" = 25 ] || fail "a gap"
sed -n '1p;15p' failed.jsonl | grep -c 'you said' | grep -qx 2 || fail "order"
grep -q '"answers that failed":23' st.json || fail "not counted"
grep -q "in.jsonl:2: model '.*': HTTP 500: no: Bearer" err || fail "not named"
! grep -l "$key" failed.jsonl err st.json f.db || fail "the key"
! grep -q "$(printf '\033')" err || fail "an escape on the terminal"
forget

# Only what failed is asked by the same run, and by --retry-failed.
ask f2.jsonl --concurrency 40 --retries 0 --timeout 2 --cache f.db in.jsonl
is 'len(R)' 23
forget
prompts '500:2 ms=1 x' plain >in.jsonl
ask whole.jsonl in.jsonl
prompts '500:3 ms=1 y' plain >in.jsonl
ask part.jsonl -q --retries 0 -n 2 in.jsonl
[ ! -s err ] || fail "-q"
grep -c '"error":"HTTP 500' part.jsonl | grep -qx 1 || fail "no error"
forget
ask done.jsonl --retry-failed --cache r.db --stats st.json part.jsonl
is 'len(R), {r["body"]["messages"][0]["content"] for r in R}' \
	"(6, {'500:3 ms=1 y'})"
grep -q '"asked again":1,"kept responses":1' st.json || fail "kept"
ask want.jsonl -n 2 in.jsonl
cmp want.jsonl done.jsonl || fail "in its place"
forget

# Where it is not one prompt, the run ends, and says so once.
ends() { # PATTERN ARGUMENT ...
	pattern=$1
	shift
	rm -f end.jsonl*
	ask end.jsonl "$@"
	[ $rc = 1 ] || fail "$pattern: status $rc"
	grep -q "$pattern" err || fail "$pattern"
	[ ! -e end.jsonl ] && [ -e end.jsonl.partial ] || fail "$pattern: files"
}
prompts 401 a b >in.jsonl
ends "model 'http.*': HTTP 401: no: Bearer \*\*\*" --concurrency 1 in.jsonl
is 'len(R) < 3' True # the second may be on its way by then
(unset OPENAI_API_KEY
ends 'HTTP 401.*; no key was sent: OPENAI_API_KEY is not set' \
	--concurrency 1 in.jsonl)
prompts move a >in.jsonl
ends 'HTTP 307, and redirections are not followed' --concurrency 1 in.jsonl
prompts ok 401 404 move ok2 >in.jsonl
ask out.jsonl --concurrency 1 in.jsonl
[ $rc = 0 ] && [ "$(wc -l <out.jsonl)" = 5 ] || fail "an error in the middle"
forget
i=0
prompts ok >in.jsonl
while [ $i -lt 40 ]; do
	prompts "500 $i"
	i=$((i + 1))
done >>in.jsonl
ends '21 requests in a row came to nothing; the last: HTTP 500' \
	--concurrency 1 --retries 0 in.jsonl
is 'len(R) < 25' True
[ "$(wc -l <end.jsonl.partial)" = 21 ] || fail "what is before the end"
good=$url
url=http://127.0.0.1:1/v1#m
ends "model '.*': Couldn't connect to server (2 tries)" --retries 1 in.jsonl
url=$good
forget

# A budget is not passed; with a larger one and the cache it goes on.
i=0
while [ $i -lt 40 ]; do
	prompts "number $i"
	i=$((i + 1))
done >in.jsonl
ask whole.jsonl in.jsonl
forget
ends 'the budget of 300 tokens has no room for the next request' \
	--budget 300 --cache b.db --stats st.json in.jsonl
used=$(seen 'sum(2 + 4 for r in R)')
grep -q "\"budget_used\":$used[,}]" st.json || fail "what is used"
[ "$used" -le 300 ] && [ "$used" -gt 150 ] || fail "used $used"
head -n "$(wc -l <end.jsonl.partial)" whole.jsonl | cmp - end.jsonl.partial ||
	fail "before the budget's end"
n=$(seen 'len(R)')
ask all.jsonl --budget 5000 --cache b.db in.jsonl
cmp whole.jsonl all.jsonl || fail "with a larger budget"
is 'len(R)' 40
prompts nousage 'nousage x' 'nousage y' >in.jsonl
ends 'has no room' --concurrency 1 --budget 250 --retries 0 in.jsonl
forget

# A kill in the middle; then only what is missing is asked.
i=0
while [ $i -lt 200 ]; do
	prompts "slow=0.03 number $i"
	i=$((i + 1))
done >in.jsonl
ask whole.jsonl --concurrency 32 in.jsonl
forget
respond -q -m "$url" --max-tokens 20 --concurrency 3 --cache k.db -o k.jsonl \
	in.jsonl &
pid=$!
i=0
while [ $i -lt 3000 ] && [ "$(wc -l <s/log)" -lt 150 ]; do
	sleep 0.02
	i=$((i + 1))
done
kill -9 $pid
wait $pid || :
sleep 0.1
forget
ask k.jsonl --cache k.db --concurrency 20 --stats st.json in.jsonl
cmp whole.jsonl k.jsonl || fail "after a kill"
found=$(sed 's/.*"answers_found":\([0-9]*\).*/\1/' st.json)
[ "$found" -ge 60 ] || fail "$found in the cache"
is 'len(R)' $((200 - found))
forget

# A signal in the middle: the first of the records, soon.
respond -q -m "$url" --max-tokens 20 --concurrency 3 -p in.jsonl >part.jsonl &
pid=$!
while [ "$(wc -l <s/log)" -lt 20 ]; do sleep 0.02; done
kill -TERM $pid
rc=0
wait $pid || rc=$?
[ $rc = 143 ] || fail "status $rc after a signal"
[ -s part.jsonl ] || fail "nothing before a signal"
head -n "$(wc -l <part.jsonl)" whole.jsonl | cmp - part.jsonl ||
	fail "after a signal"
sleep 0.2 # the server is through with what it was asked
forget

# Names, keys and limits from a file; a proxy from the environment.
echo "big = $url key=BIG_KEY limit=max_completion_tokens concurrency=1" >names
prompts a b >in.jsonl
BIG_KEY=other-secret respond -v -q -p --models names -m big --max-tokens 7 \
	in.jsonl >out 2>err
grep -c '"model":"big"' out | grep -qx 2 || fail "a name"
is '{(r["auth"], r["working"], r["body"]["max_completion_tokens"],
	"max_tokens" in r["body"]) for r in R}' \
	"{('Bearer other-secret', 1, 7, False)}"
! grep other-secret out err || fail "the other key"
forget
http_proxy=http://127.0.0.1:$port respond -q -p -m http://model.invalid/v1#m \
	in.jsonl >out
is 'R[0]["path"], R[0]["auth"]' \
	"('http://model.invalid/v1/chat/completions', None)"
grep -c 'you said' out | grep -qx 2 || fail "a proxy"
forget

# Beside a model that runs here, and from other tools.
mktoy m
respond -q -p -m m -m "$url" --max-tokens 8 in.jsonl >both
respond -q -p -m m --max-tokens 8 in.jsonl | sed 's/\]}$//' >toy
sed 's/},{"content":"you said.*/}/' both | cmp toy - || fail "beside a model"
grep -c ',{"content":"you said: [ab]"' both | grep -qx 2 || fail "behind it"
printf '%s\n' --- 'answer: json' 'range: 1-10' --- '{response}' >rubric.txt
echo '{"prompt":"a","responses":[{"content":"{\"score\": 7}"},{"content":"422"}]}' |
	judge -q -p -m "$url" -r ./rubric.txt >out
grep -q '"scores":{"rubric":7}},.*"scores":{"rubric":null},"errors":{"rubric":"HTTP 422' \
	out || fail "judge"
echo '{"prompt":"The answer is 7","gold":7}' | evaluate -q -m "$url" --only gold |
	grep -q '100.0%.*, 1 items' || fail "evaluate"
prompts 'Write a poem about the sea' >in.jsonl
prompt-augment -m "$url" --stats st.json in.jsonl >/dev/null 2>err ||
	fail "prompt-augment"
grep -q '"requests":[1-9]' st.json || fail "prompt-augment asks"

# Certificates.
if command -v openssl >/dev/null; then
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=here \
		-addext subjectAltName=IP:127.0.0.1 -keyout k.pem -out c.pem \
		2>/dev/null
	serve tls c.pem k.pem
	url=https://127.0.0.1:$port/v1#m
	prompts a b >in.jsonl
	ends "model '.*': SSL certificate problem: [a-z -]*$" in.jsonl
	[ ! -s tls/log ] || fail "a request without trust"
	unset CURL_CA_BUNDLE
	export SSL_CERT_FILE=$PWD/c.pem
	ask out.jsonl in.jsonl
	[ $rc = 0 ] || fail "with trust"
	grep -q "Bearer $key" tls/log || fail "the key over TLS"
fi
