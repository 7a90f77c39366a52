#ifndef EXPORT_H
#define EXPORT_H
#include "libcore/hub.h"
#include "libcore/outdir.h"
/*
 * The files of a Hugging Face folder but the weights, made from what a GGUF
 * file says: config.json, generation_config.json, and of its vocabulary
 * tokenizer.json, tokenizer_config.json and chat_template.jinja.
 *
 * The vocabulary is byte-level BPE (tokenizer.ggml.model `gpt2`) with one of
 * the pre-tokenizers in export.c's table, or SentencePiece BPE (`llama`), as
 * the tokenizers library runs them. Another is refused by name.
 */
/* dtype: as config.json spells it ("bfloat16"). */
bool export_files(
    struct outdir *, const struct hub *, const char *dtype, struct err *);
#endif
