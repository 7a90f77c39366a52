#include "libcore/hash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

uint64_t
hash64(const void *p, size_t n)
{
	return XXH3_64bits(p, n);
}

struct hash128
hash128(const void *p, size_t n)
{
	XXH128_hash_t h = XXH3_128bits(p, n);

	return (struct hash128){ h.high64, h.low64 };
}

void
hash_hex(char hex[33], struct hash128 h)
{
	snprintf(hex, 33, "%016llx%016llx", (unsigned long long)h.hi,
	    (unsigned long long)h.lo);
}

bool
hash_file(const char *path, struct hash128 *h, struct err *e)
{
	FILE *f = fopen(path, "rb");
	XXH3_state_t *s = XXH3_createState();
	char *chunk = need_alloc(1 << 20);
	XXH128_hash_t x;
	bool ok;
	size_t n;

	if (!f || !s) {
		XXH3_freeState(s);
		free(chunk);
		return err_set(
		    e, "cannot open '%s': %s", path, strerror(errno));
	}
	XXH3_128bits_reset(s);
	while ((n = fread(chunk, 1, 1 << 20, f)))
		XXH3_128bits_update(s, chunk, n);
	ok = !ferror(f);
	x = XXH3_128bits_digest(s);
	*h = (struct hash128){ x.high64, x.low64 };
	fclose(f);
	XXH3_freeState(s);
	free(chunk);
	return ok || err_set(e, "cannot read '%s'", path);
}

void
philox(uint32_t out[4], uint64_t key, uint64_t hi, uint64_t lo)
{
	uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
	uint32_t c[4] = { (uint32_t)lo, (uint32_t)(lo >> 32), (uint32_t)hi,
		(uint32_t)(hi >> 32) };

	for (int i = 0; i < 10; i++) {
		uint64_t a = (uint64_t)0xd2511f53u * c[0];
		uint64_t b = (uint64_t)0xcd9e8d57u * c[2];

		c[0] = (uint32_t)(b >> 32) ^ c[1] ^ k0;
		c[1] = (uint32_t)b;
		c[2] = (uint32_t)(a >> 32) ^ c[3] ^ k1;
		c[3] = (uint32_t)a;
		k0 += 0x9e3779b9u;
		k1 += 0xbb67ae85u;
	}
	memcpy(out, c, sizeof c);
}

double
rng_unit(uint64_t key, uint64_t hi, uint64_t lo)
{
	uint32_t r[4];
	uint64_t x;

	philox(r, key, hi, lo);
	x = ((uint64_t)r[0] << 32 | r[1]) >> 11;
	return (double)x * 0x1p-53;
}

uint64_t
rng_below(uint64_t n, uint64_t key, uint64_t hi, uint64_t lo)
{
	uint32_t r[4];
	uint64_t x;

	philox(r, key, hi, lo);
	x = (uint64_t)r[0] << 32 | r[1];
	return (uint64_t)(((unsigned __int128)x * n) >> 64);
}
