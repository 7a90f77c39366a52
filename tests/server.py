#!/usr/bin/env python3
"""server.py DIR [CERT KEY] - a server of chat completions that behaves as
prompts tell it to.

Writes its port to DIR/port and a line of JSON for each request to DIR/log:
the path, the key, the body, how many requests were in work, whether the
connection was used before. A prompt is words; those it knows act, each on the
first tries alone where a number is given (500:2: twice, then well):

  STATUS[:N]   that HTTP status; with a message that has the key in it
  after=S      Retry-After with it; ms=N: retry-after-ms; date: as a date
  garbage half drip hangup huge deep reset    bodies and connections that break
  type=NAME    a member of a wrong type
  nousage null parts refusal tools think logprobs error200    shapes of answers
  slow=S       wait first
"""
import json
import os
import socket
import ssl
import sys
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

lock = threading.Lock()
tries = {}
working = 0
log = open(os.path.join(sys.argv[1], "log"), "a")
start = time.time()

WRONG = {
    "choices": {"choices": {}},
    "empty": {"choices": []},
    "choice": {"choices": [7]},
    "message": {"choices": [{"message": "hello"}]},
    "content": {"choices": [{"message": {"content": 7}}]},
    "missing": {"choices": [{"message": {"role": "assistant"}}]},
    "finish": {"choices": [{"message": {"content": "a"}, "finish_reason": 1}]},
    "calls": {"choices": [{"message": {"tool_calls": "x"}}]},
    "surrogate": {"choices": [{"message": {"content": "\ud800"}}]},
    "root": [],
}


def tokens(text):
    return len(text.split())


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.served = 0

    def log_message(self, *_):
        pass

    def send(self, status, body, more=()):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in more:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        global working
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        body = json.loads(raw)
        text = body["messages"][-1]["content"]
        with lock:
            working += 1
            key = (text, body.get("seed"))
            tries[key] = tries.get(key, 0) + 1
            n = tries[key]
            print(json.dumps({
                "time": time.time() - start, "path": self.path,
                "auth": self.headers.get("Authorization"), "body": body,
                "working": working, "try": n, "served": self.served,
            }), file=log, flush=True)
        try:
            self.served += 1
            self.act(text, body, n)
        except OSError:
            self.close_connection = True
        finally:
            with lock:
                working -= 1

    def act(self, text, body, n):
        words = text.split()
        options = dict(w.split("=", 1) for w in words if "=" in w)
        more = []
        if "after" in options:
            more.append(("Retry-After", options["after"]))
        if "date" in words:
            more.append(("Retry-After",
                         formatdate(time.time() + 1, usegmt=True)))
        if "ms" in options:
            more.append(("retry-after-ms", options["ms"]))
        if "slow" in options:
            time.sleep(float(options["slow"]))
        for word in words:
            name, _, most = word.partition(":")
            if most and n > int(most):
                continue
            if name.isdigit() and 400 <= int(name) <= 599:
                said = "no: %s\n\x1b[31m" % self.headers.get("Authorization")
                self.send(int(name), {"error": {"message": said}}, more)
                return
            act = getattr(self, "do_" + name, None)
            if act:
                act()
                return
        self.answer(words, options, text, body)

    def do_garbage(self):
        self.send(200, b"<html>hello</html>")

    def do_half(self):
        part = b'{"choices":[{"message":{"content":"ha'
        self.send_response(200)
        self.send_header("Content-Length", str(len(part) + 100))
        self.end_headers()
        self.wfile.write(part)
        self.close_connection = True

    def do_cut(self):
        self.send(200, b'{"choices":[{"message":{"content":"ha')

    def do_drip(self):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        for _ in range(100):
            self.wfile.write(b" ")
            self.wfile.flush()
            time.sleep(0.05)

    def do_hangup(self):
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def do_huge(self):
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        for _ in range(64):
            self.wfile.write(b" " * (1 << 20))

    def do_deep(self):
        self.send(200, b"[" * 100000)

    def do_page(self):
        self.send(502, b"<html><body>Bad Gateway</body></html>")

    def do_move(self):
        self.send(307, b"", [("Location", "http://127.0.0.1:1/steal")])

    def do_error200(self):
        self.send(200, {"error": {"message": "over capacity"}})

    def answer(self, words, options, text, body):
        if "type" in options:
            self.send(200, WRONG[options["type"]])
            return
        message = {"role": "assistant", "content": "you said: " + text}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        out = {"id": "x", "object": "chat.completion", "choices": [choice]}
        if "null" in words:
            message["content"] = None
        if "parts" in words:
            message["content"] = [{"type": "text", "text": "one "},
                                  {"type": "text", "text": "two"}]
        if "refusal" in words:
            message["content"] = None
            message["refusal"] = "I will not."
        if "think" in words:
            message["reasoning_content"] = "hm"
        if "tools" in words:
            message["content"] = None
            choice["finish_reason"] = "tool_calls"
            message["tool_calls"] = [{
                "id": "c", "type": "function",
                "function": {"name": "f", "arguments": '{"a": " b\\n"}'}}]
        if body.get("logprobs"):
            choice["logprobs"] = {"content": [
                {"token": "a", "logprob": -0.25},
                {"token": "b", "logprob": -1.5}]}
        if "nousage" not in words:
            out["usage"] = {"prompt_tokens": tokens(text),
                            "completion_tokens": tokens("you said: " + text)}
        # white space that a record must not have
        self.send(200, json.dumps(out, indent=1).encode())


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        pass


server = Server(("127.0.0.1", 0), Handler)
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True)
with open(os.path.join(sys.argv[1], "port.new"), "w") as f:
    print(server.server_address[1], file=f)
os.rename(os.path.join(sys.argv[1], "port.new"),
          os.path.join(sys.argv[1], "port"))
server.serve_forever()
