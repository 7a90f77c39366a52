# Merges against mergekit's own results.
exec tests/check-merge "$top_srcdir"/tests/data/merge
