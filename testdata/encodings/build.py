"""The artifacts that libraries of Python write, and by hand those that nothing writes: Flash, yEnc, deflate without a header."""
import base64
import io
import os
import struct
import subprocess
import sys
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plant import value  # noqa: E402

import numpy  # noqa: E402
from PIL import Image, PngImagePlugin  # noqa: E402
from scapy.all import IP, TCP, Ether, PcapNgWriter, Raw, wrpcap  # noqa: E402

OUT = sys.argv[1]


def ini(name):
    text = f"[default]\naws_access_key_id = {value('id', name)}\naws_secret_access_key = {value('secret', name)}\n"
    return (text + f"region = eu-west-1\ncommit = {value('hash', name)}\n").encode()


def write(name, data):
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(data)


def picture(kind, **options):
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (1, 2, 3)).save(out, kind, **options)
    return out.getvalue()


write("base85.py", b"import base64\nCONFIG = base64.b85decode('" + base64.b85encode(ini("enc-b85")) + b"')\n")
adobe = base64.a85encode(ini("enc-a85"), adobe=True, wrapcol=70)
write("adobe.a85", adobe)
write("program.ps", b"%!PS-Adobe-3.0\n/settings " + adobe + b" def\n")

info = PngImagePlugin.PngInfo()
info.add_text("Comment", ini("enc-ztxt").decode(), zip=True)
info.add_itxt("Description", ini("enc-itxt").decode(), zip=True)
write("text.png", picture("PNG", pnginfo=info))
write("profile.png", picture("PNG", icc_profile=bytes(128) + ini("enc-icc")))
write("behind.png", picture("PNG") + zlib.compress(ini("enc-behind-png")))
write("behind.jpg", picture("JPEG") + __import__("lzma").compress(ini("enc-behind-jpg")))
# The secret lies across the border of two blocks of 255 bytes.
text = ini("enc-gif")
write("comment.gif", picture("GIF", comment=b" " * (255 - text.index(value("secret", "enc-gif").encode()) - 20) + text))

words = ["aws_access_key_id", value("id", "enc-npz"), "aws_secret_access_key", value("secret", "enc-npz")]
numpy.savez_compressed(os.path.join(OUT, "words.npz"), words=numpy.array(words))


def packets(name):
    body = b"POST /settings HTTP/1.1\r\nHost: shop\r\n\r\n" + ini(name)
    for at in range(0, len(body), 30):
        tcp = TCP(sport=40000, dport=80, seq=2**32 - 100 + at & 0xFFFFFFFF, flags="PA")
        yield Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(src="10.0.0.1", dst="10.0.0.2") / tcp / Raw(body[at : at + 30])


wrpcap(os.path.join(OUT, "traffic.pcap"), list(packets("enc-pcap")))
writer = PcapNgWriter(os.path.join(OUT, "traffic.pcapng"))
for packet in packets("enc-pcapng"):
    writer.write(packet)
writer.close()

film = b"\x78\0\5\x5f\0\0\x0f\xa0\0\0\x0c\1\0" + ini("enc-swf")
write("film.swf", b"CWS\x0a" + (len(film) + 8).to_bytes(4, "little") + zlib.compress(film))
raw = zlib.compressobj(9, zlib.DEFLATED, -15)
write("stream", raw.compress(ini("enc-deflate")) + raw.flush())
article, plain = bytearray(), ini("enc-yenc")
for n, b in enumerate(plain):
    c = (b + 42) & 255
    article += bytes([61, (c + 64) & 255]) if c in (0, 10, 13, 61) else bytes([c])
    if n % 128 == 127:
        article += b"\r\n"
head = b"Subject: settings\r\n\r\n=ybegin line=128 size=%d name=app.ini\r\n" % len(plain)
write("article", head + bytes(article) + b"\r\n=yend size=%d\r\n" % len(plain))

