#!/usr/bin/env bash
# Writes the seeds of what texts are written in and of what stands in other files: small, made by the real tools.
set -euo pipefail
seeds=$(cd "$(dirname "$0")/../seeds" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
seq -f 'line %.0f of a text' 200 >text
mkdir -p "$seeds"/{utf-32,ebcdic,ascii85,picture,swf,zisofs,pcap,deflate,patch,yenc,values,dump}
for order in LE BE; do
  head -120 text | iconv -f utf-8 -t UTF-32$order >"$seeds/utf-32/${order,,}"
done
head -120 text | iconv -f utf-8 -t UTF-32 >"$seeds/utf-32/mark"
for page in 037 500 1047; do
  iconv -f utf-8 -t IBM$page text >"$seeds/ebcdic/$page"
done
head -90 text >ninety
for way in 'od-letters od -c' 'od-names od -a' 'od-octal od -b' 'od-words od -x' 'od-decimal od -A d -t u1' 'xxd-bits xxd -b' 'xxd-words xxd -e' 'hexdump-words hexdump -x'; do
  ${way#* } ninety >"$seeds/dump/${way%% *}"
done
mkdir iso && cp text iso/text && cp text iso/more
mkzftree iso packed
cp packed/text "$seeds/zisofs/text"

git -c init.defaultBranch=main init -q repository
(
  cd repository
  git config user.name a && git config user.email a@example.org
  { printf '\0'; cat ../text; } >x.bin && git add . && git commit -qm one
  git show --binary --format= >"$seeds/patch/literal"
  { printf '\0'; cat ../text; seq 100; } >x.bin && git add .
  git diff --cached --binary >"$seeds/patch/delta"
)
python3 - "$seeds" <<'PY'
import base64, struct, sys, zlib
seeds = sys.argv[1]
text = open("text", "rb").read()

def write(name, data):
    with open(f"{seeds}/{name}", "wb") as f:
        f.write(data)

array = "".join(word.ljust(24, "\0") for word in text.decode().split("\n")[:40]).encode("utf-32-le")
head = b"{'descr': '<U24', 'fortran_order': False, 'shape': (40,), }".ljust(117) + b"\n"
write("utf-32/array.npy", b"\x93NUMPY\x01\0" + struct.pack("<H", len(head)) + head + array)
write("ascii85/adobe", base64.a85encode(text, adobe=True, wrapcol=76))
write("ascii85/program.ps", b"%!PS\n/data " + base64.a85encode(text[:900], adobe=True, wrapcol=76) + b" def\n")
write("ascii85/btoa", b"xbtoa Begin\n" + base64.a85encode(text, wrapcol=78) + b"\nxbtoa End N 1 1\n")
write("swf/film.swf", b"CWS\x0a" + struct.pack("<I", len(text) + 8) + zlib.compress(text))
import lzma
alone = lzma.compress(text, format=lzma.FORMAT_ALONE, filters=[{"id": lzma.FILTER_LZMA1, "preset": 1, "dict_size": 65536}])
write("swf/film-lzma.swf", b"ZWS\x0d" + struct.pack("<II", len(text) + 8, len(alone) - 13) + alone[:5] + alone[13:])
raw = zlib.compressobj(9, zlib.DEFLATED, -15)
write("deflate/text", raw.compress(text) + raw.flush())

def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
png += chunk(b"zTXt", b"Comment\0\0" + zlib.compress(text[:500]))
png += chunk(b"iTXt", b"Comment\0\1\0en\0\0" + zlib.compress(text[:500]))
png += chunk(b"IDAT", zlib.compress(b"\0abc")) + chunk(b"IEND", b"")
write("picture/text.png", png + b"behind the end")
segment = lambda marker, body: bytes([255, marker]) + struct.pack(">H", len(body) + 2) + body
xmp = b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 40
jpeg = b"\xff\xd8" + segment(0xE1, xmp + text[:300]) + segment(0xE1, xmp + text[300:600]) + segment(0xDA, b"\1\1\0\0\x3f\0")
write("picture/xmp.jpg", jpeg + b"ab\xff\0cd\xff\xd0ef\xff\xd9" + b"behind the end")
gif = b"GIF89a\1\0\1\0\x80\0\0aaabbb!\xfe\xff" + text[:255] + b"\xff" + text[255:510] + b"\0"
write("picture/comment.gif", gif + b",\0\0\0\0\1\0\1\0\0\2\2\x4c\1\0;behind the end")

def packet(number, body, six):
    tcp = struct.pack(">HHIIBBHHH", 4000, 80, number, 0, 0x50, 0x18, 0, 0, 0) + body
    if six:
        return b"\0" * 12 + b"\x86\xdd" + struct.pack(">IHBB", 6 << 28, len(tcp), 6, 64) + b"\1" * 16 + b"\2" * 16 + tcp
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + b"\x0a\0\0\1\x0a\0\0\2"
    return b"\0" * 12 + b"\x08\0" + ip + tcp

packets = [packet(7 + at, text[at:at + 100], at % 200 > 0) for at in range(0, 1200, 100)]
old = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
new = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28) + struct.pack("<IIHHII", 1, 20, 1, 0, 0, 20)
for p in packets:
    old += struct.pack("<IIII", 0, 0, len(p), len(p)) + p
    size = 32 + -(-len(p) // 4) * 4
    new += struct.pack("<IIIIIII", 6, size, 0, 0, 0, len(p), len(p)) + p.ljust(size - 32, b"\0") + struct.pack("<I", size)
write("pcap/old.pcap", old)
write("pcap/new.pcapng", new)

encoded = bytearray()
for n, b in enumerate(bytes(range(256)) + text[:1000]):
    c = (b + 42) & 255
    encoded += bytes([61, (c + 64) & 255]) if c in (0, 10, 13, 61) else bytes([c])
    if n % 128 == 127:
        encoded += b"\r\n"
write("yenc/article", b"Subject: x\r\n\r\n=ybegin line=128 size=1256 name=a.bin\r\n" + bytes(encoded) + b"\r\n=yend size=1256\r\n")
write("values/base85.py", b"a = b85decode('" + base64.b85encode(text[:400]) + b"')\nb = a85decode(b'''"
      + base64.a85encode(text[:400], adobe=True, wrapcol=60).replace(b"\\", b"\\\\").replace(b"'", b"\\'") + b"''')\n")
write("values/base32", b"a = " + base64.b32encode(text[:200]) + b"\n" + base64.b32encode(text[:200]).lower() + b"\n")
PY
base32 text | head -40 >>"$seeds/values/base32"
# Made by lz-string 1.5 (compressToBase64, compressToEncodedURIComponent).
cat >"$seeds/values/lz-string" <<'TEXT'
{"a": "N4IgrgzgpgTiBcIDmMA/B9qACQNQQgDQgCWAJgiANZQCeAtAAyMCMBIAhkm0QHblV2N6TLPwaMATCJpj6AZikDGAFlYAbIhAAuCANpN84/LPxN9TQ02Omz5k5YC6AXyA"}
#code/NobwRAhmBcYPxwHyIH4oAToctnuoyyQL2NyJ0P3OqrLstMYpJZvqdds-ee7cJgAvgF0gA
TEXT
cat >"$seeds/values/pieces" <<'TEXT'
a = ['line', 'of', 'some', 'text'].join(''), b = "line".concat("of", "some").concat("text", "1234567")
c = ''.join(['line', 'of',
    'some', 'text1234567'])
d = "line" & "of" & _
    "some" & "text1234567"
<td>lineof<wbr>some&shy;text&#8203;1234567</td>
TEXT
printf 'lineofsometext1234567\xe2\x80\x8babcdefg\n' >>"$seeds/values/pieces"
mkdir -p "$seeds/embedded"
{ head -c 61 /dev/zero; cat "$seeds/snappy-blocks/xerial"; head -c 61 /dev/zero; } >"$seeds/embedded/snappy"
iconv -f utf-8 -t UTF-7 >"$seeds/values/utf-7" <<'TEXT'
[default]
a_key = "x+y/z" and Grüße, 日本語
other_key = value
TEXT

# File systems.
mkdir -p "$seeds"/{cramfs,romfs,udf} tree/folder
cp text tree/one && head -3 text >tree/folder/two
mkfs.cramfs -N little tree "$seeds/cramfs/little" >/dev/null
mkfs.cramfs -N big tree "$seeds/cramfs/big" >/dev/null
genromfs -d tree -V disk -f "$seeds/romfs/disk"
mkdir -p "$seeds/jffs2"
mkfs.jffs2 -l -r tree -o "$seeds/jffs2/little"
mkfs.jffs2 -b -r tree -o "$seeds/jffs2/big"
for method in lzo rtime; do
  mkfs.jffs2 -l -m priority -X $method -x zlib -r tree -o "$seeds/jffs2/$method"
done
# The smallest disc that a tool writes is too large for a seed: the same descriptors in sectors of 512 bytes.
python3 - "$seeds/udf" <<'PY'
import struct, sys

def tag(kind, body, at=0):
    head = bytearray(struct.pack("<HHBBHHHI", kind, 2, 0, 0, 1, 0, 0, at))
    head[4] = sum(head) & 255
    return bytes(head) + body

def extents(pieces, wide):
    return b"".join(struct.pack("<II", n, at) + (struct.pack("<H", part) + bytes(6) if wide else b"") for n, at, part in pieces)

def entry(kind, size, form, body, extended=False):
    icb = struct.pack("<IHHHBBIHH", 0, 4, 0, 1, 0, kind, 0, 0, form)
    lead = 216 if extended else 176
    head = (icb + bytes(20) + struct.pack("<Q", size)).ljust(lead - 16 - 8, b"\0") + struct.pack("<II", 0, len(body))
    return tag(266 if extended else 261, head + body)

def name(text, block, flags=0, part=0):
    encoded = b"\x08" + text.encode("latin-1") if text.isascii() else b"\x10" + text.encode("utf-16-be")
    encoded = b"" if not text else encoded
    body = struct.pack("<HBB", 1, flags, len(encoded)) + struct.pack("<IIH", 512, block, part) + bytes(6) + bytes(2) + encoded
    out = tag(257, body)
    return out + bytes(-len(out) % 4)

text = open("text", "rb").read()
def disc(metadata):
    part = 1 if metadata else 0
    blocks = {}
    blocks[0] = tag(256, bytes(384) + struct.pack("<IIH", 512, 1, part) + bytes(6))
    folder = name("", 1, 10, part) + name("one", 2, 0, part) + name("grüße", 3, 0, part) + name("folder", 4, 2, part)
    blocks[1] = entry(4, len(folder), 3, folder)
    blocks[2] = entry(5, 2000, 0 if not metadata else 1, extents([(1024, 10, 0), (512 | 2 << 30, 0, 0), (464, 14, 0)], metadata))
    blocks[3] = entry(5, 100, 3, text[:100], True)
    inner = name("two", 5, 0, part) + name("gone", 6, 4, part)
    blocks[4] = entry(4, len(inner), 3, inner)
    blocks[5] = entry(5, 60, 3, text[:60])
    partition = bytearray(32 * 512)
    for n, block in blocks.items():
        at = n + (20 if metadata else 0)
        partition[at * 512:at * 512 + len(block)] = block
    for n in (10, 11, 14):
        partition[n * 512:(n + 1) * 512] = text[:512]
    maps = struct.pack("<BBHH", 1, 6, 1, 0)
    if metadata:
        partition[16 * 512:17 * 512] = entry(250, 6 * 512, 0, extents([(6 * 512, 20, 0)], False)).ljust(512, b"\0")
        maps += struct.pack("<BBHB", 2, 64, 0, 0) + b"*UDF Metadata Partition".ljust(31, b"\0") + struct.pack("<HHIII", 1, 0, 16, 0, 0) + bytes(12)
    marks = b"".join((b"\0" + mark + b"\1").ljust(2048, b"\0") for mark in (b"BEA01", b"NSR03", b"TEA01"))
    image = bytearray(32768) + marks
    start = len(image) // 512
    volume = [tag(5, bytes(6) + struct.pack("<H", 0) + bytes(164) + struct.pack("<II", start + 3, 32)),
              tag(6, bytes(196) + struct.pack("<I", 512) + bytes(32) + struct.pack("<IIH", 512, 0, part) + bytes(6)
                  + struct.pack("<II", len(maps), 1 + metadata) + bytes(168) + maps), tag(8, b"")]
    for descriptor in volume:
        image += descriptor.ljust(512, b"\0")
    image += partition
    return bytes(image) + tag(2, struct.pack("<IIII", 3 * 512, start, 0, 0)).ljust(512, b"\0")

for kind, n in ((False, "plain"), (True, "metadata")):
    with open(f"{sys.argv[1]}/{n}", "wb") as f:
        f.write(disc(kind))
PY
