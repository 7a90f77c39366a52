# The expected texts of tests/data/jinja.jsonl are what jinja2 renders.
exec "$PYTHON" "$top_srcdir"/tests/peers/jinja.py \
	"$top_srcdir"/tests/data/jinja.jsonl
