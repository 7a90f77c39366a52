#include "gpu/quant.h"

#include <assert.h>
#include <string.h>

/* Block layouts: the ggml project's ggml-common.h. Products and sums are
 * rounded one by one, so that the values are those of other readers. */

float
f16_float(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000) << 16, exp = h >> 10 & 31;
	uint32_t frac = h & 0x3ff, u;
	float f;

	if (!exp) { /* subnormal: frac * 2^-24 */
		f = (float)frac * 0x1p-24f;
		return sign ? -f : f;
	}
	u = sign | (exp == 31 ? 255 : exp + 112) << 23 | frac << 13;
	memcpy(&f, &u, 4);
	return f;
}

static float
bf16_float(uint16_t h)
{
	uint32_t u = (uint32_t)h << 16;
	float f;

	memcpy(&f, &u, 4);
	return f;
}

static inline uint16_t
nearest_bf16(uint32_t u)
{
	uint32_t even = (u + 0x7fff + (u >> 16 & 1)) >> 16;

	return (
	    uint16_t)((u & 0x7fffffff) > 0x7f800000 ? u >> 16 | 0x40 : even);
}

uint16_t
bf16_round(float f)
{
	uint32_t u;

	memcpy(&u, &f, 4);
	return nearest_bf16(u);
}

void
bf16_rows(uint16_t *out, const float *x, size_t n)
{
	uint32_t u[16];

	/* Blocks of a fixed length become vector code. */
	for (; n >= 16; n -= 16, x += 16, out += 16) {
		memcpy(u, x, sizeof u);
		for (int i = 0; i < 16; i++)
			out[i] = nearest_bf16(u[i]);
	}
	for (size_t i = 0; i < n; i++)
		out[i] = bf16_round(x[i]);
}

static uint16_t
u16(const uint8_t *s)
{
	uint16_t x;

	memcpy(&x, s, 2);
	return x;
}

static float
half(const uint8_t *s)
{
	return f16_float(u16(s));
}

static void
f32(const uint8_t *s, size_t n, float *out)
{
	memcpy(out, s, 4 * n);
}

static void
f16(const uint8_t *s, size_t n, float *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = half(s + 2 * i);
}

static void
bf16(const uint8_t *s, size_t n, float *out)
{
	uint16_t h[16];

	for (; n >= 16; n -= 16, s += 32, out += 16) {
		memcpy(h, s, sizeof h);
		for (int i = 0; i < 16; i++)
			out[i] = bf16_float(h[i]);
	}
	for (size_t i = 0; i < n; i++)
		out[i] = bf16_float(u16(s + 2 * i));
}

/* d, 32 signed bytes: d q */
static void
q8_0(const uint8_t *s, size_t n, float *out)
{
	for (; n; n -= 32, s += 34, out += 32) {
		float d = half(s);

		for (int i = 0; i < 32; i++)
			out[i] = d * (float)(int8_t)s[2 + i];
	}
}

/* d, 32 nibbles, the low ones first: d (q - 8) */
static void
q4_0(const uint8_t *s, size_t n, float *out)
{
	for (; n; n -= 32, s += 18, out += 32) {
		float d = half(s);

		for (int i = 0; i < 16; i++) {
			out[i] = d * (float)((s[2 + i] & 15) - 8);
			out[i + 16] = d * (float)((s[2 + i] >> 4) - 8);
		}
	}
}

/* d, m, 32 nibbles: d q + m */
static void
q4_1(const uint8_t *s, size_t n, float *out)
{
	for (; n; n -= 32, s += 20, out += 32) {
		float d = half(s), m = half(s + 2);

		for (int i = 0; i < 16; i++) {
			out[i] = d * (float)(s[4 + i] & 15) + m;
			out[i + 16] = d * (float)(s[4 + i] >> 4) + m;
		}
	}
}

/* The fifth bits of 32 numbers, one bit each, and their nibbles. */
static int
five(const uint8_t *high, const uint8_t *low, int i)
{
	int nibble = i < 16 ? low[i] & 15 : low[i - 16] >> 4;

	return nibble | (high[i / 8] >> i % 8 & 1) << 4;
}

/* d, fifth bits, nibbles: d (q - 16) */
static void
q5_0(const uint8_t *s, size_t n, float *out)
{
	for (; n; n -= 32, s += 22, out += 32) {
		float d = half(s);

		for (int i = 0; i < 32; i++)
			out[i] = d * (float)(five(s + 2, s + 6, i) - 16);
	}
}

