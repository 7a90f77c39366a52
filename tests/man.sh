#!/bin/sh
# Each page is free of mandoc's warnings and has its sections, and pages and --help name the same
# options: what --help prints is in the tool's page or in plumbline(7), and
# what the tool's page describes --help prints.
set -u
command -v mandoc >/dev/null || exit 77
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT
man=$top_srcdir/man
bad=0

say() {
	echo "$*"
	bad=1
}

# The options of a page, -x or --long, one a line.
described() {
	sed -n 's/^\.It Fl //p' "$@" | tr ' ' '\n' | grep -v '^Fl$' |
		awk '/^-?[A-Za-z]/ && !skip { print "-" $0 }
			{ skip = ($0 == "Ar") }' |
		awk 'length($0) == 2 || /^--/' | sort -u
}

# The options that --help prints, of every command where there are several.
printed() {
	"./$1" --help >"$tmp/help" 2>&1 </dev/null || return 1
	sed -n "s|^  $1 \([a-z-]*\) .*|\1|p" "$tmp/help" >"$tmp/commands"
	while read -r command; do
		"./$1" "$command" --help </dev/null
	done <"$tmp/commands" >>"$tmp/help"
	sed -nE 's/^  (    |(-.), )(--[a-z0-9-]+).*/\2 \3/p' "$tmp/help" |
		tr ' ' '\n' | grep . | sort -u
}

described "$man/plumbline.7" >"$tmp/shared"
for page in "$man"/*.[157]; do
	mandoc -T lint -W warning "$page" >"$tmp/lint" 2>&1 ||
		say "$(cat "$tmp/lint")"
	for section in NAME DESCRIPTION EXAMPLES 'SEE ALSO'; do
		grep -q "^\.Sh $section" "$page" || say "$page: no $section"
	done
	tool=$(basename "$page" .1)
	[ "$page" = "$man/$tool.1" ] || continue
	for section in SYNOPSIS 'EXIT STATUS'; do
		grep -q "^\.Sh $section" "$page" || say "$page: no $section"
	done
	if [ ! -x "./$tool" ]; then
		[ -n "${PLUMBLINE_PARTIAL-}" ] || say "$page: no program $tool"
		continue
	fi
	printed "$tool" >"$tmp/printed" || say "$tool: --help fails"
	described "$page" >"$tmp/described"
	sort -u "$tmp/described" "$tmp/shared" | comm -23 "$tmp/printed" - |
		sed "s|^|$page: not described: |" >"$tmp/missing"
	comm -13 "$tmp/printed" "$tmp/described" |
		sed "s|^|$page: not an option: |" >>"$tmp/missing"
	[ ! -s "$tmp/missing" ] || say "$(cat "$tmp/missing")"
done

# The shared options, against a tool that has no page.
printed tests/pass | sort >"$tmp/printed"
comm -23 "$tmp/shared" "$tmp/printed" | grep . &&
	say "$man/plumbline.7: not an option: the above"
exit $bad
