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

# A gzip stream that expands to itself, after Russ Cox, "Zip Files All The Way Down" (2010): literals (L) and repeats
# (R) of five bytes each, so that both can be written out by each other.


def literal(n):
    return struct.pack("<BHH", 0, n, n ^ 0xFFFF)


def repeat(n):
    """The last n bytes once more: a block of fixed codes with two matches of 3 to 10 bytes, 40 bits in all."""
    bits = "0" + "10"
    for length in (n // 2, n - n // 2):
        assert 3 <= length <= 10 and 17 <= n <= 32
        bits += f"{length - 2:07b}"
        code, first = (8, 17) if n < 25 else (9, 25)
        bits += f"{code:05b}" + f"{n - first:03b}"[::-1]
    bits += "0" * 7
    assert len(bits) == 40
    return bytes(int(bits[i : i + 8][::-1], 2) for i in range(0, 40, 8))


def quine(crc):
    p = b"\x1f\x8b\x08\x08\0\0\0\0\0\xff" + b"abc\0"

    def with_size(size):
        s = b"\x01\0\0\xff\xff" + struct.pack("<II", crc, size)
        lp, rp, ls, rs = literal(len(p) + 5), repeat(len(p) + 5), literal(len(s) + 5), repeat(len(s) + 5)
        l0, l1, l4, r4 = literal(0), literal(5), literal(20), repeat(20)
        text = [p, lp, p, lp, rp, l1, rp, l1, l1, l4, rp, l1, l1, l4, r4, l4, r4, l4, r4, l4, r4, l4, r4, l0, l0, ls]
        return b"".join(text + [r4, l0, l0, ls, rs, s, rs, s])

    return with_size(len(with_size(0)))


# The checksum of what holds its own checksum: linear over bits.
zero = zlib.crc32(quine(0))
rows = [(zlib.crc32(quine(1 << i)) ^ zero ^ (1 << i), 1 << i) for i in range(32)]
crc, rest = 0, zero
for bit in range(31, -1, -1):
    pivot = next((row for row in rows if row[0] >> bit & 1), None)
    if pivot is None:
        continue
    rows = [(a ^ pivot[0], b ^ pivot[1]) if a >> bit & 1 else (a, b) for a, b in rows if (a, b) != pivot]
    if rest >> bit & 1:
        rest, crc = rest ^ pivot[0], crc ^ pivot[1]
stream = quine(crc)
assert rest == 0 and zlib.crc32(stream) == crc and zlib.decompress(stream, 31) == stream
write("quine.gz", stream)

# Cabinets: one that is its own predecessor and successor; one whose folders are all the same 32 KB.
SELF = b"loop.cab\0\0" * 2


def cabinet(name, folders, more):
    files = 36 + len(more) + 8 * folders
    data = files + folders * 22
    body = b"".join(struct.pack("<IHH", data, 1, 0) for _ in range(folders))
    for n in range(folders):
        body += struct.pack("<IIHHHH", 32768, 0, n, 0, 0, 0) + b"%05d\0" % n
    body += struct.pack("<IHH", 0, 32768, 32768) + b"x\n" * 16384
    head = struct.pack("<IIIIIBBHHHHH", 0, 36 + len(more) + len(body), 0, files, 0, 3, 1, folders, folders, 3 if more else 0, 7, 0)
    write(name, b"MSCF" + head + more + body)


cabinet("loop.cab", 1, SELF)
cabinet("same.cab", 60000, b"")
