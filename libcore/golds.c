/* The gold answers of a record, against a response. */
#include "libcore/gold.h"

bool
gold_right(enum gold_kind kind, struct rec *r, const struct json *gold,
    struct str response)
{
	const struct json *v;

	if (gold->type == JSON_STRING)
		return gold_match(kind, rec_text(r, gold), response);
	if (gold->type != JSON_ARRAY)
		return gold_match(kind, json_raw(&r->doc, gold), response);
	v = json_first(gold);
	for (uint32_t i = 0; i < gold->n; i++, v = json_next(v))
		if (gold_right(kind, r, v, response))
			return true;
	return false;
}
