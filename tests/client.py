"""What tests/serve.sh asks a server of respond: client.py URL WHAT ...

Each test of the name WHAT; one line for each thing that is wrong, and status 1.
Python's standard library alone.
"""

import http.client
import json
import os
import random
import select
import socket
import struct
import sys
import threading
import time

HOST, PORT = None, None
CHAT, TEXT = "/v1/chat/completions", "/v1/completions"
bad = 0


def expect(ok, what, *more):
    global bad
    if not ok:
        bad += 1
        print("FAIL", what, *[repr(m)[:300] for m in more], flush=True)
    return ok


def call(path, body=None, method=None, headers={}, timeout=60):
    """Status, headers, parsed body (or its text)."""
    c = http.client.HTTPConnection(HOST, PORT, timeout=timeout)
    if body is not None and not isinstance(body, (bytes, str)):
        body = json.dumps(body)
    c.request(method or ("GET" if body is None else "POST"), path, body,
              {"Content-Type": "application/json", **headers})
    r = c.getresponse()
    text = r.read()
    c.close()
    try:
        return r.status, r.headers, json.loads(text)
    except ValueError:
        return r.status, r.headers, text


def ask(path, **body):
    status, _, got = call(path, body)
    if not expect(status == 200, "asking", path, body, got):
        sys.exit(1)
    return got


def stream(path, **body):
    """The events of a stream, without the last."""
    c = http.client.HTTPConnection(HOST, PORT, timeout=60)
    c.request("POST", path, json.dumps({**body, "stream": True}))
    r = c.getresponse()
    expect(r.status == 200, "a stream", r.status)
    expect(r.headers["Content-Type"] == "text/event-stream", "its type")
    text = r.read().decode()  # UTF-8 all of it
    c.close()
    parts = text.split("\n\n")
    expect(parts[-2:] == ["data: [DONE]", ""], "the end of a stream", parts[-2:])
    events = parts[:-2]
    expect(all(e.startswith("data: ") for e in events), "events", events)
    return [json.loads(e[6:]) for e in events]


def user(text):
    return [{"role": "user", "content": text}]


def raw(data, wait=10, close=False):
    """Bytes to the server as they are; what it says until it closes."""
    s = socket.create_connection((HOST, PORT))
    s.settimeout(wait)
    got = b""
    try:
        s.sendall(data)
        if close:
            s.shutdown(socket.SHUT_WR)
        while True:
            more = s.recv(65536)
            if not more:
                break
            got += more
    except socket.timeout:
        got += b"<silent>"
    except OSError:
        pass
    s.close()
    return got


def post(body, more="", path=CHAT):
    body = json.dumps(body).encode() if not isinstance(body, bytes) else body
    return (f"POST {path} HTTP/1.1\r\nHost: localhost\r\n"
            f"Content-Length: {len(body)}\r\n{more}\r\n").encode() + body


# --- what is answered


def pipe():
    """As respond answers the same records over a pipe: in.jsonl, want.jsonl."""
    asked = [json.loads(l) for l in open("in.jsonl")]
    want = [json.loads(l) for l in open("want.jsonl")]
    expect(len(asked) == len(want) and asked, "records")
    for a, w in zip(asked, want):
        got = ask(CHAT, messages=user(a["prompt"]), n=3, seed=7, top_p=0.9,
                  max_tokens=40, stop=["e"], logprobs=True)
        expect(got["object"] == "chat.completion", "object", got)
        expect([c["index"] for c in got["choices"]] == [0, 1, 2], "indexes")
        for c, r in zip(got["choices"], w["responses"]):
            expect(c["message"]["role"] == "assistant", "role", c)
            expect(c["message"]["content"] == r["content"], "as over a pipe",
                   c["message"]["content"], r["content"])
            expect(c["finish_reason"] == r["finish"], "finish", c, r)
            lp = c["logprobs"]["content"]
            expect([t["logprob"] for t in lp] == r["logps"], "logprobs", lp)
        n = sum(r["tokens"] for r in w["responses"])
        expect(got["usage"] == {
            "prompt_tokens": len(w["prompt_ids"]), "completion_tokens": n,
            "total_tokens": len(w["prompt_ids"]) + n}, "usage", got["usage"])
        same = ask(TEXT, prompt=w["prompt_ids"], n=3, seed=7, top_p=0.9,
                   max_tokens=40, stop="e")
        expect([c["text"] for c in same["choices"]] ==
               [r["content"] for r in w["responses"]], "by its tokens")


