#ifndef QUANT_H
#define QUANT_H
#include "libcore/gguf.h"
/*
 * Numbers as files store them, to float32: F32, F16, BF16, Q8_0, Q4_0, Q4_1,
 * Q5_0, Q5_1, Q4_K, Q5_K, Q6_K, exactly as the gguf Python package decodes
 * them. Takes no memory; `from` needs no alignment.
 */
bool quant_known(uint32_t type);
/* n numbers, a multiple of the type's items per block (gguf_type_info). */
void quant_read(uint32_t type, const void *from, size_t n, float *out);

float f16_float(uint16_t);
uint16_t bf16_round(float); /* nearest even; NaN stays NaN */
void bf16_rows(uint16_t *out, const float *, size_t n); /* the same, n times */
#endif
