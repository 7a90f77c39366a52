#!/bin/sh
# run.sh SECONDS - run every fuzz target of this build for so long; the last
# line counts them. In the build folder of --enable-fuzz.
set -u
seconds=${1:?usage: run.sh SECONDS}
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0
for target in tests/fuzz/*; do
	[ -f "$target" ] && [ -x "$target" ] || continue
	name=$(basename "$target")
	seeds=
	[ ! -d "$here/corpus/$name" ] || seeds=$here/corpus/$name
	mkdir "$tmp/$name"
	if "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
		-artifact_prefix="./fuzz-$name-" "$tmp/$name" $seeds \
		>"$tmp/said" 2>&1
	then
		passed=$((passed + 1))
		echo "ok   $name: $(grep -o 'DONE.*' "$tmp/said" | tail -n 1)"
	else
		failed=$((failed + 1))
		echo "FAIL $name"
		tail -n 40 "$tmp/said"
	fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ] && [ $passed -gt 0 ]