def texts(events, n, path):
    """What a stream makes of each choice: text, tokens, finish."""
    got = [{"text": "", "tokens": [], "finish": None} for _ in range(n)]
    for e in events:
        for c in e["choices"]:
            g = got[c["index"]]
            expect(g["finish"] is None, "nothing after the end", c)
            if path == CHAT:
                g["text"] += c["delta"].get("content", "")
                g["tokens"] += (c["logprobs"] or {"content": []})["content"]
            else:
                g["text"] += c["text"]
                g["tokens"] += (c["logprobs"] or {"tokens": []})["tokens"]
            g["finish"] = c["finish_reason"]
    return got


def streams():
    """Streams put together are the answers."""
    shown = 0
    for path, what in ((CHAT, {"messages": user("Tell me")}),
                       (TEXT, {"prompt": ["One", "Two"]})):
        for seed in range(6):
            more = dict(what, n=2, seed=seed, max_tokens=60, stop=["in", "HH"],
                        logprobs=True)
            want = ask(path, **more)
            events = stream(path, **more, stream_options={"include_usage": True})
            expect(events[-1]["choices"] == [] and
                   events[-1]["usage"] == want["usage"], "usage at the end")
            expect(all(e["usage"] is None for e in events[:-1]), "only there")
            expect(len({e["id"] for e in events}) == 1, "one id")
            got = texts(events, len(want["choices"]), path)
            shown += len(events)
            for c, g in zip(want["choices"], got):
                lp = c["logprobs"]
                if path == CHAT:
                    expect(g["text"] == c["message"]["content"], "the text", g, c)
                    expect(g["tokens"] == lp["content"], "its tokens", g, c)
                else:
                    expect(g["text"] == c["text"], "the text", g, c)
                    expect(g["tokens"] == lp["tokens"], "its tokens", g, c)
                expect(g["finish"] == c["finish_reason"], "finish", g, c)
    if "CACHED" not in os.environ:
        expect(shown > 400, "streams come in parts", shown)


def stops():
    """A stop string wherever tokens divide it, and never a part of it."""
    full = ask(CHAT, messages=user("abc"), seed=1, max_tokens=200,
               ignore_eos=True)["choices"][0]["message"]["content"]
    found = 0
    for at in range(0, len(full) - 4, 7):
        for n in (1, 2, 3, 4):
            stop = full[at:at + n]
            if "\ufffd" in stop:  # bytes that are no text cannot be asked for
                continue
            found += 1
            more = dict(messages=user("abc"), seed=1, max_tokens=200,
                        ignore_eos=True, stop=[stop, "never to be seen"])
            got = ask(CHAT, **more)["choices"][0]
            expect(got["message"]["content"] == full[:full.index(stop)],
                   "cut before", stop)
            expect(got["finish_reason"] == "stop", "finish", got)
            g = texts(stream(CHAT, **more), 1, CHAT)[0]
            expect(g["text"] == full[:full.index(stop)], "streamed", stop)
    expect(found > 20, "stop strings", found)


def seeds():
    """A request without a seed has one of its own, which it tells."""
    ask_ = dict(messages=user("a"), max_tokens=30, ignore_eos=True)
    one, two = ask(CHAT, **ask_), ask(CHAT, **ask_)
    expect(one["seed"] != two["seed"], "seeds differ")
    expect(one["choices"] != two["choices"], "and what is drawn")
    again = ask(CHAT, **ask_, seed=one["seed"])
    expect(one["choices"] == again["choices"], "told, it gives the same")
    bias = ask(CHAT, **ask_, logit_bias={"65": 100})
    expect(bias["choices"][0]["message"]["content"] == "A" * 30, "bias", bias)
    zero = [ask(CHAT, **ask_, temperature=0) for _ in "ab"]
    expect(zero[0]["choices"] == zero[1]["choices"], "temperature 0")


