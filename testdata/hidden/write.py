"""Texts whose calls turn, join or unpack what they hold, and words of memories that no tool of Debian writes."""
import base64
import codecs
import gzip
import marshal
import os
import quopri
import sys
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plant import value  # noqa: E402

OUT = sys.argv[1]


def pair(name):
    return value("id", name), value("secret", name)


def ini(name):
    text = "[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n" % pair(name)
    return (text + f"region = eu-west-1\ncommit = {value('hash', name)}\n").encode()


def write(name, data):
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())


def turned(text):
    return text[::-1]


def moved(text):
    return codecs.encode(text, "rot13")


def halves(text):
    middle = len(text) // 2
    return text[:middle], text[middle:]


# Calls by language: how a value is written, and the call around it.
CALLS = {
    "reversed.php": (turned, "<?php\n$accessKeyId = strrev('{}');\n$secretAccessKey = strrev('{}');\n"),
    "reversed.py": (turned, "access_key_id = '{}'[::-1]\nsecret_access_key = '{}'[::-1]\n"),
    "reversed.js": (turned, "const accessKeyId = '{}'.split('').reverse().join('');\nconst secretAccessKey = '{}'.split('').reverse().join('');\n"),
    "reversed.rb": (turned, "access_key_id = '{}'.reverse\nsecret_access_key = '{}'.reverse\n"),
    "reversed.sh": (turned, "ACCESS_KEY_ID=$(echo '{}' | rev)\nSECRET_ACCESS_KEY=$(echo '{}' | rev)\n"),
    "rot13.php": (moved, "<?php\n$accessKeyId = str_rot13('{}');\n$secretAccessKey = str_rot13('{}');\n"),
    "rot13.py": (moved, "access_key_id = codecs.decode('{}', 'rot13')\nsecret_access_key = codecs.decode('{}', 'rot13')\n"),
    "rot13.sh": (moved, "ACCESS_KEY_ID=$(echo '{}' | tr 'A-Za-z' 'N-ZA-Mn-za-m')\nSECRET_ACCESS_KEY=$(echo '{}' | tr 'A-Za-z' 'N-ZA-Mn-za-m')\n"),
    "unescape.js": (lambda text: "".join(f"%u{ord(c):04X}" for c in text), 'var accessKeyId = unescape("{}"), secretAccessKey = unescape("{}");\n'),
    "short.css": (lambda text: "".join(f"\\{ord(c):x} " for c in text), ':root {{ --access-key-id: "{}"; --secret-access-key: "{}"; }}\n'),
    "long.css": (lambda text: "".join(f"\\{ord(c):06x}" for c in text), ':root {{ --access-key-id: "{}"; --secret-access-key: "{}"; }}\n'),
    "entities.html": (lambda text: "".join(f"&#{ord(c)}" for c in text), "<pre>access_key_id = {}\nsecret_access_key = {}\n</pre>\n"),
    "twice.txt": (lambda text: "".join(f"%25{ord(c):02X}" for c in text), "https://shop.example/?access_key_id={}&secret_access_key={}\n"),
    "bytea.sql": (lambda text: "\\\\x" + text.encode().hex(), "COPY public.keys (access_key_id, secret_access_key) FROM stdin;\n{}\t{}\n\\.\n"),
    "joined.js": (lambda text: "' + '".join(halves(text)), "const accessKeyId = '{}';\nconst secretAccessKey = '{}';\n"),
    "Joined.java": (lambda text: '" +\n      "'.join(halves(text)), 'class Joined {{\n  String accessKeyId = "{}";\n  String secretAccessKey = "{}";\n}}\n'),
    "joined.php": (lambda text: "' . '".join(halves(text)), "<?php\n$accessKeyId = '{}';\n$secretAccessKey = '{}';\n"),
    "stray.py": (str, "import sys\n\nSEPARATOR = '\0'\n\naccess_key_id = '{}'\nsecret_access_key = '{}'\nprint(sys.argv, SEPARATOR)\n"),
}
for name, (each, text) in CALLS.items():
    write(name, text.format(*map(each, pair(f"hid-{name}"))))

