#!/bin/sh
# table.sh OUT - what each stage of the flow in OUT did, from its own counts.
set -eu
cd "$1"

# number FILE KEY: the first "KEY":number of a JSON line
number() {
	sed -n "s/^.*\"$2\":\(-\{0,1\}[0-9.eE+-]*\)[,}].*/\1/p" "$1" | head -n 1
}

# why FILE: the members of "dropped", as text
why() {
	sed -n 's/^.*"dropped":{\([^}]*\)}.*/\1/p' "$1" |
		sed 's/"//g; s/:\([0-9]*\)\(,\|$\)/ \1\2/g; s/,/, /g'
}

line='%-16s %6s %6s  %s\n'
# shellcheck disable=SC2059
printf "$line" stage in out 'dropped, and why'
while read -r file name; do
	# shellcheck disable=SC2059
	printf "$line" "$name" "$(number $file.stats.json in)" \
		"$(number $file.stats.json out)" "$(why $file.stats.json)"
done <<'END'
classified prompt-classify
scored prompt-score
fresh dedup
selected prompt-select
responses respond
judged judge
best prefpair --best
sft.packed pack to rows
pairs prefpair
dpo.packed pack to rows
END

echo
echo "respond: $(number responses.stats.json tokens_drawn) tokens drawn,\
 $(number responses.stats.json tokens_per_second) tokens/s"
for run in sft dpo; do
	awk -v run=$run '
		function get(key) {
			if (!match($0, "\"" key "\":[-0-9.eE+]*"))
				return ""
			return substr($0, RSTART + length(key) + 3,
				RLENGTH - length(key) - 3)
		}
		{
			last = get("loss")
			tokens += get("tokens")
			if (get("tok_s") > 0)
				secs += get("tokens") / get("tok_s")
			if (NR == 1)
				first = last
		}
		END {
			if (!NR)
				exit
			printf "train %s: %d steps, %d tokens, ", run, NR, tokens
			printf "%.0f tokens/s, ", secs ? tokens / secs : 0
			printf "loss of the first step %.4f, ", first
			printf "of the last %.4f\n", last
		}' $run.log.jsonl
done
echo
echo "held-out loss [95% interval], and accuracy on held-out sums:"
cat eval.txt
echo
cat <<END
Look inside:
  record view $1/judged.jsonl.zst | less
  record count --by labels.ability $1/selected.jsonl.zst
  pack -m MODEL --show spans $1/best.jsonl.zst | less -R
  cat $1/fresh.ledger.jsonl $1/eval.json
END
