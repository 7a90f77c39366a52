#!/bin/sh
# judge --code: what code comes to, and that it reaches nothing outside of its
# sandbox. Passed over where bubblewrap is missing or may make no namespaces.
set -eu
command -v python3 >/dev/null || exit 77
PATH=$PWD:$PATH
here=$PWD
tmp=$(mktemp -d)
chmod 755 "$tmp" # judge may become nobody
server=
trap 'kill $server 2>/dev/null || :; rm -rf "$tmp"' EXIT
cd "$tmp"

fail() {
	echo "FAIL $*"
	exit 1
}

# Without bwrap, and with one that can do nothing, nothing is run.
mkdir none
ln -s "$here/judge" none/judge
! PATH=$tmp/none judge --code </dev/null 2>err >o || fail "ran without bwrap"
grep -q 'judge: --code: no bwrap (package bubblewrap)' err ||
	fail "$(cat err)"
printf '#!/bin/sh\necho bwrap: not today >&2\nexit 1\n' >none/bwrap
chmod +x none/bwrap
! PATH=$tmp/none:/bin judge --code </dev/null 2>err >o || fail "ran with a bad one"
grep -q 'judge: --code: bwrap can run nothing here: bwrap: not today' err ||
	fail "$(cat err)"

# One that does its work no longer: nobody's code is to blame.
mkdir once
chmod 777 once
cat >once/bwrap <<END
#!/bin/sh
[ -e $tmp/once/used ] || { : >$tmp/once/used; exit 0; }
echo bwrap: no more >&2
exit 1
END
chmod 755 once/bwrap
echo '{"tests":"1","responses":[{"content":"1"}]}' >one
rc=0
PATH=$tmp/once:$PATH judge -q -p --code one 2>err >o || rc=$?
[ $rc = 1 ] && [ ! -s o ] || fail "scores without a sandbox: $(cat o)"
grep -qx 'judge: --code: no sandbox: bwrap: no more' err || fail "$(cat err)"

command -v bwrap >/dev/null || exit 77
if ! judge -q --code </dev/null >/dev/null 2>err; then
	cat err
	exit 77
fi

# A server that code must not reach, a secret that it must not see.
cat >server.py <<'END'
import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen()
open("port.new", "w").write(str(s.getsockname()[1]))
import os
os.rename("port.new", "port")
s.accept()
open("reached", "w").write("x")
END
python3 server.py &
server=$!
i=0
while [ ! -s port ]; do
	i=$((i + 1))
	[ $i -lt 500 ] || fail "no server"
	sleep 0.02
done
echo secret >here

cat >cases.py <<'END'
# (code, tests, what comes of it)
import json, os
port = open("port").read()
here = os.path.abspath("here")
add = "assert add(1, 2) == 3"
fenced = "Here:\n```python\ndef add(a, b):\n    return a + b\n```\nDone."
reads = "try:\n    open(%r)\n    bad = 1\nexcept OSError:\n    bad = 0"
writes = "try:\n    open(%r, 'w')\n    bad = 1\nexcept OSError:\n    bad = 0"
good = "assert not bad"
unit = ("import unittest\nclass T(unittest.TestCase):\n    def test(self):\n"
        "        self.assertEqual(add(1, 2), 3)\n"
        "if __name__ == '__main__':\n    unittest.main()\n")
