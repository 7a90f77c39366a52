#ifndef TOKTEXT_H
#define TOKTEXT_H
#include "libcore/hub.h"
/*
 * A GGUF vocabulary as the tokenizers library's files, such that they give
 * the same ids: byte-level BPE (tokenizer.ggml.model `gpt2`) with the merges
 * as they stand and the pre-tokenizer by its name, or SentencePiece BPE
 * (`llama`) with merges made from the scores.
 */
/* tokenizer.json. A vocabulary of another kind, with a pre-tokenizer that is
 * not in the table, or that contradicts itself (a token twice, a merge whose
 * parts are no tokens, text that is not UTF-8) is refused by name. */
bool toktext_json(struct buf *, const struct hub *, struct err *);
/* tokenizer_config.json, chat template included. After toktext_json. */
void toktext_config(struct buf *, const struct hub *);
#endif
