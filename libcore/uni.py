#!/usr/bin/env python3
"""Write libcore/uni_data.c: what Unicode says of every character.

    pip install unicodedata2==16.0.0
    python3 libcore/uni.py > libcore/uni_data.c

Needed only when the Unicode version changes; the result is in the tree.
"""
import sys

import unicodedata2 as ud

WANT = "16.0.0"
BLOCK = 128
LAST = 0x110000
GROUPS = {  # general category: names of libcore/uni.h
    "Lu": 1, "Ll": 2, "Lt": 4, "Lm": 8, "Lo": 16,
    "Mn": 32, "Mc": 32, "Me": 32, "Nd": 64, "Nl": 64, "No": 64,
    "Pc": 128, "Pd": 128, "Ps": 128, "Pe": 128, "Pi": 128, "Pf": 128,
    "Po": 128, "Sm": 256, "Sc": 256, "Sk": 256, "So": 256,
}
SPACE, WORD, UNSURE = 512, 1024, 2048
# PropList.txt: White_Space
SPACES = ({*range(9, 14), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B),
           0x2028, 0x2029, 0x202F, 0x205F, 0x3000})
# PropList.txt: Other_Alphabetic that is not a mark, and Join_Control
WORDS = ({*range(0x24B6, 0x24EA), *range(0x1F130, 0x1F14A),
          *range(0x1F150, 0x1F16A), *range(0x1F170, 0x1F18A),
          0x200C, 0x200D})

# Characters with a combining class or a decomposition that came after Unicode
# 9, the version by which Hugging Face tokenizers (0.23) normalise. Models are
# trained on what that gives, so these characters are left as they are.
LATER = """
    7FD 897-89F 8CA-8D3 9FE C3C D3B-D3C EBA 1715 1ABF-1ACE 1DF6-1DFA A82C 105C9
    105E4 10D24-10D27 10D69-10D6D 10EAB-10EAC 10EFD-10EFF 10F46-10F50
    10F82-10F85 11070 1133B 11383 11385 1138E 11391 113C5 113C7-113C8
    113CE-113D0 1145E 11839-1183A 11938 1193D-1193E 11943 119E0 11A34 11A47
    11A99 11D42 11D44-11D45 11D97 11F41-11F42 16121-16128 1612F 16D68-16D6A
    16FF0-16FF1 1E08F 1E130-1E136 1E2AE 1E2EC-1E2EF 1E4EC-1E4EF 1E5EE-1E5EF
"""


def later():
    out = set()
    for r in LATER.split():
        lo, _, hi = r.partition("-")
        out |= set(range(int(lo, 16), int(hi or lo, 16) + 1))
    return out


def pairs():
    """[(whole, first, second or 0, composes)] of canonical decomposition."""
    out, left = [], later()
    for c in range(LAST):
        d = ud.decomposition(chr(c))
        if d and not d.startswith("<") and c not in left:
            ab = [int(x, 16) for x in d.split()] + [0]
            out.append((c, ab[0], ab[1],
                        int(ud.normalize("NFC", chr(c)) == chr(c))))
    return out


def classes(table):
    second = {b for _, _, b, ok in table if ok}
    second |= set(range(0x1161, 0x1176)) | set(range(0x11A8, 0x11C3))
    left = later()
    for c in range(LAST):
        cat = ud.category(chr(c))
        m = GROUPS.get(cat, 0)
        if c in SPACES:
            m |= SPACE
        if m & 63 or cat in ("Nd", "Nl", "Pc") or c in WORDS:
            m |= WORD
        ccc = 0 if c in left else ud.combining(chr(c))
        if ccc or c in second or (c not in left and
                                  ud.normalize("NFC", chr(c)) != chr(c)):
            m |= UNSURE
        yield m, ccc


def rows(name, ctype, values):
    print(f"const {ctype} {name}[{len(values)}] = {{")
    line = ""
    for v in values:
        if len(line) + len(str(v)) > 78:
            print(line)
            line = ""
        line += f"{v},"
    print(f"{line}\n}};\n")


def main():
    if ud.unidata_version != WANT:
        sys.exit(f"unicodedata2 {WANT} is needed, this is {ud.unidata_version}")
    table = pairs()
    kinds, kind, blocks, block, first = [], {}, [], {}, []
    run = []
    for c in classes(table):
        run.append(kind.setdefault(c, len(kind)))
        if len(run) == BLOCK:
            first.append(block.setdefault(tuple(run), len(block)))
            run = []
    assert len(kind) < 256 and len(block) < 65536
    print(f"/* Unicode {WANT}. Made by libcore/uni.py; not edited. */")
    print('#include "libcore/uni.h"\n\n/* clang-format off */')
    rows("uni_block", "uint16_t", first)
    rows("uni_kind", "uint8_t", [k for b in block for k in b])
    rows("uni_mask", "uint16_t", [m for m, _ in kind])
    rows("uni_ccc", "uint8_t", [c for _, c in kind])
    print(f"const size_t uni_pairs = {len(table)};")
    rows("uni_pair", "struct uni_pair",
         ["{%d,%d,%d,%d}" % t for t in table])
    order = sorted((i for i, t in enumerate(table) if t[3]),
                   key=lambda i: table[i][1:3])
    print(f"const size_t uni_composes = {len(order)};")
    rows("uni_compose", "uint16_t", order)


main()
