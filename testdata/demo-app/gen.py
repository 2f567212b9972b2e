#!/usr/bin/env python3
"""Generates what the demo app is built from. Python 3 standard library only.

The sources in app/ are templates: markers stand where a key goes, and no key stands in any committed text.

  gen.py --print                    table of the planted values: name, id, secret, account (tab separated)
  gen.py --value MARKER             one value, e.g. --value id:static-fields
  gen.py --resources OUT            renders manifest, res/, assets/ (with bundle.zip) into OUT
  gen.py --smali OUT --r R.txt      renders the smali sources into OUT; R classes come from aapt2's R.txt
  gen.py --pack BASE.apk DEX.. OUT  puts DEX files into aapt2's package, with fixed dates and order

Markers, `@{kind:name}`; of a value a slice is taken by `@{kind:name:from:to}`:

  id, secret   the pair of that name (see access_key_id and secret_access_key for the exact definition)
  b64json      base64 of {"accessKeyId":"...","secretAccessKey":"...","region":"eu-west-1"} with that pair
  hash         40 characters of the base64 alphabet that look like a secret and are none
  sha1 sha256  hex digests;  uuid;  print: certificate fingerprint AA:BB:..;  pin: base64 of a SHA-256;  png: base64 of a PNG
  res          a resource id, `@{res:layout/activity_main}` (smali only)
"""
import argparse
import base64
import hashlib
import io
import json
import os
import re
import struct
import sys
import uuid
import zipfile
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
APP = os.path.join(HERE, "app")

PAIRS = [
    "static-fields",
    "constants",
    "sdk-constructor",
    "map-entries",
    "two-pairs-a",
    "two-pairs-b",
    "two-pairs-c",
    "two-pairs-d",
    "base64-blob",
    "builder-halves",
    "two-classes",
    "asset-json",
    "nested-zip",
    "second-dex",
    "stored-asset",
]
LONE = ["lone-id"]
DOCUMENTED = "documented-example"

# What is in these files is stored, not deflated; so are resources.arsc and the PNGs, as the Android build tools do it.
STORED = (".arsc", ".png", ".ini")
DATE = (1981, 1, 1, 1, 1, 2)  # what the Android Gradle plugin writes


# --- values ---------------------------------------------------------------------------------------------------------


def digest(text):
    return hashlib.sha256(text.encode()).digest()


def account_of(key_id):
    """The account number an access key id carries."""
    first = int.from_bytes(base64.b32decode(key_id[4:])[:6], "big")
    return (first & 0x7FFFFFFFFF80) >> 7


def access_key_id(name):
    """For n = 0, 1, ..: s = base32(SHA-256("keysift-demo/NAME/id/N"))[:16], the first s that starts with one of
    Q-Z2-7 and carries an account number of twelve digits; the id is "AKIA" + s."""
    if name == DOCUMENTED:  # the example of AWS's own documentation, in parts so that it does not stand here
        return "AKIA" + "IOSFODNN7" + "EXAMPLE"
    n = 0
    while True:
        s = base64.b32encode(digest(f"keysift-demo/{name}/id/{n}")).decode()[:16]
        if s[0] in "QRSTUVWXYZ234567" and 100000000000 <= account_of("AKIA" + s) <= 999999999999:
            return "AKIA" + s
        n += 1


def forty_characters(name, use):
    """For n = 0, 1, ..: s = base64(SHA-256("keysift-demo/NAME/USE/N")[:30]), the first s with at least three each of
    upper-case letters, lower-case letters and digits."""
    n = 0
    while True:
        s = base64.b64encode(digest(f"keysift-demo/{name}/{use}/{n}")[:30]).decode()
        if all(sum(map(f, s)) >= 3 for f in (str.isupper, str.islower, str.isdigit)):
            return s
        n += 1


def secret_access_key(name):
    if name == DOCUMENTED:
        return "wJalrXUtnFEMI/" + "K7MDENG/bPxRfi" + "CYEXAMPLEKEY"
    return forty_characters(name, "secret")


