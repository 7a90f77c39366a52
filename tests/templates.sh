# Templates and conversations of our own, to the byte.
exec tests/check-templates "$top_srcdir"/tests/data/jinja.jsonl \
	"$top_srcdir"/tests/data
