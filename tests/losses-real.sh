# Losses, gradients and AdamW against reference values: what is built so far.
dpo=dpo_sigmoid,dpo_hinge,dpo_ipo,dpo_robust,dpo_exo_pair,dpo_nca_pair
dpo=$dpo,dpo_bco_pair,dpo_sppo_hard,dpo_apo_zero,dpo_apo_down,dpo_aot
dpo=$dpo,dpo_aot_unpaired,dpo_discopop,dpo_sft,dpo_sigmoid_norm
dpo=$dpo,dpo_sigmoid_forward_kl,dpo_sigmoid_js_divergence
dpo=$dpo,dpo_sigmoid_alpha_divergence,dpo_sigmoid_plus_0.2sft
for model in llama qwen2; do
	tests/check-losses --only logits,sft,sft_dft,adamw_all,adamw_hf,$dpo \
		"$SHARED/oracle/losses/$model" || bad=1
done
exit ${bad:-0}
