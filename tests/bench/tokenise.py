"""tokenise.py BINARY VOCAB TEXT: plumbline beside tiktoken, one thread each.

Passes alternate; prints one JSON object with both figures and the ratio.
tiktoken gets the vocabulary and pattern of VOCAB, a byte-level tokenizer.json
whose ids rise with the merges (SmolLM2).
"""
import json
import subprocess
import sys
import time

import tiktoken

binary, vocab, path = sys.argv[1:]
PATTERN = (r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+"
           r"|\s+(?![^\s\p{N}])|\s+")
chars = [*range(33, 127), *range(161, 173), *range(174, 256)]
spelt = {chr(c): c for c in chars}
for i, b in enumerate(b for b in range(256) if b not in set(chars)):
    spelt[chr(256 + i)] = b
with open(vocab, encoding="utf-8") as f:
    model = json.load(f)
names = {t["content"] for t in model["added_tokens"]}
ranks = {bytes(spelt[c] for c in k): v
         for k, v in model["model"]["vocab"].items() if k not in names}
last = max(ranks.values())
for b in range(256):  # tiktoken wants every byte
    if bytes([b]) not in ranks:
        last += 1
        ranks[bytes([b])] = last
coder = tiktoken.Encoding("x", pat_str=PATTERN, mergeable_ranks=ranks,
                          special_tokens={})

data = open(path, "rb").read()
pieces = []
i = 0
while i < len(data):
    to = min(i + 4096, len(data))
    if to < len(data):
        line = data.rfind(b"\n", i, to)
        if line >= 0:
            to = line + 1
        else:
            while data[to] & 0xc0 == 0x80:
                to -= 1
    pieces.append(data[i:to].decode())
    i = to

ours, theirs, equal = [], [], None
for _ in range(3):
    ours.append(json.loads(subprocess.check_output([binary, vocab, path])))
    start = time.perf_counter()
    ids = [coder.encode_ordinary(p) for p in pieces]
    theirs.append(len(data) / (time.perf_counter() - start) / 1e6)
total = 0
for part in ids:
    for k in part:
        total = (total * 31 + k) % 2**64
best = max(o["mb_s"] for o in ours)
print(json.dumps({
    "bench": "tokenise", "bytes": len(data), "plumbline_mb_s": best,
    "tiktoken_mb_s": round(max(theirs), 2),
    "ratio": round(best / max(theirs), 2),
    "same_ids": total == ours[0]["sum"],
}))
