#!/bin/sh
# The endpoint client over a server others wrote, llama-cpp-python's: the same
# greedy answers as its library gives, order, usage, the cache, a kill and going
# on, failures tried again, answers held to a schema, a budget. GGUF= takes
# another model than the demo's.
set -u
python=${PYTHON:-python3}
model=${GGUF:-models/SmolLM2-135M-Instruct.Q4_1.gguf}
"$python" -c "import llama_cpp.server.__main__" 2>/dev/null || {
	echo "endpoint.sh: $python has no llama_cpp.server: skipped"
	exit 77
}
[ -e "$model" ] || {
	echo "endpoint.sh: no model (run './setup demo' or give GGUF=FILE): skipped"
	exit 77
}
tmp=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill $server 2>/dev/null; rm -rf "$tmp"' EXIT
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy NO_PROXY \
	no_proxy
export OPENAI_API_KEY=sk-peer-test

port=$("$python" -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
"$python" -m llama_cpp.server --model "$model" --model_alias smol --n_ctx 1024 \
	--host 127.0.0.1 --port "$port" --api_key $OPENAI_API_KEY \
	--verbose false >"$tmp/server.log" 2>&1 &
server=$!
url=http://127.0.0.1:$port/v1
i=0
until "$python" - "$url" <<'EOF' 2>/dev/null
import sys, urllib.request
request = urllib.request.Request(sys.argv[1] + "/models")
request.add_header("Authorization", "Bearer sk-peer-test")
urllib.request.urlopen(request, timeout=5).read()
EOF
do
	i=$((i + 1))
	[ $i -lt 300 ] && kill -0 $server || {
		tail -n 20 "$tmp/server.log"
		echo "endpoint.sh: the server does not start"
		exit 1
	}
	sleep 0.2
done
SERVER=$server "$python" "$top_srcdir/tests/peers/endpoint.py" "$url" "$tmp" \
	"$top_srcdir/samples"
