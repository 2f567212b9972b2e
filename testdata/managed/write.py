#!/usr/bin/env python3
"""Renders the sources of this family, and writes the containers for which no tool can be had.

  write.py render IN OUT       templates, with @BYTES{kind:name} and @CHARS{kind:name} as well, and values as code
                               hides them: @XOR{kind:name:hex of the key}, @PLUS{kind:name:n}, @BACK{kind:name},
                               @SPARSE{kind:name}
  write.py containers OUT      around the assemblies that are in OUT
"""
import lzma
import os
import re
import struct
import sys
import zlib

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, ".."))
from plant import render, value  # noqa: E402


def sources(source, target):
    for name in sorted(os.listdir(source)):
        with open(os.path.join(source, name)) as f:
            text = f.read()
        text = re.sub(r"@BYTES\{(\w+):([^}]+)\}", lambda m: ", ".join(str(b) for b in value(*m.groups()).encode()), text)
        text = re.sub(r"@CHARS\{(\w+):([^}]+)\}", lambda m: ", ".join(f"'{c}'" for c in value(*m.groups())), text)
        text = re.sub(r"@(XOR|PLUS|BACK|SPARSE)\{(\w+):([^}:]+)(?::(\w+))?\}", lambda m: hidden(*m.groups()), text)
        with open(os.path.join(target, name), "w") as f:
            f.write(render(text))


def hidden(way, kind, name, by):
    text = value(kind, name)
    if way == "XOR":
        key = bytes.fromhex(by)
        return ", ".join(str(b ^ key[n % len(key)]) for n, b in enumerate(text.encode()))
    if way == "PLUS":
        return "".join(chr(ord(c) + int(by)) for c in text).replace("\\", "\\\\")
    if way == "BACK":
        return text[::-1]
    return "".join(c + "x9Zk"[n % 4] for n, c in enumerate(text))


def lz4(data):
    """An LZ4 block: greedy, matches of four bytes or more, the last five bytes literal."""
    out, table, anchor, at = bytearray(), {}, 0, 0

    def sequence(literals, offset=None, length=0):
        def more(n):
            while n >= 255:
                out.append(255)
                n -= 255
            out.append(n)

        high, low = min(len(literals), 15), min(max(length - 4, 0), 15)
        out.append(high << 4 | low)
        if high == 15:
            more(len(literals) - 15)
        out.extend(literals)
        if offset is not None:
            out.extend(struct.pack("<H", offset))
            if low == 15:
                more(length - 4 - 15)

    while at + 12 < len(data):
        key = data[at : at + 4]
        before, table[key] = table.get(key), at
        if before is None or at - before > 0xFFFF:
            at += 1
            continue
        length = 4
        while at + length < len(data) - 5 and data[before + length] == data[at + length]:
            length += 1
        sequence(data[anchor:at], at - before, length)
        at += length
        anchor = at
    sequence(data[anchor:])
    return bytes(out)


def xalz(data, index=0):
    return struct.pack("<4sII", b"XALZ", index, len(data)) + lz4(data)


def store_v1(assemblies):
    """`assemblies.blob` of Xamarin.Android 12 and .NET 6 and 7 (AssemblyStores.md)."""
    n = len(assemblies)
    data_at = 20 + n * 24 + 2 * n * 20
    rows, data = b"", b""
    for _, content in assemblies:
        rows += struct.pack("<6I", data_at + len(data), len(content), 0, 0, 0, 0)
        data += content
    hashes = b"".join(struct.pack("<QIII", 0x1111 * (i + 1), i, i, 0) for i in range(n)) * 2
    return struct.pack("<4sIIII", b"XABA", 1, n, n, 0) + rows + hashes + data


def store_v2(assemblies, wide=True):
    """The store of .NET 8 and 9: names in the store."""
    n = len(assemblies)
    index = b"".join(struct.pack("<QI" if wide else "<II", 0x2222 * (i + 1), i) for i in range(n)) * 2
    names = b"".join(struct.pack("<I", len(name)) + name for name, _ in assemblies)
    data_at = 20 + len(index) + 28 * n + len(names)
    rows, data = b"", b""
    for i, (_, content) in enumerate(assemblies):
        rows += struct.pack("<7I", i, data_at + len(data), len(content), 0, 0, 0, 0)
        data += content
    version = 0x80010002 if wide else 0x00020002
    return struct.pack("<4sIIII", b"XABA", version, n, 2 * n, len(index)) + index + rows + names + data


