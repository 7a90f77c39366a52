# Fuzz targets, built with --enable-fuzz and clang. A new one is a file here
# and the four lines below (LDADD leaves gpu/ out where it is not needed);
# run.sh runs all that are built. Files in corpus/NAME, where there are any,
# are what it starts from.
FUZZLINK = -fsanitize=fuzzer

if FUZZ
noinst_PROGRAMS += %D%/records
%C%_records_SOURCES = %D%/records.c
%C%_records_LDFLAGS = $(FUZZLINK)
%C%_records_LDADD = libcore/libcore.a

noinst_PROGRAMS += %D%/streams
%C%_streams_SOURCES = %D%/streams.c
%C%_streams_LDFLAGS = $(FUZZLINK)
%C%_streams_LDADD = libcore/libcore.a

noinst_PROGRAMS += %D%/tokenizer
%C%_tokenizer_SOURCES = %D%/tokenizer.c
%C%_tokenizer_LDFLAGS = $(FUZZLINK)
%C%_tokenizer_LDADD = libcore/libcore.a
endif

EXTRA_DIST += %D%/run.sh %D%/records.c %D%/streams.c \
	%D%/corpus/records/a %D%/corpus/records/b \
	%D%/corpus/streams/array %D%/corpus/streams/gz \
	%D%/corpus/streams/zst
EXTRA_DIST += %D%/tokenizer.c %D%/corpus/tokenizer/bytes \
	%D%/corpus/tokenizer/chars %D%/corpus/tokenizer/gguf

if FUZZ
noinst_PROGRAMS += %D%/jinja
%C%_jinja_SOURCES = %D%/jinja.c
%C%_jinja_LDFLAGS = $(FUZZLINK)
%C%_jinja_LDADD = libcore/libcore.a
endif
EXTRA_DIST += %D%/jinja.c %D%/corpus/jinja/filters \
	%D%/corpus/jinja/opens %D%/corpus/jinja/statements \
	%D%/corpus/jinja/think %D%/corpus/jinja/turns
