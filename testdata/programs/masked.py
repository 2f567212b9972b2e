"""Writes a program whose keys stand in arrays under a constant: `masked.py TESTDATA OUT`."""
import sys

sys.path.insert(0, sys.argv[1])
from plant import value

lines = ["void use(const char *, const char *);"]
for name, undo, mask in (
    ("xor", "^ 0x5a", lambda b: b ^ 0x5A),
    ("plus", "- 11", lambda b: (b + 11) & 255),
):
    sizes = []
    for kind in ("id", "secret"):
        text = value(kind, "prog-mask-" + name).encode()
        array = ", ".join(str(mask(b)) for b in text)
        lines.append("static const unsigned char %s_%s[] = {%s};" % (name, kind, array))
        sizes.append(len(text))
    lines.append("void use_%s(void) {\n  char id[21], secret[41];" % name)
    for kind, size in zip(("id", "secret"), sizes):
        lines.append("  for (int i = 0; i < %d; i++) %s[i] = %s_%s[i] %s;" % (size, kind, name, kind, undo))
    lines.append("  id[20] = secret[40] = 0;\n  use(id, secret);\n}")
with open(sys.argv[2], "w") as f:
    f.write("\n".join(lines) + "\n")