/* d, m, fifth bits, nibbles: d q + m */
static void
q5_1(const uint8_t *s, size_t n, float *out)
{
	for (; n; n -= 32, s += 24, out += 32) {
		float d = half(s), m = half(s + 2);

		for (int i = 0; i < 32; i++)
			out[i] = d * (float)five(s + 4, s + 8, i) + m;
	}
}

/* Six-bit scale and minimum of group g of 8, packed into 12 bytes: bytes 0-3
 * hold the scales of 0-3 and the top two bits of 4-7, bytes 4-7 the minima
 * alike, bytes 8-11 the low nibbles of both for 4-7. */
static void
scale_min(const uint8_t *s, int g, float *scale, float *min)
{
	int a, b;

	if (g < 4) {
		a = s[g] & 63;
		b = s[g + 4] & 63;
	} else {
		a = (s[g + 4] & 15) | (s[g - 4] >> 6) << 4;
		b = s[g + 4] >> 4 | (s[g] >> 6) << 4;
	}
	*scale = (float)a;
	*min = (float)b;
}

/* d, dmin, scales and minima of 8 groups, nibbles: (d scale) q - dmin min.
 * 32 bytes of nibbles hold two groups. */
static void
q4_k(const uint8_t *s, size_t n, float *out)
{
	for (; n; n -= 256, s += 144, out += 256) {
		for (int g = 0; g < 8; g++) {
			const uint8_t *q = s + 16 + g / 2 * 32;
			float scale, min;

			scale_min(s + 4, g, &scale, &min);
			scale *= half(s);
			min *= half(s + 2);
			for (int i = 0; i < 32; i++)
				out[32 * g + i] =
				    scale * (float)(q[i] >> g % 2 * 4 & 15) -
				    min;
		}
	}
}

/* The same with fifth bits: bit g of byte i is group g's item i. */
static void
q5_k(const uint8_t *s, size_t n, float *out)
{
	for (; n; n -= 256, s += 176, out += 256) {
		const uint8_t *high = s + 16;

		for (int g = 0; g < 8; g++) {
			const uint8_t *q = s + 48 + g / 2 * 32;
			float scale, min;

			scale_min(s + 4, g, &scale, &min);
			scale *= half(s);
			min *= half(s + 2);
			for (int i = 0; i < 32; i++) {
				int x = (q[i] >> g % 2 * 4 & 15) |
					(high[i] >> g & 1) << 4;

				out[32 * g + i] = scale * (float)x - min;
			}
		}
	}
}

/* Low nibbles, top two bits, 16 signed scales, d: (d scale) (q - 32). Each
 * half of 128: 64 bytes of nibbles (low, then high ones), 32 of top bits. */
static void
q6_k(const uint8_t *s, size_t n, float *out)
{
	for (; n; n -= 256, s += 210, out += 256) {
		float d = half(s + 208);

		for (int i = 0; i < 256; i++) {
			int part = i / 128, at = i % 128;
			int low =
			    s[64 * part + at % 64] >> (at < 64 ? 0 : 4) & 15;
			int top =
			    s[128 + 32 * part + at % 32] >> (at / 32 * 2) & 3;
			float scale = d * (float)(int8_t)s[192 + i / 16];

			out[i] = scale * (float)((low | top << 4) - 32);
		}
	}
}

static void (*const readers[])(const uint8_t *s, size_t n, float *out) = {
	[GGUF_F32] = f32,
	[GGUF_F16] = f16,
	[GGUF_Q4_0] = q4_0,
	[GGUF_Q4_1] = q4_1,
	[GGUF_Q5_0] = q5_0,
	[GGUF_Q5_1] = q5_1,
	[GGUF_Q8_0] = q8_0,
	[GGUF_Q4_K] = q4_k,
	[GGUF_Q5_K] = q5_k,
	[GGUF_Q6_K] = q6_k,
	[GGUF_BF16] = bf16,
};

bool
quant_known(uint32_t type)
{
	return type < sizeof readers / sizeof *readers && readers[type];
}

void
quant_read(uint32_t type, const void *from, size_t n, float *out)
{
	assert(quant_known(type) && !(n % gguf_type_info(type)->items));
	readers[type](from, n, out);
}

