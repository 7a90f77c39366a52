noinst_LIBRARIES += gpu/libgpu.a
gpu_libgpu_a_SOURCES = \
	%D%/backend.c %D%/backend.h \
	%D%/ops.h
