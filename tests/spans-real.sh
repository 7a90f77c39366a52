# Spans of real models' templates, worked out by hand.
exec tests/check-spans "$top_srcdir"/tests/data/spans-real.jsonl \
	"$SHARED"/oracle/templates
