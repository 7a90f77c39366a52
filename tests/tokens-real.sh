# A real model's tokeniser, on texts in 30 languages.
exec tests/check-tokens "$SHARED"/oracle/tokenizers/tokenizer.json \
	"$SHARED"/oracle/tokenizers/smollm2.jsonl
