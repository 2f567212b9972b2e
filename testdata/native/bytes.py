"""Writes the statements that store a string byte by byte, and in words, as hand-made hiding does."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plant import value  # noqa: E402

lines = []
for name, text in (("id", value("id", "native-bytes")), ("secret", value("secret", "native-bytes"))):
    for i, c in enumerate(text + "\0"):
        lines.append(f"    {name}[{i}] = {ord(c)};")
path = sys.argv[1]
source = open(path).read().replace("@{BYTES}", "\n".join(lines))
open(path, "w").write(source)
