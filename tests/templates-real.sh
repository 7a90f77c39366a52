# Real models' templates, to the byte.
exec tests/check-templates "$SHARED"/oracle/templates/cases.jsonl \
	"$SHARED"/oracle/templates
