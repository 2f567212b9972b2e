#!/usr/bin/env python3
"""vdex.py DEX OUT: a VDEX of version 027 around one DEX file (art/runtime/vdex_file.h; dex2oat cannot be had here)."""
import struct
import sys
import zlib

dex = open(sys.argv[1], "rb").read()
head = 12 + 4 * 12
checksum = struct.pack("<I", zlib.adler32(dex[12:]))
at = (head + 4 + 3) // 4 * 4
deps = (at + len(dex) + 3) // 4 * 4
sections = [(0, head, 4), (1, at, len(dex)), (2, deps, 16), (3, 0, 0)]
out = b"vdex027\0" + struct.pack("<I", 4) + b"".join(struct.pack("<III", *s) for s in sections) + checksum
out = out.ljust(at, b"\0") + dex
out = out.ljust(deps, b"\0") + struct.pack("<IIII", 16, 16, 16, 16)
open(sys.argv[2], "wb").write(out)
