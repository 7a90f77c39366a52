#!/usr/bin/env python3
"""The peers of dedup, and the counting of what was found.

dedup.py orjson FILE OUT    exact: orjson, xxh3-128, a set, zstandard
dedup.py rensa FILE OUT     near: rensa's LSH on characters in fives
dedup.py recall FILE OUT    recall of OUT's survivors by kind, from FILE's
                            truth (gen_dups.py)
"""
import io
import json
import sys


def lines(path):
    import zstandard
    with open(path, "rb") as f:
        r = zstandard.ZstdDecompressor().stream_reader(f)
        yield from io.BufferedReader(r, 1 << 20)


def writer(path):
    import zstandard
    return zstandard.ZstdCompressor(level=1).stream_writer(open(path, "wb"))


def exact(path, out):
    import orjson
    import xxhash
    seen = set()
    with writer(out) as w:
        for line in lines(path):
            k = xxhash.xxh3_128_digest(orjson.loads(line)["prompt"].encode())
            if k not in seen:
                seen.add(k)
                w.write(line)


def near(path, out):
    import orjson
    import rensa
    d = rensa.RMinHashDeduplicator(0.7, 128, True, 16)
    with writer(out) as w:
        for n, line in enumerate(lines(path)):
            t = orjson.loads(line)["prompt"]
            m = rensa.RMinHash(128, 42)
            m.update([t[i:i + 5] for i in range(max(1, len(t) - 4))])
            if d.add(str(n), m):
                w.write(line)


def recall(path, out):
    kept = {json.loads(x)["id"] for x in lines(out)}
    found, of = {}, {}
    with open(path.replace(".jsonl.zst", ".truth.tsv")) as f:
        for row in f:
            a, b, kind, j = row.split()
            j = float(j)
            if kind == "edit":
                kind = ("J>=0.9" if j >= .9 else "J>=0.8" if j >= .8
                        else "J>=0.7" if j >= .7 else "J<0.7")
            of[kind] = of.get(kind, 0) + 1
            found[kind] = found.get(kind, 0) + (a not in kept or b not in kept)
    print(json.dumps({k: round(found[k] / of[k], 4) for k in sorted(of)}))


{"orjson": exact, "rensa": near, "recall": recall}[sys.argv[1]](*sys.argv[2:])
