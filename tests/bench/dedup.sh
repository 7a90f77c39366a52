#!/bin/sh
# dedup.sh [N] - dedup beside its peers on N records with known duplicates, as
# JSON: seconds (the median of three, the sides taking turns), records a
# second, and recall by kind. Run in a build folder; wants $SHARED and a
# $PYTHON with orjson, zstandard, xxhash and rensa.
set -eu
n=${1:-100000}
here=$(cd "$(dirname "$0")" && pwd)
SHARED=${SHARED-$here/../../../shared}
PYTHON=${PYTHON-python3}
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT
"$PYTHON" "$SHARED/peers/gen_dups.py" "$SHARED/data/prompts.jsonl.zst" "$n" 1 \
	"$tmp/in" >&2
in=$tmp/in.jsonl.zst

# Each side reads the file and writes zstd.
exact() { ./dedup -q -k prompt "$in" >"$tmp/exact"; }
exact1() { ./dedup -q -j1 -k prompt "$in" >"$tmp/exact1"; }
sort_u() { zstd -dc "$in" | sort -u --parallel=2 -t'"' -k8,8 |
	zstd -1 -qc >"$tmp/sort_u"; }
orjson() { "$PYTHON" "$here/dedup.py" orjson "$in" "$tmp/orjson"; }
near() { ./dedup -q -j1 --near "$in" >"$tmp/near"; }
near2() { ./dedup -q -j2 --near "$in" >"$tmp/near2"; }
verify() { ./dedup -q -j1 --near --verify "$in" >"$tmp/verify"; }
rensa() { "$PYTHON" "$here/dedup.py" rensa "$in" "$tmp/rensa"; }
sides="exact exact1 sort_u orjson near near2 verify rensa"

for turn in 1 2 3; do
	for side in $sides; do
		from=$(date +%s.%N)
		$side
		echo "$side $(echo "$(date +%s.%N) - $from" | bc)" >>"$tmp/t"
	done
done
median() { grep "^$1 " "$tmp/t" | sort -k2 -n | sed -n 2p | cut -d' ' -f2; }

printf '{"records":%d' "$n"
for side in $sides; do
	printf ',"%s":{"s":%.3f,"per_s":%.0f' "$side" "$(median $side)" \
		"$(echo "$n / $(median $side)" | bc -l)"
	case $side in
	near | verify | rensa) printf ',"recall":%s' \
		"$("$PYTHON" "$here/dedup.py" recall "$in" "$tmp/$side")" ;;
	esac
	printf '}'
done
ratio() { printf ',"%s/%s":%.2f' "$1" "$2" \
	"$(echo "$(median "$2") / $(median "$1")" | bc -l)"; }
ratio exact sort_u
ratio exact orjson
ratio near rensa
ratio verify rensa
printf '}\n'
