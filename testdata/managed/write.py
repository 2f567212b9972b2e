#!/usr/bin/env python3
"""Renders the sources of this family, and writes the containers for which no tool can be had.

  write.py render IN OUT       templates, with @BYTES{kind:name} and @CHARS{kind:name} as well
  write.py containers OUT      around the assemblies that are in OUT
"""
import os
import re
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, ".."))
from plant import render, value  # noqa: E402


def sources(source, target):
    for name in sorted(os.listdir(source)):
        with open(os.path.join(source, name)) as f:
            text = f.read()
        text = re.sub(r"@BYTES\{(\w+):([^}]+)\}", lambda m: ", ".join(str(b) for b in value(*m.groups()).encode()), text)
        text = re.sub(r"@CHARS\{(\w+):([^}]+)\}", lambda m: ", ".join(f"'{c}'" for c in value(*m.groups())), text)
        with open(os.path.join(target, name), "w") as f:
            f.write(render(text))


def containers(out):
    pass


if __name__ == "__main__":
    if sys.argv[1] == "render":
        sources(*sys.argv[2:])
    else:
        containers(sys.argv[2])
