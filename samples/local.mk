dist_pkgdata_DATA = %D%/taxonomy.txt
EXTRA_DIST += %D%/prompts.jsonl %D%/judged.jsonl