# A script of which nothing is left but packed letters.
script = base64.b64encode(zlib.compress(ini("hid-eval"))[2:-4]).decode()
write("eval.php", f"<?php eval(gzinflate(base64_decode(str_rot13('{moved(script)}'))));\n")
write("literal.py", f"import zlib\nexec(zlib.decompress({zlib.compress(ini('hid-literal.py'))!r}))\n")
code = compile("access_key_id = %r\nsecret_access_key = %r\n" % pair("hid-marshal.py"), "shop.py", "exec")
write("marshal.py", f"import marshal\nexec(marshal.loads({marshal.dumps(code)!r}))\n")
packed = gzip.compress(ini("hid-bindata"), mtime=0)
write("bindata.go", 'package shop\n\nvar settings = []byte("%s")\n' % "".join(f"\\x{b:02x}" for b in packed))
packed = len(ini("hid-blob")).to_bytes(4, "little") + zlib.compress(ini("hid-blob"))
write("blob.sql", f"INSERT INTO `settings` VALUES (1,0x{packed.hex().upper()});\n")

# Mail in UTF-16, and a header of it; a record of a web archive; an object in a document.
HEAD = b"From: a@shop.example\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-16\nContent-Transfer-Encoding: quoted-printable\n\n"
for order in "le", "be":
    write(f"utf-16{order}.eml", HEAD + quopri.encodestring(("\ufeff" + ini(f"hid-mail-{order}").decode()).encode(f"utf-16-{order}")))
quoted = ["".join(c if c.isalnum() else f"={ord(c):02X}" for c in text) for text in pair("hid-header")]
write("header.eml", "Subject: =?utf-8?q?access=5Fkey=5Fid=3D%s?=\n =?utf-8?q?_secret=5Faccess=5Fkey=3D%s?=\n\nSee above.\n" % tuple(quoted))
body = gzip.compress(ini("hid-warc"), mtime=0)
answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body
write("pages.warc", b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer + b"\r\n\r\n")
thing = b"\1\5\0\0\2\0\0\0\x08\0\0\0Package\0\0\0\0\0\0\0\0\0" + (400).to_bytes(4, "little") + ini("hid-object")
write("object.rtf", "{\\rtf1{\\object\\objemb{\\*\\objdata %s}}}" % thing.hex())


def words(name, size, order=1):
    data = ini(name)
    data += bytes(-len(data) % size)
    return [data[at : at + size][::order].hex() for at in range(0, len(data), size)]


write("words.mem", "// words of four bytes\n" + "\n".join(words("hid-words.mem", 4)) + "\n")
write("turned.mem", "@00000000\n" + "\n".join(words("hid-turned.mem", 4, -1)) + "\n")
write("memory.coe", "memory_initialization_radix=16;\nmemory_initialization_vector=\n" + ",\n".join(words("hid-memory.coe", 8)) + ";\n")
write("bits.mem", "".join(f"{b:08b}\n" for b in ini("hid-bits.mem")))

# Text of mail as Outlook packs it; here of letters alone.
rtf = b"{\\rtf1\\ansi access key id = %s\\par secret access key = %s\\par }" % tuple(part.encode() for part in pair("hid-outlook"))
body = b"".join(b"\0" + rtf[at : at + 8] for at in range(0, len(rtf), 8))
write("outlook.bin", (len(body) + 12).to_bytes(4, "little") + len(rtf).to_bytes(4, "little") + b"LZFu\0\0\0\0" + body)

# Lines that go on, and values behind what is no part of them.
FOLDED = {
    "directory.ldif": ("dn: cn=shop,dc=example\ncn: shop\ndescription: access_key_id = {0}, secret_access_key = {1}", "\n ", 50),
    "calendar.ics": ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDESCRIPTION:access_key_id = {0}\\nsecret_access_key = {1}", "\r\n ", 50),
    "flowed.eml": ("Content-Type: text/plain; format=flowed; delsp=yes\n\naccess_key_id = {0} secret_access_key = {1}", " \n", 60),
}
for name, (form, fold, width) in FOLDED.items():
    head, line = form.format(*pair(f"hid-{name}")).rsplit("\n", 1)
    parts = [line[at : at + width] for at in range(0, len(line), width)]
    write(name, head + "\n" + fold.join(parts) + "\n")
write("colours.log", "\x1b[32maccess_key_id\x1b[0m = \x1b[1m%s\x1b[0m\n\x1b[0;32msecret_access_key\x1b[0m = \x1b[0;1m%s\x1b[0m\n" % pair("hid-colours.log"))
