#!/usr/bin/env bash
# Writes the seeds of what is packed behind a head of its own into testdata/seeds: small, made by the real tools (as root: it
# mounts a file system). journal, pg-dump, pg-heap, media, lzfse and hdf5 need systemd-journal-remote, a
# PostgreSQL server (its dump is $PG_DUMP, a file of a table and one of its TOAST table $PG_HEAP and $PG_TOAST), ffmpeg, pyliblzfse and h5py of PyPI.
set -euo pipefail
seeds=$(cd "$(dirname "$0")/../seeds" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir -p "$seeds"/{lzfse,nsis,envelope,http,firmware,journal,pg-dump,phar,btrfs}
seq -f 'line %.0f of a text' 900 >text
head -c 500 text >short

python3 - "$seeds/lzfse" <<'PY'
import liblzfse, sys
for name in "text", "short":
    open(f"{sys.argv[1]}/{name}", "wb").write(liblzfse.compress(open(name, "rb").read()))
PY

# The data of an installer: what is behind the program.
for way in '/SOLID lzma' lzma zlib '/SOLID zlib' bzip2; do
  printf 'SetCompressor %s\nUnicode true\nOutFile a.exe\nName x\nInstallDir "$TEMP"\nSection\nSetOutPath $INSTDIR\nFile text\nFile short\nSectionEnd\n' "$way" >a.nsi
  makensis -V1 a.nsi
  python3 - "$seeds/nsis/$(tr -d '/ ' <<<"$way")" <<'PY'
import sys
data = open("a.exe", "rb").read()
open(sys.argv[1], "wb").write(data[data.index(b"\xef\xbe\xad\xdeNullsoftInst") - 4:])
PY
done

hg init r && cp text r/ && (cd r && hg add -q text && hg commit -qm x -u a -d '0 0')
for way in gzip-v1 zstd-v2 bzip2-v2; do
  (cd r && hg bundle -q --all -t $way "$seeds/envelope/$way")
done
gpg --batch --yes -z 9 --store -o "$seeds/envelope/openpgp" text
mkdir -p m/p && echo 'module m {}' >m/module-info.java && echo 'package p; public class A { String a = "a text"; }' >m/p/A.java
javac -d c m/module-info.java m/p/A.java
python3 - "$seeds" <<'PY'
import gzip, struct, sys, zlib
seeds = sys.argv[1]
text = open("text", "rb").read()
packed = zlib.compress(text)
open(f"{seeds}/envelope/length", "wb").write(struct.pack(">I", len(text)) + packed)
element = struct.pack("<II", 15, len(packed)) + packed
open(f"{seeds}/envelope/matlab", "wb").write(b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\x01IM" + element)
java = b"\xfa\xfa\xfe\xca" + struct.pack("<QQIIB", len(packed), len(text), 1, 0, 1) + packed
open(f"{seeds}/envelope/java", "wb").write(b"\xda\xda\xfe\xca".ljust(64, b"\0") + java)
body = gzip.compress(text, mtime=0)
pieces = b"".join(b"%x\r\n%s\r\n" % (len(body[at:at + 500]), body[at:at + 500]) for at in range(0, len(body), 500))
open(f"{seeds}/http/stream", "wb").write(
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + pieces
    + b"0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed)
PY

gzip -nk text
xz -k --format=lzma text
echo text | cpio -o -H newc --quiet | lz4 -lq >ramdisk
head -c 3000 /dev/zero >kernel
mkbootimg --kernel kernel --ramdisk ramdisk -o "$seeds/firmware/boot"
mkbootimg --kernel kernel --ramdisk ramdisk --header_version 3 -o "$seeds/firmware/boot-3"
mkbootimg --vendor_ramdisk ramdisk --dtb short --header_version 3 --vendor_boot "$seeds/firmware/vendor"
mkimage -A arm -T ramdisk -C lzma -d text.lzma "$seeds/firmware/uimage" >/dev/null
mkimage -A arm -T multi -C none -d short:text.gz "$seeds/firmware/multi" >/dev/null
cat >a.its <<'ITS'
/dts-v1/;
/ { description = "x"; images { r { data = /incbin/("text.gz"); type = "ramdisk"; arch = "arm"; os = "linux"; compression = "gzip"; }; };
    configurations { default = "c"; c { ramdisk = "r"; }; }; };
ITS
mkimage -f a.its "$seeds/firmware/fit" >/dev/null
mkimage -E -f a.its "$seeds/firmware/fit-external" >/dev/null
python3 - "$seeds" <<'PY'
import lzma, struct, sys
seeds = sys.argv[1]
text = open("text", "rb").read()
part = lzma.compress(text, format=lzma.FORMAT_ALONE)
body = part.ljust(1000, b"\0") + text
open(f"{seeds}/firmware/trx", "wb").write(b"HDR0" + struct.pack("<IIHHIII", 28 + len(body), 0, 0, 1, 28, 1028, 0) + body)

# An update of Android: a partition of which a part is stored, another packed, and zeros.
def number(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])
value = lambda field, n: number(field << 3) + number(n)
field = lambda n, data: number(n << 3 | 2) + number(len(data)) + data
first, rest = text[:4096], text[4096:].ljust(16384, b"\0")
packed = lzma.compress(rest, check=lzma.CHECK_CRC32)
extent = lambda start, count: field(6, value(1, start) + value(2, count))
parts = field(1, b"system") + field(7, value(1, 24576)) + b"".join(field(8, op) for op in (
    value(1, 0) + value(2, 0) + value(3, 4096) + extent(0, 1),
    value(1, 8) + value(2, 4096) + value(3, len(packed)) + extent(1, 4),
    value(1, 6) + extent(5, 1)))
manifest = value(3, 4096) + field(13, parts)
open(f"{seeds}/disk-image/payload", "wb").write(
    b"CrAU" + struct.pack(">QQI", 2, len(manifest), 0) + manifest + first + packed)
PY

# The library of HDF5, of PyPI.
python3 - "$seeds/envelope/hdf5" <<'PY'
import h5py, sys
with h5py.File(sys.argv[1], "w") as file:
    file.create_dataset("text", data=[open("text").read()], dtype="S17000", compression="gzip", chunks=(1,))
PY

printf '__REALTIME_TIMESTAMP=1700000000000000\n__MONOTONIC_TIMESTAMP=1\n_BOOT_ID=%032d\nMESSAGE=%s\n\n' 1 "$(tr '\n' ' ' <text)" >records
/lib/systemd/systemd-journal-remote -o a.journal --compress=yes records >/dev/null 2>&1
python3 "$here/short.py" journal a.journal "$seeds/journal/zstd"

cat >phar.php <<'PHP'
<?php
foreach ([Phar::GZ, Phar::NONE] as $way) {
    $phar = new Phar("a$way.phar");
    $phar->addFile("text");
    $phar->addFile("short");
    if ($way) $phar->compressFiles($way);
}
PHP
php -d phar.readonly=0 phar.php
cp a4096.phar "$seeds/phar/deflate"
cp a0.phar "$seeds/phar/stored"

[ -z "${PG_DUMP:-}" ] || cp "$PG_DUMP" "$seeds/pg-dump/rows"

for way in zlib lzo zstd; do
  truncate -s 120M a.btrfs
  mkfs.btrfs -qf -n 4096 -m single -d single a.btrfs
  mkdir -p mounted
  mount -o loop,compress-force=$way a.btrfs mounted
  mkdir mounted/folder
  cp text mounted/one
  cp short mounted/folder/two
  umount mounted
  python3 "$here/short.py" btrfs a.btrfs "$seeds/btrfs/$way"
  rm a.btrfs
done

mkdir -p "$seeds"/{pg-heap,media,woff2,tauri,chrome-cache}
[ -z "${PG_HEAP:-}" ] || cp "$PG_HEAP" "$seeds/pg-heap/rows"
[ -z "${PG_TOAST:-}" ] || cp "$PG_TOAST" "$seeds/pg-heap/long"
for kind in mkv opus; do
  ffmpeg -v error -y -f lavfi -i sine=d=0.05 -metadata comment="$(head -c 300 text | tr '\n' ' ')" -fflags +bitexact -flags:a +bitexact "$seeds/media/sound.$kind"
done

# A program with a table of assets: what the linker makes of it, with pointers that the loader writes.
python3 - "$seeds" <<'PY'
import struct, subprocess, sys
seeds = sys.argv[1]
text = open("text", "rb").read()
brotli = lambda data: subprocess.run(["brotli", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout
assets = {"/index.html": brotli(text), "/a/b.js": brotli(text[:500])}
code = ['typedef struct { const char *name; unsigned long len; const unsigned char *data; unsigned long size; } asset;']
for n, packed in enumerate(assets.values()):
    code.append(f"static const unsigned char data{n}[] = {{{','.join(map(str, packed))}}};")
rows = [f'{{"{name}", {len(name)}, data{n}, {len(packed)}}}' for n, (name, packed) in enumerate(assets.items())]
code += [f"const asset assets[] = {{{', '.join(rows)}}};", 'const char scheme[] = "tauri://resize";']
open("a.c", "w").write("\n".join(code))
subprocess.run(["gcc", "-shared", "-nostdlib", "-fPIC", "-s", "-Wl,-z,noseparate-code", "-o", f"{seeds}/tauri/library.so", "a.c"], check=True)
packed, about = brotli(text), brotli(b"<metadata/>")
table = b"\x3fTEST\x82\x0c\x0a\x81\x00\x20"
at = 48 + len(table) + len(packed)
head = struct.pack(">4sIIHHIIHHIIIII", b"wOF2", 0x10000, at + len(about), 2, 0, 400, len(packed), 1, 0, at, len(about), 11, 0, 0)
open(f"{seeds}/woff2/font", "wb").write(head + table + packed + about)
key = b"1/0/https://example.org/a.js"
for name, how, body in ("brotli", b"br", packed), ("plain", b"identity", text[:500]):
    head = b"\x30\x5c\x72\xa7\x1b\x6d\xfb\xfc" + struct.pack("<IIQ", 5, len(key), 0) + key
    end = b"\xd8\x41\x0d\x97\x45\x6f\xfa\xf4" + bytes(16)
    open(f"{seeds}/chrome-cache/{name}", "wb").write(head + body + end + b"HTTP/1.1 200\0content-encoding:" + how + b"\0\0" + end)
PY
