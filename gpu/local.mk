noinst_LIBRARIES += gpu/libgpu.a
gpu_libgpu_a_SOURCES = \
	%D%/backend.c %D%/backend.h \
	%D%/cpu/cpu.c %D%/cpu/cpu.h \
	%D%/cpu/fun.h \
	%D%/cpu/plain.c \
	%D%/cpu/pool.c %D%/cpu/pool.h \
	%D%/cpu/ref.c \
	%D%/cpu/twelve.c %D%/cpu/twelve.h \
	%D%/ops.h \
	$(kernel_headers)

# The fast paths: one source (path.h), compiled for each instruction set and
# put into the same library. No other file may see these flags.
kernel_headers = \
	%D%/cpu/attn.h %D%/cpu/attn_grad.h \
	%D%/cpu/amx.h %D%/cpu/dot.h %D%/cpu/gemm.h %D%/cpu/linear.h %D%/cpu/panel.h %D%/cpu/path.h \
	%D%/cpu/probe.h %D%/cpu/products.h %D%/cpu/rows.h %D%/cpu/small.h %D%/cpu/tiles.h %D%/cpu/vec.h
if X86
AVX2_CFLAGS = -mavx2 -mfma
AVX512_CFLAGS = $(AVX2_CFLAGS) -mavx512f -mavx512bw -mavx512dq -mavx512vl
noinst_LIBRARIES += gpu/libavx2.a gpu/libavx512.a gpu/libavx512bf16.a \
	gpu/libamx.a
gpu_libavx2_a_SOURCES = %D%/cpu/avx2.c
gpu_libavx2_a_CFLAGS = $(AM_CFLAGS) $(AVX2_CFLAGS)
gpu_libavx512_a_SOURCES = %D%/cpu/avx512.c
gpu_libavx512_a_CFLAGS = $(AM_CFLAGS) $(AVX512_CFLAGS)
gpu_libavx512bf16_a_SOURCES = %D%/cpu/avx512_bf16.c
gpu_libavx512bf16_a_CFLAGS = $(AM_CFLAGS) $(AVX512_CFLAGS) -mavx512bf16
gpu_libamx_a_SOURCES = %D%/cpu/amx.c
gpu_libamx_a_CFLAGS = $(AM_CFLAGS) $(AVX512_CFLAGS) -mavx512bf16 \
	-mamx-tile -mamx-bf16
gpu_libgpu_a_LIBADD = \
	$(gpu_libavx2_a_OBJECTS) \
	$(gpu_libavx512_a_OBJECTS) \
	$(gpu_libavx512bf16_a_OBJECTS) \
	$(gpu_libamx_a_OBJECTS)
endif

# model files
gpu_libgpu_a_SOURCES += \
	%D%/conf.c %D%/conf.h \
	%D%/conf_gguf.c %D%/conf_hf.c %D%/conf_in.h \
	%D%/export.c %D%/export.h \
	%D%/quant.c %D%/quant.h \
	%D%/save.c %D%/save.h \
	%D%/safetensors.c %D%/safetensors.h \
	%D%/toktext.c %D%/toktext.h \
	%D%/weights.c %D%/weights.h

# asking
gpu_libgpu_a_SOURCES += \
	%D%/ask.c %D%/ask.h \
	%D%/asked.c %D%/asked.h \
	%D%/crew.c %D%/crew.h \
	%D%/drip.c %D%/drip.h \
	%D%/endpoint.c %D%/endpoint.h \
	%D%/generate.c %D%/generate.h \
	%D%/held.c %D%/held.h \
	%D%/mask.c %D%/mask.h \
	%D%/pages.c %D%/pages.h \
	%D%/reply.c %D%/reply.h %D%/reply_in.h %D%/reply_server.c \
	%D%/sample.c %D%/sample.h \
	%D%/servers.c %D%/servers.h \
	%D%/wire.c %D%/wire.h

# the engine
gpu_libgpu_a_SOURCES += \
	%D%/checkpoint.c %D%/checkpoint.h \
	%D%/engine.h \
	%D%/fit.c %D%/fit.h \
	%D%/learn.c \
	%D%/loss.c %D%/loss.h \
	%D%/model.c %D%/model.h \
	%D%/order.c %D%/order.h \
	%D%/pass.c \
	%D%/rope.c %D%/rope.h \
	%D%/schedule.c %D%/schedule.h \
	%D%/step.c %D%/step.h \
	%D%/tensors.c

# merging
gpu_libgpu_a_SOURCES += \
	%D%/merge.c %D%/merge.h \
	%D%/merge_run.c \
	%D%/recipe.c %D%/recipe.h
