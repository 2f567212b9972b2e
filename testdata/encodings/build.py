"""The artifacts that libraries of Python write, and by hand those that nothing writes: Flash, yEnc, deflate without a header."""
import base64
import io
import os
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
