# The products' GF/s against this machine's peak, for both kinds of operands
# on 1 and 2 threads. Run in a build folder after `make check`.
for products in f32 bf16
do
	for threads in 1 2
	do
		tests/bench/gemm $products $threads || exit 1
	done
done