def shapes():
    """Answers held to JSON, to a schema; the same ones as respond's."""
    schema = {"type": "object", "properties": {
        "ok": {"type": "boolean"},
        "n": {"type": "integer", "minimum": 1, "maximum": 99}},
        "required": ["ok", "n"], "additionalProperties": False}
    more = dict(messages=user("Tell me about 0 and 0."), seed=7, top_p=0.9,
                max_tokens=200)
    want = json.loads(open("held.jsonl").readline())["responses"]

    def held(**format_):
        return {"response_format": {"type": "json_schema", "json_schema": {
            "name": "x", "strict": True, **format_}}}

    for _ in "ab":  # kept, the second time
        got = ask(CHAT, **more, n=3, **held(schema=schema))["choices"]
        expect([c["message"]["content"] for c in got] ==
               [r["content"] for r in want], "as respond --schema", got, want)
        for c in got:
            v = json.loads(c["message"]["content"])
            expect(set(v) == {"ok", "n"} and 1 <= v["n"] <= 99, "a schema", v)
        g = texts(stream(CHAT, **more, n=3, **held(schema=schema)), 3, CHAT)
        expect([x["text"] for x in g] == [r["content"] for r in want],
               "streamed")
    # more of them than are kept, all at once
    def one(i):
        got = ask(TEXT, prompt="a", max_tokens=20, seed=1,
                  **held(schema={"const": i % 20}))
        expect(got["choices"][0]["text"] == str(i % 20), "a constant", got)

    threads = [threading.Thread(target=one, args=(i,)) for i in range(40)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    got = ask(CHAT, **more, response_format={"type": "json_object"})
    c = got["choices"][0]
    expect(c["message"]["content"].startswith("{"), "an object", c)
    if c["finish_reason"] == "stop":
        json.loads(c["message"]["content"])
    for value, part in (({"type": "xml"}, "no type that is known"),
                        ("json", "no type that is known"),
                        ({"type": "json_schema"}, "no 'json_schema'"),
                        (held(x=1)["response_format"], "'x', which is not"),
                        (held()["response_format"], "no 'schema'"),
                        (held(schema={"not": {}})["response_format"], "not"),
                        (held(schema={"type": "nothing"})["response_format"],
                         "names no type")):
        got = call(CHAT, {**more, "response_format": value})
        expect(got[0] == 400 and part in got[2]["error"]["message"], value, got)
    for wrong in ({"min_tokens": 5}, {"ignore_eos": True}):
        got = call(CHAT, {**more, **held(schema=True), **wrong})
        expect(got[0] == 400 and got[2]["error"]["param"] == "response_format",
               wrong, got)


def tools():
    """Tools are seen by the template; tool_choice none takes them away."""
    tool = [{"type": "function", "function": {"name": "f"}}]
    a, b, c = (ask(CHAT, messages=user("a"), max_tokens=1, **more)["usage"]
               for more in ({}, {"tools": tool},
                            {"tools": tool, "tool_choice": "none"}))
    expect(a == c and b["prompt_tokens"] > a["prompt_tokens"], "tools", a, b, c)
    parts = [{"role": "user", "content": [{"type": "text", "text": "a"}]}]
    d = ask(CHAT, messages=parts, max_tokens=1)["usage"]
    expect(a == d, "parts of a content", a, d)


def models():
    """Models by name; the first where none is named."""
    status, _, got = call("/v1/models")
    names = [m["id"] for m in got["data"]]
    expect(status == 200 and names == ["m", "sub/other"], "models", got)
    more = dict(messages=user("a"), seed=3, max_tokens=20, ignore_eos=True)
    first = ask(CHAT, **more)
    expect(ask(CHAT, **more, model="m")["choices"] == first["choices"], "first")
    other = ask(CHAT, **more, model="sub/other")
    expect(other["choices"] != first["choices"], "another model")
    expect(other["model"] == "sub/other", "its name", other)
    status, _, got = call("/v1/models/sub/other")
    expect(status == 200 and got["id"] == "sub/other", "one model", got)
    expect(call("/v1/models/none")[0] == 404, "no such model")
    expect(call("/health", method="HEAD")[0] == 200, "HEAD")


def many():
    """32 connections at once: each is answered as if it were alone."""
    want, got = {}, {}

    def one(i, to):
        more = dict(messages=user(f"number {i} " * (1 + i % 9)), seed=i,
                    max_tokens=40)
        to[i] = (ask(CHAT, **more)["choices"] if i % 2 else
                 texts(stream(CHAT, **more), 1, CHAT))

    for i in range(32):
        one(i, want)
    threads = [threading.Thread(target=one, args=(i, got)) for i in range(32)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    expect(want == got, "alone and together")


# --- what is refused


def errors():
    u = user("a")
    cases = [  # body, status, param, part of the message
        (b"{", 400, None, "not JSON: byte 2"),
        (b"", 400, None, "not JSON"),
        (b"[]", 400, None, "not an object"),
        (b"\xff", 400, None, "not JSON"),
        ({}, 400, "messages", "missing"),
        ({"messages": []}, 400, "messages", "empty"),
        ({"messages": "a"}, 400, "messages", "not a list"),
        ({"messages": [1]}, 400, "messages", "not an object"),
        ({"messages": [{"role": "user"}]}, 400, "messages", "no content"),
        ({"messages": [{"content": "a"}]}, 400, "messages", "no role"),
        ({"messages": [{"role": "user", "content": [
            {"type": "image_url", "image_url": {"url": "x"}}]}]}, 400,
         "messages", "not text"),
        (b'{"messages":[{"role":"user","content":"\\ud800"}]}', 400,
         "messages", "surrogate"),
        ({"messages": u, "model": "gpt"}, 404, "model", "'gpt' is not served"),
        ({"messages": u, "model": 1}, 400, "model", "not a string"),
        ({"messages": u, "temperature": "hot"}, 400, "temperature",
         "between 0.0 and 100.0"),
        ({"messages": u, "temperature": -1}, 400, "temperature", "between"),
        ({"messages": u, "top_p": 2}, 400, "top_p", "between 0.0 and 1.0"),
        ({"messages": u, "top_k": 1.5}, 400, "top_k", "whole number"),
        ({"messages": u, "max_tokens": 0}, 400, "max_tokens", "between 1 and"),
        ({"messages": u, "min_tokens": 9, "max_tokens": 8}, 400, "min_tokens",
         "more than 'max_tokens', 8"),
        ({"messages": u, "n": 129}, 400, "n", "between 1 and 128"),
        ({"messages": u, "seed": "x"}, 400, "seed", "whole number"),
        ({"messages": u, "stop": ""}, 400, "stop", "empty stop"),
        ({"messages": u, "stop": [1]}, 400, "stop", "not a string"),
        ({"messages": u, "stop": ["a"] * 33}, 400, "stop", "more than 32"),
        ({"messages": u, "stream": 1}, 400, "stream", "true or false"),
        ({"messages": u, "stream_options": {}, "stream": True}, 200, None, ""),
        ({"messages": u, "stream_options": {"include_usage": True}}, 400,
         "stream_options", "stream"),
        ({"messages": u, "stream_options": {"x": 1}, "stream": True}, 400,
         "stream_options", "'x'"),
        ({"messages": u, "logit_bias": {"99999": 1}}, 400, "logit_bias",
         "not a token"),
        ({"messages": u, "logit_bias": {"1": 101}}, 400, "logit_bias",
         "between -100 and 100"),
        (b'{"messages":[{"role":"user","content":"a"}],"logit_bias":'
         b'{"1":1,"01":1}}', 400, "logit_bias", "twice"),
        ({"messages": u, "top_logprobs": 5}, 400, "top_logprobs", "other than 0"),
        ({"messages": u, "tool_choice": "required"}, 400, "tool_choice",
         "not supported"),
        ({"messages": u, "tools": {}}, 400, "tools", "not a list"),
        ({"messages": u, "best_of": 2}, 400, None, "'best_of' is not known"),
        ({"messages": u, "frobnicate": 1}, 400, None,
         "'frobnicate' is not known"),
        (b'{"messages":[{"role":"user","content":"a"}],"n":1,"n":2}', 400, "n",
         "twice"),
        ({"messages": user("1 2 3 4 " * 200)}, 400, None, "context is 512"),
        ({"messages": [{"role": "fail", "content": "a"}]}, 400, None,
         "template: "),
        ({"messages": u, "user": "me", "store": True, "n": None, "metadata":
          {"a": 1}, "parallel_tool_calls": True, "max_tokens": 1}, 200, None, ""),
    ]
    text = [
        ({"prompt": None}, 400, "prompt", "missing"),
        ({"prompt": []}, 400, "prompt", "from 1 to"),
        ({"prompt": ["a"] * 257}, 400, "prompt", "from 1 to 256"),
        ({"prompt": {"a": 1}}, 400, "prompt", "not a text"),
        ({"prompt": ["a", 1]}, 400, "prompt", "no text and no list"),
        ({"prompt": [1, 1.5]}, 400, None, "no token"),
        ({"prompt": [1, 999999]}, 400, None, "vocabulary"),
        ({"prompt": ""}, 400, None, "no tokens"),
        ({"prompt": ["a", [-1]]}, 400, None, "no token"),
        ({"prompt": "a", "echo": True}, 400, "echo", "other than false"),
        ({"prompt": "a", "logprobs": 5}, 400, "logprobs", "other than 0"),
        ({"prompt": "a", "best_of": 3}, 400, "best_of", "other than 1"),
        ({"prompt": "a", "suffix": "b"}, 400, "suffix", "not supported"),
        ({"prompt": "a", "messages": u}, 400, None, "'messages' is not known"),
    ]
    for path, list_ in ((CHAT, cases), (TEXT, text)):
        for body, status, param, part in list_:
            got = call(path, body)
            if not expect(got[0] == status, body, got):
                continue
            if status != 200:
                e = got[2]["error"]
                expect(e["param"] == param, "param", body, e)
                expect(part in e["message"], part, e["message"])
                expect(e["type"] and "code" in e, "error object", e)
    for path, method, status in (("/", "GET", 404), ("/v1", "POST", 404),
                                 ("/v1/chat/completionsx", "POST", 404),
                                 ("/healthz", "GET", 404), (CHAT, "GET", 405),
                                 ("/v1/models", "POST", 405),
                                 (CHAT, "DELETE", 405)):
        got = call(path, b"{}" if method == "POST" else None, method)
        expect(got[0] == status, path, method, got)
        if status == 405:
            expect(got[1]["Allow"] in ("GET", "POST"), "Allow", got[1])
    for header, status in (({"Host": "evil.example"}, 403),
                           ({"Host": "127.0.0.1.evil.example:80"}, 403),
                           ({"Host": "localhost:1"}, 200),
                           ({"Host": "[::1]"}, 200),
                           ({"Host": "127.5.5.5:99"}, 200),
                           ({"Origin": "http://localhost"}, 403),
                           ({"Content-Encoding": "gzip"}, 415)):
        got = call(CHAT, {"messages": u, "max_tokens": 1}, headers=header)
        expect(got[0] == status, header, got)


def big():
    """Bodies longer than --max-body (1 MiB): by their length, and in chunks."""
    long = json.dumps({"messages": user("x" * (6 << 20))}).encode()
    got = call(CHAT, long)
    expect(got[0] == 413 and "longer" in got[2]["error"]["message"], "413", got)
    c = http.client.HTTPConnection(HOST, PORT, timeout=60)
    c.request("POST", CHAT, iter([long[i:i + 65536] for i in
                                  range(0, len(long), 65536)]))
    expect(c.getresponse().status == 413, "413 in chunks")
    c.close()
    # a client that waits to be asked is told before it sends
    got = raw(post(b"", f"Expect: 100-continue\r\nX: y\r\n").replace(
        b"Content-Length: 0", b"Content-Length: 9999999"))
    expect(got.startswith(b"HTTP/1.1 413"), "413 before the body", got)
    # one that sends without end is cut off
    s = socket.create_connection((HOST, PORT))
    s.settimeout(20)
    sent = 0
    try:
        s.sendall(b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\n"
                  b"Transfer-Encoding: chunked\r\n\r\n")
        while sent < 200 << 20:
            s.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            sent += 65536
    except OSError:
        pass
    expect(sent < 100 << 20, "a body without end", sent)
    s.close()


def wire():
    """HTTP as it is spoken badly, or well but seldom."""
    body = {"messages": user("a"), "max_tokens": 2, "seed": 1}
    good = post(body, "Connection: close\r\n")
    want = ask(CHAT, **body)["choices"][0]["message"]["content"]

    def fine(got, what):
        text = got.split(b"\r\n\r\n", 1)[-1]
        expect(got.startswith(b"HTTP/1.1 200") and
               json.loads(text)["choices"][0]["message"]["content"] == want,
               what, got)

    fine(raw(good), "a plain request")
    two = raw(post(body) + good)
    expect(two.count(b"HTTP/1.1 200") == 2, "one behind the other", two)
    s = socket.create_connection((HOST, PORT))
    for b in good:  # byte by byte
        s.sendall(bytes([b]))
    got = b""
    while more := s.recv(65536):
        got += more
    fine(got, "byte by byte")
    text = json.dumps(body).encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(text[i:i + 9]), text[i:i + 9])
                      for i in range(0, len(text), 9)) + b"0\r\n\r\n"
    head = b"POST %s HTTP/1.1\r\nHost: localhost\r\n" % CHAT.encode()
    fine(raw(head + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" +
             chunks), "in chunks")
    got = raw(post(body, "Expect: 100-continue\r\nConnection: close\r\n"))
    expect(got.startswith(b"HTTP/1.1 100") and b"HTTP/1.1 200" in got,
           "100-continue", got)
    old = raw(good.replace(b"HTTP/1.1", b"HTTP/1.0"))
    expect(b" 200 " in old[:20], "HTTP/1.0", old)
    bad_ones = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 40,
        b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET /health HTTP/1.1\r\n\r\n",  # no Host
        head + b"Content-Length: -5\r\n\r\n",
        head + b"Content-Length: 99999999999999999999999\r\n\r\n",
        head + b"Content-Length: 5x\r\n\r\nabcde",
        head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        head + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        head + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n"
               b"Connection: close\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\n" +
        b"X: " + b"y" * 100000 + b"\r\n\r\n",
        b"GET /" + b"y" * 100000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\n" +
        b"".join(b"A%d: b\r\n" % i for i in range(9999)) + b"\r\n",
        b"GET /health HTTP/1.1\nHost localhost\n\n",
    ]
    for b in bad_ones:
        got = raw(b, wait=3, close=True)
        expect(b" 200 " not in got[:20], "refused", b[:80], got)
        expect(b"<silent>" not in got, "closed", b[:80], got)
    call("/health")


