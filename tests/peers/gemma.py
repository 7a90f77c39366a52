"""A GGUF model in float32 against llama.cpp.

gemma.py make SRC.gguf DIR: DIR/model.gguf, SRC requantised to F32; DIR/ids,
200 tokens of a text; DIR/cases.jsonl, texts with llama.cpp's tokens, for
tests/check-tokens; DIR/want, llama.cpp's logits with a cache of f32.
gemma.py compare DIR: DIR/got, as tests/forward writes it, against them.
"""
import ctypes
import json
import sys

import llama_cpp as L
import numpy as np

TOKENS, KL = 200, 1e-4
TEXTS = [
    "The tide comes in twice a day because the Earth turns under two bulges "
    "of water. One lies below the Moon, the other on the far side. Between "
    "them the sea is low, and where a coast narrows, as in the Bay of Fundy, "
    "the water rises by more than ten metres.",
    "def median(xs):\n    xs = sorted(xs)\n    n = len(xs)\n    if n % 2:\n"
    "        return xs[n // 2]\n    return (xs[n // 2 - 1] + xs[n // 2]) / 2\n",
    "潮汐每天涨落两次，这是因为地球在两处水的隆起之下转动。",
    "Der Zug um 9:40 Uhr kommt um 13:05 Uhr an; die Fahrt kostet 37,80 €.",
    "  two  spaces\n\n\n\tand tabs 🙂 é à ñ",
]


def tokens(vocab, text):
    raw = text.encode()
    room = (L.llama_token * (len(raw) + 8))()
    n = L.llama_tokenize(vocab, raw, len(raw), room, len(room), True, False)
    return list(room[:n])


def logits(model, ids, size):
    p = L.llama_context_default_params()
    p.n_ctx = p.n_batch = p.n_ubatch = 256
    p.type_k = p.type_v = 0  # F32
    p.flash_attn_type = 0
    p.n_threads = p.n_threads_batch = 2
    ctx = L.llama_init_from_model(model, p)
    batch = L.llama_batch_init(len(ids), 0, 1)
    batch.n_tokens = len(ids)
    for i, x in enumerate(ids):
        batch.token[i], batch.pos[i] = x, i
        batch.n_seq_id[i], batch.seq_id[i][0] = 1, 0
        batch.logits[i] = 1
    if L.llama_decode(ctx, batch):
        sys.exit("llama_decode failed")
    all_ = np.ctypeslib.as_array(L.llama_get_logits(ctx), (len(ids), size))
    return all_.astype(np.float32).copy()


def make(src, top):
    q = L.llama_model_quantize_default_params()
    q.allow_requantize, q.ftype, q.nthread = True, 0, 2
    path = top + "/model.gguf"
    if L.llama_model_quantize(src.encode(), path.encode(), q):
        sys.exit("llama_model_quantize failed")
    p = L.llama_model_default_params()
    p.n_gpu_layers = 0
    model = L.llama_model_load_from_file(path.encode(), p)
    vocab = L.llama_model_get_vocab(model)
    ids = []
    with open(top + "/cases.jsonl", "w") as f:
        for text in TEXTS:
            row = tokens(vocab, text)
            print(json.dumps({"text": text, "ids": row[1:],
                              "special": False}), file=f)
            ids += row[1:] if ids else row
    ids = (ids + ids[1:])[:TOKENS]
    with open(top + "/ids", "w") as f:
        print(*ids, file=f)
    logits(model, ids, L.llama_vocab_n_tokens(vocab)).tofile(top + "/want")


def log_softmax(x):
    x = x.astype(np.float64)
    x -= x.max(1, keepdims=True)
    return x - np.log(np.exp(x).sum(1, keepdims=True))


def compare(top):
    want = np.fromfile(top + "/want", np.float32).reshape(TOKENS, -1)
    got = np.fromfile(top + "/got", np.float32).reshape(TOKENS, -1)
    got = got[:, :want.shape[1]]
    p, q = log_softmax(want), log_softmax(got)
    kl = (np.exp(p) * (p - q)).sum(1)
    same = int((want.argmax(1) == got.argmax(1)).sum())
    print(f"{same} of {TOKENS} argmax equal, KL at most {kl.max():.2g}, "
          f"mean {kl.mean():.2g}")
    return same < TOKENS or not kl.max() < KL



@L.llama_log_callback
def quiet(level, text, user):
    if level == 4:
        sys.stderr.write(text.decode(errors="replace"))


if __name__ == "__main__":
    L.llama_log_set(quiet, ctypes.c_void_p(0))
    L.llama_backend_init()
    if sys.argv[1] == "make":
        make(*sys.argv[2:])
    else:
        sys.exit(compare(sys.argv[2]))
