#!/usr/bin/env bash
# Writes the seeds of what this family holds: small, made by the real tools where these write something small. Files of them have one
# text, or its first lines, which src/container/seeds.rs knows.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
seeds=$(cd "$here/../seeds" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export TZ=UTC PYTHONDONTWRITEBYTECODE=1
seq -f 'line %.0f of a text' 900 >text
mkdir -p "$seeds"/{hfsplus,erofs,lha,arj,wim,ubi,ubifs}

PYTHONPATH=$here python3 - "$seeds/hfsplus" <<'PY'
import sys
import hfs
text = open("text", "rb").read()

def write(name, data):
    with open(f"{sys.argv[1]}/{name}", "wb") as f:
        f.write(data)

volume = hfs.Volume(block=512, node=1024)
folder = volume.folder(2, "folder")
private = volume.folder(2, "\0\0\0\0HFS+ Private Data")
volume.file(2, "one", text, pieces=11)
volume.file(folder, "two", text[:100], resource=text[:300])
volume.link(private, [(folder, "three"), (2, "four")], text[:200])
for n in range(12):
    volume.folder(folder, f"empty folder {n}")
write("plain", volume.image(pieces=12))
volume = hfs.Volume(block=512, node=1024, sensitive=True)
for way in (1, 3, 4, 9, 12):
    volume.file(2, f"way {way}", text if way == 4 else text[:500], way=way)
image = volume.image()
write("packed", image)
write("wrapped", hfs.wrapped(image))
PY

mkdir -p tree/folder
cp text tree/one
head -3 text >tree/folder/two
mkfs.erofs "$seeds/erofs/plain" tree >/dev/null 2>&1
mkfs.erofs -Eforce-inode-extended "$seeds/erofs/extended" tree >/dev/null 2>&1
mkfs.erofs --chunksize=4096 "$seeds/erofs/chunks" tree >/dev/null 2>&1
{ cat text; seq 9000; } >tree/one
mkfs.erofs -zlz4 "$seeds/erofs/lz4" tree >/dev/null 2>&1
mkfs.erofs -zlz4 -Elegacy-compress "$seeds/erofs/legacy" tree >/dev/null 2>&1
mkfs.erofs -zlz4hc -C16384 "$seeds/erofs/large" tree >/dev/null 2>&1
mkfs.erofs -zlz4hc -Eztailpacking "$seeds/erofs/tail" tree >/dev/null 2>&1
for way in lzma deflate zstd; do python3 "$here/repack.py" "$seeds/erofs/legacy" $way "$seeds/erofs/$way"; done
cp text tree/one

for n in 5 6 7; do
  rm -f a.lzh
  jlha "ao$n$((n % 3))" a.lzh text >/dev/null
  cp a.lzh "$seeds/lha/lh$n"
done
python3 "$here/lh1.py" text text >"$seeds/lha/lh1"
lha t "$seeds/lha/lh1" >/dev/null
for n in 0 1 2 3 4; do
  arj a -m$n -r -y "$work/a.arj" text >/dev/null
  mv a.arj "$seeds/arj/m$n"
done
arj a -gsecret -y "$work/a.arj" text >/dev/null
mv a.arj "$seeds/arj/garbled"

for way in none xpress lzx; do
  wimlib-imagex capture tree a.wim --compress=$way >/dev/null 2>&1
  mv a.wim "$seeds/wim/$way"
done
wimlib-imagex capture tree a.wim --solid >/dev/null 2>&1
mv a.wim "$seeds/wim/solid"

# What tools write of UBIFS is too large for a seed: its nodes, without what is between them.
for way in none lzo zlib zstd; do
  mkfs.ubifs -r tree -m 512 -e 15872 -c 60 -x $way -o a.ubifs
  python3 - a.ubifs "$seeds/ubifs/$way" <<'PY'
import struct, sys
data, at, out = open(sys.argv[1], "rb").read(), 0, b""
while at < len(data):
    if data[at:at + 4] == b"\x31\x18\x10\x06":
        length, = struct.unpack_from("<I", data, at + 16)
        length += -length % 8
        if data[at + 20] not in (5, 8):
            out += data[at:at + length]
        at += length
    else:
        at += 8
open(sys.argv[2], "wb").write(out)
PY
done
printf '[one]\nmode=ubi\nimage=text\nvol_id=0\nvol_type=static\nvol_name=one\n[two]\nmode=ubi\nimage=%s\nvol_id=1\nvol_type=dynamic\nvol_name=two\nvol_size=8KiB\n' \
  tree/folder/two >chip.cfg
ubinize -o "$seeds/ubi/chip" -m 512 -p 8KiB -s 512 chip.cfg