def fuzz():
    """Requests broken at random; the server lives on."""
    rng = random.Random(5)
    good = post({"messages": user("a"), "max_tokens": 2, "stream": True,
                 "stop": ["x"], "logit_bias": {"5": 1}})
    for i in range(400):
        b = bytearray(good)
        for _ in range(rng.randint(1, 6)):
            at = rng.randrange(len(b))
            what = rng.randrange(4)
            if what == 0:
                b[at] = rng.randrange(256)
            elif what == 1:
                del b[at:at + rng.randint(1, 30)]
            elif what == 2:
                b[at:at] = bytes(rng.randrange(256) for _ in range(9))
            else:
                b[at:at] = b[rng.randrange(len(b)):][:40]
            if not b:
                b = bytearray(b"\r\n")
        s = socket.create_connection((HOST, PORT))
        s.settimeout(0.02 if i % 4 else 0.2)
        try:
            s.sendall(bytes(b))
            s.recv(100)
        except OSError:
            pass
        if i % 3 == 0:  # a reset instead of a close
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                         struct.pack("ii", 1, 0))
        s.close()
    expect(call("/health")[0] == 200, "after 400 broken requests")
    ask(CHAT, messages=user("a"), max_tokens=2)


def slow():
    """Clients that take their time (--idle 1): they are not waited for."""
    def closed(data, drip, what):
        s = socket.create_connection((HOST, PORT))
        s.sendall(data)
        began = time.time()
        while time.time() - began < 10:
            if select.select([s], [], [], 0.2)[0]:
                try:
                    if not s.recv(1000):
                        break
                except OSError:
                    break
            try:
                s.sendall(drip)
            except OSError:
                break
        took = time.time() - began
        expect(0.5 < took < 6, what, took)
        s.close()

    closed(b"", b"", "silence")
    closed(b"POST /v1/completions HTTP/1.1\r\n", b"", "half a head")
    closed(b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\n", b"X: y\r\n",
           "a head in drops")
    closed(post(b"x" * 1000)[:-900], b"x", "a body in drops")
    closed(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n", b"",
           "silence after an answer")


