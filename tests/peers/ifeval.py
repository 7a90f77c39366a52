"""What lm_eval's copy of the IFEval checkers says of responses, beside judge.

usage: ifeval.py make DIR      DIR/prompts, DIR/texts, DIR/languages -> DIR/in
       ifeval.py compare DIR   DIR/out against the checkers"""
import collections
import importlib.util
import json
import random
import sys
import types

RESPONSES = 12


def load():
    """The checkers' module without the rest of its package, and with the
    sentence model that NLTK would fetch."""
    import nltk
    import punkt
    from nltk.tokenize.destructive import NLTKWordTokenizer
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

    model, p = punkt.load_model("english"), PunktParameters()
    p.abbrev_types = set(model.abbrev_types)
    p.collocations = set(model.collocations)
    p.sent_starters = set(model.sent_starters)
    p.ortho_context.update({k: int(v) for k, v in model.ortho_context.items()})
    sentences = PunktSentenceTokenizer(p)
    nltk.data.find = lambda *a, **k: None
    root = importlib.util.find_spec("lm_eval").submodule_search_locations[0]
    for name in ("lm_eval", "lm_eval.tasks", "lm_eval.tasks.ifeval"):
        module = types.ModuleType(name)
        module.__path__ = [root + name[len("lm_eval"):].replace(".", "/")]
        sys.modules[name] = module
    from lm_eval.tasks.ifeval import instructions_util as util
    from lm_eval.tasks.ifeval import instructions_registry, utils

    util._get_sentence_tokenizer = lambda: sentences
    words = NLTKWordTokenizer()
    util.nltk = types.SimpleNamespace(
        tokenize=nltk.tokenize,
        word_tokenize=lambda s: [w for x in sentences.tokenize(s)
                                 for w in words.tokenize(x)])
    import langdetect

    langdetect.DetectorFactory.seed = 0
    return utils, instructions_registry


def bend(rng, text, kind, a, languages):
    """The text, changed so that it may follow the instruction."""
    lines = text.split("\n")
    some = rng.randint(0, 6)
    key = a.get("keyword") or " ".join(a.get("keywords") or []) or ""
    ways = {
        "keywords": lambda: text + " " + " ".join([key] * some),
        "language": lambda: " ".join(rng.sample(
            languages.get(a.get("language")) or
            languages[rng.choice(sorted(languages))], 2)),
        "number_paragraphs": lambda: rng.choice(
            ["***", "\n***\n", " *** ", "\n* * *\n"]).join(
                lines[:a.get("num_paragraphs", 3)]),
        "nth_paragraph_first_word": lambda: "\n\n".join(
            rng.choice(["", '"', "'"]) + str(a.get("first_word")) +
            rng.choice([" ", ", ", "."]) + x
            for x in lines[:a.get("num_paragraphs", 3)]),
        "number_placeholders": lambda: text + " [x]" * some + rng.choice(
            ["", "[", "[[a]]", "[\n]"]),
        "postscript": lambda: text + rng.choice(
            ["\n\nP.S. more", "\nP.P.S more", "\np. s. x", "\nPS: x", ""]),
        "number_bullet_lists": lambda: "\n".join(
            rng.choice(["* ", "- ", "  * ", "** ", "*", "-", "\n* "]) + x
            for x in lines[:some + 1]),
        "constrained_response": lambda: rng.choice(
            ["My answer is yes.", "My answer is no", text]),
        "number_highlighted_sections": lambda: " ".join(
            rng.choice(["*%s*", "**%s**", "***%s***", "* %s", "%s*", "%s"]) % w
            for w in text.split()[:40]),
        "multiple_sections": lambda: "".join(
            "%s%s%d%s" % (rng.choice(["", "\n", " "]),
                          a.get("section_spliter"), i,
                          rng.choice(["", " ", "\n"])) + x
            for i, x in enumerate(lines[:some + 1])),
        "json_format": lambda: rng.choice(
            ["%s", "```json\n%s\n```", "```\n%s```", "Here:\n%s", "%s,"]) %
        rng.choice([json.dumps({"a": text}), json.dumps([1.5, None, text]),
                    '{"a": NaN}', "{'a': 1}", text]),
        "title": lambda: rng.choice(
            ["<<%s>>", "<%s>", "<< >>%s", "<<%s\n>>", "<<<%s>>>"]) %
        lines[0] + "\n" + text,
        "two_responses": lambda: rng.choice(
            ["******", "\n******\n", "****", "*******"]).join(
                [text, lines[0]][:1 + some % 2] + [text] * (some % 3)),
        "repeat_prompt": lambda: rng.choice(["%s", " %s\n", "Here: %s"]) %
        str(a.get("prompt_to_repeat")) + text,
        "end_checker": lambda: text + rng.choice(
            [" %s", "\n%s\n", ' "%s"', "%s."]) % str(a.get("end_phrase")),
        "quotation": lambda: rng.choice(['"%s"', ' "%s" ', '"%s', "'%s'"]) %
        text,
        "capital_word_frequency": lambda: " ".join(
            w.upper() if rng.random() < 0.1 else w for w in text.split(" ")),
        "english_capital": lambda: text.upper(),
        "english_lowercase": lambda: text.lower(),
        "no_comma": lambda: text.replace(",", ""),
    }
    for name, way in ways.items():
        if name in kind and rng.random() < 0.8:
            text = way()
            break
    if rng.random() < 0.2:
        text = "Sure, here it is:\n" + text
    if rng.random() < 0.1:
        text += "\n\nLet me know if I can help!"
    return text


