dist_pkgdata_DATA = %D%/taxonomy.txt
EXTRA_DIST += %D%/prompts.jsonl %D%/judged.jsonl
EXTRA_DIST += %D%/first/Makefile %D%/first/table.sh %D%/first/prompts.jsonl \
	%D%/first/gold.jsonl %D%/first/heldout.jsonl
