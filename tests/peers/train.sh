# train against torch: the same steps, every parameter compared.
set -u
python=${PYTHON:-python3}
"$python" -c "import torch, transformers" 2>/dev/null || {
	echo "train.sh: $python has no torch and transformers: skipped"
	exit 77
}
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT
bad=0
families="llama qwen2 qwen3 mistral gemma3"
for arch in $families; do
	tests/mktoy -a $arch "$tmp/$arch"
done
echo '{"plumbline":"packed","version":1,"tokenizer":"0"}' >"$tmp/other"
hash=$(./train sft -m "$tmp/llama" -o "$tmp/no" "$tmp/other" 2>&1 |
	sed -n 's/.* is "\([0-9a-f]*\)".*/\1/p')
for kind in sft pairs; do
	printf '{"plumbline":"packed","version":1,"kind":"%s","tokenizer":"%s"}\n' \
		$kind "$hash"
done >"$tmp/headers"
sed 1q "$tmp/headers" >"$tmp/sft"
sed 1d "$tmp/headers" >"$tmp/pairs"
for i in 1 2 3 4 5 6 7; do
	echo "{\"input_ids\":[$i,20,3$i,4$i,5,60,7$i,8,9$i]," \
		'"weights":[0,0,1,1,0,0.5,1,1,0.25],"cu_seqlens":[0,4,9]}'
done >>"$tmp/sft"
for i in 1 2 3 4 5 6 7; do
	echo "{\"chosen\":{\"input_ids\":[9,$i,2$i,30]," \
		'"weights":[0,0,1,1]},' \
		"\"rejected\":{\"input_ids\":[9,$i,11$i,7,4$i]," \
		'"weights":[0,0,1,1,0.5]}}'
done | sed 's/11\([0-9]\)/10\1/' >>"$tmp/pairs"
for arch in $families; do
	for method in sft dpo; do
		file=$tmp/sft
		[ $method = sft ] || file=$tmp/pairs
		./train $method -m "$tmp/$arch" -o "$tmp/$method.$arch" -q \
			--dtype f32 --lr 1e-3 --steps 6 --batch 7 \
			--schedule linear --warmup 2 --clip 1 \
			--weight-decay 0.01 --log "$tmp/$method.$arch.log" \
			"$file" || bad=1
	done
done
"$python" "$top_srcdir/tests/peers/train.py" "$tmp" || bad=1
exit $bad
