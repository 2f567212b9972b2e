#!/usr/bin/env python3
"""Does to compiled XML and tables what obfuscators do: the runtime reads on, other tools stumble.

  tricks.py APK OUT      OUT gets the entries of APK, its manifest and table changed
"""
import struct
import sys
import zipfile


def u16(b, at):
    return struct.unpack_from("<H", b, at)[0]


def u32(b, at):
    return struct.unpack_from("<I", b, at)[0]


def strings(b, pool):
    """Offsets of the slots of a pool's strings by their text."""
    head, count, flags, start = u16(b, pool + 2), u32(b, pool + 8), u32(b, pool + 16), u32(b, pool + 20)
    found = {}
    for i in range(count):
        slot = pool + head + 4 * i
        at = pool + start + u32(b, slot)
        if flags & 0x100:
            text = b[at + 2 : at + 2 + b[at + 1]].decode("utf-8", "replace")
        else:
            text = b[at + 2 : at + 2 + 2 * u16(b, at)].decode("utf-16-le", "replace")
        found[text] = slot
    return found


def manifest(data):
    b = bytearray(data)
    slots = strings(b, 8)
    # Names of attributes that have a resource id: all the same, and none of them true.
    wrong = u32(b, slots["label"])
    for name in ("name", "value", "authorities"):
        struct.pack_into("<I", b, slots[name], wrong)
    # The type of the outer chunk is never looked at.
    struct.pack_into("<H", b, 0, 0)
    # Chunks that nobody knows between the pool and the nodes.
    end = 8 + u32(b, 12)
    junk = struct.pack("<HHI", 0x0A5A, 8, 24) + bytes(range(16))
    b[end:end] = junk * 3
    struct.pack_into("<I", b, 4, len(b))
    return bytes(b)


def table(data):
    b = bytearray(data)
    at = 12 + u32(b, 16)
    # A library chunk with names of shared libraries, and one of no known type, before the package.
    junk = struct.pack("<HHI", 0x0A5B, 8, 40) + b"\x7f" * 32
    b[at:at] = junk
    struct.pack_into("<I", b, 4, len(b))
    return bytes(b)


def main():
    source, target = sys.argv[1:]
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in sorted(old.namelist()):
            data = old.read(name)
            if name == "AndroidManifest.xml":
                data = manifest(data)
            elif name == "resources.arsc":
                data = table(data)
            info = zipfile.ZipInfo(name, (2001, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_STORED if name == "resources.arsc" else zipfile.ZIP_DEFLATED
            new.writestr(info, data)


main()
