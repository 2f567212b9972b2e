"""Files that are small and in which much is packed, shared or led back to itself: `packed.py OUT`. For tests/bombs.rs."""
import os
import struct
import sys
import zlib

os.chdir(sys.argv[1])
MEGABYTE = 1 << 20


def write(name, *parts):
    with open(name, "wb") as f:
        f.writelines(parts)


def deflated(count, unit=b"\0" * MEGABYTE):
    """So many units, of which only one is packed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    once = packer.compress(unit) + packer.flush(zlib.Z_FULL_FLUSH)
    return once * count + packer.flush()


def packed(megabytes):
    """The checksum of zeros is their number, and one."""
    size = megabytes * MEGABYTE
    return b"\x78\xda" + deflated(megabytes) + struct.pack(">I", size % 65521 << 16 | 1)


GIGABYTES = packed(3000)

# A picture with a text of 3 GB, and one with 20 texts of 64 MB.
def png(*texts):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    texts = [chunk(b"zTXt", b"Comment\0\0" + text) for text in texts]
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) + b"".join(texts) + chunk(b"IEND", b"")


write("text.png", png(GIGABYTES))
write("texts.png", png(*[packed(64)] * 20))

# Films, streams without a header, and with zlib's.
write("film.swf", b"CWS\x0a" + struct.pack("<I", 3000 * MEGABYTE) + GIGABYTES)
write("stream.zlib", GIGABYTES)
write("stream.bin", deflated(3000, bytes(range(32, 127)) * 11037))

# zisofs: 4 GB, whose table names one block over and over, and one that is nothing but holes.
block = zlib.compress(b"\0" * (1 << 17), 9)
count = (4 << 30 >> 17) - 1
at = 16 + 4 * (count + 1)
head = b"\x37\xe4\x53\x96\xc9\xdb\xd6\x07" + struct.pack("<IBBH", count << 17, 4, 17, 0)
table = b"".join(struct.pack("<I", at + n % 2 * len(block)) for n in range(count + 1))
write("blocks.zisofs", head, table, block)
write("holes.zisofs", head, struct.pack("<I", at) * (count + 1))

# cramfs: folders that are each other's, a file whose blocks are all one.
magic, signature = struct.pack("<I", 0x28CD3D45), b"Compressed ROMFS"


def inode(mode, size, name, offset):
    return struct.pack("<III", mode, size, offset // 4 << 6 | len(name) // 4) + name


def cramfs(flags, entries, rest=b""):
    head = magic + struct.pack("<III", 0, flags, 0) + signature + b"\0" * 32
    return head + inode(0o40755, len(entries), b"", 76) + entries + rest


folders = b"".join(inode(0o40755, 15 * 16 * 1000, b"f%03d" % n, 76 + 16 * n) for n in range(1000)) * 15
write("loop.cramfs", cramfs(0, folders))
page = zlib.compress(b"\0" * 4096, 9)
size = (1 << 24) - 1
pages = -(-size // 4096)
files = 1000
entries = b"".join(inode(0o100644, size - n, b"f%03d" % n, 76 + 16 * files) for n in range(files))
start = 76 + 16 * files + 4 * pages
direct = (struct.pack("<H", len(page)) + page).ljust(64, b"\0")
start += -start % 4
pointers = struct.pack("<I", 1 << 30 | start >> 2) * pages
write("shared.cramfs", cramfs(0x800, entries, pointers.ljust(start - 76 - 16 * files, b"\0") + direct))

# romfs: heads that name each other, and files that are all the same bytes.
def romfs(heads):
    return b"-rom1fs-" + struct.pack(">II", 32 + len(heads), 0) + b"x".ljust(16, b"\0") + heads


heads = b"".join(struct.pack(">IIII", 32 + (n * 7919 + 1) % 20000 * 32 | 1, 32 + (n * 104729 + 3) % 20000 * 32, 0, 0)
                 + (b"d%05d" % n).ljust(16, b"\0") for n in range(20000))
write("loop.romfs", romfs(heads))
count = 20000
heads = b"".join(struct.pack(">IIII", (32 + (n + 1) * 32 if n + 1 < count else 0) | 2, 0, (count - n - 1) * 32, 0)
                 + (b"d%05d" % n).ljust(16, b"\0") for n in range(count))
write("shared.romfs", romfs(heads))


# JFFS2: nodes that have their bytes in common, each a page of zeros; a file with a byte at 3 GB; names in a circle.
def node(kind, body):
    head = struct.pack("<HHI", 0x1985, kind, 12 + len(body))
    return (head + struct.pack("<I", zlib.crc32(head, 0xFFFFFFFF) ^ 0xFFFFFFFF) + body).ljust(-(-(12 + len(body)) // 4) * 4, b"\xff")


def data(file, version, length, offset, packed_size, size, method, body=b""):
    return node(0xE002, struct.pack("<IIIHHIIIIIIIBBHII", file, version, 0o100644, 0, 0, length, 0, 0, 0, offset, packed_size,
                                    size, method, 0, 0, 0, 0) + body)


def named(folder, file, name):
    return node(0xE001, struct.pack("<IIIIBBHII", folder, 1, file, 0, len(name), 8, 0, 0, 0) + name)


page = zlib.compress(b"\0" * (64 << 10), 9)
count = 20_000
write("nodes.jffs2", *[data(2 + n % 10, n, 1 << 30, n // 10 * (64 << 10), 1 << 20, 64 << 10, 6, page if n % 100 == 0 else b"")
                       for n in range(count)], page * 100)
write("far.jffs2", data(2, 1, 0xFFFFFFFF, 3 << 30, 1, 1, 0, b"x"), b"\xff" * 4096)
write("circle.jffs2", *[named(2 + (n + 1) % 50000, 2 + n, b"n" * 250) + data(2 + n, 1, 4, 0, 4, 4, 0, b"text") for n in range(50000)])

# A capture: connections of one packet each, and one whose segments all cover each other.
def capture(packets):
    return b"\xd4\xc3\xb2\xa1\x02\0\x04\0" + b"\0" * 8 + struct.pack("<II", 65535, 1) + b"".join(
        b"\0" * 8 + struct.pack("<II", len(p), len(p)) + p for p in packets)


def packet(source, number, body):
    ip = struct.pack(">BBHHHBBHII", 0x45, 0, 40 + len(body), 1, 0, 64, 6, 0, source, 0x0A000002)
    return b"\0" * 12 + b"\x08\0" + ip + struct.pack(">HHIIHHHH", 4000, 80, number, 0, 0x5018, 0, 0, 0) + body


write("many.pcap", capture(packet(n // 2, n % 2 * 4, b"data") for n in range(600_000)))
write("covered.pcap", capture(packet(7, (n * 65521) & 0xFFFFFFFF, b"data" * 8) for n in range(500_000)))


# Patches: each file is 256 MB.
DIGITS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"


def patch(name, size, body):
    lines = [b"diff --git a/%s b/%s\nnew file mode 100644\nGIT binary patch\nliteral %d\n" % (name, name, size)]
    for at in range(0, len(body), 52):
        line = body[at:at + 52]
        five = []
        for n in range(0, len(line), 4):
            bits = int.from_bytes(line[n:n + 4].ljust(4, b"\0"), "big")
            five.append(bytes(DIGITS[bits // 85 ** k % 85] for k in (4, 3, 2, 1, 0)))
        letter = len(line) + 64 if len(line) <= 26 else len(line) - 26 + 96
        lines.append(bytes([letter]) + b"".join(five) + b"\n")
    return b"".join(lines) + b"\n"


quarter = patch(b"x.bin", 256 * MEGABYTE, packed(256))
write("many.patch", *[quarter] * 12)

# yEnc and uuencode: headers without an end, over and over.
write("begins.ync", b"=ybegin line=128 size=99999999 name=x\nabc\n" * 200_000)
write("begins.uu", b"begin 644 x\nM" * 300_000)
