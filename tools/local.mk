bin_PROGRAMS += respond judge evaluate
respond_SOURCES = %D%/respond.c
judge_SOURCES = %D%/judge.c
evaluate_SOURCES = %D%/evaluate.c
bin_PROGRAMS += train
train_SOURCES = %D%/train.c

bin_PROGRAMS += record
record_SOURCES = %D%/record.c \
	%D%/record/convert.c \
	%D%/record/count.c \
	%D%/record/diff.c \
	%D%/record/record.h \
	%D%/record/sample.c \
	%D%/record/split.c \
	%D%/record/view.c

bin_PROGRAMS += merge
merge_SOURCES = %D%/merge.c
bin_PROGRAMS += pack
pack_SOURCES = %D%/pack.c
