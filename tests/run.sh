#!/bin/sh
# run.sh TABLE - run each case of a table. A line is one of:
#
#   case WHAT        begins a case
#   run COMMAND      a shell command; the tools are found by their names
#   in LINE          a line of its standard input, compressed with zstd
#   plain            the input is not compressed
#   file NAME LINE   a line of a file beside it
#   out LINE         a line that it writes (decompressed where need be)
#   err LINE         a line on stderr, the summary left out
#   like REGEX       a line like this is on stderr, whatever else is there
#   sum LINE         the summary, the last line on stderr
#   got NAME LINE    a line of a file that it has written
#   rc N             its exit status, 0 if not given
#   env NAME         skip the case where the variable is empty
#
# `soon COMMAND` waits until the shell command holds, 30 seconds at most.
# Each case runs in an empty folder, with data= the folder of test data. Tools
# are those of the build, or, with BINDIR set, the installed ones, whatever
# --program-prefix they have.
set -u
exec </dev/null # there is one, even where the parent has closed it
table=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
data=$(cd "${top_srcdir:-.}" && pwd)/tests/data
build=$PWD
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT
bad=0 name=
export data build

PATH=$build:$build/tests:$PATH
if [ -n "${BINDIR-}" ]; then
	mkdir "$tmp/bin"
	for tool in $(sed -n 's/^\.Dt \([A-Z-]*\) 1/\1/p' \
		"${top_srcdir:-.}"/man/*.1 | tr A-Z a-z); do
		ln -s "$BINDIR/$(echo "$tool" |
			sed "${program_transform_name:-s,x,x,}")" "$tmp/bin/$tool"
	done
	PATH=$tmp/bin:$PATH
fi
export PATH

text() { # FILE: decompressed where it is compressed
	case $(od -An -N4 -tx1 "$1" 2>/dev/null) in
	' 28 b5 2f fd') zstd -qdc "$1" ;;
	' 1f 8b'*) gzip -dc "$1" ;;
	*) cat "$1" ;;
	esac
}

soon() {
	tries=0
	until eval "$1"; do
		[ $((tries += 1)) -lt 1500 ] || return 1
		sleep 0.02
	done
}

check() {
	[ "$got" = "$rc" ] || { echo "exit $got, wanted $rc"; return 1; }
	text "$tmp/raw" >"$tmp/got" 2>"$tmp/why" ||
		{ cat "$tmp/why"; return 1; }
	diff "$tmp/out" "$tmp/got" || return 1
	if [ -n "$like" ]; then
		grep -Eq -- "$like" "$tmp/stderr" ||
			{ echo "no '$like' in:"; cat "$tmp/stderr"; return 1; }
	else
		diff "$tmp/err" "$tmp/goterr" || return 1
	fi
	[ -z "$sum" ] || [ "$sum" = "$(tail -n 1 "$tmp/stderr")" ] ||
		{ echo "wanted: $sum"; tail -n 1 "$tmp/stderr"; return 1; }
	for f in "$tmp"/want/*; do
		[ -e "$f" ] || continue
		text "$tmp/dir/$(basename "$f")" | diff "$f" - || return 1
	done
}

finish() {
	[ -n "$name" ] || return 0
	if [ -z "$skip" ]; then
		[ $plain ] || zstd -qf "$tmp/in" -o "$tmp/stdin"
		[ $plain ] && cp "$tmp/in" "$tmp/stdin"
		(cd "$tmp/dir" && eval "$cmd") \
			<"$tmp/stdin" >"$tmp/raw" 2>"$tmp/stderr"
		got=$?
		sed -E '${/^[a-z -]+: [0-9]+ in, [0-9]+ out/d}' \
			"$tmp/stderr" >"$tmp/goterr"
		if check >"$tmp/said" 2>&1; then
			echo "ok   $name"
		else
			echo "FAIL $name"
			sed 's/^/     /' "$tmp/said"
			bad=1
		fi
	fi
	rm -rf "$tmp/dir" "$tmp/want"
}

while IFS= read -r line || [ -n "$line" ]; do
	word=${line%% *} rest=${line#* }
	[ "$word" != "$line" ] || rest=
	case $word in
	out | err) ;; # leading blanks count here
	*) rest=${rest#"${rest%%[! ]*}"} ;;
	esac
	case $word in
	case)
		finish
		name=$rest cmd=false rc=0 like= sum= plain= skip=
		mkdir "$tmp/dir" "$tmp/want"
		: >"$tmp/in"; : >"$tmp/out"; : >"$tmp/err" ;;
	run) cmd=$rest ;;
	rc) rc=$rest ;;
	like) like=$rest ;;
	sum) sum=$rest ;;
	plain) plain=1 ;;
	env) eval "[ -n \"\${$rest-}\" ]" || skip=1 ;;
	in | out | err) printf '%s\n' "$rest" >>"$tmp/$word" ;;
	file) printf '%s\n' "${rest#* }" >>"$tmp/dir/${rest%% *}" ;;
	got)
		if [ "$rest" = "${rest#* }" ]; then
			: >>"$tmp/want/$rest"
		else
			printf '%s\n' "${rest#* }" >>"$tmp/want/${rest%% *}"
		fi ;;
	'' | \#*) ;;
	*) echo "$1: what is '$line'?"; exit 99 ;;
	esac
done <"$table"
finish
exit $bad
