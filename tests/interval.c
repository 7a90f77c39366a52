/* Intervals: Wilson's against tabulated values, the bootstrap against what
 * is known of it. */
#include <math.h>
#include <stdio.h>

#include "libcore/hash.h"
#include "libcore/interval.h"

static int bad;

static void
expect(int ok, const char *what)
{
	if (!ok) {
		printf("FAIL %s\n", what);
		bad = 1;
	}
}

static int
near(double x, double y, double by)
{
	return fabs(x - y) < by;
}

int
main(void)
{
	struct interval i = interval_share(15, 20), j;
	double a[200], b[200], c[200];

	expect(near(i.value, 0.75, 1e-12) && near(i.low, 0.53130, 1e-5) &&
		   near(i.high, 0.88814, 1e-5),
	    "15 of 20");
	i = interval_share(0, 10);
	expect(i.low <= 0 && near(i.high, 0.27754, 1e-4), "0 of 10");
	i = interval_share(10, 10);
	expect(near(i.low, 0.72246, 1e-4) && near(i.high, 1, 1e-9), "10 of 10");
	i = interval_share(0, 0);
	expect(i.high <= 0, "none");
	for (int k = 0; k < 200; k++) {
		a[k] = rng_unit(1, 0, (uint64_t)k);
		b[k] = 1 + rng_unit(2, 0, (uint64_t)k);
		c[k] = a[k] - 0.25;
	}
	/* the mean of 200 uniform numbers: 0.5 +- 1.96 * 0.2887 / sqrt(200) */
	i = interval_ratio(a, NULL, NULL, NULL, 200, 1000, 5);
	expect(near(i.high - i.low, 0.080, 0.012), "width of a mean");
	expect(i.low < i.value && i.value < i.high, "it is inside");
	j = interval_ratio(a, NULL, NULL, NULL, 200, 1000, 5);
	expect(!(i.low < j.low || i.low > j.low), "the same seed, the same");
	i = interval_ratio(a, NULL, c, NULL, 200, 500, 5);
	expect(near(i.value, 0.25, 1e-9) && near(i.low, 0.25, 1e-9) &&
		   near(i.high, 0.25, 1e-9),
	    "a paired difference that is constant");
	i = interval_ratio(b, b, NULL, NULL, 200, 100, 1);
	expect(near(i.value, 1, 1e-12) && near(i.low, 1, 1e-12), "ratio");
	i = interval_ratio(a, b, a, b, 200, 100, 1);
	expect(near(i.value, 0, 1e-12) && near(i.high, 0, 1e-12), "no change");
	i = interval_ratio(a, NULL, NULL, NULL, 0, 100, 1);
	expect(i.high <= 0, "no records");
	return bad;
}
