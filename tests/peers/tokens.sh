# Tokenisers against llama.cpp's own vocabularies and cases, which the source
# package of llama-cpp-python carries, and against Hugging Face tokenizers
# (in the Python, pip install tokenizers) on random texts.
# LLAMA_CPP_PYTHON names the package's unpacked folder, if it is there already.
set -e
version=0.3.36
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
if [ -z "$LLAMA_CPP_PYTHON" ]
then
	"$PYTHON" -m pip download -q --no-deps --no-binary llama-cpp-python \
		-d "$tmp" llama-cpp-python==$version
	tar xzf "$tmp"/llama_cpp_python-$version.tar.gz -C "$tmp"
	LLAMA_CPP_PYTHON=$tmp/llama_cpp_python-$version
fi
# qwen35 is left out: its cases are without the NFC that the model's own
# tokeniser does.
for name in gpt-2 llama-bpe llama-spm qwen2 starcoder refact command-r mpt \
	deepseek-coder phi-3 gemma-4
do
	vocab=$LLAMA_CPP_PYTHON/vendor/llama.cpp/models/ggml-vocab-$name.gguf
	"$PYTHON" "$top_srcdir"/tests/peers/tokens.py cases "$vocab" \
		>"$tmp"/cases.jsonl
	echo "$name"
	tests/check-tokens "$vocab" "$tmp"/cases.jsonl || status=1
	mkdir -p "$tmp"/$name
	tests/savetok "$vocab" "$tmp"/$name
	"$PYTHON" "$top_srcdir"/tests/peers/tokens.py random \
		"$tmp"/$name/tokenizer.json 2000 >"$tmp"/cases.jsonl
	tests/check-tokens "$vocab" "$tmp"/cases.jsonl || status=1
	tests/check-tokens "$tmp"/$name "$tmp"/cases.jsonl || status=1
done
exit ${status:-0}
