#!/bin/sh
# The openai package as a client of respond --serve. PYTHON: an interpreter
# that has openai.
set -eu
python=${PYTHON:-python3}
"$python" -c 'import openai' 2>/dev/null || {
	echo "serve.sh: $python has no openai package: skipped"
	exit 77
}
PATH=$PWD:$PWD/tests:$PATH
client=$(cd "${top_srcdir:-.}" && pwd)/tests/peers/serve.py
tmp=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill $pid 2>/dev/null || :; rm -rf "$tmp"' EXIT
cd "$tmp"
mktoy m
mktoy -a qwen2 -s 2 other
respond -q -m m -n 2 --seed 5 --max-tokens 30 --ids -p >want.jsonl <<'END'
{"prompt":"Tell me about rivers."}
END
export PLUMBLINE_TOKEN=sesame
: >err
respond -m m -m other --serve localhost:0 --max-requests 8 2>err &
pid=$!
tries=0
until url=$(sed -n 's/^respond: serving on //p' err) && [ -n "$url" ]; do
	[ $((tries += 1)) -lt 1500 ] || { cat err; exit 1; }
	sleep 0.02
done
"$python" "$client" "$url" want.jsonl