cases = [
    (fenced, add, None),
    ("def add(a, b): return a + b", [add, "assert add(0, 0) == 0"], None),
    # the longest block that is Python
    ("```sh\nrm -rf / --no-preserve-root # a long line of another language\n"
     "```\n```py\ndef add(a, b):\n    return a + b\n```\n```python\nadd\n```",
     add, None),
    ("```\ndef add(a, b): return a + b", add, None),
    ("```js\nlet x = 1\n```", add, "language"),
    ("def add(a, b): return a - b", ["add(1, 1)", add], "assertion"),
    ("def add(a, b) return", add, "syntax"),
    ("def sub(a, b): return a", add, "exception"),
    ("import sys\nsys.exit(0)", add, "exit"),
    ("import os\nos._exit(0)", add, "exit 0"),
    ("import os\nos._exit(3)", add, "exit 3"),
    ("import os, signal\nos.kill(os.getpid(), 11)", add, "signal 11"),
    ("import os\nos.close(1)\ndef add(a, b): return a + b", add, None),
    # early, by what the harness knows
    ("import __main__, os\nos.write(1, ('\\n' + getattr(__main__, 'word', '')"
     " + '{}').encode())\nos._exit(0)", add, "exit 0"),
    ("import __main__\nfor q in (getattr(__main__, 'q', {}),):\n"
     "    print(q.get('tests', [{}])[0].get('output'))",
     [{"input": "", "output": "42"}], "output"),
    # modules as they are expected
    ("from __future__ import annotations\nimport dataclasses, pickle\n"
     "@dataclasses.dataclass\nclass A:\n    x: int = 1\n"
     "pickle.loads(pickle.dumps(A()))\ndef add(a, b): return a + b\n"
     "if __name__ == '__main__': input()", add, None),
    ("def add(a, b): return a + b", unit, None),
    ("def add(a, b): return a - b", unit, "exit"),
    ("def add(a, b): raise SystemExit", add, "exit"),
    # bombs
    ("while True: pass", add, "timeout"),
    ("import time\ntime.sleep(1000)", add, "timeout"),
    ("import os\ntry:\n    while True: os.fork()\nexcept OSError: pass\n"
     "import time\ntime.sleep(1000)", add, "timeout"),
    ("x = [0] * 10 ** 10", add, "memory"),
    ("x = b'x'\nwhile True: x += x", add, "memory"),
    ("while True: print('x' * 1000)", add, "output"),
    ("with open('/tmp/x', 'wb') as f:\n    while True: f.write(b'x' * 65536)",
     add, "exception"),
    ("i = 0\nwhile True:\n    i += 1\n    with open('/tmp/%d' % i, 'wb') as f:"
     " f.write(b'x' * 1000000)", add, "exception"),
    ("def f(): f()\nf()", add, "exception"),
    # what is outside
    ("import socket\ntry:\n    socket.create_connection(('127.0.0.1', %s), 2)\n"
     "    bad = 1\nexcept OSError:\n    bad = 0" % port, good, None),
    ("import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
     "try:\n    s.sendto(b'x', ('192.0.2.1', 53))\n    bad = 1\n"
     "except OSError:\n    bad = 0", good, None),
    (reads % "/etc/shadow", good, None),
    (reads % "/etc/passwd", good, None),
    (reads % here, good, None),
    (writes % here, good, None),
    (writes % "/x", good, None),
    (writes % "/usr/x", good, None),
    (writes % "/dev/shm/x", good, None),
    (writes % "/proc/sys/kernel/hostname", good, None),
    ("import os\nbad = any(os.path.exists(p) for p in "
     "('/root', '/home', '/etc', '/var', '/sys', '/run'))", good, None),
    ("import os\nbad = 'SECRET' in os.environ", good, None),
    ("import os\nbad = any(b'SECRET' in open('/proc/%s/environ' % p, 'rb')"
     ".read() for p in os.listdir('/proc') if p.isdigit())", good, None),
    ("import os\nbad = len([p for p in os.listdir('/proc') if p.isdigit()]) > 2",
     good, None),
    ("import os\nbad = os.getuid() == 0", good, None),
    ("import os\ntry:\n    os.kill(-1, 9)\nexcept OSError:\n    pass\nbad = 0",
     good, None),
    ("import sys\nbad = sys.stdin.read()", good, None),
    ("import os\nbad = 0\nfor fd in range(3, 256):\n    try: os.fstat(fd)\n"
     "    except OSError: continue\n    bad += fd > 4", good, None),
    # what is left behind
    ("import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(54321)"
     "\ndef add(a, b): return a + b", add, None),
    # standard input and output
    ("print(sum(map(int, input().split())))",
     [{"input": "1 2\n", "output": "3\n"}, {"input": "4 5", "output": "9"}],
     None),
    ("print(sum(map(int, input().split())) % 5)",
     [{"input": "1 2\n", "output": "3"}, {"input": "4 5", "output": "9"}],
     "output"),
    ("print(input(), input())", [{"input": "1", "output": "1"}], "exception"),
    ("import sys\nprint(input())\nsys.exit(0)",
     [{"input": "1", "output": "1"}], None),
    ("import sys\nsys.exit(2)", [{"input": "", "output": ""}], "exit"),
    ("import os\nos._exit(0)", [{"input": "", "output": ""}], "exit 0"),
    ("def main(", [{"input": "", "output": ""}], "syntax"),
    ("if __name__ == '__main__': print('你好')",
     [{"input": "", "output": "你好"}], None),
]
with open("in", "w") as f:
    for code, tests, _ in cases:
        f.write(json.dumps({"tests": tests, "responses": [
            {"content": code}]}) + "\n")
    # HumanEval's form: the prompt goes on, or is said again
    for code in ("    return a + b\n",
                 "```python\ndef add(a: List[int], b):\n    return a + b\n```"):
        f.write(json.dumps({
            "prompt": "from typing import List\n\ndef add(a, b):\n"
                      "    '''The sum.'''\n",
            "test": "def check(f):\n    assert f(1, 2) == 3\n",
            "entry_point": "add",
            "responses": [{"content": code}]}) + "\n")
    f.write('{"responses":[{"content":"x"}]}\n')
