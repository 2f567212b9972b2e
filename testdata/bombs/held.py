"""Archives of which each entry is allowed, and all of them together are not in memory: `held.py OUT LINE`, where LINE stands
in each entry. For tests/bombs.rs, which allows entries of 48 MiB."""
import gzip
import os
import random
import sys
import zipfile

line = sys.argv[2].encode()
os.chdir(sys.argv[1])
random.seed(7)
# Text that packs well, though not as well as a bomb would have it.
unit = bytes(random.choice(b"abcdefghijklmnopqrstuvwxyz \n") for _ in range(20_000)) + b"\n"
text = line + b"\n" + unit * (50_000_000 // len(unit))
packed = gzip.compress(text, 6)

os.mkdir("side by side")
for n in range(6):
    with open(f"side by side/{n}.gz", "wb") as f:
        f.write(packed)

with zipfile.ZipFile("side.zip", "w") as archive:
    for n in range(6):
        archive.writestr(f"{n}.gz", packed)

# Each holds the next, and as much behind it.
nested = packed
for _ in range(6):
    nested = gzip.compress(nested + b"\0" * (50_000_000 - len(nested)), 1)
with open("nested.gz", "wb") as f:
    f.write(nested)
