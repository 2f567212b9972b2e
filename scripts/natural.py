#!/usr/bin/env python3
"""Makes patterns/data/natural.bin: how usual three letters in a row are in words and identifiers.

    scripts/natural.py FOLDER...      (sources of packages: ~/.cargo/registry/src, target/noise)

Each different word counts once, so that no project's favourite word weighs more than another's. Words
that mix letters and digits are left out: they may be what the model is to tell apart. The file holds,
for each three symbols (a border, a to z, a digit), eighths of bits of surprise at the third.
"""

import math
import os
import re
import sys

SYMBOLS = 28  # 0 a border, 1..26 letters, 27 a digit
TEXT = (".rs", ".md", ".txt", ".py", ".js", ".ts", ".c", ".h", ".java", ".go", ".rb", ".rst", ".json", ".toml", ".yml", ".html")
WORD = re.compile(rb"[A-Z]?[a-z]+[0-9]{0,2}|[A-Z]{2,}(?![a-z])[0-9]{0,2}")
IDENTIFIER = re.compile(rb"(?<![A-Za-z0-9+/=_-])[A-Za-z_][A-Za-z_]*[0-9]{0,2}(?![A-Za-z0-9+/=_-])")


def words(folders):
    seen = {}
    for folder in folders:
        for root, _, files in os.walk(folder):
            for name in files:
                path = os.path.join(root, name)
                if not name.endswith(TEXT) or os.path.getsize(path) > 1 << 20:
                    continue
                with open(path, "rb") as f:
                    text = f.read()
                if max(map(len, text.split(b"\n"))) > 2000:
                    continue  # minified, generated
                for word in {w for i in IDENTIFIER.findall(text) for w in WORD.findall(i)}:
                    if 3 <= len(word) <= 20:
                        word = word.lower()
                        seen[word] = seen.get(word, 0) + 1
    # What stands in one file only may be anything.
    return [word for word, files in seen.items() if files > 2]


def symbol(b):
    return 27 if 48 <= b <= 57 else b - 96


def main():
    counts = [0.0] * SYMBOLS**3
    known = words(sys.argv[1:])
    for word in known:
        a = b = 0
        for c in [*map(symbol, word), 0]:
            counts[(a * SYMBOLS + b) * SYMBOLS + c] += 1
            a, b = b, c
    # Witten-Bell: what was never seen after two letters gets the share of those that follow one.
    pairs = [sum(counts[a * SYMBOLS**2 + i] for a in range(SYMBOLS)) for i in range(SYMBOLS**2)]
    out = bytearray()
    for a in range(SYMBOLS):
        for b in range(SYMBOLS):
            row = counts[(a * SYMBOLS + b) * SYMBOLS :][:SYMBOLS]
            back = pairs[b * SYMBOLS :][:SYMBOLS]
            total, kinds, of_back = sum(row), sum(n > 0 for n in row), sum(back)
            for c in range(SYMBOLS):
                lower = (back[c] + 0.5) / (of_back + 0.5 * SYMBOLS)
                p = (row[c] + (kinds + 1) * lower) / (total + kinds + 1)
                out.append(min(255, round(-math.log2(p) * 8)))
    with open("patterns/data/natural.bin", "wb") as f:
        f.write(out)
    print(f"{len(known)} words, {len(out)} bytes")


main()
