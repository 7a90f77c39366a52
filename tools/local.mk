bin_PROGRAMS += respond judge evaluate prompt-augment
respond_SOURCES = %D%/respond.c \
	%D%/respond/retry.c %D%/respond/retry.h \
	%D%/respond/serve.h
respond_LDADD = $(LDADD) $(HTTPD_LIBS)
if HTTPD
respond_SOURCES += \
	%D%/respond/call.c %D%/respond/call.h \
	%D%/respond/field.c %D%/respond/field.h \
	%D%/respond/serve.c \
	%D%/respond/shape.c %D%/respond/shape.h \
	%D%/respond/tell.c \
	%D%/respond/want.c
else
respond_SOURCES += %D%/respond/no_serve.c
endif
judge_SOURCES = %D%/judge.c \
	%D%/judge/choices.c %D%/judge/choices.h \
	%D%/judge/cmd.c \
	%D%/judge/code.c \
	%D%/judge/compared.c \
	%D%/judge/form.c \
	%D%/judge/gold.c \
	%D%/judge/harness.c %D%/judge/harness.h \
	%D%/judge/human.c \
	%D%/judge/ifeval.c \
	%D%/judge/judge.h \
	%D%/judge/models.c %D%/judge/models.h \
	%D%/judge/pairs.c %D%/judge/pairs.h \
	%D%/judge/panel.c %D%/judge/panel.h \
	%D%/judge/points.c \
	%D%/judge/question.c %D%/judge/question.h \
	%D%/judge/reward.c \
	%D%/judge/rubric.c %D%/judge/rubric.h \
	%D%/judge/tally.c %D%/judge/tally.h \
	%D%/judge/votes.c
judge_CPPFLAGS = $(AM_CPPFLAGS) -DPKGDATADIR='"$(pkgdatadir)"'
evaluate_SOURCES = %D%/evaluate.c
prompt_augment_SOURCES = %D%/prompt-augment.c
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
pack_SOURCES = %D%/pack.c %D%/pack/show.c %D%/pack/show.h
# One file for each program.
bin_PROGRAMS += dedup prefpair prompt-classify prompt-score prompt-select
dedup_SOURCES = %D%/dedup.c
prefpair_SOURCES = %D%/prefpair.c \
	%D%/prefpair/annotate.c \
	%D%/prefpair/annotated.c \
	%D%/prefpair/choose.c \
	%D%/prefpair/forms.c \
	%D%/prefpair/open.c \
	%D%/prefpair/prefpair.h \
	%D%/prefpair/read.c \
	%D%/prefpair/scale.c \
	%D%/prefpair/seal.c \
	%D%/prefpair/sets.c \
	%D%/prefpair/write.c
prompt_classify_SOURCES = %D%/prompt-classify.c
prompt_classify_CPPFLAGS = $(AM_CPPFLAGS) -DPKGDATADIR='"$(pkgdatadir)"'
prompt_score_SOURCES = %D%/prompt-score.c
prompt_select_SOURCES = %D%/prompt-select.c
