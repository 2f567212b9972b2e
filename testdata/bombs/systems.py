"""Images in which much comes out of the same few bytes: `systems.py OUT`. For tests/bombs.rs."""
import os
import struct
import sys

os.chdir(sys.argv[1])
MEGABYTE = 1 << 20
BLOCK = 4096


def write(name, *parts):
    with open(name, "wb") as f:
        f.writelines(parts)


# EROFS: files whose clusters are all in one block of LZ4, which has a line of text over and over.
def erofs(files, size):
    def inode(layout, mode, size):
        return struct.pack("<HHHHIIIIHHI", layout << 1, 0, mode, 1, size, 0, 0, 1, 0, 0, 0)
    names = [b".", b".."] + [b"f%02d" % n for n in range(files)]
    clusters = size // BLOCK
    each = -(-(48 + 8 * clusters) // 32) * 32
    text = 12 * len(names) + sum(map(len, names))
    first = -(-(32 + text) // 32)
    numbers = [0, 0] + [first + n * each // 32 for n in range(files)]
    packed_at = 1 + -(-(32 * first + files * each) // BLOCK)
    at, entries = 12 * len(names), b""
    for name, number in zip(names, numbers):
        entries += struct.pack("<QHBB", number, at, 1, 0)
        at += len(name)
    root = inode(2, 0o40755, text) + entries + b"".join(names)
    index = struct.pack("<HHI", 1, 0, packed_at) * clusters
    file = (inode(1, 0o100644, size) + bytes(16) + index).ljust(each, b"\0")
    line = b"line %d of a text\n"
    # A literal of sixteen bytes and a copy of it that goes on in itself.
    rest = BLOCK - 16 - 4 - 15
    block = b"\xff\x01" + line[:16] + b"\x10\0" + b"\xff" * (rest // 255) + bytes([rest % 255]) + b"\0" * 64
    head = bytearray(128)
    struct.pack_into("<IIIBBH", head, 0, 0xE0F5E1E2, 0, 0, 12, 0, 0)
    struct.pack_into("<I", head, 40, 1)
    return bytes(1024) + bytes(head) + bytes(BLOCK - 1024 - 128) + (root.ljust(32 * first, b"\0") + file * files).ljust((packed_at - 1) * BLOCK, b"\0") + block.ljust(BLOCK, b"\0")


write("one.erofs", erofs(1, 512 * MEGABYTE))
write("many.erofs", erofs(40, 60 * MEGABYTE))

