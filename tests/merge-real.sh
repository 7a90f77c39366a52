# All of mergekit's results whose methods are built.
exec tests/check-merge --only linear,linear.nonorm,linear.filters,\
task_arithmetic,task_arithmetic.lambda_norm,model_stock,\
model_stock.filter_wise,outdtype.linear_bf16,slerp,slerp.gradient,karcher,\
nearswap,passthrough.scale "$SHARED"/oracle/merge
