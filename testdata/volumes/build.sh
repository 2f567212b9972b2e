#!/usr/bin/env bash
# Builds into OUT file systems and archives with pairs in them, by the tools that write them; HFS+ beyond what xorriso writes by
# hfs.py, which 7-Zip has to agree with.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export TZ=UTC PYTHONDONTWRITEBYTECODE=1

. "$here/../ini.sh"
# long NAME FILE: the same in the middle of a long file.
long() {
  seq -f 'line %.0f of a file' 12000 >lines
  ini "$1" .app.ini
  mkdir -p "$(dirname "$2")"
  { head -8000 lines; cat .app.ini; tail -4000 lines; } >"$2"
}

# HFS+: what xorriso writes beside ISO 9660.
mkdir -p tree/etc
ini vol-hfs-xorriso tree/etc/app.ini
seq 3000 >tree/numbers
xorriso -as mkisofs -quiet -hfsplus -o both.iso tree 2>/dev/null
python3 - both.iso "$out/xorriso.hfs" <<'PY'
import struct, sys
disc = open(sys.argv[1], "rb").read()
at = next(at for at in range(1024, len(disc), 512) if disc[at:at + 4] == b"H+\0\4")
block, count = struct.unpack_from(">II", disc, at + 40)
open(sys.argv[2], "wb").write(disc[at - 1024:at - 1024 + block * count])
PY

# What macOS writes: pieces, packed files, forks, names, also within a disk image.
for name in plain pieces attribute resource stored fork link zlib wrapped; do long "vol-hfs-$name" "$name"; done
ini vol-hfs-attribute attribute
ini vol-hfs-stored stored
PYTHONPATH=$here python3 - "$out" <<'PY'
import base64, struct, sys, zlib
import hfs
out = sys.argv[1]
read = lambda name: open(name, "rb").read()

def write(name, data):
    with open(f"{out}/{name}", "wb") as f:
        f.write(data)

volume = hfs.Volume()
folder = volume.folder(2, "Fo/lder gru\u0308n")
private = volume.folder(2, "\0\0\0\0HFS+ Private Data")
volume.file(2, "plain.ini", read("plain"))
volume.file(folder, "pieces.ini", read("pieces"), pieces=23)
volume.file(folder, "attribute.ini", read("attribute"), way=3)
volume.file(folder, "resource.ini", read("resource"), way=4)
volume.file(folder, "stored.ini", read("stored"), way=9)
volume.file(folder, "lzvn.ini", b"bvxn" * 9, way=7)
volume.file(folder, "fork", b"data", resource=read("fork"))
volume.link(private, [(folder, "link.ini"), (2, "other name.ini")], read("link"))
for n in range(600):
    volume.file(folder, f"one of many files {n}", b"%d" % n)
write("mac.hfs", volume.image(pieces=11))

volume = hfs.Volume(block=512, sensitive=True)
volume.file(2, "app.ini", read("wrapped"))
write("wrapped.hfs", hfs.wrapped(volume.image()))

volume = hfs.Volume()
volume.file(volume.folder(2, "App.app"), "app.ini", read("zlib"))
image = volume.image()
table = struct.pack(">4sIQQQII", b"mish", 1, 0, len(image) // 512, 0, 0, 0).ljust(200, b"\0")
body, chunks = b"", b""
for at in range(0, len(image), 256 << 10):
    part = image[at:at + (256 << 10)]
    packed = zlib.compress(part)
    chunks += struct.pack(">IIQQQQ", 0x80000005, 0, at // 512, len(part) // 512, len(body), len(packed))
    body += packed
chunks += struct.pack(">IIQQQQ", 0xFFFFFFFF, 0, len(image) // 512, 0, len(body), 0)
table += struct.pack(">I", len(chunks) // 40) + chunks
xml = (f"<plist><dict><key>resource-fork</key><dict><key>blkx</key><array><dict><key>Data</key><data>"
       f"{base64.b64encode(table).decode()}</data><key>Name</key><string>disk image (Apple_HFS : 1)</string></dict></array>"
       f"</dict></dict></plist>").encode()
koly = bytearray(b"koly" + struct.pack(">II", 4, 512)).ljust(512, b"\0")
struct.pack_into(">QQ", koly, 24, 0, len(body))
struct.pack_into(">QQ", koly, 216, len(body), len(xml))
write("app.dmg", body + xml + koly)
PY
# It cannot read the file that is packed by LZVN either, which is none.
7z x -y -omac "$out/mac.hfs" >/dev/null 2>&1 || true
cmp pieces mac/disk/Fo?lder*/pieces.ini
cmp resource mac/disk/Fo?lder*/resource.ini
cmp attribute mac/disk/Fo?lder*/attribute.ini

# EROFS.
erofs() {
  rm -rf tree
  long "vol-erofs-$1" tree/etc/long.ini
  ini "vol-erofs-$1-small" tree/small.ini
  for n in $(seq 300); do echo "$n" >"tree/etc/one of many files $n"; done
  mkfs.erofs "${@:2}" "$out/$1.erofs" tree >/dev/null 2>&1
}
erofs plain
erofs extended -Eforce-inode-extended
erofs chunks --chunksize=4096
erofs lz4 -zlz4
erofs lz4hc -zlz4hc,9 -C65536
erofs legacy -zlz4 -Elegacy-compress
erofs tail -zlz4hc -Eztailpacking

# Archives.
for n in 5 6 7; do
  long "vol-lh$n" app.ini
  rm -f a.lzh
  jlha ao$n"$((n % 3))" a.lzh app.ini >/dev/null
  mv a.lzh "$out/lh$n.lzh"
done
for n in 0 1 2 3 4; do
  long "vol-arj-$n" etc/app.ini
  arj a -m$n -r -y "$out/m$n.arj" etc >/dev/null
done
long vol-arj-program etc/app.ini
arj a -je -r -y "$out/program.arj" etc >/dev/null
arj a -gsecret -y "$out/garbled.arj" etc >/dev/null

# WIM.
for way in none xpress lzx; do
  rm -rf tree
  long "vol-wim-$way" tree/Windows/app.ini
  cp /bin/true tree/Windows/true.exe
  wimlib-imagex capture tree "$out/$way.wim" --compress=$way >/dev/null 2>&1
done
wimlib-imagex capture tree "$out/solid.wim" --solid >/dev/null 2>&1

# UBIFS, and a volume of it on a chip.
for way in none lzo zlib zstd; do
  rm -rf tree
  long "vol-ubifs-$way" tree/etc/app.ini
  mkfs.ubifs -r tree -m 2048 -e 126976 -c 200 -x $way -o "$out/$way.ubifs"
done
rm -rf tree
ini vol-ubi tree/etc/app.ini
mkfs.ubifs -r tree -m 2048 -e 126976 -c 200 -o root.ubifs
printf '[root]\nmode=ubi\nimage=root.ubifs\nvol_id=3\nvol_size=8MiB\nvol_type=dynamic\nvol_name=rootfs\nvol_alignment=1\n' >chip.cfg
ubinize -o "$out/chip.ubi" -m 2048 -p 128KiB -s 2048 chip.cfg
