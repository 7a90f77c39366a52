# Small tokenisers of our own; the ids are those of Hugging Face tokenizers.
status=0
for vocab in "$top_srcdir"/tests/data/tokens/*.json
do
	echo "$vocab"
	tests/check-tokens "$vocab" "${vocab}l" || status=1
done
exit $status
