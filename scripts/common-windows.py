#!/usr/bin/env python3
"""Writes src/engine/prefilter/windows.bin: the four bytes that are most common in real data.

usage: common-windows.py FOLDER...   (the checked-in table was made from target/bench/source and target/bench/npm)

What pairs of bytes say of four is wrong where these are a word: `from`, `safe`. Format: the most common ones, case folded
as the prefilter does it (bit 5 set), in order as little-endian integers of four bytes, then -8*log2 of the share of each.
"""
import collections
import math
import os
import random
import struct
import sys

MOST = 2048
BUDGET = 24 << 20

windows = collections.Counter()
seen = 0
for folder in sys.argv[1:]:
    paths = [os.path.join(root, name) for root, _, names in os.walk(folder) for name in names]
    paths.sort()
    random.Random(1).shuffle(paths)
    budget = BUDGET
    for path in paths:
        if budget <= 0:
            break
        if os.path.islink(path) or not os.path.isfile(path):
            continue
        with open(path, "rb") as f:
            data = f.read(64 << 10)
        budget -= len(data)
        folded = bytes(b | 0x20 for b in data)
        windows.update(folded[i : i + 4] for i in range(len(folded) - 3))
        seen += len(data)

# Stretches of one byte are known to be common where they are.
common = [(w, n) for w, n in windows.most_common(2 * MOST) if len(set(w)) > 1][:MOST]
common.sort(key=lambda item: struct.unpack("<I", item[0]))
out = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../src/engine/prefilter/windows.bin")
with open(out, "wb") as f:
    f.write(b"".join(w for w, _ in common))
    f.write(bytes(min(255, round(-8 * math.log2(n / seen))) for _, n in common))
print(f"{seen >> 20} MB read, the least common is one in {seen // min(n for _, n in common)}")