def stuck():
    """A client that reads nothing of a stream (--idle 1, --max-requests 1) is
    let go."""
    s = socket.socket(socket.AF_INET)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.settimeout(30)
    s.connect((HOST, PORT))
    s.sendall(post({**LONG, "stream": True, "logprobs": 0}, path=TEXT))
    expect(s.recv(9) == b"HTTP/1.1 ", "a stream")
    began = time.time()
    while call(CHAT, {"messages": user("b"), "max_tokens": 2})[0] != 200:
        if not expect(time.time() - began < 300, "held by a stuck client"):
            break
        time.sleep(0.2)
    got = b""
    try:
        while more := s.recv(1 << 20):
            got += more
    except OSError:
        pass
    expect(b"[DONE]" not in got, "a stream nobody reads", len(got))
    s.close()


def broken():
    """A model that gives no numbers: an error, in a stream as well."""
    more = {"messages": user("a"), "n": 3}
    got = call(CHAT, more)
    expect(got[0] == 500 and "no numbers" in got[2]["error"]["message"], got)
    got = raw(post({**more, "stream": True}))
    last = got.split(b"data: ")[-1]
    expect(b'"type":"server_error"' in last and b"[DONE]" not in got and
           not got.endswith(b"0\r\n\r\n"), "a broken stream", got)
    expect(call("/health")[0] == 200, "and it lives on")


