#!/usr/bin/env python3
"""Fits the weights of patterns/data/score.tsv to labelled features.

    cargo run --release --example candidates -- features testdata/labelled > target/features.tsv
    scripts/train-score.py target/features.tsv testdata/labelled/real.tsv

Each input line is a verdict (1 a secret, 0 none), a tab, and the features that are not 0, as
NAME=VALUE separated by `;`. Logistic regression with a penalty for leaving the weights that the table
has already: what the labelled lines say nothing about stays as a person set it. Plain Python, the same
result every time.
"""

import math
import sys

TABLE = "patterns/data/score.tsv"
PENALTY = 0.02
STEPS = 1500


def read(path):
    rows = []
    for line in open(path, encoding="utf-8"):
        verdict, _, features = line.rstrip("\n").partition("\t")
        if verdict in ("0", "1"):
            pairs = [f.rsplit("=", 1) for f in features.split("\t")[-1].split(";") if f]
            rows.append((int(verdict), [(name, float(x)) for name, x in pairs]))
    return rows


def main():
    table = [line.rstrip("\n").split("\t") for line in open(TABLE, encoding="utf-8")][1:]
    names = [row[0] for row in table]
    prior = [float(row[1]) for row in table]
    index = {name: i for i, name in enumerate(names)}
    rows = []
    for path in sys.argv[1:]:
        part = read(path)
        # Each source weighs the same, however many lines it has.
        rows += [(y, [(index[n], x) for n, x in f if n in index], 1000.0 / len(part)) for y, f in part]
    total = sum(w for _, _, w in rows)
    weights = prior[:]
    rate = 2.0
    for step in range(STEPS):
        gradient = [PENALTY * (w - p) for w, p in zip(weights, prior)]
        loss = 0.0
        for y, features, share in rows:
            z = sum(weights[i] * x for i, x in features)
            p = 1 / (1 + math.exp(-max(-30, min(30, z))))
            loss -= share / total * math.log(max(1e-9, p if y else 1 - p))
            for i, x in features:
                gradient[i] += share / total * (p - y) * x
        weights = [w - rate * g for w, g in zip(weights, gradient)]
        if step % 300 == 0:
            print(f"step {step}: loss {loss:.4f}", file=sys.stderr)
    with open(TABLE, "w", encoding="utf-8") as out:
        out.write("feature\tweight\n")
        for name, weight in zip(names, weights):
            out.write(f"{name}\t{weight:.2f}\n")


main()
