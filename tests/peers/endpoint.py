"""respond as a client of llama-cpp-python's server: endpoint.py URL TMP SAMPLES.

SERVER: the server's process, which is killed at the end.
"""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request

url, tmp, samples = sys.argv[1:]
model = url + "#smol"
checks = bad = 0


def expect(ok, *what):
    global bad, checks
    checks += 1
    if not ok:
        bad += 1
        print("FAIL", *what)


def path(name):
    return os.path.join(tmp, name)


def respond(out, *args, input="in.jsonl", model=model, env={}):
    """Status, records and what was said on standard error."""
    run = subprocess.run(
        ["./respond", "-m", model, "-t", "0", "--max-tokens", "16",
         "--stats", path("stats"), "-o", path(out), *args, path(input)],
        stderr=subprocess.PIPE, text=True, env={**os.environ, **env})
    name = path(out) if run.returncode == 0 else path(out) + ".partial"
    return run.returncode, records(name), run.stderr


def records(name):
    with open(name) as f:
        return [json.loads(line) for line in f]


def stats():
    with open(path("stats")) as f:
        return json.load(f)


def find(tree, name):
    """A value by its name, wherever it stands."""
    if isinstance(tree, dict):
        if name in tree:
            return tree[name]
        tree = list(tree.values())
    if isinstance(tree, list):
        for t in tree:
            got = find(t, name)
            if got is not None:
                return got
    return None


def answers(name):
    """How many a cache holds; 0 before it is one."""
    try:
        with contextlib.closing(sqlite3.connect(
                f"file:{name}?mode=ro", uri=True)) as db:
            tables = [n for n, in db.execute(
                "select name from sqlite_master where type = 'table'")]
            return max((db.execute(f"select count(*) from {n}").fetchone()[0]
                        for n in tables), default=0)
    except sqlite3.Error:
        return 0


def post(body):
    request = urllib.request.Request(
        url + "/chat/completions", json.dumps(body).encode(),
        {"Content-Type": "application/json",
         "Authorization": "Bearer " + os.environ["OPENAI_API_KEY"]})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


prompts = [r["prompt"] for r in records(os.path.join(samples, "prompts.jsonl"))
           if isinstance(r.get("prompt"), str)][:12]
with open(path("in.jsonl"), "w") as f:
    for i, p in enumerate(prompts):
        f.write(json.dumps({"id": str(i), "prompt": p}) + "\n")

# What the server gives to a client of ten lines, respond gives in order.
want, used, drawn = [], 0, 0
for p in prompts:
    answer = post({"model": "smol", "temperature": 0, "max_tokens": 16,
                   "messages": [{"role": "user", "content": p}]})
    want.append((answer["choices"][0]["message"]["content"],
                 answer["choices"][0]["finish_reason"]))
    used += answer["usage"]["prompt_tokens"]
    drawn += answer["usage"]["completion_tokens"]
rc, got, err = respond("all.jsonl", "--cache", path("all.db"))
expect(rc == 0, "status", rc, err)
expect([r["id"] for r in got] == [str(i) for i in range(len(prompts))], "order")
expect([r["prompt"] for r in got] == prompts, "prompts")
for p, r, (text, finish) in zip(prompts, got, want, strict=True):
    expect(r["responses"][0].get("content") == text, "greedy", p, r, text)
    expect(r["responses"][0].get("finish") == finish, "finish", p, r, finish)
expect(find(stats(), "tokens_prompt") == used, "usage", stats(), used)
expect(find(stats(), "tokens_drawn") == drawn, "usage", stats(), drawn)

# A second run asks nothing and writes the same bytes.
rc, _, err = respond("again.jsonl", "--cache", path("all.db"))
whole = open(path("all.jsonl"), "rb").read()
expect(rc == 0 and open(path("again.jsonl"), "rb").read() == whole,
       "from the cache", rc, err)
expect(find(stats(), "requests") == 0, "nothing asked", stats())

# Killed in the middle, it goes on with what is missing.
running = subprocess.Popen(
    ["./respond", "-q", "-m", model, "-t", "0", "--max-tokens", "16",
     "--concurrency", "1", "--cache", path("kill.db"), "-o", path("kill.jsonl"),
     path("in.jsonl")])
