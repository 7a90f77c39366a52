# judges.py DIR: a server of judges that can be told by their names and by what
# they are shown. Writes DIR/port, and each request to DIR/log.
#
#   pair      the longer response is better; #first says A always
#   absolute  the last number in the response; #mild adds 1. A response with
#             "again" in it is answered in words first, and with the number
#             once the fault has been shown; with "never" in words always.
import http.server
import json
import os
import re
import sys
import time

here = sys.argv[1]


def part(text, name):
    found = re.search(r"\[" + name + r"\]\n(.*?)\n\n\[", text, re.S)
    return found.group(1) if found else ""


def judge(model, messages):
    text = messages[0]["content"]
    if "[Response A]" in text:
        a, b = part(text, "Response A"), part(text, "Response B")
        better = "A" if len(a) > len(b) or model == "first" else "B"
        return {"reason": "by length", "same_steps": False,
                "same_result": a[-1:] == b[-1:], "better": better}
    response = part(text, "Response")
    if "never" in response or ("again" in response and len(messages) < 3):
        return "I would say " + response
    number = int(re.findall(r"\d+", response)[-1])
    return {"reason": "as it says", "score": number + (model == "mild")}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with open(here + "/log", "a", encoding="utf-8") as f:
            f.write(json.dumps(body) + "\n")
        said = judge(body["model"], body["messages"])
        if not isinstance(said, str):
            said = "So: " + json.dumps(said)
        if "slow" in body["messages"][0]["content"]:
            time.sleep(0.3)
        out = json.dumps({"choices": [{
            "index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": said}}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 3}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *args):
        pass  # who was killed reads no more


server = Server(("127.0.0.1", 0), Handler)
with open(here + "/port.new", "w") as f:
    f.write(str(server.server_address[1]))
os.rename(here + "/port.new", here + "/port")
server.serve_forever()
