"""Archives that are small and ask for much: `bombs.py OUT`. For tests/bombs.rs."""
import os
import struct
import sys
import zlib

os.chdir(sys.argv[1])
COUNT = 65000
NAMES = [b"%05d" % n for n in range(COUNT)]
LOCAL = 35


def write(name, *parts):
    with open(name, "wb") as f:
        f.writelines(parts)


def local(name, size, method):
    return b"PK\x03\x04" + struct.pack("<HHHHHIIIHH", 20, 0, method, 0, 0, 0, size, size, len(name), 0) + name


def zipped(name, body, entries):
    """`entries`: name, method, packed size, size, offset."""
    directory = b"".join(
        b"PK\x01\x02" + struct.pack("<HHHHHHIIIHHHHHII", 20, 20, 0, method, 0, 0, 0, packed, size & 0xFFFFFFFF,
                                    len(file), 0, 0, 0, 0, 0, offset) + file
        for file, method, packed, size, offset in entries)
    count = len(entries)
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(body), 0)
    write(name, body, directory, end)


# Each entry holds all that follow it.
total = COUNT * LOCAL + 1000
for kind, method in (("stored", 0), ("lying", 8)):
    body = b"".join(local(file, total - (n + 1) * LOCAL, method) for n, file in enumerate(NAMES)) + b"\xff" * 1000
    entries = [(file, method, total - (n + 1) * LOCAL, total - (n + 1) * LOCAL, n * LOCAL) for n, file in enumerate(NAMES)]
    zipped(f"overlap-{kind}.zip", body, entries)

# Each entry quotes the header of the next, and goes on in its data.
packer = zlib.compressobj(9, zlib.DEFLATED, -15)
kernel = packer.compress(b"\0" * (20 << 20)) + packer.flush()
parts, packed, size, entries = [local(NAMES[-1], 0, 8) + kernel], len(kernel), 20 << 20, []
behind = len(parts[0])
entries.append((NAMES[-1], 8, packed, size, behind))
for file in reversed(NAMES[:-1]):
    quote = b"\0" + struct.pack("<HH", LOCAL, LOCAL ^ 0xFFFF)
    parts.append(local(file, 0, 8) + quote)
    packed, size, behind = packed + len(quote) + LOCAL, size + LOCAL, behind + LOCAL + len(quote)
    entries.append((file, 8, packed, size, behind))
body = b"".join(reversed(parts))
zipped("overlap-quoted.zip", body, [(f, m, p, s, len(body) - b) for f, m, p, s, b in reversed(entries)])

# Headers of 7z that list more than there is.
huge, many = b"\xff" + struct.pack("<Q", 1 << 60), b"\xff" + struct.pack("<Q", 0x7FFFFFFF)
for name, header in {
    "packs": b"\x01\x04\x06\x00" + many,
    "folders": b"\x01\x04\x07\x0b" + many + b"\x00",
    "huge": b"\x01\x04\x07\x0b" + huge + b"\x00",
    "coders": b"\x01\x04\x07\x0b\x01\x00" + many,
    "substreams": b"\x01\x04\x06\x00\x01\x09\x01\x00\x07\x0b\x01\x00\x01\x01\x00\x0c\x01\x00\x08\x0d" + many + b"\0\0\0",
    "encoded": b"\x17\x06\x00\x01\x09\x01\x07\x0b\x01\x00\x01\x23\x03\x01\x01\x05\x5d\xff\xff\xff\xff\x0c" + many + b"\0\0",
}.items():
    start = struct.pack("<QQI", 0, len(header), zlib.crc32(header))
    write(f"{name}.7z", b"7z\xbc\xaf\x27\x1c\x00\x04" + struct.pack("<I", zlib.crc32(start)) + start + header)

# Zstandard: windows of 2 GB, a size of 2^60.
write("window.zst", b"\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00")
write("size.zst", b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", 1 << 60) + b"\x01\x00\x00")


def header(name, size):
    h = bytearray(512)
    h[: len(name)] = name
    h[124:135] = b"%011o" % size
    h[156:157] = b"0"
    h[257:265] = b"ustar\x0000"
    h[148:156] = b" " * 8
    h[148:155] = b"%06o\0" % sum(h)
    return bytes(h)


# Many entries of a byte each: the test lowers the number that is read.
with open("many.tar", "wb") as f:
    for n in range(200_000):
        f.write(header(b"%d" % n, 1) + b"x" + b"\0" * 511)