for _ in range(600):
    if running.poll() is not None or answers(path("kill.db")) >= 3:
        break
    time.sleep(0.05)
running.kill()
running.wait()
rc, _, err = respond("kill.jsonl", "--cache", path("kill.db"))
expect(rc == 0 and open(path("kill.jsonl"), "rb").read() == whole,
       "after a kill", rc, err)
found = find(stats(), "answers_found")
expect(found >= 3 and find(stats(), "requests") == len(prompts) - found,
       "only what was missing", stats())

# Held to JSON; a schema, as far as the server knows the field.
with open(path("one.jsonl"), "w") as f:
    f.write(json.dumps({"id": "j", "prompt":
                        "Name a colour as a JSON object."}) + "\n")
rc, got, err = respond("json.jsonl", "--json", "--max-tokens", "200",
                       input="one.jsonl")
expect(rc == 0, "--json", err)
answer = got[0]["responses"][0]
if answer.get("finish") == "stop":
    expect(isinstance(json.loads(answer["content"]), dict), "an object", answer)
else:
    expect(answer["content"].lstrip().startswith("{"), "an object", answer)
with open(path("schema"), "w") as f:
    json.dump({"type": "object", "properties": {"colour": {
        "enum": ["red", "green"]}}, "required": ["colour"]}, f)
rc, got, err = respond("schema.jsonl", "--schema", path("schema"), "--retries",
                       "0", input="one.jsonl")
answer = got[0]["responses"][0]
if "error" in answer:  # a server that does not know json_schema says so
    expect("HTTP 4" in answer["error"] or "HTTP 5" in answer["error"], answer)
    print("a schema:", answer["error"])
else:
    expect(json.loads(answer["content"])["colour"] in ("red", "green"), answer)

# A budget is not passed, and what was there before its end is kept.
limit = (used + drawn) * 2 // 3
rc, got, err = respond("budget.jsonl", "--budget", str(limit), "--concurrency",
                       "1")
expect(rc == 1 and f"the budget of {limit} tokens has no room" in err, rc, err)
expect(0 < len(got) < len(prompts), "before the budget's end", len(got))
expect(whole.startswith(open(path("budget.jsonl.partial"), "rb").read()),
       "the first records")
expect(find(stats(), "budget_used") <= limit, stats())

# A key that is none ends the run, and is not printed.
rc, _, err = respond("key.jsonl", env={"OPENAI_API_KEY": "sk-wrong-key"})
expect(rc == 1 and "HTTP 401" in err and "sk-wrong-key" not in err, rc, err)

# A prompt longer than the model takes is a record with an error; the others
# are answered. With a shorter prompt --retry-failed asks for that one alone.
with open(path("long.jsonl"), "w") as f:
    for i, p in enumerate([prompts[0], "word " * 1500, prompts[1]]):
        f.write(json.dumps({"id": str(i), "prompt": p}) + "\n")
rc, got, err = respond("long-out.jsonl", "--retries", "0", input="long.jsonl")
expect(rc == 0 and len(got) == 3, "a failure in the middle", rc, err)
expect("HTTP" in got[1]["responses"][0].get("error", ""), got[1]["responses"])
expect([got[i]["responses"][0].get("content") for i in (0, 2)] ==
       [want[0][0], want[1][0]], "around the failure")
got[1]["prompt"] = prompts[2]
with open(path("short.jsonl"), "w") as f:
    for r in got:
        f.write(json.dumps(r) + "\n")
rc, got, err = respond("mended.jsonl", "--retry-failed", input="short.jsonl")
expect(rc == 0 and got[1]["responses"][0].get("content") == want[2][0],
       "asked again", rc, err, got)
expect(find(stats(), "requests") == 1, "that one alone", stats())

# A server that is gone ends the run.
os.kill(int(os.environ["SERVER"]), signal.SIGKILL)
rc, got, err = respond("gone.jsonl", "--retries", "1")
expect(rc == 1 and "Couldn't connect" in err, "a server that is gone", rc, err)

print(f"{checks - bad} of {checks}")
sys.exit(bad != 0)
