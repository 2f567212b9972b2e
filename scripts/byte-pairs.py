#!/usr/bin/env python3
"""Writes src/engine/prefilter/pairs.bin: how common bytes and pairs of bytes are in real data.

usage: byte-pairs.py FOLDER...   (source trees, libraries; the checked-in table was made from
~/.cargo/registry/src, /usr/include, /usr/share/perl and /usr/lib/x86_64-linux-gnu)

Format: for the 96 bytes from 0x20 on, case folded as the prefilter does it (bit 5 set), -8*log2 of
the share of each byte (96 bytes), then of each pair (96 * 96 bytes), at most 255.
"""
import collections
import math
import os
import sys

pairs = collections.Counter()
seen = 0
for folder in sys.argv[1:]:
    budget = 40 << 20
    for root, dirs, files in os.walk(folder):
        dirs.sort()
        for name in sorted(files):
            path = os.path.join(root, name)
            if budget <= 0 or os.path.islink(path) or not os.path.isfile(path):
                continue
            with open(path, "rb") as f:
                data = f.read(1 << 20)
            budget -= len(data)
            folded = bytes(b | 0x20 for b in data)
            pairs.update(zip(folded, folded[1:]))
            seen += len(data)

total = sum(pairs.values())
single = collections.Counter()
for (a, _), n in pairs.items():
    single[a] += n
span = range(0x20, 0x80)


def bits(n):
    return min(255, round(-8 * math.log2((n or 0.01) / total)))


table = bytes(bits(single[a]) for a in span) + bytes(bits(pairs[a, b]) for a in span for b in span)
out = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../src/engine/prefilter/pairs.bin")
with open(out, "wb") as f:
    f.write(table)
print(f"{seen >> 20} MB read, {len(table)} bytes written")