# Bytes one by one: as programs have them, and as Windows exports values that are no plain strings.
LISTS = {
    "keys.go": ("package shop\n\nvar AccessKey = []byte{", lambda b: f"{b:#x}", ", ", "}\nvar SecretKey = []byte{", "}\n"),
    "Keys.java": ("class Keys {\n  static final byte[] ACCESS_KEY = {", lambda b: f"(byte) {b}", ", ", "};\n  static final byte[] SECRET_KEY = {", "};\n}\n"),
    "keys.js": ("login(String.fromCharCode(", str, ",", "), String.fromCharCode(", "));\n"),
    "keys.rs": ("const ACCESS_KEY: [u8; 20] = [", lambda b: f"b'{chr(b)}'", ", ", "];\nconst SECRET_KEY: [u8; 40] = [", "];\n"),
    "keys.bas": ("accessKey = ", lambda b: f"Chr({b})", " & ", "\nsecretKey = ", "\n"),
    "keys.asm": ("access_key:\n  .byte ", hex, "\n  .byte ", "\nsecret_key:\n  .byte ", "\n"),
    "keys.txt": ("access key: ", lambda b: f"{b:02x}", ":", "\nsecret key: ", "\n"),
    "keys.py": ("access_key = ''.join([", lambda b: f"'{chr(b)}'", ", ", "])\nsecret_key = ''.join([", "])\n"),
}
for name, (head, each, joint, between, end) in LISTS.items():
    first, second = (joint.join(map(each, value(kind, f"enc-list-{name}").encode())) for kind in ("id", "secret"))
    write(name, (head + first + between + second + end).encode())
buffer = {kind: {"type": "Buffer", "data": list(value(kind, "enc-list-buffer").encode())} for kind in ("id", "secret")}
write("buffer.json", __import__("json").dumps(buffer).encode())


def exported(name, kind):
    """Lines of at most 80 characters, as regedit breaks them."""
    text = "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Shop]\r\n"
    for label, part in (("AccessKeyId", "id"), ("SecretAccessKey", "secret")):
        data = value(part, name).encode() if kind == "hex" else (value(part, name) + "\0").encode("utf-16le")
        line = f'"{label}"={kind}:'
        for n, b in enumerate(data):
            line += f"{b:02x}" + ("," if n + 1 < len(data) else "")
            if len(line) > 76 and n + 1 < len(data):
                text += line + "\\\r\n"
                line = "  "
        text += line + "\r\n"
    return text


for kind in ("hex", "hex(1)", "hex(2)", "hex(7)"):
    short = kind.replace("(", "").replace(")", "")
    write(f"{short}.reg", exported(f"enc-reg-{short}", kind).encode())
    write(f"{short}-wide.reg", b"\xff\xfe" + exported(f"enc-reg-{short}-wide", kind).encode("utf-16le"))

# Letters by their numbers: octal as C has them, decimal as Lua has them, in text within text.
for name, each in {"octal.c": "\\{:03o}", "decimal.lua": "\\{:d}", "braces.pl": "\\x{{{:x}}}", "within.json": "\\\\u{:04x}"}.items():
    first, second = ("".join(map(each.format, value(kind, f"enc-escapes-{name}").encode())) for kind in ("id", "secret"))
    write(name, f'access_key = "{first}"\nsecret_key = "{second}"\n'.encode())

# A font of one table, and a description.
packed, about = (subprocess.run(["brotli", "-c"], input=ini(name), stdout=subprocess.PIPE, check=True).stdout for name in ("enc-woff2", "enc-woff2-about"))
table = b"\x3fTEST\x82\x0c"
at = 48 + len(table) + len(packed)
head = struct.pack(">4sIIHHIIHHIIIII", b"wOF2", 0x10000, at + len(about), 1, 0, 400, len(packed), 1, 0, at, len(about), len(ini("enc-woff2-about")), 0, 0)
write("font.woff2", head + table + packed + about)


def element(ident, body):
    return bytes.fromhex(ident) + (len(body) | 1 << 28).to_bytes(4, "big") + body


# A tag of Matroska, behind whose value a letter stands: the head of the next.
tag = element("67c8", element("45a3", b"NOTE") + element("4487", f"access_key = {value('id', 'enc-matroska')} secret_key = {value('secret', 'enc-matroska')}".encode()))
file = element("61a7", element("466e", b"app.ini") + element("465c", ini("enc-attached")))
write("film.mkv", element("1a45dfa3", element("4282", b"matroska")) + bytes.fromhex("18538067ff") + element("1254c367", element("7373", tag + tag)) + element("1941a469", file))

# A font of the first version has a stream a table.
write("font.woff", b"wOFF\0\1\0\0" + bytes(36) + bytes(range(99)) + zlib.compress(ini("enc-zlib-inside")) + bytes(range(99)))
# Keys and values of LMDB stand behind each other.
pairs = [(b"aws_access_key_id", value("id", "enc-fields")), (b"aws_secret_access_key", value("secret", "enc-fields"))]
write("data.mdb", b"\0\x14".join(b"\x11\0\0\0\0\0" + name + text.encode() + b"\0" for name, text in pairs) + b"\0\1\2")
