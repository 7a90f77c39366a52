#!/bin/sh
# judge --cmd: programs that are late, slow, huge, leave others behind; order;
# nothing is left when judge ends, however it ends.
set -eu
command -v python3 >/dev/null || exit 77
PATH=$PWD:$PATH
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

fail() {
	echo "FAIL $*"
	exit 1
}
is() { # FILE TEXT: it holds it
	grep -qF -- "$2" "$1" || { cat "$1"; fail "no $2 in $1"; }
}
alive() { # is a process of this mark there? Zombies are none.
	for p in /proc/[0-9]*; do
		tr '\0' ' ' <"$p/cmdline" 2>/dev/null |
			grep -q "^sleep $1 \$" && return 0
	done
	return 1
}
gone() { # MARK: within ten seconds
	i=0
	while alive "$1"; do
		i=$((i + 1))
		[ $i -lt 500 ] || fail "sleep $1 is left"
		sleep 0.02
	done
}
there() { # MARK
	i=0
	while ! alive "$1"; do
		i=$((i + 1))
		[ $i -lt 500 ] || fail "sleep $1 was never there"
		sleep 0.02
	done
}

cat >scorer.py <<'END'
import json, random, sys, time
for line in sys.stdin:
    q = json.loads(line)
    text = q["response"]["content"]
    time.sleep(random.random() / 200)
    print(len(text), flush=True)
END
python3 - >in <<'END'
import json
for i in range(60):
    print(json.dumps({"id": i, "responses": [
        {"content": "x" * (i * j)} for j in range(4)]}))
END
judge -q -j 1 -p --cmd 'python3 scorer.py' in >one
judge -q -j 4 -p --cmd 'python3 scorer.py' in >four
cmp one four || fail "the copies change the order"
python3 - <<'END' || fail "scores"
import json
for line in open("one"):
    r = json.loads(line)
    for j, a in enumerate(r["responses"]):
        assert a["scores"]["cmd"] == r["id"] * j, line
END

# Lines longer than a pipe holds, both ways; a program that writes first.
python3 -c 'import json; print(json.dumps({"responses": [
    {"content": "y" * 3000000}, {"content": "z"}]}))' >long
judge -q -p --cmd 'python3 scorer.py' long >o
is o '"scores":{"cmd":3000000}'
judge -q -j 1 -p long --cmd 'python3 -c "
import sys
sys.stdout.write(\"{\\\"score\\\":4,\\\"pad\\\":\\\"\" + \"p\" * 900000)
sys.stdout.flush()
for line in sys.stdin:
    sys.stdout.write(\"\\\"}\n\")
    sys.stdout.flush()
    break
for line in sys.stdin: print(5, flush=True)"' >o
is o '"scores":{"cmd":4}'
is o '"scores":{"cmd":5}'
judge -q -p --cmd 'read -r l; head -c 3000000 /dev/zero | tr "\0" 1' in >o
is o "the program's answer is longer than 1 MiB"

# Late; what it began is gone with it.
echo '{"responses":[{"content":"a"}]}' >a
judge -q -p --cmd-timeout 0.3 --cmd 'sleep 12345.1 & sleep 12345.2' a >o
is o '"errors":{"cmd":"no answer in 0.3 seconds"}'
gone 12345.1
gone 12345.2

# Half a line is no answer.
judge -q -p --cmd-timeout 0.3 --cmd 'printf 1; sleep 12345.3' a >o
is o '"errors":{"cmd":"no answer in 0.3 seconds"}'
gone 12345.3

# At the end of a good run, also what has gone into a session of its own.
judge -q -p --cmd 'setsid sleep 12345.4 & while read -r l; do echo 1; done' \
	a >o
is o '"scores":{"cmd":1}'
gone 12345.4

# However judge ends.
for how in TERM INT KILL; do
	judge -q -p --cmd 'sleep 12345.5 & setsid sleep 12345.6 & sleep 12345.7' \
		a >o 2>/dev/null &
	pid=$!
	there 12345.5
	there 12345.6
	there 12345.7
	kill -$how $pid
	wait $pid 2>/dev/null || :
	gone 12345.5
	gone 12345.6
	gone 12345.7
done
