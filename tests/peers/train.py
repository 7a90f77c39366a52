"""SFT and DPO by plumbline's train against torch and transformers.

train.py DIR: DIR holds the toy models, the packed files and what train made
of them (see train.sh). The same steps are done here, unpacked, and every
parameter of the saved models is compared.
"""
import json
import sys

import torch
import torch.nn.functional as F
from transformers import AutoModelForCausalLM, AutoTokenizer

LR, STEPS, WARMUP, DECAY, CLIP, BETA = 1e-3, 6, 2, 0.01, 1.0, 0.1
top = sys.argv[1]
bad = 0


def rows(path):
    with open(path) as f:
        next(f)
        return [json.loads(line) for line in f]


def logps(model, ids):
    logits = model(input_ids=torch.tensor([ids])).logits[0]
    lp = F.log_softmax(logits.float(), -1)[:-1]
    return lp.gather(1, torch.tensor(ids[1:])[:, None])[:, 0]


def sft_loss(model, ref, data):
    total, weight = 0.0, 0.0
    for r in data:
        for a, b in zip(r["cu_seqlens"], r["cu_seqlens"][1:]):
            w = torch.tensor(r["weights"][a:b][1:])
            total = total - (w * logps(model, r["input_ids"][a:b])).sum()
            weight += w.sum()
    return total / weight


def side(model, s):
    return (torch.tensor(s["weights"][1:]) * logps(model, s["input_ids"])).sum()


def dpo_loss(model, ref, data):
    total = 0.0
    for r in data:
        with torch.no_grad():
            base = side(ref, r["chosen"]) - side(ref, r["rejected"])
        d = side(model, r["chosen"]) - side(model, r["rejected"]) - base
        total = total - F.logsigmoid(BETA * d)
    return total / len(data)


def fit(start, data, loss):
    model = AutoModelForCausalLM.from_pretrained(start, dtype=torch.float32)
    ref = AutoModelForCausalLM.from_pretrained(start, dtype=torch.float32)
    named = dict(model.named_parameters())
    plain = [p for n, p in named.items() if "norm" in n or n.endswith("bias")]
    rest = [p for n, p in named.items()
            if not ("norm" in n or n.endswith("bias"))]
    opt = torch.optim.AdamW(
        [{"params": rest, "weight_decay": DECAY},
         {"params": plain, "weight_decay": 0.0}],
        lr=LR, betas=(0.9, 0.999), eps=1e-8)
    losses = []
    for step in range(1, STEPS + 1):
        rate = LR * step / WARMUP if step <= WARMUP else LR * (
            1 - (step - WARMUP - 1) / (STEPS - WARMUP))
        for g in opt.param_groups:
            g["lr"] = rate
        opt.zero_grad()
        value = loss(model, ref, data)
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        opt.step()
        losses.append(value.item())
    return model, losses


def compare(name, start, data, loss):
    global bad
    model, losses = fit(start, data, loss)
    made = AutoModelForCausalLM.from_pretrained(
        f"{top}/{name}", dtype=torch.float32)
    AutoTokenizer.from_pretrained(f"{top}/{name}")
    logged = [json.loads(x)["loss"] for x in open(f"{top}/{name}.log")]
    off = max(abs(a - b) for a, b in zip(losses, logged))
    worst, where = 0.0, ""
    theirs = dict(model.named_parameters())
    first = dict(AutoModelForCausalLM.from_pretrained(
        start, dtype=torch.float32).named_parameters())
    for n, p in made.named_parameters():
        moved = (theirs[n] - first[n]).norm().item()
        d = (p - theirs[n]).norm().item() / moved
        if d > worst:
            worst, where = d, n
    # The k bias's gradient is nearly zero, and AdamW makes noise of it.
    bound = 5e-2 if "k_proj.bias" in where else 2e-3
    ok = off < 1e-4 and worst < bound and len(logged) == STEPS
    bad |= not ok
    print(f"{'ok  ' if ok else 'FAIL'} {name}: losses {off:.2e} apart, "
          f"parameters {worst:.2e} of their way ({where})")


for arch in ("llama", "qwen2", "qwen3", "mistral", "gemma3"):
    compare(f"sft.{arch}", f"{top}/{arch}", rows(f"{top}/sft"), sft_loss)
    compare(f"dpo.{arch}", f"{top}/{arch}", rows(f"{top}/pairs"), dpo_loss)
sys.exit(bad)
