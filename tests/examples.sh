#!/bin/sh
# Every command under EXAMPLES in the pages is run, on samples/ and toy models
# under the names that the pages use. Each must end well and write something.
# Only what wants a GGUF file is passed over, or a sandbox where there is none.
set -u
build=$PWD
top=$(cd "$top_srcdir" && pwd)
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT
bad=0
mkdir "$tmp/bin" "$tmp/dir"

# A pipe's status is its last program's, so each one notes its own.
for page in "$top"/man/*.1; do
	tool=$(basename "$page" .1)
	cat >"$tmp/bin/$tool" <<END
#!/bin/sh
"$build/$tool" "\$@" || echo "exit \$?: $tool \$*" >>"$tmp/failed"
END
	chmod +x "$tmp/bin/$tool"
done
printf '#!/bin/sh\nexec cat\n' >"$tmp/bin/less"
chmod +x "$tmp/bin/less"
PATH=$tmp/bin:$PATH

# The commands of a page, one a line.
commands() {
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' "$1" |
		sed -n -e 's/^\.Dl //p' -e '/^\.Bd/,/^\.Ed/{/^\./!p;}' |
		sed -e ':a' -e '/|$/{N;s/\n[	 ]*/ /;ba' -e '}'
}

cd "$tmp/dir" || exit 1
ln -s "$top/samples" samples
mkdir models
seed=1
for model in model start sft dpo merged; do
	"$build/tests/mktoy" -c 2048 -s $seed models/$model || exit 1
	seed=$((seed + 1))
done
head -n 8 samples/first/heldout.jsonl >heldout.jsonl
head -n 4 samples/first/gold.jsonl >gold.jsonl
head -n 4 samples/prompts.jsonl | zstd -q >prompts.jsonl.zst
zstd -q samples/judged.jsonl -o responses.jsonl.zst
prefpair -q --best -o sft.jsonl samples/judged.jsonl
pack -q -m models/model -o rows.zst sft.jsonl
prefpair -q samples/judged.jsonl | pack -q -m models/model -o pairs.zst
[ ! -e "$tmp/failed" ] || { cat "$tmp/failed"; exit 1; }

for page in "$top"/man/*.[157]; do
	commands "$page" >"$tmp/commands"
	[ -s "$tmp/commands" ] || { echo "FAIL $page: no example"; bad=1; }
	while IFS= read -r line; do
		case $line in
		*.gguf*)
			echo "skip $line"
			continue ;;
		*--code*)
			judge -q --code </dev/null >/dev/null 2>&1 || {
				echo "skip $line: no sandbox"
				rm -f "$tmp/failed"
				continue
			} ;;
		esac
		rm -rf model start sft dpo merged "$tmp/failed"
		cp -r models/* .
		# where a model is written, none stands yet
		out=$(echo "$line" | sed -n 's/.* -o \([a-z]*\)\( .*\)*$/\1/p')
		[ -z "$out" ] || rm -rf "./$out"
		touch "$tmp/mark"
		sleep 0.05 # a tick of the file system's clock
		(eval "$line") >"$tmp/out" 2>"$tmp/err" </dev/null
		rc=$?
		if [ $rc != 0 ] || [ -e "$tmp/failed" ] ||
			{ [ ! -s "$tmp/out" ] &&
			[ -z "$(find . -newer "$tmp/mark" -type f -size +0)" ]; }
		then
			echo "FAIL $page: $line"
			cat "$tmp/failed" "$tmp/err" 2>/dev/null
			bad=1
		else
			echo "ok   $line"
		fi
	done <"$tmp/commands"
done
exit $bad
