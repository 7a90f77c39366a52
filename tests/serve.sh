#!/bin/sh
# respond --serve: answers as over a pipe, and clients that do what they like.
set -eu
PATH=$PWD:$PWD/tests:$PATH
client=$(cd "$top_srcdir" && pwd)/tests/client.py
tmp=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill -9 $pid 2>/dev/null || :; rm -rf "$tmp"' EXIT
cd "$tmp"
unset PLUMBLINE_TOKEN

fail() {
	echo "FAIL $*"
	exit 1
}

start() { # ARGUMENT ...: the server, in $pid and $url
	: >err
	respond --serve 127.0.0.1:0 "$@" 2>err &
	pid=$!
	tries=0
	until url=$(sed -n 's/^respond: serving on //p' err) && [ -n "$url" ]; do
		[ $((tries += 1)) -lt 1500 ] && kill -0 $pid 2>/dev/null ||
			{ cat err; fail "no server"; }
		sleep 0.02
	done
}

ask() { # TEST ...
	python3 "$client" "$url" "$@" || { tail -n 5 err; fail "$*"; }
}

stop() { # SIGNAL STATUS
	kill -"$1" $pid
	rc=0
	wait $pid || rc=$?
	pid=
	[ $rc = "$2" ] || { cat err; fail "status $rc after SIG$1"; }
}

mktoy m
respond -q -m m --serve none 2>err </dev/null || :
if grep -q libmicrohttpd err; then
	echo "serve.sh: built without libmicrohttpd: skipped"
	exit 77
fi
mkdir sub
mktoy -a qwen2 -s 2 sub/other
# a template that shows tools, and fails where it is told to
cat >t.jinja <<'END'
{%- if tools %}{{ tools|tojson }}{% endif -%}
{%- for m in messages %}{% if m.role == 'fail' %}{{ raise_exception('no') }}
{%- endif %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}<|im_start|>assistant
END
i=0
while [ $i -lt 12 ]; do
	echo "{\"prompt\":\"Tell me about $i and $((i * i)).\"}"
	i=$((i + 1))
done >in.jsonl
respond -q -m m -n 3 --seed 7 --top-p 0.9 --max-tokens 40 --stop e --ids \
	-p in.jsonl >want.jsonl
printf '%s' '{"type": "object", "properties": {"ok": {"type": "boolean"},' \
	' "n": {"type": "integer", "minimum": 1, "maximum": 99}},' \
	' "required": ["ok", "n"], "additionalProperties": false}' >schema.json
head -n 1 in.jsonl | respond -q -m m -n 3 --seed 7 --top-p 0.9 \
	--max-tokens 200 --schema schema.json -p >held.jsonl

# what is answered, and refused
start -m m -m sub/other -v --max-body 1 -j 2
ask pipe streams stops seeds shapes models many big wire fuzz
stop TERM 143
grep -q 'POST /v1/chat/completions 200, [0-9]* + [0-9]* tokens' err ||
	fail "no line about a request"
tail -n 1 err | grep -q '^respond: requests [0-9]*, tokens_prompt' ||
	fail "no summary"
start -m m -T t.jinja
ask tools errors
stop HUP 129

# clients that are slow, and that leave
start -m m --idle 1
ask slow
stop TERM 143
start -m m --idle 1 --max-requests 1
ask stuck
stop TERM 143
start -m m --batch 2 --max-requests 4 -v
ask leave full
stop TERM 143
grep -q 'the client left' err || fail "nobody left"

# everything from the cache the second time
start -m m --cache a.db
ask pipe
stop TERM 143
start -m m --cache a.db --stats s.json
ask pipe
export CACHED=1
ask streams stops
unset CACHED
stop TERM 143
grep -q '"answers_found":[1-9]' s.json || fail "nothing was in the cache"

# a seed of the server's own holds for requests without one
start -m m --seed 7
one=$(python3 - "$url" <<'END'
import json, sys, urllib.request
body = json.dumps({"prompt": "a", "max_tokens": 9}).encode()
got = {urllib.request.urlopen(sys.argv[1] + "/completions", body).read()
       .split(b'"choices"')[1] for _ in "abc"}
print(len(got))
END
)
[ "$one" = 1 ] || fail "--seed"
stop TERM 143

# a token, on the loopback interface too; never shown
start -m m -v
stop TERM 143
PLUMBLINE_TOKEN='open sesame' start -m m -v
ask token
stop TERM 143
! grep -q 'sesame' err || fail "the token is shown"
PLUMBLINE_TOKEN= start -m m
stop TERM 143
for where in 0.0.0.0:0 '[::]:0'; do
	rc=0
	respond -m m --serve "$where" 2>err || rc=$?
	[ $rc = 1 ] || fail "$where without a token: status $rc"
	grep -q 'reached from other machines: set a token in PLUMBLINE_TOKEN' \
		err || fail "$where without a token"
done

# on the other family, where there is one
if [ -s /proc/net/if_inet6 ]; then
	start -m m --serve '[::1]:0'
	ask seeds
	stop TERM 143
fi

# a model whose logits are no numbers
mktoy nan
python3 - nan/model.safetensors <<'END'
import sys
f = open(sys.argv[1], "r+b")
f.seek(0, 2)
f.seek(f.tell() - 4096)
f.write(b"\xff" * 4096)
END
start -m nan
ask broken
stop TERM 143

# a signal: what runs is finished, or cut off when --drain is over
hold() { # SAMPLES (0: no end of them): something long, which runs when this returns
	rm -f held
	SAMPLES=$1 python3 "$client" "$url" hold >held &
	held=$!
	tries=0
	until grep -q runs held 2>/dev/null; do
		[ $((tries += 1)) -lt 1500 ] || fail "nothing runs"
		sleep 0.02
	done
}
start -m m --drain 60
hold 20
stop TERM 143
wait $held
grep -q whole held || fail "a request was cut off by a signal"
start -m m --drain 1 --batch 1
hold 0
stop HUP 129
wait $held
grep -q cut held || fail "a request after --drain"
