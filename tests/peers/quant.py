#!/usr/bin/env python3
"""quant.py TENSORS DIR: decodes GGUF tensors of every type that is read, by
the program TENSORS and by the gguf package, and compares the bits."""
import subprocess, sys
import numpy as np
from gguf import GGUFReader, GGUFWriter, GGMLQuantizationType as Q, dequantize
from gguf import GGML_QUANT_SIZES

program, folder = sys.argv[1:3]
rng = np.random.default_rng(1)
passed = failed = 0


def halves(blocks, at):
    """Sane float16 scales where random bytes would make NaN."""
    x = rng.normal(0, 0.02, len(blocks)).astype(np.float16)
    blocks[:, at:at + 2] = x.view(np.uint8).reshape(-1, 2)


SCALES = {Q.Q8_0: [0], Q.Q4_0: [0], Q.Q4_1: [0, 2], Q.Q5_0: [0],
          Q.Q5_1: [0, 2], Q.Q4_K: [0, 2], Q.Q5_K: [0, 2], Q.Q6_K: [208]}
rows, cols = 8, 512


def tensor(q):
    if q == Q.F32:
        return rng.normal(0, 1, (rows, cols)).astype(np.float32), q
    if q == Q.F16:  # every value but NaN, subnormals too
        x = np.arange(rows * cols, dtype=np.uint16) * np.uint16(13)
        x[(x & 0x7c00) == 0x7c00] = 1
        return x.view(np.float16).reshape(rows, cols), q
    items, size = GGML_QUANT_SIZES[q]
    b = rng.integers(0, 256, (rows * cols // items, size), dtype=np.uint8)
    for at in SCALES.get(q, []):
        halves(b, at)
    if q == Q.BF16:
        x = b.view(np.uint16)
        x[(x & 0x7f80) == 0x7f80] = 1
    return b.reshape(rows, -1), q


types = [Q.F32, Q.F16, Q.BF16, *SCALES]
path = f"{folder}/types.gguf"
w = GGUFWriter(path, "llama")
w.add_block_count(len(types))
w.add_embedding_length(cols)
w.add_feed_forward_length(rows)
w.add_head_count(4)
w.add_context_length(64)
w.add_vocab_size(8)
w.add_layer_norm_rms_eps(1e-5)
for i, q in enumerate(types):
    data, q = tensor(q)
    w.add_tensor(f"blk.{i}.ffn_up.weight", data, raw_dtype=q)
w.write_header_to_file()
w.write_kv_data_to_file()
w.write_tensors_to_file()
w.close()

for path in [path, *sys.argv[3:]]:
    reader = GGUFReader(path)
    heads = {}
    for part, key in (("attn_q", "head_count"), ("attn_k", "head_count_kv")):
        f = reader.fields.get(f"llama.attention.{key}")
        heads[part] = int(f.contents()) if f else 0
    names = {"token_embd": "model.embed_tokens", "output_norm": "model.norm",
             "output": "lm_head", "attn_norm": "input_layernorm",
             "ffn_norm": "post_attention_layernorm",
             "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
             "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
             "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
             "ffn_down": "mlp.down_proj"}
    for t in reader.tensors:
        want = dequantize(t.data, t.tensor_type).astype(np.float32)
        p = t.name.split(".")
        name = f"{names[p[0]]}.{p[1]}" if p[0] != "blk" else \
            f"model.layers.{p[1]}.{names[p[2]]}.{p[3]}"
        if p[0] == "blk" and p[2] in ("attn_q", "attn_k"):
            h = heads[p[2]]
            want = want.reshape(h, want.shape[0] // h // 2, 2, -1)
            want = want.swapaxes(1, 2)
        got = subprocess.run([program, path, name], check=True,
                             stdout=subprocess.PIPE).stdout
        if got == want.tobytes():
            passed += 1
        else:
            failed += 1
            print(f"FAIL {path} {name} {t.tensor_type.name}")
print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0)
