"""Cases for check-tokens.

tokens.py cases VOCAB.gguf       from VOCAB.gguf.inp and .out
tokens.py random TOKENIZER.json N   random texts, ids by Hugging Face
"""
import json
import random
import sys

ODD = list(" \t\n\r'\u2019\"sSdDmMtTlLvVrReE.,!?-_()[]{}<>|/\\0123456789abXYZ"
           "\u00e9\u00f1\u00df\u017f\u212a\u03a9\u0430\u0431\u4e2d\u6587\u65e5"
           "\u672c\u8a9e\ud55c\uad6d\u0627\u0644\U0001f642\U0001f44d\u0301"
           "\u0323\u00a0\u2003\u3000\u200d\u0085\u180e\u200b\uff11\u00b2\u00b3"
           "\u00bd\u2167\u01c5\u02b0\u00aa\u0903\u0e33\u093e\u2028\u2581")


def put(**case):
    print(json.dumps(case, ensure_ascii=False))


def cases(vocab):
    with open(vocab + ".inp", encoding="utf-8", newline="") as f:
        texts = f.read().split("\n__ggml_vocab_test__\n")
    with open(vocab + ".out", encoding="utf-8") as f:
        ids = f.read().split("\n")
    for text, line in zip(texts, ids):
        put(text=text, ids=[int(x) for x in line.split()], special=False)


def text(names):
    kind = random.random()
    if kind < .35:
        return "".join(random.choices(ODD, k=random.randrange(1, 60)))
    if kind < .6:
        return "".join(
            chr(random.choice([random.randrange(0x20, 0x3000),
                               random.randrange(0x20, 0xd800),
                               random.randrange(0xe000, 0x20000)]))
            for _ in range(random.randrange(1, 40)))
    if kind < .7:
        return random.choice("a =-\n\t 0'x") * random.randrange(1, 300)
    out = ""
    for _ in range(random.randrange(1, 8)):
        name = random.choice(names) if names else ""
        out += random.choice([name, name, name[:-1], "".join(
            random.choices(ODD, k=random.randrange(0, 6)))])
    return out


def at_random(path, n):
    from tokenizers import Tokenizer
    t = Tokenizer.from_file(path)
    names = [a.content for a in t.get_added_tokens_decoder().values()]
    random.seed(1)
    for _ in range(n):
        s, special, add = text(names), random.random() < .7, \
            random.random() < .3
        t.encode_special_tokens = not special
        e = t.encode(s, add_special_tokens=add)
        case = dict(text=s, ids=e.ids, special=special, add=add)
        decoded = t.decode(e.ids, skip_special_tokens=False)
        if "\ufffd" not in decoded:
            case["decoded"] = decoded
        put(**case)


if sys.argv[1] == "cases":
    cases(sys.argv[2])
else:
    at_random(sys.argv[2], int(sys.argv[3]))