def elf(payload):
    """A shared library with a section `payload`, as `llvm-objcopy --add-section` makes them."""
    names = b"\0payload\0.shstrtab\0"
    at = 0x4000
    names_at = at + len(payload)
    table = (names_at + len(names) + 7) & ~7
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 3, 0xB7, 1, 0, 0, table, 0, 64, 56, 0, 64, 3, 2)
    section = "<IIQQQQIIQQ"
    rows = struct.pack(section, *[0] * 10)
    rows += struct.pack(section, 1, 1, 0, 0, at, len(payload), 0, 0, 0x4000, 0)
    rows += struct.pack(section, 9, 3, 0, 0, names_at, len(names), 0, 0, 1, 0)
    out = header + bytes(at - len(header)) + payload + names
    return out + bytes(table - len(out)) + rows


def unity_web(files):
    """The data of a build for browsers: offset, size and name of each file."""
    end = 20 + sum(12 + len(name) for name, _ in files)
    head, body = b"UnityWebData1.0\0" + struct.pack("<I", end), b""
    for name, content in files:
        head += struct.pack("<III", end + len(body), len(content), len(name)) + name
        body += content
    return head + body


def frozen(texts):
    """Strings of a program compiled ahead of time: type, length, UTF-16 and its end, object by object."""
    out = b""
    for t in texts:
        out += struct.pack("<QI", 0x3F2A10, len(t)) + t.encode("utf-16le") + b"\0\0"
        out += bytes(-len(out) % 8)
    return out


def bundle(files, major, compress):
    """A program of .NET in one file, around a small made-up host."""
    host = b"\x7fELF\x02\x01\x01" + bytes(9) + bytes(range(256)) * 16
    signature = bytes.fromhex("8b1202b96a612038727b930214d7a03213f5b9e6efae3318ee3b2dce24b36aae")
    place = len(host)
    out = bytearray(host + bytes(8) + signature + bytes(64))
    rows = b""
    for kind, name, content in files:
        packed = content
        if compress:
            z = zlib.compressobj(6, zlib.DEFLATED, -15)
            packed = z.compress(content) + z.flush()
        out += bytes(-len(out) % 16)
        rows += struct.pack("<qq", len(out), len(content))
        if major >= 6:
            rows += struct.pack("<q", len(packed) if compress else 0)
        rows += struct.pack("<BB", kind, len(name)) + name
        out += packed
    manifest = len(out)
    out += struct.pack("<IIi", major, 0, len(files)) + b"\x0cAbCdEfGhIjKl"
    if major >= 2:
        out += struct.pack("<qqqqQ", 0, 0, 0, 0, 0)
    out += rows
    out[place : place + 8] = struct.pack("<q", manifest)
    return bytes(out)


def serialized(objects, version):
    """A serialized file of Unity without type trees: (class, content) each."""
    classes = sorted({c for c, _ in objects})
    types = b""
    for c in classes:
        types += struct.pack("<iBh", c, 0, -1) + (bytes(16) if c == 114 else b"") + bytes(16)
    meta = b"2021.3.16f1\0" + struct.pack("<iBi", 19, 0, len(classes)) + types
    meta += struct.pack("<i", len(objects))
    header = 48 if version >= 22 else 20
    rows, data = b"", b""
    for i, (c, content) in enumerate(objects):
        at = header + len(meta) + len(rows)
        rows += bytes(-at % 4) + struct.pack("<q", i + 1)
        rows += struct.pack("<q" if version >= 22 else "<I", len(data))
        rows += struct.pack("<Ii", len(content), classes.index(c))
        data += content + bytes(-len(content) % 8)
    meta += rows + struct.pack("<iii", 0, 0, 0) + b"\0"
    start = (header + len(meta) + 15) & ~15
    size = start + len(data)
    if version >= 22:
        head = struct.pack(">IIIIBxxxIqqq", 0, 0, version, 0, 0, len(meta), size, start, 0)
    else:
        head = struct.pack(">IIIIBxxx", len(meta), size, version, start, 0)
    out = head + meta
    return out + bytes(start - len(out)) + data


