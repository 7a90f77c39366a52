# Fuzz targets, for clang and --enable-fuzz: a file here and its name below.
# `make fuzz-targets` builds them, run.sh runs all that are built; files in
# corpus/NAME, where there are any, are what NAME starts from.
fuzz_targets = \
	%D%/gguf \
	%D%/jinja \
	%D%/preferences \
	%D%/recipe \
	%D%/records \
	%D%/safetensors \
	%D%/streams \
	%D%/tokenizer \
	%D%/verdict \
	%D%/wire
EXTRA_PROGRAMS += $(fuzz_targets)
CLEANFILES += $(fuzz_targets)

.PHONY: fuzz-targets
fuzz-targets:
	$(MAKE) $(AM_MAKEFLAGS) LDFLAGS='$(LDFLAGS) -fsanitize=fuzzer' \
		$(fuzz_targets)

EXTRA_DIST += %D%/run.sh %D%/corpus

# The parts of prefpair, without its main.
%C%_preferences_SOURCES = %D%/preferences.c \
	tools/prefpair/annotate.c \
	tools/prefpair/annotated.c \
	tools/prefpair/choose.c \
	tools/prefpair/forms.c \
	tools/prefpair/open.c \
	tools/prefpair/prefpair.h \
	tools/prefpair/read.c \
	tools/prefpair/scale.c \
	tools/prefpair/seal.c \
	tools/prefpair/sets.c \
	tools/prefpair/write.c
