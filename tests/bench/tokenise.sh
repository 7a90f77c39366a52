# Tokenising beside tiktoken, one thread each. Run in a build folder:
#   PYTHON=venv/bin/python SHARED=../../shared tests/bench/tokenise.sh [TEXT]
# The Python wants tiktoken. TEXT: by default 8 MB of the prompts.
set -e
here=$(dirname "$0")
vocab=${VOCAB:-$SHARED/oracle/tokenizers/tokenizer.json}
text=$1
if [ -z "$text" ]
then
	text=$(mktemp)
	trap 'rm -f "$text"' EXIT
	zstd -dcq "$SHARED"/data/prompts.jsonl.zst 2>/dev/null |
		head -n 12000 >"$text" || true
fi
"${PYTHON:-python3}" "$here"/tokenise.py tests/bench/tokenise "$vocab" "$text"