# --- who leaves, and who waits

# 64 * 128 * 480 tokens: no machine is through with them while a test runs
LONG = dict(prompt=["a"] * 64, n=128, max_tokens=480, ignore_eos=True)


def begun(**more):
    """A long request that runs; a stream has begun to come."""
    s = socket.create_connection((HOST, PORT))
    s.settimeout(30)
    s.sendall(post({**LONG, **more}, path=TEXT))
    if more.get("stream"):
        s.recv(1000)
    else:
        time.sleep(0.3)
    return s


def leave():
    """Clients that leave free their slots: streams, and before an answer; by
    a close, half a close and a reset."""
    for more in ({"stream": True}, {}):
        for how in ("close", "half", "reset"):
            held = [begun(**more) for _ in range(4)]
            for s in held:
                if how == "half":
                    s.shutdown(socket.SHUT_WR)
                    continue
                if how == "reset":
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                 struct.pack("ii", 1, 0))
                s.close()
            began = time.time()
            # --max-requests 4: there is room once they are gone
            while call(CHAT, {"messages": user("b"), "max_tokens": 2})[0] != 200:
                if time.time() - began > 20:
                    break
                time.sleep(0.05)
            took = time.time() - began
            expect(took < 3, "free after a hang-up", how, more, took)


def full():
    """--max-requests 4: the fifth is told to come again, and may."""
    held = [begun() for _ in range(4)]
    got = call(CHAT, {"messages": user("b"), "max_tokens": 2})
    expect(got[0] == 503 and got[1]["Retry-After"] == "1", "full", got)
    expect(call("/health")[0] == 200, "health")
    for s in held:
        s.close()
    time.sleep(0.3)
    ask(CHAT, messages=user("b"), max_tokens=2)


