noinst_LIBRARIES += libcore/libcore.a
libcore_libcore_a_SOURCES = \
	%D%/answers.c %D%/answers.h \
	%D%/arena.c %D%/arena.h \
	%D%/complement.c %D%/complement.h \
	%D%/die.c %D%/die.h \
	%D%/gguf.c %D%/gguf.h \
	%D%/gold.c %D%/gold.h %D%/golds.c \
	%D%/hash.c %D%/hash.h \
	%D%/hub.c %D%/hub.h \
	%D%/json.c %D%/json.h \
	%D%/num.cc \
	%D%/places.c %D%/places.h \
	%D%/rouge.c %D%/rouge.h \
	%D%/grammar.c %D%/grammar.h %D%/grammar_in.h %D%/grammar_step.c \
	%D%/sandbox.c %D%/sandbox.h \
	%D%/schema.c %D%/schema.h %D%/schema_check.c \
	%D%/str.c %D%/str.h

# tokenisers
libcore_libcore_a_SOURCES += \
	%D%/bpe.c %D%/bpe.h \
	%D%/encode.c \
	%D%/onig.c %D%/onig.h \
	%D%/scan.c %D%/scan.h \
	%D%/split.c %D%/split.h \
	%D%/tok.c %D%/tok.h %D%/toki.h \
	%D%/tokfile.c %D%/tokgguf.c %D%/tokjson.c %D%/toksave.c \
	%D%/uni.c %D%/uni.h %D%/uni_data.c
EXTRA_DIST += %D%/uni.py

# finding duplicates
libcore_libcore_a_SOURCES += \
	%D%/fold.c %D%/fold.h %D%/fold_data.h \
	%D%/keyset.c %D%/keyset.h \
	%D%/minhash.c %D%/minhash.h
EXTRA_DIST += %D%/fold.py

# what texts are like
libcore_libcore_a_SOURCES += \
	%D%/casing.c %D%/casing.h \
	%D%/ifeval.c %D%/ifeval.h %D%/ifeval_in.h \
	%D%/ifeval_form.c %D%/ifeval_words.c \
	%D%/langid.c %D%/langid.h \
	%D%/sentences.c %D%/sentences.h \
	%D%/textstat.c %D%/textstat.h

# serving
if HTTPD
libcore_libcore_a_SOURCES += \
	%D%/httpd.c %D%/httpd.h \
	%D%/listen.c %D%/listen.h
endif

# asking servers
libcore_libcore_a_SOURCES += \
	%D%/address.c %D%/address.h \
	%D%/fetch.h \
	%D%/names.c %D%/names.h
if CURL
libcore_libcore_a_SOURCES += %D%/fetch.c
else
libcore_libcore_a_SOURCES += %D%/no_fetch.c
endif

# folders as output
libcore_libcore_a_SOURCES += \
	%D%/outdir.c %D%/outdir.h
# conversations as text
libcore_libcore_a_SOURCES += \
	%D%/agreement.c %D%/agreement.h \
	%D%/child.c %D%/child.h \
	%D%/coproc.c %D%/coproc.h \
	%D%/hold.c %D%/hold.h \
	%D%/interval.c %D%/interval.h \
	%D%/shared.c %D%/shared.h \
	%D%/talk.c %D%/talk.h \
	%D%/verdict.c %D%/verdict.h

# chat templates
libcore_libcore_a_SOURCES += \
	%D%/chat.c %D%/chat.h %D%/spans.c \
	%D%/jinja.h %D%/jinja_in.h %D%/jinja_parse.h \
	%D%/jinja_eval.c %D%/jinja_expr.c %D%/jinja_filter.c \
	%D%/jinja_format.c %D%/jinja_func.c %D%/jinja_lex.c \
	%D%/jinja_list.c %D%/jinja_make.c %D%/jinja_method.c \
	%D%/jinja_ops.c %D%/jinja_parse.c %D%/jinja_print.c \
	%D%/jinja_test.c %D%/jinja_text.c %D%/jinja_value.c \
	%D%/unicode.c %D%/unicode.h
# records, streams and the runner of the tools
libcore_libcore_a_SOURCES += \
	%D%/batch.c %D%/batch.h \
	%D%/cut.c %D%/cut.h \
	%D%/edit.c \
	%D%/msgs.c \
	%D%/opt.c %D%/opt.h \
	%D%/pipe.c %D%/pipe.h \
	%D%/rec.c %D%/rec.h \
	%D%/stop.c \
	%D%/tool.c %D%/tool.h \
	%D%/zin.c %D%/zio.h \
	%D%/zout.c

# packed files, as train reads them
libcore_libcore_a_SOURCES += \
	%D%/packed.c %D%/packed.h

# rows of samples
libcore_libcore_a_SOURCES += \
	%D%/bins.c %D%/bins.h %D%/pieces.c %D%/pieces.h
libcore_libcore_a_SOURCES += \
	%D%/near.c %D%/near.h \
	%D%/pattern.c %D%/pattern.h \
	%D%/taxonomy.c %D%/taxonomy.h