def make(path):
    rng = random.Random(5)
    pairs = [json.loads(x) for x in open(path + "/texts", encoding="utf-8")]
    texts = [x for p in pairs for x in (p["chosen"], p["rejected"])
             if isinstance(x, str) and x.strip()]
    rng.shuffle(texts)
    languages = collections.defaultdict(list)
    for line in open(path + "/languages", encoding="utf-8"):
        r = json.loads(line)
        languages[r["lang"]].append(r["prompt"])
    at = 0
    with open(path + "/in", "w", encoding="utf-8") as out:
        for line in open(path + "/prompts", encoding="utf-8"):
            r = json.loads(line)
            r["responses"] = []
            for _ in range(RESPONSES):
                text = texts[at % len(texts)]
                at += 1
                for kind, a in zip(r["instruction_id_list"], r["kwargs"]):
                    text = bend(rng, text, kind, a, languages)
                r["responses"].append({"content": text})
            json.dump(r, out, ensure_ascii=False)
            out.write("\n")


# Characters that the published checker replaces by a letter at random.
def is_noise(kind, a):
    return kind == "keywords:letter_frequency" and not a["letter"].isalpha()


def expected(utils, r, text):
    inp = utils.InputExample(key=0, prompt=r["prompt"],
                             instruction_id_list=r["instruction_id_list"],
                             kwargs=r["kwargs"])
    strict = utils.test_instruction_following_strict(inp, text)
    loose = utils.test_instruction_following_loose(inp, text)
    return strict.follow_instruction_list, loose.follow_instruction_list


def compare(path):
    utils, registry = load()
    seen = collections.defaultdict(collections.Counter)
    for line in open(path + "/out", encoding="utf-8"):
        r = json.loads(line)
        for answer in r["responses"]:
            want = expected(utils, r, answer["content"])
            for i, got in enumerate(answer["checks"]["ifeval"]):
                if is_noise(got["id"], r["kwargs"][i]):
                    continue
                s = seen[got["id"]]
                s["approximate"] = got.get("approximate", False)
                s["n"] += 1
                s["followed"] += want[0][i]
                for how, truth in zip(("strict", "loose"), want):
                    same = bool(got[how]) == truth[i]
                    s[how] += same
                    if not same and s["shown"] < 3 and not s["approximate"]:
                        s["shown"] += 1
                        print("DIFFERS", got, r["kwargs"][i], truth[i],
                              json.dumps(answer["content"])[:600])
    bad = len(registry.INSTRUCTION_DICT) - len(seen)
    for kind, s in sorted(seen.items()):
        least = min(s["strict"], s["loose"]) / s["n"]
        ok = least >= 0.9 if s["approximate"] else least == 1
        bad += not ok
        print("%-46s %5d, followed %5d, agree strict %.4f loose %.4f%s%s" % (
            kind, s["n"], s["followed"], s["strict"] / s["n"],
            s["loose"] / s["n"], " approximate" if s["approximate"] else "",
            "" if ok else " FAIL"))
    print("%d passed, %d failed" % (25 - bad, bad))
    return bad > 0


if sys.argv[1] == "make":
    make(sys.argv[2])
else:
    sys.exit(compare(sys.argv[2]))
