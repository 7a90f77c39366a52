TEST_EXTENSIONS = .t .sh
# Signals as they are in a login shell, whatever the parent ignores: a shell
# cannot undo that, and the tests are about who says what after a closed pipe.
PLAIN_SHELL = env --default-signal $(SHELL)
T_LOG_COMPILER = $(PLAIN_SHELL) $(top_srcdir)/%D%/run.sh
SH_LOG_COMPILER = $(PLAIN_SHELL)
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(top_srcdir)'; export top_srcdir; \
	program_transform_name='$(program_transform_name)'; \
	export program_transform_name; \
	SHARED='$(SHARED)'; export SHARED; PYTHON='$(PYTHON)'; export PYTHON;

# make check needs nothing but the packages. REAL_TESTS want the oracles and
# data in SHARED; PEER_TESTS want a Python with the peers in it, which they
# compare with (see CONTRIBUTING.md). No two tests may differ in their suffix
# alone, for they would share a log. A script stands in one of the three
# lists below and is put into the release with them.
SHARED = $(top_srcdir)/../shared
PYTHON = python3

# Programs that are tests, each of one file, NAME.c, but where it says so.
unit_tests = \
	%D%/agreement \
	%D%/answers \
	%D%/bins \
	%D%/complement \
	%D%/conf \
	%D%/drip \
	%D%/dups \
	%D%/engine \
	%D%/generate \
	%D%/gguf \
	%D%/gold \
	%D%/grammar \
	%D%/guarded \
	%D%/hub \
	%D%/ifeval \
	%D%/interval \
	%D%/json \
	%D%/langid \
	%D%/losses \
	%D%/mask \
	%D%/merges \
	%D%/near \
	%D%/ops \
	%D%/pages \
	%D%/paths \
	%D%/pattern \
	%D%/places \
	%D%/rouge \
	%D%/safetensors \
	%D%/sample \
	%D%/save \
	%D%/schema \
	%D%/sentences \
	%D%/textstat \
	%D%/twelve \
	%D%/tok \
	%D%/verdict \
	%D%/weights \
	%D%/wire

# The guard backend stands beside the tests that run on it.
%C%_engine_SOURCES = %D%/engine.c %D%/guard.c %D%/guard.h
%C%_guarded_SOURCES = %D%/guarded.c %D%/guard.c %D%/guard.h

# Programs that scripts and people call: checks that take paths, a toy model,
# a tool of every kind of record, benchmarks.
check_PROGRAMS += $(unit_tests) \
	%D%/agree \
	%D%/bench/gemm \
	%D%/bench/generate \
	%D%/bench/tokenise \
	%D%/check-losses \
	%D%/check-merge \
	%D%/check-spans \
	%D%/check-templates \
	%D%/check-tokens \
	%D%/forward \
	%D%/mktoy \
	%D%/pass \
	%D%/savetok \
	%D%/tensors \
	%D%/vocab

# Tables of cases for the tools, and scripts.
script_tests = \
	%D%/checkers.t \
	%D%/cmd.t \
	%D%/code.sh \
	%D%/coprocess.sh \
	%D%/dedup.t \
	%D%/endpoint.sh \
	%D%/evaluate.t \
	%D%/examples.sh \
	%D%/flow.sh \
	%D%/judge.t \
	%D%/judges.sh \
	%D%/man.sh \
	%D%/merge-oracle.sh \
	%D%/merge.t \
	%D%/pack.t \
	%D%/prefpair.t \
	%D%/prompt-augment.t \
	%D%/prompt-classify.t \
	%D%/prompt-score.t \
	%D%/prompt-select.t \
	%D%/record.t \
	%D%/respond-many.sh \
	%D%/respond.t \
	%D%/serve.sh \
	%D%/spans.sh \
	%D%/streams.t \
	%D%/templates.sh \
	%D%/tokens.sh \
	%D%/train.sh

REAL_TESTS = \
	%D%/losses-real.sh \
	%D%/merge-real.sh \
	%D%/prefpair-real.sh \
	%D%/spans-real.sh \
	%D%/templates-real.sh \
	%D%/tokens-real.sh

PEER_TESTS = \
	%D%/peers/endpoint.sh \
	%D%/peers/gemma.sh \
	%D%/peers/ifeval.sh \
	%D%/peers/jinja.sh \
	%D%/peers/models.sh \
	%D%/peers/quant.sh \
	%D%/peers/serve.sh \
	%D%/peers/reward.sh \
	%D%/peers/tokens.sh \
	%D%/peers/train.sh \
	%D%/peers/trl.sh \
	%D%/peers/vocab.sh