want = [c[2] for c in cases] + [None, None]
json.dump(want, open("want", "w"))
END
python3 cases.py
export SECRET=1
judge -q -p -j 2 --code --code-timeout 3 --code-files 4 --code-memory 256 \
	in >out
python3 - <<'END' || fail "cases"
import json, sys
want = json.load(open("want"))
records = [json.loads(line) for line in open("out")]
bad = 0
for i, (r, w) in enumerate(zip(records, want)):
    a = r["responses"][0]
    got = a.get("checks", {}).get("code", {}).get("error")
    if got != w or a["scores"]["code"] != (w is None):
        print(i, repr(a["content"]), a.get("checks"), "not", w)
        bad += 1
if "scores" in records[len(want)]["responses"][0]:
    print("a score without tests")
    bad += 1
if len(records) != len(want) + 1:
    bad += 1
sys.exit(bad > 0)
END
[ ! -e reached ] || fail "the network was reached"

# In order, whatever is through first; a score that is there is kept.
sed -n '1,12p;40,$p' in >some
judge -p --code -j 1 some 2>sum.1 >out.1
judge -p --code -j 4 some 2>sum.4 >out.4
cmp out.1 out.4 && cmp sum.1 sum.4 || fail "threads change what comes out"
judge -p --code out.1 2>err >out.2
cmp out.1 out.2 || fail "scores were not kept"
grep -q 'kept scores.code' err || fail "$(cat err)"

# Nothing outlives judge.
printf '%s\n' '{"tests":"x","responses":[{"content":"import subprocess\nsubprocess.run([\"sleep\", \"54321.5\"])"}]}' >sleeps
there() {
	for p in /proc/[0-9]*; do
		tr '\0' ' ' 2>/dev/null <"$p/cmdline" |
			grep -q '^sleep 54321.5 $' && return 0
	done 2>/dev/null
	return 1
}
for how in TERM KILL; do
	judge -q -p --code --code-timeout 1000 sleeps >o 2>/dev/null &
	pid=$!
	i=0
	until there; do
		i=$((i + 1))
		[ $i -lt 500 ] || fail "it never slept"
		sleep 0.02
	done
	kill -$how $pid
	wait $pid 2>/dev/null || :
	i=0
	while there; do
		i=$((i + 1))
		[ $i -lt 500 ] || fail "code is left after SIG$how"
		sleep 0.02
	done
done

# Tests that are none.
refused() { # TESTS MESSAGE
	echo "{\"tests\":$1,\"responses\":[]}" >bad
	! judge -q --code bad 2>err >o || fail "$1 taken"
	grep -q "$2" err || fail "$1: $(cat err)"
}
refused '[]' 'tests are neither'
refused '[1]' 'tests are neither'
refused '{}' 'tests are neither'
refused '["a",{"input":"","output":""}]' 'tests are neither'
refused '[{"input":""}]' 'tests are neither'
echo '{"entry_point":1,"test":"","prompt":"","responses":[]}' >bad
! judge -q --code bad 2>err >o || fail "a number as a name"
grep -q "'entry_point' are not text" err || fail "$(cat err)"
! judge --gold --code-files 3 </dev/null 2>err >o || fail "limits without code"
grep -q 'go with --code' err || fail "$(cat err)"
