"""Writes HFS+ and HFSX volumes, for no tool of Debian writes all of what macOS does: files in more pieces than the catalog has room
for, packed files, links, resource forks. TN1150; 7-Zip reads what comes out (build.sh asks it)."""
import struct
import zlib

BLOCK = 64 << 10


def fork(size, extents):
    body = b"".join(struct.pack(">II", *extent) for extent in extents[:8])
    return struct.pack(">QII", size, 0, sum(count for _, count in extents)) + body.ljust(64, b"\0")


def wide(name):
    encoded = name.encode("utf-16-be")
    return struct.pack(">H", len(encoded) // 2) + encoded


def packed(data, way):
    """The head of a packed file, and its resource fork."""
    pack = lambda part: min(zlib.compress(part, 9), b"\xff" + part, key=len)
    head = b"fpmc" + struct.pack("<IQ", way, len(data))
    if way == 3:
        return head + pack(data), b""
    if way in (1, 9):
        return head + b"\xcc" * (way == 9) + data, b""
    parts = [pack(data[at:at + BLOCK]) for at in range(0, len(data), BLOCK)]
    table, at = struct.pack("<I", len(parts)), 4 + 8 * len(parts)
    for part in parts:
        table += struct.pack("<II", at, len(part))
        at += len(part)
    body = table + b"".join(parts)
    resource = struct.pack(">IIII", 256, 260 + len(body), 4 + len(body), 50).ljust(256, b"\0")
    types = struct.pack(">HHH4sHHHHII", 28, 50, 0, b"cmpf", 0, 10, 1, 0xFFFF, 0, 0)
    return head, resource + struct.pack(">I", len(body)) + body + bytes(24) + types


class Volume:
    def __init__(self, block=4096, node=4096, sensitive=False):
        self.block, self.node, self.sensitive = block, node, sensitive
        self.blocks = {}
        self.next = -(-(1024 + 512) // block)
        self.id = 16
        self.catalog, self.extents, self.attributes = [], [], []
        self.folder(1, "disk", 2)

    def place(self, data, pieces=1):
        """Puts data into so many pieces, with a free block between them."""
        count = -(-len(data) // self.block)
        pieces = max(min(pieces, count), 1)
        extents, done = [], 0
        for piece in range(pieces if count else 0):
            length = count // pieces if piece < pieces - 1 else count - done
            extents.append((self.next, length))
            for n in range(length):
                self.blocks[self.next + n] = data[(done + n) * self.block:(done + n + 1) * self.block]
            done += length
            self.next += length + (pieces > 1)
        return extents

    def new(self):
        self.id += 1
        return self.id - 1

    def folder(self, parent, name, number=None):
        number = number or self.new()
        self.catalog.append((parent, name, struct.pack(">HHIIIIIII", 1, 0, 0, number, 0, 0, 0, 0, 0).ljust(88, b"\0")))
        self.catalog.append((number, "", struct.pack(">HHI", 3, 0, parent) + wide(name)))
        return number

    def more(self, kind, number, extents):
        at = sum(count for _, count in extents[:8])
        for n in range(8, len(extents), 8):
            some = extents[n:n + 8]
            key = struct.pack(">BBII", kind, 0, number, at)
            self.extents.append((key, b"".join(struct.pack(">II", *e) for e in some).ljust(64, b"\0")))
            at += sum(count for _, count in some)

    def file(self, parent, name, data=b"", pieces=1, resource=b"", way=None, kind=bytes(8), special=0):
        number, flags = self.new(), 0
        if way is not None:
            head, resource = packed(data, way)
            data, flags = b"", 0x20
            key = struct.pack(">HII", 0, number, 0) + wide("com.apple.decmpfs")
            self.attributes.append((key, struct.pack(">IIII", 0x10, 0, 0, len(head)) + head + bytes(len(head) % 2)))
        forks = [(data, self.place(data, pieces)), (resource, self.place(resource))]
        self.more(0, number, forks[0][1])
        record = struct.pack(">HHII", 2, 0, 0, number) + bytes(20) + struct.pack(">IIBBHI", 0, 0, 0, flags, 0o100644, special)
        record += kind.ljust(32, b"\0") + bytes(8) + b"".join(fork(len(d), e) for d, e in forks)
        self.catalog.append((parent, name, record))
        return number

    def link(self, private, names, data):
        """A file with several names: it stands in a folder of the system."""
        inode = self.id
        self.file(private, f"iNode{inode}", data)
        for parent, name in names:
            self.file(parent, name, kind=b"hlnkhfs+", special=inode)

    def tree(self, records, longest, kind):
        """A B-tree of records in the order of their keys."""
        node, leaves, level = self.node, [], []

        def full(rows, height, leaf):
            nodes, now, size = [], [], 14
            for key, body in rows:
                entry = struct.pack(">H", len(key)) + key
                entry += bytes(len(entry) % 2) + body
                if size + len(entry) + 2 * (len(now) + 2) > node:
                    nodes.append(now)
                    now, size = [], 14
                now.append((key, entry))
                size += len(entry)
            return nodes + [now] if now else nodes

        numbers, out, first, last = 1, {}, 0, 0
        rows, height = records, 0
        while rows:
            height += 1
            nodes = full(rows, height, height == 1)
            start, above = numbers, []
            for n, entries in enumerate(nodes):
                after = start + n + 1 if n + 1 < len(nodes) else 0
                before = start + n - 1 if n else 0
                head = struct.pack(">IIbBHH", after, before, -1 if height == 1 else 0, height, len(entries), 0)
                offsets, body = [], head
                for _, entry in entries:
                    offsets.append(len(body))
                    body += entry
                offsets.append(len(body))
                body = body.ljust(node - 2 * len(offsets), b"\0") + b"".join(struct.pack(">H", o) for o in offsets[::-1])
                out[start + n] = body
                above.append((entries[0][0], struct.pack(">I", start + n)))
            numbers += len(nodes)
            if height == 1:
                first, last = start, numbers - 1
            if len(nodes) == 1:
                break
            rows = above
        root = numbers - 1 if records else 0
        head = struct.pack(">IIbBHH", 0, 0, 1, 0, 3, 0)
        head += struct.pack(">HIIIIHHII", height, root, len(records), first, last, node, longest, numbers, 0)
        head += struct.pack(">HIBBI", 0, node, kind, 0xBC, 6 if kind == 0 and longest > 10 else 2) + bytes(64)
        head += bytes(128)
        bits = node - len(head) - 8
        head = head + bytes([255]) * min(bits, -(-numbers // 8)) + bytes(bits - min(bits, -(-numbers // 8)))
        head += struct.pack(">HHHH", node - 8, 248, 120, 14)
        return head + b"".join(out[n] for n in range(1, numbers))

    def image(self, pieces=1):
        catalog = sorted(self.catalog, key=lambda row: (row[0], row[1].encode("utf-16-be")))
        catalog = [(struct.pack(">I", parent) + wide(name), body) for parent, name, body in catalog]
        forks = {}
        data = self.tree(catalog, 516, 0)
        forks["catalog"] = (data, self.place(data, pieces))
        self.more(0, 4, forks["catalog"][1])
        data = self.tree(sorted(self.attributes), 266, 0)
        forks["attributes"] = (data, self.place(data))
        data = self.tree(sorted(self.extents), 10, 0)
        forks["extents"] = (data, self.place(data))
        total = self.next + -(-1024 // self.block) + 1
        used = bytearray(-(-total // 8))
        used[0] |= 0x80
        for n in self.blocks:
            used[n // 8] |= 0x80 >> n % 8
        forks["allocation"] = (bytes(used), [])
        extents = self.place(bytes(used))
        forks["allocation"] = (bytes(used), extents)
        total = self.next + -(-1024 // self.block)
        head = (b"HX\0\5" if self.sensitive else b"H+\0\4") + struct.pack(">I", 1 << 8) + b"10.0" + struct.pack(">I", 0)
        kinds = [row[2][1] for row in self.catalog]
        head += bytes(16) + struct.pack(">IIIIIIIII", kinds.count(2), kinds.count(1) - 1, self.block, total, 0, self.next, 0, 0, self.id)
        head += struct.pack(">IQ", 1, 1) + bytes(32)
        for name in ("allocation", "extents", "catalog", "attributes"):
            head += fork(len(forks[name][0]), forks[name][1])
        head += bytes(80)
        assert len(head) == 512, len(head)
        out = bytearray(total * self.block)
        for n, block in self.blocks.items():
            out[n * self.block:n * self.block + len(block)] = block
        out[1024:1536] = head
        out[-1024:-512] = head
        return bytes(out)


def wrapped(volume):
    """The volume within an old HFS one."""
    head = bytearray(512)
    head[0:2] = b"BD"
    struct.pack_into(">H", head, 0x12, len(volume) // 4096 + 1)
    struct.pack_into(">I", head, 0x14, 4096)
    struct.pack_into(">H", head, 0x1C, 16)
    struct.pack_into(">2sHH", head, 0x7C, b"H+", 1, len(volume) // 4096)
    return (bytes(1024) + bytes(head)).ljust(16 * 512 + 4096, b"\0") + volume