TESTS += $(unit_tests) $(script_tests)
EXTRA_DIST += %D%/run.sh %D%/client.py $(script_tests) $(REAL_TESTS) $(PEER_TESTS)

.PHONY: check-real check-peers
check-real:
	@test -d '$(SHARED)' || { echo "check-real: no folder '$(SHARED)'"; exit 1; }
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(REAL_TESTS)'
check-peers:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(PEER_TESTS)'

# What the peers' scripts call, and the benchmarks.
EXTRA_DIST += \
	%D%/judges.py \
	%D%/server.py \
	%D%/bench/augment.sh \
	%D%/bench/dedup.py \
	%D%/bench/dedup.sh \
	%D%/bench/gemm.sh \
	%D%/bench/judge.sh \
	%D%/bench/generate.sh \
	%D%/bench/passthrough.sh \
	%D%/bench/respond.sh \
	%D%/bench/tenmillion.sh \
	%D%/bench/tokenise.py \
	%D%/bench/tokenise.sh \
	%D%/bench/train.sh \
	%D%/peers/endpoint.py \
	%D%/peers/gemma.py \
	%D%/peers/ifeval.py \
	%D%/peers/jinja.py \
	%D%/peers/models.py \
	%D%/peers/prefs.py \
	%D%/peers/quant.py \
	%D%/peers/serve.py \
	%D%/peers/reward.py \
	%D%/peers/tokens.py \
	%D%/peers/train.py \
	%D%/peers/vocab.py

# Data.
EXTRA_DIST += \
	%D%/data/jinja.jsonl \
	%D%/data/merge/inputs/a/config.json \
	%D%/data/merge/inputs/a/model.safetensors \
	%D%/data/merge/inputs/b/config.json \
	%D%/data/merge/inputs/b/model.safetensors \
	%D%/data/merge/inputs/base/config.json \
	%D%/data/merge/inputs/base/model.safetensors \
	%D%/data/merge/inputs/c/config.json \
	%D%/data/merge/inputs/c/model.safetensors \
	%D%/data/merge/linear.filters/config.json \
	%D%/data/merge/linear.filters/config.yml \
	%D%/data/merge/linear.filters/model.safetensors \
	%D%/data/merge/linear.nonorm/config.json \
	%D%/data/merge/linear.nonorm/config.yml \
	%D%/data/merge/linear.nonorm/model.safetensors \
	%D%/data/merge/linear/config.json \
	%D%/data/merge/linear/config.yml \
	%D%/data/merge/linear/model.safetensors \
	%D%/data/merge/model_stock.filter_wise/config.json \
	%D%/data/merge/model_stock.filter_wise/config.yml \
	%D%/data/merge/model_stock.filter_wise/model.safetensors \
	%D%/data/merge/model_stock/config.json \
	%D%/data/merge/model_stock/config.yml \
	%D%/data/merge/model_stock/model.safetensors \
	%D%/data/merge/outdtype.linear_bf16/config.json \
	%D%/data/merge/outdtype.linear_bf16/config.yml \
	%D%/data/merge/outdtype.linear_bf16/model.safetensors \
	%D%/data/merge/task_arithmetic.lambda_norm/config.json \
	%D%/data/merge/task_arithmetic.lambda_norm/config.yml \
	%D%/data/merge/task_arithmetic.lambda_norm/model.safetensors \
	%D%/data/merge/task_arithmetic/config.json \
	%D%/data/merge/task_arithmetic/config.yml \
	%D%/data/merge/task_arithmetic/model.safetensors \
	%D%/data/spans-real.jsonl \
	%D%/data/spans.jsonl \
	%D%/data/tokens/digits.json \
	%D%/data/tokens/digits.jsonl \
	%D%/data/tokens/gpt2.json \
	%D%/data/tokens/gpt2.jsonl \
	%D%/data/tokens/llama2.json \
	%D%/data/tokens/llama2.jsonl \
	%D%/data/tokens/llama3.json \
	%D%/data/tokens/llama3.jsonl \
	%D%/data/tokens/metaspace.json \
	%D%/data/tokens/metaspace.jsonl \
	%D%/data/tokens/qwen2.json \
	%D%/data/tokens/qwen2.jsonl \
	%D%/data/tokens/regex.json \
	%D%/data/tokens/regex.jsonl