def png(name, side=24):
    """A small picture with much noise in it, not compressed, so that its bytes do not depend on the zlib at hand."""
    rows = b""
    for y in range(side):
        rows += b"\0"
        for x in range(side):
            d = digest(f"keysift-demo/{name}/png/{x}/{y}")
            inside = (2 * x - side + 1) ** 2 + (2 * y - side + 1) ** 2 <= side * side
            rows += bytes([d[0] // 8, 96 + d[1] // 4, 136 + d[2] // 4, 255 if inside else 0])
    stored = b"\x78\x01\x01" + struct.pack("<HH", len(rows), len(rows) ^ 0xFFFF) + rows
    stored += struct.pack(">I", zlib.adler32(rows))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", stored) + chunk(b"IEND", b"")


def noise(kind, name):
    """What looks like something and is no key."""
    d = digest(f"keysift-demo/{name}/{kind}")
    if kind == "hash":
        return forty_characters(name, "hash")
    if kind == "sha1":
        return d[:20].hex()
    if kind == "sha256":
        return d.hex()
    if kind == "uuid":
        return str(uuid.UUID(bytes=d[:16], version=4))
    if kind == "print":
        return ":".join(f"{b:02X}" for b in d[:20])
    if kind == "pin":
        return base64.b64encode(d).decode()
    if kind == "png":
        return base64.b64encode(png(name, 16)).decode()
    raise KeyError(kind)


def value(kind, name):
    if kind in ("id", "secret", "b64json"):
        known = PAIRS + [DOCUMENTED] + (LONE if kind == "id" else [])
        if name not in known:
            raise KeyError(f"no pair of that name: {name}")
    if kind == "id":
        return access_key_id(name)
    if kind == "secret":
        return secret_access_key(name)
    if kind == "b64json":
        fields = {
            "accessKeyId": access_key_id(name),
            "secretAccessKey": secret_access_key(name),
            "region": "eu-west-1",
        }
        return base64.b64encode(json.dumps(fields, separators=(",", ":")).encode()).decode()
    return noise(kind, name)


# --- templates ------------------------------------------------------------------------------------------------------

MARKER = re.compile(r"@\{([a-z0-9]+):([^}:]+)(?::(\d*):(\d*))?\}")


def render(text, resources=None, where=""):
    def one(m):
        kind, name, low, high = m.groups()
        try:
            if kind == "res":
                v = resources[name]
            else:
                v = value(kind, name)
        except (KeyError, TypeError) as e:
            sys.exit(f"gen.py: {where}: {m.group(0)}: {e}")
        if low is not None:
            v = v[int(low or 0) : int(high) if high else None]
        return v

    text = MARKER.sub(one, text)
    left = re.search(r"@\{.*", text)
    if left:
        sys.exit(f"gen.py: {where}: marker not understood: {left.group(0)}")
    return text


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())


def templates(folder):
    """The files below a folder of app/, sorted, as (path relative to it, text)."""
    top = os.path.join(APP, folder)
    for at, folders, names in os.walk(top):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(at, name)
            with open(path, encoding="utf-8") as f:
                yield os.path.relpath(path, top), f.read()


def put(archive, name, data, stored):
    entry = zipfile.ZipInfo(name, DATE)
    entry.create_system = 0
    entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    archive.writestr(entry, data, compresslevel=9)


def resources(out):
    for folder in ("res", "assets"):
        for path, text in templates(folder):
            write(os.path.join(out, folder, path), render(text, where=path))
    with open(os.path.join(APP, "AndroidManifest.xml"), encoding="utf-8") as f:
        write(os.path.join(out, "AndroidManifest.xml"), render(f.read(), where="AndroidManifest.xml"))
    for density, side in (("mdpi", 24), ("hdpi", 36)):
        write(os.path.join(out, "res", f"mipmap-{density}", "ic_launcher.png"), png("launcher", side))
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as z:
        for path, text in templates("bundle"):
            put(z, path, render(text, where=path), stored=False)
        put(z, "inner/splash.png", png("splash", 20), stored=True)
    write(os.path.join(out, "assets", "bundle.zip"), bundle.getvalue())


# --- smali ----------------------------------------------------------------------------------------------------------


def r_classes(symbols, package, out):
    """R.txt, `int string app_name 0x7f050000` and `int[] styleable X { .. }`, as the classes javac makes of R.java."""
    package = "L" + package.replace(".", "/")
    found, kinds = {}, {}
    with open(symbols, encoding="utf-8") as f:
        for line in f:
            words = line.split()
            if words[0] == "int" and words[1] != "styleable":
                kinds.setdefault(words[1], []).append((words[2], int(words[3], 16)))
                found[f"{words[1]}/{words[2]}"] = "0x%x" % int(words[3], 16)
    folder = os.path.join(out, *package[1:].split("/"))
    for kind, fields in sorted(kinds.items()):
        lines = [
            f".class public final {package}/R${kind};",
            ".super Ljava/lang/Object;",
            '.source "R.java"',
            "",
            ".annotation system Ldalvik/annotation/EnclosingClass;",
            f"    value = {package}/R;",
            ".end annotation",
            ".annotation system Ldalvik/annotation/InnerClass;",
            "    accessFlags = 0x19",
            f'    name = "{kind}"',
            ".end annotation",
            "",
        ]
        lines += [f".field public static final {n}:I = 0x{v:x}" for n, v in sorted(fields)]
        lines += constructor()
        write(os.path.join(folder, f"R${kind}.smali"), "\n".join(lines) + "\n")
    lines = [f".class public final {package}/R;", ".super Ljava/lang/Object;", '.source "R.java"', ""]
    lines += [".annotation system Ldalvik/annotation/MemberClasses;", "    value = {"]
    lines += [",\n".join(f"        {package}/R${kind};" for kind in sorted(kinds)), "    }", ".end annotation"]
    lines += constructor()
    write(os.path.join(folder, "R.smali"), "\n".join(lines) + "\n")
    return found


def constructor():
    return [
        "",
        ".method private constructor <init>()V",
        "    .registers 1",
        "    .line 10",
        "    invoke-direct {p0}, Ljava/lang/Object;-><init>()V",
        "    return-void",
        ".end method",
    ]


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def table_class(path, text):
    """app/tables/com/example/demo/X.tsv: one word per line makes a String[], two tab-separated ones a HashMap, filled in
    `<clinit>` as javac and d8 do it. The first line is `#`, the field's name."""
    name = "com/example/demo/" + os.path.basename(path)[: -len(".tsv")]
    lines = [line for line in text.splitlines() if line]
    field = lines.pop(0).lstrip("# ")
    rows = [line.split("\t") for line in lines]
    out = [f".class public final L{name};", ".super Ljava/lang/Object;", f'.source "{os.path.basename(name)}.java"', ""]
    if len(rows[0]) == 1:
        out += [f".field public static final {field}:[Ljava/lang/String;", ""]
        out += [".method static constructor <clinit>()V", "    .registers 3", "    .line 8"]
        out += [f"    const/16 v0, 0x{len(rows):x}", "    new-array v0, v0, [Ljava/lang/String;"]
        for i, (word,) in enumerate(rows):
            out += [f"    const/16 v1, 0x{i:x}" if i > 7 else f"    const/4 v1, 0x{i:x}"]
            out += [f"    const-string v2, {quoted(word)}", "    aput-object v2, v0, v1"]
        out += [f"    sput-object v0, L{name};->{field}:[Ljava/lang/String;"]
    else:
        out += [f".field private static final {field}:Ljava/util/Map;"]
        out += ["    .annotation system Ldalvik/annotation/Signature;", "        value = {"]
        out += ['            "Ljava/util/Map<",\n            "Ljava/lang/String;",\n            "Ljava/lang/String;",\n            ">;"']
        out += ["        }", "    .end annotation", ".end field", ""]
        out += [".method static constructor <clinit>()V", "    .registers 3", "    .line 9"]
        out += ["    new-instance v0, Ljava/util/HashMap;", "    invoke-direct {v0}, Ljava/util/HashMap;-><init>()V"]
        out += [f"    sput-object v0, L{name};->{field}:Ljava/util/Map;"]
        for i, (key, word) in enumerate(rows):
            out += [f"    .line {i + 12}", f"    const-string v1, {quoted(key)}", f"    const-string v2, {quoted(word)}"]
            call = "invoke-virtual {v0, v1, v2}, Ljava/util/HashMap;->put" if i % 2 else "invoke-interface {v0, v1, v2}, Ljava/util/Map;->put"
            out += ["    " + call + "(Ljava/lang/Object;Ljava/lang/Object;)Ljava/lang/Object;"]
    out += ["    return-void", ".end method"] + constructor()
    if len(rows[0]) == 2:
        out += [
            "",
            ".method public static get(Ljava/lang/String;)Ljava/lang/String;",
            "    .registers 2",
            "    .line 6",
            f"    sget-object v0, L{name};->{field}:Ljava/util/Map;",
            "    invoke-interface {v0, p0}, Ljava/util/Map;->get(Ljava/lang/Object;)Ljava/lang/Object;",
            "    move-result-object p0",
            "    check-cast p0, Ljava/lang/String;",
            "    return-object p0",
            ".end method",
        ]
    return name, "\n".join(out) + "\n"


def smali(out, symbols):
    found = r_classes(symbols, "com.example.demo", os.path.join(out, "smali"))
    for folder in ("smali", "smali_classes2"):
        for path, text in templates(folder):
            write(os.path.join(out, folder, path), render(text, found, path))
    for path, text in templates("tables"):
        name, text = table_class(path, render(text, found, path))
        write(os.path.join(out, "smali", name + ".smali"), text)


# --- package --------------------------------------------------------------------------------------------------------


def pack(base, dex, out):
    with zipfile.ZipFile(base) as z:
        files = {n: z.read(n) for n in z.namelist()}
    for path in dex:
        with open(path, "rb") as f:
            files[os.path.basename(path)] = f.read()
    first = ["AndroidManifest.xml"] + [os.path.basename(path) for path in dex]
    order = first + sorted(set(files) - set(first))
    with zipfile.ZipFile(out, "w") as z:
        for name in order:
            put(z, name, files[name], stored=name.endswith(STORED))


def main():
    p = argparse.ArgumentParser(description="generates what the demo app is built from")
    p.add_argument("--print", action="store_true")
    p.add_argument("--value")
    p.add_argument("--resources", metavar="OUT")
    p.add_argument("--smali", metavar="OUT")
    p.add_argument("--r", metavar="R.txt")
    p.add_argument("--pack", nargs="+", metavar="FILE")
    a = p.parse_args()
    if a.print:
        print("name\tid\tsecret\taccount")
        for name in PAIRS + LONE + [DOCUMENTED]:
            key_id = access_key_id(name)
            secret = "-" if name in LONE else secret_access_key(name)
            print(f"{name}\t{key_id}\t{secret}\t{account_of(key_id)}")
    if a.value:
        print(render("@{" + a.value + "}", where="--value"))
    if a.resources:
        resources(a.resources)
    if a.smali:
        smali(a.smali, a.r)
    if a.pack:
        pack(a.pack[0], a.pack[1:-1], a.pack[-1])


if __name__ == "__main__":
    main()
