/* Any bytes as a stream: decoded and cut into lines; nothing but an error or
 * text may come of it. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libcore/cut.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	int fd = memfd_create("fuzz", 0);
	char path[40], *files[] = { path };
	struct cut b = { 0 };
	struct cutter *c;
	size_t all = 0;

	if (fd < 0 || write(fd, data, n) != (ssize_t)n)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	c = cut_new(files, 1, 1000);
	while (all < 64 << 20 && cut_next(c, &b)) {
		assert(!b.failed || b.why.why[0]);
		all += b.text.n;
	}
	cut_free(c);
	buf_done(&b.text);
	close(fd);
	return 0;
}
