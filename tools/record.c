/* record - look at records and follow them. Page: man/record.1 */
#include "tools/record/record.h"

#include <string.h>

void
record_show(
    struct rec *r, const struct json *v, const char *newline, struct buf *b)
{
	struct str s = json_raw(&r->doc, v);

	if (v->type == JSON_STRING) {
		struct str t = json_str(&r->doc, v, r->mem);

		s = t.s ? t : s;
	}
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.s[i];

		if (c == '\n' && newline)
			buf_puts(b, newline);
		else if (c == '\t' && newline)
			buf_char(b, '\t');
		else if (c < 0x20 || c == 0x7f)
			buf_printf(b, "\\x%02x", c);
		else if (c == 0xc2 && i + 1 < s.n &&
			 (unsigned char)s.s[i + 1] < 0xa0)
			buf_printf(b, "\\x%02x", (unsigned char)s.s[++i]);
		else
			buf_char(b, (char)c);
	}
}

int
main(int argc, char **argv)
{
	static const struct tool *const subs[] = { &record_view, &record_sample,
		&record_split, &record_count, &record_diff, &record_convert,
		NULL };

	return tool_sub(
	    "record", "look at records and follow them", subs, argc, argv);
}
