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

/*
 * Types whose numbers are code * scale + min, rounded twice, in blocks: what
 * op_mat_code keeps. bits: 8 or 4 (codes 0 to 15); 0: not such a type.
 */
struct quant_form {
	int bits;
	size_t block; /* 32 or 16 */
};
struct quant_form quant_form(uint32_t type);
/* code[n], scale and min [n / block]; n as for quant_read, block the type's or
 * 16. code * scale + min are the numbers that quant_read gives (but for the
 * sign of zero). */
void quant_codes(uint32_t type, const void *from, size_t n, size_t block,
    int8_t *code, float *scale, float *min);
/* Floats to codes of 8 bits: scale = greatest |x| of the block / 127, min = 0;
 * off by scale / 2 at most. [n / block, rounded up] blocks. */
void quant_int8(const float *x, size_t n, size_t block, int8_t *code,
    float *scale, float *min);

float f16_float(uint16_t);
uint16_t bf16_round(float); /* nearest even; NaN stays NaN */
void bf16_rows(uint16_t *out, const float *, size_t n); /* the same, n times */
#endif
