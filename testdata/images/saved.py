"""What `docker save` wrote up to version 24: a folder a layer, a layer that stands twice as a link, two images
in one file. `saved.py ONE TWO OUT`."""
import hashlib
import io
import json
import sys
import tarfile

one, two, out = sys.argv[1:]
tars = [open(path, "rb").read() for path in (one, two)]
ids = ["sha256:" + hashlib.sha256(tar).hexdigest() for tar in tars]
file = tarfile.open(out, "w")


def add(name, data=None, link=None):
    entry = tarfile.TarInfo(name)
    if link:
        entry.type, entry.linkname = tarfile.SYMTYPE, link
    entry.size = len(data or b"")
    file.addfile(entry, io.BytesIO(data or b""))


names = [c * 64 for c in "abc"]
add(f"{names[0]}/layer.tar", tars[0])
add(f"{names[1]}/layer.tar", tars[1])
add(f"{names[2]}/layer.tar", link=f"../{names[0]}/layer.tar")
images = []
for tag, layers in (("app:old", [0, 1]), ("app:older", [2])):
    config = {"architecture": "amd64", "os": "linux", "config": {"Cmd": ["sh"]},
              "rootfs": {"type": "layers", "diff_ids": [ids[0 if n == 2 else n] for n in layers]},
              "history": [{"created_by": f"step {n}"} for n in layers]}
    data = json.dumps(config).encode()
    name = hashlib.sha256(data).hexdigest() + ".json"
    add(name, data)
    images.append({"Config": name, "RepoTags": [tag], "Layers": [f"{names[n]}/layer.tar" for n in layers]})
add("manifest.json", json.dumps(images).encode())
file.close()
