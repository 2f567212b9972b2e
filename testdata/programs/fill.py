"""Makes the folder APP one that needs several blocks, fragments and a hole."""
import os
import random
import sys

app = sys.argv[1]
noise = random.Random(1)
rows = ["row %d of %d\n" % (n, noise.getrandbits(60)) for n in range(12000)]
path = os.path.join(app, "usr/share/large.txt")
with open(path) as f:
    rows.insert(9000, f.read())
with open(path, "w") as f:
    f.write("".join(rows))
path = os.path.join(app, "usr/share/hole.bin")
with open(path) as f:
    text = f.read().encode()
with open(path, "wb") as f:
    f.write(bytes(400_000) + text + bytes(300_000))
os.makedirs(os.path.join(app, "usr/share/icons"))
for n in range(300):
    with open(os.path.join(app, "usr/share/icons", "%d.svg" % n), "w") as f:
        f.write("<svg id='%d'/>\n" % n)
os.symlink("usr/bin/shop", os.path.join(app, "AppRun"))
