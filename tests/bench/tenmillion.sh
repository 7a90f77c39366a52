#!/bin/sh
# tenmillion.sh - ten million lines through a tool of each kind in constant
# memory; JSON with the peaks, which must not grow with the input. In the
# build folder.
set -eu
lines() {
	seq "$1" | sed 's/.*/{"n":&,"prompt":"some words of number &"}/'
}
peak() { # LINES OPTIONS...: MiB
	n=$1; shift
	lines "$n" | tests/pass --memory "$@" 2>&1 >/dev/null |
		sed 's/.*memory //'
}
sep='{"bench":"tenmillion","mib":{'
bad=0
for how in any each pull twice; do
	small=$(peak 1000000 --how=$how -j2 --add 'x="y"')
	large=$(peak 10000000 --how=$how -j2 --add 'x="y"')
	printf '%s"%s":[%s,%s]' "$sep" $how "$small" "$large"
	sep=,
	[ "$large" -le $((small * 3 / 2 + 8)) ] || bad=1
done
printf '},"constant":%s}\n' $([ $bad = 0 ] && echo true || echo false)
exit $bad
