#include "libcore/shared.h"

#include <string.h>
#include <unistd.h>

void
shared_find(struct buf *path, const char *pkgdata, const char *name)
{
	static const char *const beside[] = {
		"/../share/plumbline",
		"/samples",
	};
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	self[n > 0 ? n : 0] = '\0';
	if (n > 0 && strrchr(self, '/'))
		*strrchr(self, '/') = '\0';
	for (size_t i = 0; n > 0 && i < sizeof beside / sizeof *beside; i++) {
		buf_reset(path);
		buf_printf(path, "%s%s/%s", self, beside[i], name);
		if (!access(path->s, R_OK))
			return;
	}
	buf_reset(path);
	buf_printf(path, "%s/%s", pkgdata, name);
}
