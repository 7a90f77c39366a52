TEST_EXTENSIONS = .t .sh
T_LOG_COMPILER = $(SHELL) $(top_srcdir)/%D%/run.sh
SH_LOG_COMPILER = $(SHELL)
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(top_srcdir)'; export top_srcdir; \
	program_transform_name='$(program_transform_name)'; \
	export program_transform_name; \
	SHARED='$(SHARED)'; export SHARED; PYTHON='$(PYTHON)'; export PYTHON;

# make check needs nothing but the packages. REAL_TESTS want the oracles and
# data in SHARED; PEER_TESTS want a Python with the peers in it, which they
# compare with (see CONTRIBUTING.md).
SHARED = $(top_srcdir)/../shared
PYTHON = python3
REAL_TESTS =
PEER_TESTS =

check_PROGRAMS += %D%/json
%C%_json_SOURCES = %D%/json.c

TESTS += %D%/json

check_PROGRAMS += %D%/rouge
%C%_rouge_SOURCES = %D%/rouge.c
TESTS += %D%/rouge
check_PROGRAMS += %D%/gguf
%C%_gguf_SOURCES = %D%/gguf.c
TESTS += %D%/gguf
check_PROGRAMS += %D%/ops
%C%_ops_SOURCES = %D%/ops.c
TESTS += %D%/ops

check_PROGRAMS += %D%/paths
%C%_paths_SOURCES = %D%/paths.c
TESTS += %D%/paths

check_PROGRAMS += %D%/dups
%C%_dups_SOURCES = %D%/dups.c
TESTS += %D%/dups

check_PROGRAMS += %D%/gold
%C%_gold_SOURCES = %D%/gold.c
TESTS += %D%/gold

check_PROGRAMS += %D%/answers
%C%_answers_SOURCES = %D%/answers.c
TESTS += %D%/answers
.PHONY: check-real check-peers
check-real:
	@test -d '$(SHARED)' || { echo "check-real: no folder '$(SHARED)'"; exit 1; }
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(REAL_TESTS)'
check-peers:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(PEER_TESTS)'

check_PROGRAMS += %D%/sample
%C%_sample_SOURCES = %D%/sample.c
TESTS += %D%/sample
check_PROGRAMS += %D%/langid %D%/textstat
%C%_langid_SOURCES = %D%/langid.c
%C%_textstat_SOURCES = %D%/textstat.c
TESTS += %D%/langid %D%/textstat
check_PROGRAMS += %D%/hub
%C%_hub_SOURCES = %D%/hub.c
TESTS += %D%/hub

check_PROGRAMS += %D%/conf
%C%_conf_SOURCES = %D%/conf.c
TESTS += %D%/conf

check_PROGRAMS += %D%/tensors
%C%_tensors_SOURCES = %D%/tensors.c
EXTRA_DIST += %D%/peers/quant.py %D%/peers/quant.sh
PEER_TESTS += %D%/peers/quant.sh

check_PROGRAMS += %D%/safetensors
%C%_safetensors_SOURCES = %D%/safetensors.c
TESTS += %D%/safetensors

check_PROGRAMS += %D%/weights
%C%_weights_SOURCES = %D%/weights.c
TESTS += %D%/weights
check_PROGRAMS += %D%/pages
%C%_pages_SOURCES = %D%/pages.c
TESTS += %D%/pages

check_PROGRAMS += %D%/generate
%C%_generate_SOURCES = %D%/generate.c
TESTS += %D%/generate

# The guard backend: list tests/guard.c beside a test that runs on it.
check_PROGRAMS += %D%/guarded
%C%_guarded_SOURCES = %D%/guarded.c %D%/guard.c %D%/guard.h
TESTS += %D%/guarded
check_PROGRAMS += %D%/check-templates
%C%_check_templates_SOURCES = %D%/check-templates.c
TESTS += %D%/templates.sh
REAL_TESTS += %D%/templates-real.sh
PEER_TESTS += %D%/peers/jinja.sh
EXTRA_DIST += %D%/templates.sh %D%/templates-real.sh %D%/peers/jinja.sh \
	%D%/peers/jinja.py %D%/data/jinja.jsonl
check_PROGRAMS += %D%/save
%C%_save_SOURCES = %D%/save.c
TESTS += %D%/save

# records, streams and the runner of the tools
check_PROGRAMS += %D%/pass
%C%_pass_SOURCES = %D%/pass.c
TESTS += %D%/streams.t
EXTRA_DIST += %D%/run.sh %D%/streams.t %D%/bench/passthrough.sh \
	%D%/bench/tenmillion.sh

# tokenisers
check_PROGRAMS += %D%/bench/tokenise
%C%_bench_tokenise_SOURCES = %D%/bench/tokenise.c
EXTRA_DIST += %D%/bench/tokenise.py %D%/bench/tokenise.sh
check_PROGRAMS += %D%/check-tokens %D%/savetok %D%/tok
%C%_check_tokens_SOURCES = %D%/check-tokens.c
%C%_savetok_SOURCES = %D%/savetok.c
%C%_tok_SOURCES = %D%/tok.c
TESTS += %D%/tok %D%/tokens.sh
REAL_TESTS += %D%/tokens-real.sh
PEER_TESTS += %D%/peers/tokens.sh
EXTRA_DIST += %D%/tokens.sh %D%/tokens-real.sh %D%/peers/tokens.sh \
	%D%/peers/tokens.py \
	%D%/data/tokens/digits.json %D%/data/tokens/digits.jsonl \
	%D%/data/tokens/gpt2.json %D%/data/tokens/gpt2.jsonl \
	%D%/data/tokens/llama2.json %D%/data/tokens/llama2.jsonl \
	%D%/data/tokens/llama3.json %D%/data/tokens/llama3.jsonl \
	%D%/data/tokens/metaspace.json %D%/data/tokens/metaspace.jsonl \
	%D%/data/tokens/qwen2.json %D%/data/tokens/qwen2.jsonl \
	%D%/data/tokens/regex.json %D%/data/tokens/regex.jsonl

