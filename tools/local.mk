bin_PROGRAMS += respond judge evaluate
respond_SOURCES = %D%/respond.c
judge_SOURCES = %D%/judge.c
evaluate_SOURCES = %D%/evaluate.c
bin_PROGRAMS += train
train_SOURCES = %D%/train.c
