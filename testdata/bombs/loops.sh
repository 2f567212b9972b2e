#!/usr/bin/env bash
# File systems whose folders lead back to themselves: `loops.sh OUT`. For tests/bombs.rs.
set -euo pipefail
cd "$1"
export TZ=UTC
mkdir -p root/a/b/c
echo "x = 1" >root/a/b/c/f.txt
echo y >root/z.txt
truncate -s 4M loop.ext4
mke2fs -q -t ext4 -d root loop.ext4
for link in a/b/c/again a/again again; do debugfs -w -R "ln a $link" loop.ext4 2>/dev/null; done
genisoimage -quiet -R -J -o loop.iso root
truncate -s 4M loop.fat
mkfs.fat loop.fat >/dev/null
mcopy -i loop.fat -s root/a ::a
mksquashfs root loop.squashfs -quiet -no-progress -noI -noD -noF -noX -noappend >/dev/null
rm -r root
python3 - <<'P'
import struct


def patched(name, patch):
    with open(name, "rb") as f:
        data = bytearray(f.read())
    count = patch(data)
    assert count, name
    with open(name, "wb") as f:
        f.write(data)


def iso(data):
    # Each folder leads to the extent of the root.
    root, count = data[16 * 2048 + 156 : 16 * 2048 + 190], 0
    for name in (b"\x01A", b"\x01B", b"\x01C"):
        at = data.find(name, 17 * 2048)
        while at >= 0:
            record = at - 32
            if data[record] >= 34 and data[record + 25] & 2:
                data[record + 2 : record + 18] = root[2:18]
                count += 1
            at = data.find(name, at + 1)
    return count


def fat(data):
    first = data.find(b"A          \x10")
    folders = [data.find(name + b"          \x10") for name in (b"B", b"C")]
    for at in folders:
        data[at + 26 : at + 28] = data[first + 26 : first + 28]
    return min(folders) > 0


def squashfs(data):
    root, table, count = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<Q", data, 72)[0], 0
    for name in (b"a", b"b", b"c"):
        at = data.find(struct.pack("<HH", 1, 0) + name, table)
        if at > 0:
            struct.pack_into("<H", data, at - 4, root & 0xFFFF)
            count += 1
    return count


patched("loop.iso", iso)
patched("loop.fat", fat)
patched("loop.squashfs", squashfs)
P