static const struct form {
	uint32_t type;
	struct quant_form form;
} forms[] = {
	{ GGUF_Q8_0, { 8, 32 } },
	{ GGUF_Q4_0, { 4, 32 } },
	{ GGUF_Q4_1, { 4, 32 } },
	{ GGUF_Q5_0, { 8, 32 } },
	{ GGUF_Q5_1, { 8, 32 } },
	{ GGUF_Q4_K, { 4, 32 } },
	{ GGUF_Q5_K, { 8, 32 } },
	{ GGUF_Q6_K, { 8, 16 } },
};

struct quant_form
quant_form(uint32_t type)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (forms[i].type == type)
			return forms[i].form;
	return (struct quant_form){ 0, 32 };
}

/* Group g of 32 numbers of a block (of 16 with Q6_K). */
static void
group(uint32_t type, const uint8_t *s, int g, int8_t *code, float *scale,
    float *min)
{
	*scale = half(s);
	*min = 0;
	switch (type) {
	case GGUF_Q8_0:
		memcpy(code, s + 2, 32);
		return;
	case GGUF_Q4_0:
	case GGUF_Q4_1:
		*min = type == GGUF_Q4_0 ? -8 * *scale : half(s + 2);
		s += type == GGUF_Q4_0 ? 2 : 4;
		for (int i = 0; i < 16; i++) {
			code[i] = s[i] & 15;
			code[i + 16] = (int8_t)(s[i] >> 4);
		}
		return;
	case GGUF_Q5_0:
		for (int i = 0; i < 32; i++)
			code[i] = (int8_t)(five(s + 2, s + 6, i) - 16);
		return;
	case GGUF_Q5_1:
		*min = half(s + 2);
		for (int i = 0; i < 32; i++)
			code[i] = (int8_t)five(s + 4, s + 8, i);
		return;
	case GGUF_Q4_K:
	case GGUF_Q5_K: {
		const uint8_t *q = s + (type == GGUF_Q4_K ? 16 : 48);

		scale_min(s + 4, g, scale, min);
		*scale *= half(s);
		*min *= -half(s + 2);
		for (int i = 0; i < 32; i++) {
			int x = q[g / 2 * 32 + i] >> g % 2 * 4 & 15;

			if (type == GGUF_Q5_K)
				x |= (s[16 + i] >> g & 1) << 4;
			code[i] = (int8_t)x;
		}
		return;
	}
	case GGUF_Q6_K:
		*scale = half(s + 208) * (float)(int8_t)s[192 + g];
		for (int k = 0; k < 16; k++) {
			int i = 16 * g + k, part = i / 128, at = i % 128;
			int low =
			    s[64 * part + at % 64] >> (at < 64 ? 0 : 4) & 15;
			int top =
			    s[128 + 32 * part + at % 32] >> (at / 32 * 2) & 3;

			code[k] = (int8_t)((low | top << 4) - 32);
		}
		return;
	}
}

void
quant_codes(uint32_t type, const void *from, size_t n, size_t block,
    int8_t *code, float *scale, float *min)
{
	const struct gguf_type_info *ti = gguf_type_info(type);
	size_t own = quant_form(type).block;
	int groups = (int)(ti->items / own);

	assert(quant_form(type).bits && !(n % ti->items) && !(own % block));
	for (const uint8_t *s = from; n; n -= ti->items, s += ti->bytes)
		for (int g = 0; g < groups; g++) {
			group(type, s, g, code, scale, min);
			code += own;
			for (size_t k = 1; k < own / block; k++) {
				scale[k] = *scale;
				min[k] = *min;
			}
			scale += own / block;
			min += own / block;
		}
}

void
quant_int8(const float *x, size_t n, size_t block, int8_t *code, float *scale,
    float *min)
{
	for (size_t i = 0; i < n; i += block, scale++, min++) {
		size_t m = n - i < block ? n - i : block;
		float most = 0, by;

		for (size_t k = 0; k < m; k++) {
			float a = x[i + k] < 0 ? -x[i + k] : x[i + k];

			most = a > most ? a : most;
		}
		*scale = most / 127;
		*min = 0;
		by = *scale > 0 ? 1 / *scale : 0;
		for (size_t k = 0; k < m; k++) {
			float q = x[i + k] * by;

			q = q < -127 ? -127 : q > 127 ? 127 : q;
			code[i + k] = (int8_t)(q < 0 ? q - 0.5f : q + 0.5f);
		}
	}
}
