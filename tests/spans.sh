# Spans of templates of our own, worked out by hand.
exec tests/check-spans "$top_srcdir"/tests/data/spans.jsonl \
	"$top_srcdir"/tests/data