# a toy model for tests
check_PROGRAMS += %D%/mktoy
%C%_mktoy_SOURCES = %D%/mktoy.c

check_PROGRAMS += %D%/check-losses
%C%_check_losses_SOURCES = %D%/check-losses.c
REAL_TESTS += %D%/losses-real.sh
EXTRA_DIST += %D%/losses-real.sh
check_PROGRAMS += %D%/interval
%C%_interval_SOURCES = %D%/interval.c
TESTS += %D%/interval
# Figures; see tests/bench/gemm.sh.
check_PROGRAMS += %D%/bench/gemm
%C%_bench_gemm_SOURCES = %D%/bench/gemm.c
EXTRA_DIST += %D%/bench/gemm.sh
check_PROGRAMS += %D%/check-merge
%C%_check_merge_SOURCES = %D%/check-merge.c

check_PROGRAMS += %D%/merges
%C%_merges_SOURCES = %D%/merges.c
TESTS += %D%/merges %D%/merge-oracle.sh
REAL_TESTS += %D%/merge-real.sh
EXTRA_DIST += %D%/merge-oracle.sh %D%/merge-real.sh \
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
	%D%/data/merge/task_arithmetic/model.safetensors

check_PROGRAMS += %D%/agree
%C%_agree_SOURCES = %D%/agree.c
TESTS += %D%/respond.sh %D%/respond.t %D%/judge.t %D%/evaluate.t
EXTRA_DIST += %D%/bench/respond.sh
EXTRA_DIST += %D%/respond.sh %D%/respond.t %D%/judge.t %D%/evaluate.t
TESTS += %D%/record.t
EXTRA_DIST += %D%/record.t
TESTS += %D%/man.sh
EXTRA_DIST += %D%/man.sh
check_PROGRAMS += %D%/vocab
%C%_vocab_SOURCES = %D%/vocab.c
EXTRA_DIST += %D%/peers/vocab.py %D%/peers/vocab.sh
PEER_TESTS += %D%/peers/vocab.sh

TESTS += %D%/merge.t
EXTRA_DIST += %D%/merge.t
check_PROGRAMS += %D%/bins
%C%_bins_SOURCES = %D%/bins.c
TESTS += %D%/bins
TESTS += %D%/pack.t
EXTRA_DIST += %D%/pack.t

check_PROGRAMS += %D%/check-spans
%C%_check_spans_SOURCES = %D%/check-spans.c
TESTS += %D%/spans.sh
REAL_TESTS += %D%/spans-real.sh
EXTRA_DIST += %D%/spans.sh %D%/spans-real.sh %D%/data/spans.jsonl \
	%D%/data/spans-real.jsonl
check_PROGRAMS += %D%/losses %D%/engine
%C%_losses_SOURCES = %D%/losses.c
%C%_engine_SOURCES = %D%/engine.c %D%/guard.c %D%/guard.h
TESTS += %D%/losses %D%/engine
TESTS += %D%/train.sh
EXTRA_DIST += %D%/train.sh

# fuzz targets of model files (--enable-fuzz)
if FUZZ
noinst_PROGRAMS += %D%/fuzz/gguf %D%/fuzz/safetensors %D%/fuzz/recipe
%C%_fuzz_gguf_SOURCES = %D%/fuzz/gguf.c
%C%_fuzz_gguf_LDFLAGS = -fsanitize=fuzzer
%C%_fuzz_safetensors_SOURCES = %D%/fuzz/safetensors.c
%C%_fuzz_safetensors_LDFLAGS = -fsanitize=fuzzer
%C%_fuzz_recipe_SOURCES = %D%/fuzz/recipe.c
%C%_fuzz_recipe_LDFLAGS = -fsanitize=fuzzer
endif
EXTRA_DIST += %D%/fuzz/gguf.c %D%/fuzz/safetensors.c %D%/fuzz/recipe.c \
	%D%/fuzz/corpus/gguf/llama %D%/fuzz/corpus/recipe/filters \
	%D%/fuzz/corpus/recipe/task %D%/fuzz/corpus/safetensors/two
check_PROGRAMS += %D%/near %D%/pattern
%C%_near_SOURCES = %D%/near.c
%C%_pattern_SOURCES = %D%/pattern.c
TESTS += %D%/near %D%/pattern

TESTS += \
	%D%/dedup.t \
	%D%/prefpair.t \
	%D%/prompt-classify.t \
	%D%/prompt-score.t \
	%D%/prompt-select.t
EXTRA_DIST += \
	%D%/dedup.t \
	%D%/prefpair.t \
	%D%/prompt-classify.t \
	%D%/prompt-score.t \
	%D%/prompt-select.t

TESTS += %D%/flow.sh
EXTRA_DIST += %D%/flow.sh
PEER_TESTS += %D%/peers/train.sh
EXTRA_DIST += %D%/peers/train.sh %D%/peers/train.py
EXTRA_DIST += %D%/bench/dedup.py %D%/bench/dedup.sh