def text(value):
    raw = value.encode()
    return struct.pack("<I", len(raw)) + raw + bytes(-len(raw) % 4)


def script(name, *strings):
    """A MonoBehaviour: game object, enabled, script, name, then its own fields."""
    return struct.pack("<iqIiq", 0, 0, 1, 0, 7) + text(name) + b"".join(text(s) if isinstance(s, str) else s for s in strings)


def unityfs(files, version, method, at_end=False):
    data = b"".join(content for _, content in files)
    step = len(data) if method == 1 else 128 << 10
    blocks = []
    for at in range(0, len(data), step):
        piece = data[at : at + step]
        packed = pack(piece, method)
        blocks.append((len(piece), packed))
    tables = bytes(16) + struct.pack(">I", len(blocks))
    tables += b"".join(struct.pack(">IIH", size, len(p), method) for size, p in blocks)
    tables += struct.pack(">I", len(files))
    at = 0
    for name, content in files:
        tables += struct.pack(">qqI", at, len(content), 4) + name + b"\0"
        at += len(content)
    packed = pack(tables, method)
    flags = method | 0x40 | (0x80 if at_end else 0) | (0x200 if version >= 8 else 0)
    head = b"UnityFS\0" + struct.pack(">I", version) + b"5.x.x\0" + b"2021.3.16f1\0"
    stream = b"".join(p for _, p in blocks)
    fixed = len(head) + 20
    out = head + struct.pack(">qIII", 0, len(packed), len(tables), flags)
    if version >= 7:
        out += bytes(-len(out) % 16)
    if not at_end:
        out += packed
    if version >= 8:
        out += bytes(-len(out) % 16)
    out += stream
    if at_end:
        out += packed
    return out[: fixed - 20] + struct.pack(">q", len(out)) + out[fixed - 12 :]


def pack(data, method):
    if method == 1:
        filters = [{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 19, "lc": 3, "lp": 0, "pb": 2}]
        return b"\x5d" + struct.pack("<I", 1 << 19) + lzma.compress(data, lzma.FORMAT_RAW, filters=filters)
    return lz4(data) if method in (2, 3) else data


def packed_int(n):
    n <<= 1
    if n < 0x80:
        return bytes([n])
    return struct.pack(">H", 0x8000 | n) if n < 0x4000 else struct.pack(">I", 0xC0000000 | n)


def il2cpp(version, literals, types):
    """`global-metadata.dat`: literals, and types (namespace, name, [(field, constant or None)])."""
    names, places = bytearray(b"\0"), {}

    def name(s):
        if s not in places:
            places[s] = len(names)
            names.extend(s.encode() + b"\0")
        return places[s]

    table, pool = b"", b""
    for literal in literals:
        raw = literal.encode()
        table += struct.pack("<I", len(pool)) if version >= 35 else struct.pack("<II", len(raw), len(pool))
        pool += raw
    if version >= 35:
        table += struct.pack("<I", len(pool))
    width = {24: 92, 29: 88, 31: 88, 35: 84, 39: 84}[version]
    first_at = {92: 36, 88: 32, 84: 28}[width]
    fields, defaults, data, rows = b"", b"", b"\x01\x02\x03\x04", b""
    count = 0
    for space, kind, members in types:
        row = bytearray(width)
        struct.pack_into("<II", row, 0, name(kind), name(space))
        struct.pack_into("<i", row, first_at, count if members else -1)
        struct.pack_into("<H", row, first_at + 36, len(members))
        rows += row
        for member, constant in members:
            fields += struct.pack("<III", name(member), 5, 0x04000001 + count)
            if constant is not None:
                defaults += struct.pack("<III", count, 9, len(data))
                raw = constant.encode()
                data += (packed_int(len(raw)) if version >= 29 else struct.pack("<I", len(raw))) + raw
                data += bytes(-len(data) % 4)
            count += 1
    sections = [b""] * 31
    sections[0], sections[1], sections[2] = table, pool, bytes(names)
    sections[7], sections[8], sections[11], sections[19] = defaults, data, fields, rows
    step = 12 if version >= 38 else 8
    at = 8 + step * len(sections)
    head, body = struct.pack("<II", 0xFAB11BAF, version), b""
    for content in sections:
        content += bytes(-len(content) % 4) if content is not table else b""
        head += struct.pack("<II", at + len(body), len(content))
        head += struct.pack("<I", 1) if step == 12 else b""
        body += content
    return head + body


