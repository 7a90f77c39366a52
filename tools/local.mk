bin_PROGRAMS += respond judge evaluate
respond_SOURCES = %D%/respond.c
judge_SOURCES = %D%/judge.c
evaluate_SOURCES = %D%/evaluate.c
