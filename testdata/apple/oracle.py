#!/usr/bin/env python3
"""What an independent reader finds in the libraries of the wheels in FOLDER: a line a program: file inside the
wheel, offset, size, and all constants of C (sections of that type) in hexadecimal. Structures as in `mach-o/loader.h`."""
import glob
import json
import os
import struct
import sys
import zipfile


def slices(d):
    if d[:4] != b"\xca\xfe\xba\xbe":
        return [(0, len(d))]
    count = struct.unpack(">I", d[4:8])[0]
    return [struct.unpack(">5I", d[8 + 20 * k:28 + 20 * k])[2:4] for k in range(count)]


def constants(d):
    found, at = [], 32
    for _ in range(struct.unpack("<I", d[16:20])[0]):
        command, size = struct.unpack("<II", d[at:at + 8])
        if command == 0x19:
            for k in range(struct.unpack("<I", d[at + 64:at + 68])[0]):
                s = at + 72 + 80 * k
                length, offset = struct.unpack("<QI", d[s + 40:s + 52])
                if struct.unpack("<I", d[s + 64:s + 68])[0] & 255 == 2:
                    found += [text for text in d[offset:offset + length].split(b"\0") if text]
        at += size
    return found


for wheel in sorted(glob.glob(os.path.join(sys.argv[1], "*.whl"))):
    with zipfile.ZipFile(wheel) as z:
        for name in z.namelist():
            data = z.read(name) if name.endswith((".so", ".dylib")) else b""
            for n, (offset, size) in enumerate(slices(data) if data else []):
                part = data[offset:offset + size]
                path = os.path.join(sys.argv[2], f"{os.path.basename(name)}-{n}")
                with open(path, "wb") as f:
                    f.write(part)
                print(json.dumps({"file": path, "strings": [s.hex() for s in constants(part)]}))
