#!/usr/bin/env python3
"""fold.py > fold_data.h: the tables of libcore/fold.c from Python's Unicode
data. Run by hand when the Unicode version is to change; the hashes of folded
texts change with it, so FOLD_VERSION in fold.h goes up then."""
import unicodedata as u

KEEP = set("%#&*@\\/-()")  # punctuation that carries meaning in formulas
DASH = set("\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d")
TOP = 0x20000


def skipped(c):
    """Surrogates, Hangul (composed as it stands), CJK compatibility
    ideographs, Arabic presentation forms but the ligatures of Latin."""
    return (0xD800 <= c < 0xE000 or 0xAC00 <= c < 0xD7A4
            or 0xF900 <= c < 0xFB00 or 0xFB50 <= c < 0xFE00
            or 0xFE70 <= c < 0xFF00 or 0x2F00 <= c < 0x2FE0
            or 0x3130 <= c < 0x3190)


def kind(c):
    s = chr(c)
    k = u.category(s)
    if s in KEEP:
        return "FOLD_SIGN"
    if k[0] in "ZP" or k == "Cc" or s == "`":
        return "FOLD_SPACE"
    if k == "Cf" or 0xFE00 <= c < 0xFE10:
        return "FOLD_DROP"
    if k[0] == "S" and not 0x1F3FB <= c < 0x1F400:
        return "FOLD_SIGN"
    return ""


def mapped(c):
    s = chr(c)
    if s in DASH:
        return "-"
    t = u.normalize("NFKD", u.normalize("NFKD", s).casefold())
    if t[0] == " " and len(t) > 1:
        return " "
    return t


print("/* Made by fold.py from Unicode %s. */" % u.unidata_version)
print("/* clang-format off */")
classes = []
for c in range(TOP):
    k = "" if 0xD800 <= c < 0xE000 else kind(c)
    if not k:
        continue
    if classes and classes[-1][1] == c - 1 and classes[-1][2] == k:
        classes[-1][1] = c
    else:
        classes.append([c, c, k])
ranges, longs = [], []
for c in range(TOP):
    if skipped(c):
        continue
    t = mapped(c)
    if t == chr(c):
        continue
    if len(t) > 1:
        longs.append((c, t))
        continue
    d = ord(t) - c
    for step in (1, 2):
        r = ranges[-1] if ranges else None
        if r and r[2] == d and c - r[1] == step and r[3] in (0, step):
            r[1], r[3] = c, step
            break
    else:
        ranges.append([c, c, d, 0])


def table(head, rows, per):
    print(head + " = {")
    for i in range(0, len(rows), per):
        print("\t" + " ".join(rows[i:i + per]))
    print("};")


table("static const struct fold_class fold_classes[]",
      ["{ 0x%x, 0x%x, %s }," % tuple(r) for r in classes], 2)
table("static const struct fold_range fold_ranges[]",
      ["{ 0x%x, 0x%x, %d, %d }," % (a, b, d, s or 1)
       for a, b, d, s in ranges], 3)
flat = []
for c, t in longs:
    flat += ["0x%x,%d,%s," % (c, len(t), ",".join("%d" % ord(x) for x in t))]
print("/* code point, how many, which; ... */")
table("static const uint32_t fold_longs[]", flat, 4)
