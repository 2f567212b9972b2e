"""Archives and images in which much comes out of little: `archives.py OUT`. For tests/bombs.rs."""
import os
import struct
import sys
import zlib

os.chdir(sys.argv[1])
MEGABYTE = 1 << 20


def write(name, *parts):
    with open(name, "wb") as f:
        f.writelines(parts)


# ARJ: members that say they have four gigabytes, packed by methods whose codes are shortest when all bits are nothing.
def arj(method, packed, size, name):
    body = bytes([30, 11, 1, 2, 0, method, 0, 0, 0, 0, 0, 0]) + struct.pack("<II", len(packed), size) + bytes(10) + name + b"\0\0"
    return b"\x60\xea" + struct.pack("<H", len(body)) + body + struct.pack("<IH", zlib.crc32(body), 0) + packed


def arjs(*members):
    return arj(2, b"", 0, b"a.arj") + b"".join(members) + b"\x60\xea\0\0"


# One code for all: a block of 65535 symbols, each the longest copy.
def bits(*fields):
    text = "".join(format(value, f"0{width}b") for value, width in fields if width)
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


block = bits((65535, 16), (0, 5), (0, 5), (0, 9), (509, 9), (0, 5), (0, 5))
write("copies.arj", arjs(arj(1, block * 40000, 2**32 - 1, b"copies")))
write("zeros.arj", arjs(arj(1, bytes(4 * MEGABYTE), 2**32 - 1, b"zeros"), arj(4, bytes(4 * MEGABYTE), 2**32 - 1, b"fixed")))
write("ones.arj", arjs(arj(4, b"\xff" * (4 * MEGABYTE), 2**32 - 1, b"fixed")))
write("many.arj", arjs(*(arj(1, block, 2**32 - 1, b"%d" % n) for n in range(30000))))


# UBIFS: blocks of zeros, in one file, and in as many as there are.
def node(kind, body):
    body = struct.pack("<QIBB2x", 1, 24 + len(body), kind, 0) + body
    return (b"\x31\x18\x10\x06" + struct.pack("<I", ~zlib.crc32(body) & 0xFFFFFFFF) + body).ljust((24 + len(body) - 16 + 7) // 8 * 8, b"\0")


packer = zlib.compressobj(9, zlib.DEFLATED, -15)
zeros = packer.compress(bytes(4096)) + packer.flush()


def data(inode, block):
    return node(1, struct.pack("<IIQIHH", inode, 1 << 29 | block, 0, 4096, 2, 0) + zeros)


write("one.ubifs", node(6, bytes(4072)), *(data(70, n) for n in range(100000)))
write("many.ubifs", node(6, bytes(4072)), *(data(70 + n, n) for n in range(100000)))
write("far.ubifs", node(6, bytes(4072)), *(data(70, n * 100000) for n in range(2000)))
