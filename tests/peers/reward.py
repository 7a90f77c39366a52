# reward.py BUILD: scores of reward models beside transformers'
# ...ForSequenceClassification, on toy models of every family and on one that
# transformers itself has made and saved.
import json
import os
import subprocess
import sys
import tempfile

import torch
import transformers

transformers.logging.disable_progress_bar()
build = sys.argv[1]
passed = failed = 0


def expect(ok, what):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print("FAIL", what)


records = [
    {"prompt": "a", "responses": [{"content": "b"}, {"content": ""},
                                  {"content": "the others and then " * 9}]},
    {"messages": [{"role": "system", "content": "Be kind."},
                  {"role": "user", "content": "Who?"},
                  {"role": "assistant", "content": "I."},
                  {"role": "user", "content": "When, äöü 何時?"}],
     "responses": [{"content": "Now."}, {"content": "Never."}]},
]


def ours(model, folder):
    with open(folder + "/in.jsonl", "w", encoding="utf-8") as f:
        for r in records:
            f.write(json.dumps(r) + "\n")
    out = subprocess.run(
        [build + "/judge", "-q", "-p", "-m", model, "--dtype", "f32",
         folder + "/in.jsonl"], capture_output=True, check=True, text=True)
    return [x["scores"]["reward"] for line in out.stdout.splitlines()
            for x in json.loads(line)["responses"]]


def theirs(model):
    net = transformers.AutoModelForSequenceClassification.from_pretrained(
        model, dtype=torch.float32).eval()
    tok = transformers.PreTrainedTokenizerFast(
        tokenizer_file=model + "/tokenizer.json",
        chat_template=json.load(
            open(model + "/tokenizer_config.json"))["chat_template"])
    scores = []
    for r in records:
        asked = r.get("messages") or [{"role": "user", "content": r["prompt"]}]
        for x in r["responses"]:
            text = tok.apply_chat_template(
                asked + [{"role": "assistant", "content": x["content"]}],
                tokenize=False)
            ids = torch.tensor([tok(text, add_special_tokens=False).input_ids])
            with torch.no_grad():
                scores.append(net(ids).logits[0, 0].item())
    return scores


def compare(model, folder, what):
    a, b = ours(model, folder), theirs(model)
    far = max(abs(x - y) / max(1, abs(y)) for x, y in zip(a, b))
    expect(len(a) == len(b) == 5 and len(set(b)) > 3, what + ": scores")
    expect(far < 2e-5, f"{what}: {far}")


with tempfile.TemporaryDirectory() as folder:
    for family in "llama", "qwen2", "qwen3", "mistral", "gemma3":
        model = folder + "/" + family
        subprocess.run([build + "/tests/mktoy", "-r", "-a", family, model],
                       check=True)
        compare(model, folder, family)

    # padding that is the end of turn, as transformers leaves it out
    config = json.load(open(folder + "/llama/config.json"))
    config["pad_token_id"] = 10  # the line break after the turn
    json.dump(config, open(folder + "/llama/config.json", "w"))
    compare(folder + "/llama", folder, "llama, padded")

    # one that transformers saves
    torch.manual_seed(1)
    net = transformers.LlamaForSequenceClassification(
        transformers.LlamaConfig(
            num_labels=1, vocab_size=299, hidden_size=48, intermediate_size=96,
            num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
            max_position_embeddings=512))
    net.save_pretrained(folder + "/saved")
    for name in "tokenizer.json", "tokenizer_config.json":
        with open(folder + "/llama/" + name, "rb") as f:
            with open(folder + "/saved/" + name, "wb") as g:
                g.write(f.read())
    compare(folder + "/saved", folder, "saved by transformers")

    # two labels are no reward
    net = transformers.LlamaForSequenceClassification(
        transformers.LlamaConfig(
            num_labels=2, vocab_size=299, hidden_size=48, intermediate_size=96,
            num_hidden_layers=1, num_attention_heads=4, num_key_value_heads=2,
            max_position_embeddings=512))
    net.save_pretrained(folder + "/two")
    for name in "tokenizer.json", "tokenizer_config.json":
        os.link(folder + "/saved/" + name, folder + "/two/" + name)
    out = subprocess.run([build + "/judge", "-p", "-m", folder + "/two"],
                         stdin=subprocess.DEVNULL, capture_output=True,
                         text=True)
    expect(out.returncode == 1 and "gives 2 scores" in out.stderr,
           "two labels: " + out.stderr)

print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
