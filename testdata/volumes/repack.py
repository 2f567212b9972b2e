"""Packs the clusters of an EROFS image anew: `mkfs.erofs` of Debian knows LZ4 only. Of images with a full index (`legacy`).

usage: repack.py IMAGE WAY TARGET
"""
import lzma
import struct
import subprocess
import sys
import zlib

source, way, target = sys.argv[1:]
data = bytearray(open(source, "rb").read())
BLOCK = 4096


def unpack(packed, size):
    """LZ4, up to a size: what is behind it fills the block."""
    out, at = bytearray(), 0

    def more(count):
        nonlocal at
        while count >= 15 and (count - 15) % 255 == 0:
            count += packed[at]
            at += 1
            if packed[at - 1] < 255:
                break
        return count

    while True:
        token = packed[at]
        at += 1
        literals = more(token >> 4) if token >> 4 == 15 else token >> 4
        out += packed[at:at + literals]
        at += literals
        if len(out) >= size:
            return bytes(out[:size])
        back, = struct.unpack_from("<H", packed, at)
        at += 2
        for _ in range((more(15) if token & 15 == 15 else token & 15) + 4):
            out.append(out[-back])


def microlzma(plain):
    """LZMA without a header: the properties inverted stand where the first byte, always zero, would be."""
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16, "lc": 3, "lp": 0, "pb": 2}]
    raw = lzma.compress(plain, format=lzma.FORMAT_RAW, filters=filters)
    assert raw[0] == 0
    return bytes([~((2 * 5 + 0) * 9 + 3) & 255]) + raw[1:]


def deflate(plain):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(plain) + packer.flush()


def zstd(plain):
    return subprocess.run(["zstd", "-qc", "--no-check"], input=plain, stdout=subprocess.PIPE, check=True).stdout


number, pack = {"lzma": (1, microlzma), "deflate": (2, deflate), "zstd": (3, zstd)}[way]
inodes = struct.unpack_from("<I", data, 1024 + 40)[0] * BLOCK
done = 0
for at in range(inodes, len(data) - 96, 32):
    form, xattr, mode = struct.unpack_from("<HHH", data, at)
    if form >> 1 != 1 and form != 3 or mode >> 12 != 8 or xattr:
        continue
    long = form & 1
    size = struct.unpack_from("<Q" if long else "<I", data, at + 8)[0]
    head = (at + (64 if long else 32) + 7) // 8 * 8
    if not size or data[head + 6] or head + 16 + size // BLOCK * 8 > len(data):
        continue
    heads = []
    for n in range((size + BLOCK - 1) // BLOCK):
        kind, offset, block = struct.unpack_from("<HHI", data, head + 16 + 8 * n)
        if kind & 3 != 2:
            heads.append((n * BLOCK + offset, kind & 3, block))
    for n, (start, kind, block) in enumerate(heads):
        end = heads[n + 1][0] if n + 1 < len(heads) else size
        if kind == 1:
            packed = pack(unpack(data[block * BLOCK:(block + 1) * BLOCK], end - start))
            assert len(packed) <= BLOCK, len(packed)
            data[block * BLOCK:(block + 1) * BLOCK] = packed.rjust(BLOCK, b"\0")
            done += 1
    data[head + 6] = number
assert done
# What is packed ends where its block does.
data[1024 + 80] |= 1
open(target, "wb").write(data)
print(target, done)
