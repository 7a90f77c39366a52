"""Tiny random models of every family, by transformers, and its logits.

models.py make DIR: a folder a model, and DIR/ids, sequences of token ids.
models.py compare DIR: DIR/*/logits, as tests/forward writes them, against
transformers'; and those of DIR/*/saved, which transformers loads as well.
"""
import os
import sys

import numpy as np
import torch
import transformers as t
from transformers.utils import logging

logging.disable_progress_bar()

VOCAB, BOUND = 320, 1e-5
SIZES = dict(vocab_size=VOCAB, hidden_size=64, intermediate_size=112,
             num_hidden_layers=4, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=512,
             bos_token_id=1, eos_token_id=2, pad_token_id=0)


def rope(kind, **more):
    return dict(rope_type=kind, rope_theta=10000.0, **more)


CASES = {
    "llama2": (t.LlamaConfig, dict(num_key_value_heads=4)),
    "llama31": (t.LlamaConfig, dict(
        rms_norm_eps=1e-5, tie_word_embeddings=True,
        rope_parameters=rope("llama3", factor=8.0, low_freq_factor=1.0,
                             high_freq_factor=4.0,
                             original_max_position_embeddings=64))),
    "llama-bias": (t.LlamaConfig, dict(attention_bias=True, mlp_bias=True)),
    "llama-yarn": (t.LlamaConfig, dict(
        rope_parameters=rope("yarn", factor=4.0,
                             original_max_position_embeddings=128))),
    "qwen2": (t.Qwen2Config, dict(rms_norm_eps=1e-6)),
    "qwen2-tied": (t.Qwen2Config, dict(tie_word_embeddings=True)),
    "qwen2-window": (t.Qwen2Config, dict(
        use_sliding_window=True, sliding_window=11, max_window_layers=2)),
    "qwen3": (t.Qwen3Config, dict(head_dim=24)),
    "qwen3-tied": (t.Qwen3Config, dict(
        head_dim=32, tie_word_embeddings=True, attention_bias=True)),
    "mistral": (t.MistralConfig, dict(sliding_window=13, head_dim=20)),
    "mistral-open": (t.MistralConfig, dict(
        sliding_window=None, tie_word_embeddings=True)),
    "gemma3": (t.Gemma3TextConfig, dict(
        head_dim=32, sliding_window=12, query_pre_attn_scalar=48,
        layer_types=["sliding_attention", "sliding_attention",
                     "full_attention", "sliding_attention"])),
    "gemma3-scaled": (t.Gemma3TextConfig, dict(
        head_dim=16, sliding_window=9, tie_word_embeddings=False,
        layer_types=["sliding_attention", "full_attention"] * 2,
        rope_parameters=dict(
            full_attention=dict(rope_type="linear", factor=8.0,
                                rope_theta=1000000.0),
            sliding_attention=dict(rope_type="default",
                                   rope_theta=10000.0)))),
}


def shake(model):
    """Weights away from their beginnings: norms that are all one or zero, and
    biases of zero, would hide faults."""
    with torch.no_grad():
        for p in model.parameters():
            p.add_(torch.randn_like(p) * (0.2 if p.ndim == 1 else 0.08))


def make(top):
    for name, (conf, more) in CASES.items():
        torch.manual_seed(len(name))
        c = conf(**{**SIZES, **more})
        model = t.AutoModelForCausalLM.from_config(c)
        shake(model)
        model.save_pretrained(os.path.join(top, name))
    rng = np.random.default_rng(1)
    with open(os.path.join(top, "ids"), "w") as f:
        for n in (1, 2, 17, 70, 150):
            print(*rng.integers(0, VOCAB, n), file=f)


def difference(folder, file, ids):
    model = t.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager")
    got = np.fromfile(file, np.float32).reshape(-1, VOCAB)
    want = []
    with torch.no_grad():
        for row in ids:
            want.append(model(torch.tensor([row])).logits[0].numpy())
    want = np.concatenate(want)
    if got.shape != want.shape:
        return np.inf
    return float(np.abs(got - want).max() / np.abs(want).max())


def compare(top):
    with open(os.path.join(top, "ids")) as f:
        ids = [[int(x) for x in line.split()] for line in f]
    passed = failed = 0
    for name in CASES:
        at = os.path.join(top, name)
        for folder, file in ((at, "logits"), (at + "/saved", "saved.logits")):
            try:
                d = difference(folder, os.path.join(at, file), ids)
            except Exception as e:  # what transformers does not load
                print("FAIL", name, file, e)
                failed += 1
                continue
            ok = d <= BOUND
            print("ok  " if ok else "FAIL", name, file, "%.2g" % d)
            passed += ok
            failed += not ok
    print(passed, "passed,", failed, "failed")
    return failed > 0


if __name__ == "__main__":
    what, folder = sys.argv[1:]
    sys.exit(make(folder) if what == "make" else compare(folder))
