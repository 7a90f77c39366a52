"""Preference data of plumbline's prefpair in TRL's trainers.

prefs.py DIR: DIR holds a toy model and what trl.sh made. Each file is read by
datasets as it stands and trained on for one step; the tokens of conversations
are those that pack wrote.
"""
import json
import math
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"
import datasets
import torch
import transformers
from datasets import load_dataset
from transformers import (AutoModelForCausalLM,
                          AutoModelForSequenceClassification, AutoTokenizer)
from trl import (DPOConfig, DPOTrainer, KTOConfig, KTOTrainer, RewardConfig,
                 RewardTrainer)

datasets.disable_progress_bars()
transformers.utils.logging.disable_progress_bar()
transformers.utils.logging.set_verbosity_error()
top = sys.argv[1]
passed = failed = 0


def check(what, good):
    global passed, failed
    print("ok  " if good else "FAIL", what)
    passed += bool(good)
    failed += not good


def load(name):
    """The file, and nothing done to it."""
    return load_dataset("json", data_files=f"{top}/{name}", split="train",
                        cache_dir=f"{top}/cache")


def tokenizer():
    tok = AutoTokenizer.from_pretrained(f"{top}/model")
    if tok.pad_token is None:
        tok.pad_token = tok.eos_token
    return tok


def model(reward):
    if not reward:
        return AutoModelForCausalLM.from_pretrained(
            f"{top}/model", dtype=torch.float32)
    m = AutoModelForSequenceClassification.from_pretrained(
        f"{top}/model", num_labels=1, dtype=torch.float32)
    m.config.pad_token_id = tokenizer().pad_token_id
    return m


def step(kind, name, data):
    """One step: its loss is a number and the weights move."""
    trainer, config = {"dpo": (DPOTrainer, DPOConfig),
                       "reward": (RewardTrainer, RewardConfig),
                       "kto": (KTOTrainer, KTOConfig)}[kind]
    args = config(output_dir=f"{top}/out", max_steps=1, use_cpu=True, bf16=False,
                  per_device_train_batch_size=2, learning_rate=1e-2,
                  report_to=[], save_strategy="no", logging_steps=1,
                  disable_tqdm=True, gradient_checkpointing=False)
    m = model(kind == "reward")
    before = {n: p.detach().clone() for n, p in m.named_parameters()}
    t = trainer(model=m, args=args, train_dataset=data,
                processing_class=tokenizer())
    loss = t.train().training_loss
    moved = any(not torch.equal(before[n], p) for n, p in
                t.model.named_parameters())
    check(f"{kind}: {name}, {len(data)} rows, loss {loss:.4f}",
          math.isfinite(loss) and loss > 0 and moved)
    return t.train_dataset


def packed(name):
    with open(f"{top}/{name}") as f:
        next(f)
        return [json.loads(line) for line in f]


def same(prompt, answer, row):
    """TRL's tokens begin with pack's, and the answer is what pack trains."""
    ids, weights = row["input_ids"], row["weights"]
    first = next(i for i, w in enumerate(weights) if w > 0)
    return (prompt + answer)[:len(ids)] == ids and first == len(prompt) \
        and all(w == 1 for w in weights[first:])


rows = packed("pairs.packed")
for name in "judged.talk", "open.talk", "annotated.talk":
    data = load(name)
    ready = step("dpo", name, data)
    check(f"dpo: {name} has the tokens of pack", len(ready) == len(data) and
          all(same(r["prompt_ids"], r["chosen_ids"], p["chosen"]) and
              same(r["prompt_ids"], r["rejected_ids"], p["rejected"])
              for r, p in zip(ready, rows)))
    rows = rows[len(data):]
    if "margin" in data.column_names and None in data["margin"]:
        data = data.remove_columns("margin")  # it wants all or none
    step("reward", name, data)
check("every pair that pack wrote was compared", not rows)
for name in "judged.text", "converted.text":
    step("dpo", name, load(name))
    step("reward", name, load(name))
rows = packed("kto.packed")
for name in "kto.talk", "open-kto.talk", "annotated-kto.talk":
    data = load(name)
    ready = step("kto", name, data)
    check(f"kto: {name} has the tokens and labels of pack",
          len(ready) == len(data) and
          all(same(r["prompt_ids"], r["completion_ids"], p) and
              r["label"] == p["label"] for r, p in zip(ready, rows)))
    rows = rows[len(data):]
check("every KTO row that pack wrote was compared", not rows)
step("kto", "kto.text", load("kto.text"))
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
