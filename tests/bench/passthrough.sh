#!/bin/sh
# passthrough.sh [FILE.jsonl.zst] - every record parsed, checked and written
# again at level 1: plumbline with 1 and 2 threads, Python's orjson and
# zstandard, and zstd alone, in turn in one run; JSON with each one's best of
# three. In the build folder; PYTHON has orjson and zstandard in it. Without
# FILE a corpus is made up (750,000 records).
set -eu
export PYTHON="${PYTHON:-python3}"
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT
file=${1-}
if [ -z "$file" ]; then
	file=$tmp/corpus.jsonl.zst
	python3 - <<'MAKE' | zstd -q1 >"$file"
import json, random
r = random.Random(20261123)
words = ["".join(r.choice("abcdefghijklmnopqrstuvwxyz")
    for _ in range(r.randint(2, 9))) for _ in range(20000)]
for i in range(750000):
    text = " ".join(r.choice(words) for _ in range(r.randint(15, 65)))
    print(json.dumps({"id": f"made/{i}", "source": "made", "prompt": text}))
MAKE
fi
exec python3 - "$file" "$tmp" <<'BENCH'
import json, os, subprocess, sys, time
file, tmp = sys.argv[1:]
peer = '''
import io, orjson, sys, zstandard
src = io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(
    open(sys.argv[1], "rb"), read_across_frames=True), 1 << 20)
with zstandard.ZstdCompressor(level=1).stream_writer(
        open(sys.argv[2], "wb")) as out:
    for line in src:
        orjson.loads(line)
        out.write(line)
'''
out = tmp + "/out"
open(tmp + "/peer.py", "w").write(peer)
runs = {
    "plumbline_1": ["tests/pass", "-q", "-j1", "--level=1", file],
    "plumbline_2": ["tests/pass", "-q", "-j2", "--level=1", file],
    "orjson": [os.environ["PYTHON"], tmp + "/peer.py", file, out],
    "zstd_pipe": ["sh", "-c", "zstd -dc '%s' | zstd -q1 -T1" % file],
    "zstd_decode": ["zstd", "-dc", file],
}
n = int(subprocess.run("zstd -dc '%s' | wc -l" % file, shell=True,
    capture_output=True).stdout)
best = {}
for _ in range(3):
    for name, argv in runs.items():
        with open(out + ".std", "wb") as to:
            t = time.time()
            p = subprocess.Popen(argv, stdout=to)
            _, status, use = os.wait4(p.pid, 0)
            wall = time.time() - t
        if status:
            sys.exit("%s failed" % name)
        cpu = use.ru_utime + use.ru_stime
        old = best.get(name, (1e9, 1e9, 0))
        best[name] = (min(old[0], wall), min(old[1], cpu),
            max(old[2], use.ru_maxrss))
r = {"bench": "passthrough", "records": n}
for name, (wall, cpu, rss) in best.items():
    r[name] = {"seconds": round(wall, 3), "cpu_seconds": round(cpu, 3),
        "records_s": round(n / wall), "rss_mb": rss >> 10}
for key, a, b in (("ratio_1_thread", "orjson", "plumbline_1"),
        ("ratio_2_threads", "orjson", "plumbline_2"),
        ("time_of_zstd_pipe", "plumbline_2", "zstd_pipe")):
    r[key] = round(best[a][0] / best[b][0], 3)
r["cpu_ratio_1_thread"] = round(best["orjson"][1] / best["plumbline_1"][1], 3)
r["cpu_of_zstd_pipe"] = round(
    best["plumbline_1"][1] / best["zstd_pipe"][1], 3)
print(json.dumps(r))
BENCH
