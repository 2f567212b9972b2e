"""What programs keep packed or in letters of their own: browsers, Kafka, Excel, Python, pages. `tools.py OUT`."""
import base64
import gzip
import io
import os
import pickle
import sqlite3
import struct
import sys
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plant import value  # noqa: E402

import numpy  # noqa: E402
from scapy.all import IP, TCP, Ether, Raw, wrpcap  # noqa: E402

OUT = sys.argv[1]


def pair(name):
    return value("id", name), value("secret", name)


def ini(name):
    return "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\nregion = eu-west-1\n".format(*pair(name))


def write(name, data):
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())


def snappy(data):
    """One block: copies of four bytes and more; literals are so short that no value stands in one piece."""
    out, size, at, start, known = bytearray(), len(data), 0, 0, {}
    while size >= 128:
        out.append(size & 127 | 128)
        size >>= 7
    out.append(size)

    def literal(end):
        for n in range(start, end, 12):
            piece = data[n : min(n + 12, end)]
            out.append(len(piece) - 1 << 2)
            out.extend(piece)

    while at < len(data):
        before = known.get(data[at : at + 4])
        known[data[at : at + 4]] = at
        if before is None or at + 4 > len(data):
            at += 1
            continue
        count = 4
        while count < 60 and at + count < len(data) and data[before + count] == data[at + count]:
            count += 1
        literal(at)
        out.extend(struct.pack("<BH", count - 1 << 2 | 2, at - before))
        at += count
        start = at
    literal(at)
    return bytes(out)


def lz_string(text):
    """As compressToBase64 of the library."""
    bits, words, fresh, word, width, left = [], {}, set(), "", 2, 2

    def put(number, count):
        bits.extend(number >> n & 1 for n in range(count))

    def count():
        nonlocal left, width
        left -= 1
        if left == 0:
            left, width = 1 << width, width + 1

    def emit():
        if word in fresh:
            put(0, width)
            put(ord(word), 8)
            count()
            fresh.discard(word)
        else:
            put(words[word], width)
        count()

    for letter in text:
        if letter not in words:
            words[letter] = len(words) + 3
            fresh.add(letter)
        if word + letter in words:
            word += letter
            continue
        emit()
        words[word + letter] = len(words) + 3
        word = letter
    emit()
    put(2, width)
    bits.extend([0] * (-len(bits) % 6))
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return "".join(alphabet[int("".join(map(str, bits[n : n + 6])), 2)] for n in range(0, len(bits), 6))


# Firefox: what pages have stored, a block of Snappy in a row of a table without row numbers.
text = (ini("enc-firefox") * 2).encode()
cells = sqlite3.connect(os.path.join(OUT, "firefox.sqlite"))
cells.execute("create table object_data(key blob, data blob not null, primary key (key)) without rowid")
cells.execute("insert into object_data values (x'30', ?)", (snappy(text),))
cells.commit()
cells.close()

# A segment of Kafka: the head of a batch, then blocks of Snappy with the marks of Java's library, then another batch.
text = (ini("enc-kafka") * 2).encode()
blocks = b"\x82SNAPPY\0" + struct.pack(">II", 1, 1) + struct.pack(">I", len(snappy(text))) + snappy(text)
head = struct.pack(">QIIBIHIQQQHII", 0, len(blocks) + 49, 0, 2, 0, 2, 0, 0, 0, 2**64 - 1, 2**16 - 1, 2**32 - 1, 1)
write("segment.log", head + blocks + head)

# HTTP/2 in one packet.
body = gzip.compress(ini("enc-grpc").encode(), mtime=0)
frame = struct.pack(">I", len(body) + 5)[1:] + b"\0\1" + struct.pack(">I", 1) + b"\1" + struct.pack(">I", len(body)) + body
wrpcap(os.path.join(OUT, "grpc.pcap"), [Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP() / TCP(flags="PA") / Raw(frame)])

# Queries of Excel: an archive behind its length.
archive = io.BytesIO()
with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr(zipfile.ZipInfo("Formulas/Section1.m"), "section Section1;\n" + ini("enc-mashup") * 2, zipfile.ZIP_DEFLATED)
archive = archive.getvalue()
mashup = base64.b64encode(struct.pack("<II", 0, len(archive)) + archive + struct.pack("<I", 0)).decode()
write("item1.xml", f'<?xml version="1.0" encoding="utf-16"?><DataMashup>{mashup}</DataMashup>'.encode("utf-16"))

# Objects of Python, names and passwords of SASL, states of applications, in letters.
for protocol in (2, 4):
    one = dict(zip(("aws_access_key_id", "aws_secret_access_key"), pair(f"enc-pickle-{protocol}")))
    write(f"session-{protocol}.txt", base64.b64encode(pickle.dumps(one, protocol)) + b"\n")
write("mail.log", "C: AUTH PLAIN " + base64.b64encode("\0{}\0{}".format(*pair("enc-sasl")).encode()).decode() + "\n")
state = '{{"aws_access_key_id":"{}","aws_secret_access_key":"{}","theme":"dark"}}'.format(*pair("enc-lz-string"))
write("state.json", '{"state": "' + lz_string(state) + '"}\n')

# Records without a border between their fields.
kind = [("aws_access_key_id", "U20"), ("aws_secret_access_key", "U40")]
numpy.save(os.path.join(OUT, "records.npy"), numpy.array([pair("enc-records")], dtype=kind))

# Where nobody sees it, a page or a chat may break a value.
one, two = pair("enc-broken")
row = "<tr><td>{}</td><td>{}</td></tr>\n"
write("broken.html", row.format("aws_access_key_id", one[:9] + "<wbr>" + one[9:]) + row.format("aws_secret_access_key", two[:20] + "&shy;" + two[20:]))
one, two = pair("enc-no-width")
write("chat.txt", f"aws_access_key_id = {one[:9]}\u200b{one[9:]}\naws_secret_access_key = {two[:20]}\u200b{two[20:]}\n")

# Pieces that a program joins.
one, two = pair("enc-basic")
write("module.bas", f'accessKeyId = "{one[:8]}" & "{one[8:]}"\r\nsecretAccessKey = "{two[:20]}" & _\r\n    "{two[20:]}"\r\n')
one, two = pair("enc-joined")
write("joined.js", f"const accessKeyId = ['{one[:9]}', '{one[9:]}'].join(''), secretAccessKey = '{two[:20]}'.concat('{two[20:]}');\n")
# The colours of a terminal that has 256 of them.
one, two = pair("enc-colours")
write("colours.log", f"AWS_ACCESS_KEY_ID = \x1b[38;5;124m{one}\x1b[39m\nAWS_SECRET_ACCESS_KEY = \x1b[38;5;124m{two}\x1b[39m\n")