def containers(out):
    def write(name, data):
        with open(os.path.join(out, name), "wb") as f:
            f.write(data)

    def read(name):
        with open(os.path.join(out, name), "rb") as f:
            return f.read()

    def planted(name):
        return value("id", name), value("secret", name)

    statics, attributes = read("Statics.dll"), read("Attributes.dll")
    several = [(b"Statics.dll", xalz(statics)), (b"Attributes.dll", xalz(attributes, 1))]
    write("Compressed.dll", xalz(statics))
    write("assemblies.blob", store_v1(several))
    write("assemblies-plain.blob", store_v1([(b"Statics.dll", statics)]))
    write("libassemblies.arm64-v8a.blob.so", elf(store_v2(several)))
    write("assemblies-v2-32.blob", store_v2([(b"Attributes.dll", attributes)], wide=False))
    write("lib_Attributes.dll.so", elf(xalz(attributes)))
    files = [(1, b"Attributes.dll", attributes), (4, b"sub/appsettings.json", read("appsettings.json"))]
    write("shop-v2", bundle(files, 2, False))
    write("shop-v6", bundle(files, 6, True))

    texts = ["Could not connect to ", "eu-central-1"] + ["message %d of the program" % i for i in range(40)]
    one, two = planted("managed-aot1"), planted("managed-aot2")
    texts += ["AccessKey", one[0], "SecretKey", one[1]]
    texts += ["error %d while it runs, and then some" % i for i in range(60)] + [two[0], two[1], "done"]
    write("libshop-aot.so", elf(frozen(texts)))
    web = [(b"data.unity3d", b"UnityWeb"), (b"Managed/Attributes.dll", attributes)]
    write("Build.data", unity_web(web))

    id1, secret1 = planted("managed-mono")
    id2, secret2 = planted("managed-mono2")
    json = '{\n  "prod": {"accessKey": "%s", "secretKey": "%s"},\n  "region": "eu-west-1"\n}\n' % planted("managed-textasset")
    filler = struct.pack("<8f", *[0.5] * 8) * 40
    objects = [
        (114, script("ShopConfig", id1, "eu-central-1", secret1)),
        (28, filler),
        (114, script("BackupConfig", secret2, struct.pack("<f", 1.5), id2)),
        (49, text("settings") + text(json)),
    ]
    for version in (17, 22):
        write("sharedassets%d.assets" % version, serialized(objects, version))
    asset = serialized(objects, 22)
    files = [(b"CAB-0123", asset), (b"CAB-0123.resS", filler * 200)]
    write("lz4.bundle", unityfs(files, 8, 3))
    write("lzma.bundle", unityfs(files, 7, 1))
    write("end.bundle", unityfs(files, 6, 2, at_end=True))

    ids = [planted("managed-literal-a"), planted("managed-literal-b")]
    literals = ["Hello", ids[0][0], ids[0][1], "connected to", "%d items in the shop"] + ["text number %d of the game" % i for i in range(80)]
    # A value that nobody named beside a pair, and one that its own neighbour names.
    literals += ["text one", ids[1][0], ids[1][1], value("hash", "managed-literal-b"), "bye"]
    named = planted("managed-literal-c")
    literals += ["line %d of another text" % i for i in range(80)]
    literals += ["AccessKey", named[0], "sha1", value("hash", "managed-literal-c"), "SecretKey", named[1], "{0}: {1}"]
    constant = planted("managed-il2cpp")
    types = [
        ("", "<Module>", []),
        ("Shop.Net", "Aws", [("AccessKey", constant[0]), ("counter", None), ("SecretKey", constant[1])]),
        ("Shop.Net", "Other", [("Revision", value("hash", "managed-il2cpp"))]),
    ]
    for version in (24, 29, 31, 35, 39):
        write("global-metadata-%d.dat" % version, il2cpp(version, literals, types))


if __name__ == "__main__":
    if sys.argv[1] == "render":
        sources(*sys.argv[2:])
    else:
        containers(sys.argv[2])
