# A scorer for judge --cmd: 1 for a response of 20 to 200 words, less the
# further it is from that. A line of JSON in, a line out, flushed.
import json
import sys

for line in sys.stdin:
    asked = json.loads(line)
    words = len(asked["response"]["content"].split())
    near = min(max(words, 20), 200)
    score = min(words, near) / max(words, near)
    print(json.dumps({"score": score, "words": words}), flush=True)
