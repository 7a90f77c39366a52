noinst_LIBRARIES += gpu/libgpu.a
gpu_libgpu_a_SOURCES = \
	%D%/backend.c %D%/backend.h \
	%D%/cpu/cpu.c %D%/cpu/cpu.h \
	%D%/cpu/fun.h \
	%D%/cpu/ref.c \
	%D%/ops.h

# model files
gpu_libgpu_a_SOURCES += \
	%D%/conf.c %D%/conf.h \
	%D%/quant.c %D%/quant.h \
	%D%/save.h \
	%D%/safetensors.c %D%/safetensors.h \
	%D%/weights.c %D%/weights.h

# asking
gpu_libgpu_a_SOURCES += \
	%D%/ask.c %D%/ask.h \
	%D%/crew.c %D%/crew.h \
	%D%/generate.c %D%/generate.h \
	%D%/pages.c %D%/pages.h \
	%D%/sample.c %D%/sample.h

# the engine
gpu_libgpu_a_SOURCES += \
	%D%/engine.h \
	%D%/learn.c \
	%D%/model.c %D%/model.h \
	%D%/pass.c \
	%D%/rope.c %D%/rope.h \
	%D%/tensors.c