def token():
    """With a token (\"open sesame\"), to all but those who only ask for health."""
    u = {"messages": user("a"), "max_tokens": 1}
    for value, status in ((None, 401), ("Bearer", 401), ("Bearer ", 401),
                          ("Bearer open sesam", 401),
                          ("Bearer open sesame!", 401),
                          ("Bearer open sesameopen sesame", 401),
                          ("Basic open sesame", 401), ("open sesame", 401),
                          ("Bearer open sesame", 200),
                          ("bearer open sesame", 200)):
        headers = {"Authorization": value} if value else {}
        for path, body in ((CHAT, u), ("/v1/models", None)):
            got = call(path, body, headers=headers)
            expect(got[0] == status, value, path, got)
            if status == 401:
                expect(got[1]["WWW-Authenticate"] == "Bearer", "header", got)
                expect(got[2]["error"]["code"] == "invalid_api_key", got)
    expect(call("/nothing")[0] == 401, "nothing is told without it")
    expect(call("/health")[0] == 200, "health")


def hold():
    """Ask for something long; tell on standard output when it runs, and how it
    ended. serve.sh stops the server in between."""
    n = int(os.environ["SAMPLES"])
    s = begun(stream=True, **({"prompt": "a", "n": n} if n else {}))
    print("runs", flush=True)
    got = b""
    try:
        while more := s.recv(65536):
            got += more
    except OSError:
        got += b"<broken>"
    print("whole" if b"data: [DONE]\n\n" in got and got.endswith(b"0\r\n\r\n")
          else "cut", flush=True)


if __name__ == "__main__":
    HOST, PORT = sys.argv[1].split("//")[1].split("/")[0].rsplit(":", 1)
    HOST, PORT = HOST.strip("[]"), int(PORT)
    for name in sys.argv[2:]:
        globals()[name]()
    sys.exit(bad != 0)
