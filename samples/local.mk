dist_pkgdata_DATA = %D%/taxonomy.txt
rubricsdir = $(pkgdatadir)/rubrics
dist_rubrics_DATA = \
	%D%/rubrics/absolute.txt \
	%D%/rubrics/fluency.txt \
	%D%/rubrics/golden.txt \
	%D%/rubrics/helpfulness.txt \
	%D%/rubrics/pair.txt \
	%D%/rubrics/prefer.txt \
	%D%/rubrics/quality.txt \
	%D%/rubrics/safety.txt
EXTRA_DIST += %D%/prompts.jsonl %D%/judged.jsonl %D%/scorer.py \
	%D%/open.jsonl %D%/annotated.jsonl
EXTRA_DIST += %D%/first/Makefile %D%/first/table.sh %D%/first/prompts.jsonl \
	%D%/first/gold.jsonl %D%/first/heldout.jsonl
EXTRA_DIST += %D%/annotate/README.md
