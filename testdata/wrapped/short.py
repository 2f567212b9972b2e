"""Takes out of an image what is needed to read it: the seeds of seeds.sh."""
import struct
import sys

kind, source, target = sys.argv[1:]
data = open(source, "rb").read()


def journal():
    """The objects of the journal up to the last one."""
    header, size = struct.unpack_from("<QQ", data, 88)
    at, end = header, header
    while at < len(data):
        kind, length = data[at], struct.unpack_from("<Q", data, at + 8)[0]
        if length < 16:
            break
        # Tables of hashes are large and empty.
        if kind not in (4, 5):
            end = at + length
        at = (at + length + 7) // 8 * 8
    out = bytearray(data[:header])
    at = header
    while at < end:
        kind, length = data[at], struct.unpack_from("<Q", data, at + 8)[0]
        if kind not in (4, 5):
            out += data[at:at + (length + 7) // 8 * 8]
        at = (at + length + 7) // 8 * 8
    return bytes(out)


def btrfs():
    """The nodes and extents that the trees lead to, one behind the other, each in a chunk of its own."""
    head = 65536
    node, = struct.unpack_from("<I", data, head + 148)
    chunks = []

    def chunk(logical, item):
        length, = struct.unpack_from("<Q", item)
        place, = struct.unpack_from("<Q", item, 56)
        chunks.append((logical, length, place))

    array = data[head + 811:head + 811 + struct.unpack_from("<I", data, head + 160)[0]]
    at = 0
    while at < len(array):
        chunk(struct.unpack_from("<Q", array, at + 9)[0], array[at + 17:])
        at += 17 + 48 + 32 * struct.unpack_from("<H", array, at + 17 + 44)[0]

    def place(logical):
        return next(p + logical - start for start, length, p in chunks if start <= logical < start + length)

    kept = {}

    def walk(logical):
        bytes_ = bytearray(data[place(logical):place(logical) + node])
        kept[logical] = bytes_
        count, = struct.unpack_from("<I", bytes_, 96)
        for n in range(count):
            if bytes_[100]:
                yield from walk(struct.unpack_from("<Q", bytes_, 101 + 33 * n + 17)[0])
            else:
                key = struct.unpack_from("<QBQ", bytes_, 101 + 25 * n)
                start, length = struct.unpack_from("<II", bytes_, 101 + 25 * n + 17)
                yield key, bytes(bytes_[101 + start:101 + start + length])

    root, chunk_root = struct.unpack_from("<QQ", data, head + 80)
    chunk_node = chunk_root
    for (_, kind, logical), item in list(walk(chunk_root)):
        if kind == 228:
            chunk(logical, item)
    for (tree, kind, _), item in list(walk(root)):
        if kind == 132 and tree == 5:
            for (_, kind, _), item in list(walk(struct.unpack_from("<Q", item, 176)[0])):
                if kind == 108 and item[20] == 1:
                    logical, length = struct.unpack_from("<QQ", item, 21)
                    if logical:
                        kept[logical] = data[place(logical):place(logical) + length]
    # One chunk in the head leads to everything: places as they are, moved together.
    out = bytearray(data[:head + 4096])
    out[:head] = bytes(head)
    table = b""
    for logical, bytes_ in kept.items():
        item = struct.pack("<QQQQIIIHH", len(bytes_), 2, 65536, 2, 4096, 4096, 4096, 1, 1)
        item += struct.pack("<QQ", 1, len(out)) + bytes(16)
        table += struct.pack("<QBQ", 256, 228, logical) + item
        out += bytes_
    # The tree of chunks is not needed, and would say otherwise.
    struct.pack_into("<I", out, head + 160, len(table))
    out[head + 811:head + 811 + len(table)] = table
    at = struct.unpack_from("<Q", table, 0)
    for at in range(0, len(table), 97):
        if struct.unpack_from("<Q", table, at + 9)[0] == chunk_node:
            start = struct.unpack_from("<Q", table, at + 17 + 56)[0]
            struct.pack_into("<I", out, start + 96, 0)
    return bytes(out)


out = {"journal": journal, "btrfs": btrfs}[kind]()
open(target, "wb").write(out)
print(target, len(out))
