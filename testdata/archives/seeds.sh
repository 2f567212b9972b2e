#!/usr/bin/env bash
# Writes the seeds of tar, cpio, rpm and the streams into testdata/seeds: small, made by the real tools.
# The streams all hold one text, which src/container/stream/tests.rs knows.
set -euo pipefail
seeds=$(cd "$(dirname "$0")/../seeds" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
seq -f 'line %.0f of a text' 3000 >text
mkdir -p "$seeds"/{bzip2,xz,lzip,lzma,zstd,lz4,compress,tar,cpio,rpm,zlib,brotli,snappy,7z,rar,cab,compound,xar,iso9660,ext,fat-system,disk,dmg,android-backup,disk-image,ntfs,exfat,xfs,lzop,uuencode,dump,avro}
bzip2 -c1 text >"$seeds/bzip2/text"
xz -c --check=crc64 text >"$seeds/xz/text"
xz -c --check=sha256 --x86 --lzma2=preset=1,dict=64KiB --block-size=20000 text >"$seeds/xz/blocks"
lzip -c text >"$seeds/lzip/text"
xz -c --format=lzma --lzma1=preset=1,dict=64KiB text >"$seeds/lzma/text"
zstd -qc text >"$seeds/zstd/text"
zstd -qc --no-check -19 <text >"$seeds/zstd/best"
lz4 -qc text >"$seeds/lz4/text"
lz4 -qc -BD -B4 --content-size text >"$seeds/lz4/linked"
lz4 -qcl text >"$seeds/lz4/legacy"
compress -c text >"$seeds/compress/text"
compress -c -b 10 text >"$seeds/compress/ten"

python3 -c 'import sys, zlib; sys.stdout.buffer.write(zlib.compress(open("text", "rb").read()))' >"$seeds/zlib/text"
brotli -c text >"$seeds/brotli/text"
# No tool of Debian writes it: chunks that are stored, and one that is packed (literals only).
python3 - >"$seeds/snappy/text" <<'PY'
import sys
data, out = open("text", "rb").read(), b"\xff\x06\0\0sNaPpY"
for at in range(0, len(data), 60000):
    part = data[at:at + 60000]
    body, n = b"", len(part)
    if at == 0:
        while n > 127:
            body, n = body + bytes([n & 127 | 128]), n >> 7
        body += bytes([n, 61 << 2]) + (len(part) - 1).to_bytes(2, "little")
    body = b"\0\0\0\0" + body + part
    out += bytes([0 if at == 0 else 1]) + len(body).to_bytes(3, "little") + body
sys.stdout.buffer.write(out)
PY
cp /bin/true true
for method in Copy LZMA LZMA2 PPMd BZip2 Deflate; do
  7z a -bd -m0=$method:d=64k -mx=1 "$seeds/7z/$method" text >/dev/null 2>&1 || 7z a -bd -m0=$method -mx=1 "$seeds/7z/$method" text >/dev/null
done
for file in "$seeds"/7z/*.7z; do mv "$file" "${file%.7z}"; done
7z a -bd -t7z -mhc=off -mf=BCJ2 -mx=1 "$seeds/7z/bcj2" true >/dev/null
7z a -bd -t7z -psecret -mhe=off "$seeds/7z/encrypted" text >/dev/null
for file in "$seeds"/7z/*.7z; do [ -e "$file" ] && mv "$file" "${file%.7z}"; done
# RAR: nothing in Debian writes it; stored and packed headers by hand, after RARLAB's notes.
python3 - "$seeds/rar" <<'PY'
import sys, zlib
def vint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])
def header(fields):
    data = vint(len(fields)) + fields
    return zlib.crc32(data).to_bytes(4, "little") + data
def file(name, method, body):
    return header(b"\2\2" + vint(len(body)) + b"\0" + vint(len(body)) + b"\0" + vint(method << 7) + bytes([1, len(name)]) + name) + body
five = b"Rar!\x1a\7\1\0" + header(b"\1\0\0") + file(b"one", 0, b"line 1 of a text\n" * 5) + file(b"two", 3, b"\7" * 40) + header(b"\5\0\0")
open(sys.argv[1] + "/five", "wb").write(five)
def old(name, method, body):
    size, n = 32 + len(name), len(body).to_bytes(4, "little")
    return b"\0\0\x74\0\x80" + size.to_bytes(2, "little") + n + n + b"\3" + b"\0" * 8 + bytes([20, method]) + len(name).to_bytes(2, "little") + b"\0" * 4 + name + body
four = b"Rar!\x1a\7\0" + b"\0\0\x73\0\0\x0d\0" + b"\0" * 6 + old(b"one", 0x30, b"line 1 of a text\n" * 5) + old(b"two", 0x33, b"\7" * 40) + b"\0\0\x7b\0\0\7\0"
open(sys.argv[1] + "/four", "wb").write(four)
PY

mkdir -p files/folder
head -40 text >files/one
head -3 text >"files/folder/$(printf 'long-%.0s' $(seq 40))"
truncate -s 100K files/hole
printf 'behind a hole\n' >>files/hole
tar="tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -b1 -C files -c"
for format in v7 ustar gnu posix; do
  names=(one folder)
  [ $format = v7 ] && names=(one)
  [ $format = ustar ] && mv files/folder/long-* files/folder/short
  $tar --format=$format --pax-option=delete=atime,delete=ctime "${names[@]}" >"$seeds/tar/$format" 2>/dev/null ||
    $tar --format=$format "${names[@]}" >"$seeds/tar/$format"
  [ $format = ustar ] && mv files/folder/short "files/folder/$(printf 'long-%.0s' $(seq 40))"
done
$tar --format=gnu --sparse hole >"$seeds/tar/sparse-gnu"
for version in 0.0 0.1 1.0; do
  $tar --format=posix --sparse --sparse-version=$version --pax-option=delete=atime,delete=ctime hole >"$seeds/tar/sparse-$version"
done
for format in newc odc crc bin; do
  (cd files && printf '%s\n' one folder | cpio -o --quiet --reproducible -H $format) >"$seeds/cpio/$format"
done
cat >seed.spec <<'SPEC'
Name: seed
Version: 1
Release: 1
Summary: A seed
License: MIT
BuildArch: noarch
%description
A seed.
%install
mkdir -p %{buildroot}/etc
cp %{_sourcedir}/one %{buildroot}/etc/seed
%post
echo done
%files
/etc/seed
SPEC
rpmbuild --quiet -bb --define "_topdir $work/rpm" --define "_sourcedir $work/files" --define '_binary_payload w9.gzdio' \
  --define '_build_id_links none' seed.spec >/dev/null 2>&1
cp rpm/RPMS/noarch/*.rpm "$seeds/rpm/gzip"

# Cabinets, compound files, discs and disks.
mkdir -p tree/folder
head -40 text >tree/one
head -90 text >"tree/folder/A long name.txt"
(cd tree && gcab -cz "$seeds/cab/zip" one "folder/A long name.txt" && gcab -c "$seeds/cab/stored" one)
rm -f app.msi
msibuild app.msi -s App Me ';1033' '{11111111-1111-1111-1111-111111111111}'
msibuild app.msi -q 'CREATE TABLE `Property` (`Property` CHAR(72) NOT NULL, `Value` LONGCHAR PRIMARY KEY `Property`)'
msibuild app.msi -q "INSERT INTO \`Property\` (\`Property\`, \`Value\`) VALUES ('Manufacturer', 'Me')"
msibuild app.msi -a Binary.app tree/one
cp app.msi "$seeds/compound/msi"
bsdtar --format xar -cf "$seeds/xar/bsdtar" -C tree one folder
genisoimage -quiet -no-pad -R -o "$seeds/iso9660/rock" tree
mkdir -p flat
cp tree/one "flat/A long name.txt"
genisoimage -quiet -no-pad -J -o "$seeds/iso9660/joliet" flat
for kind in ext2 ext4; do
  truncate -s 60K $kind
  mke2fs -q -t $kind -O ^has_journal,^resize_inode -N 16 -b 1024 -d tree $kind 60K
  cp $kind "$seeds/ext/$kind"
done
truncate -s 60K fat
mkfs.fat -F 12 -r 32 fat >/dev/null
mmd -i fat "::/A long folder"
mcopy -i fat tree/one "::/A long folder/A long name.txt"
cp fat "$seeds/fat-system/twelve"
{ printf 'ANDROID BACKUP\n5\n1\nnone\n'; tar -c -C tree one | python3 -c 'import sys, zlib; sys.stdout.buffer.write(zlib.compress(sys.stdin.buffer.read()))'; } >"$seeds/android-backup/five"
python3 - "$seeds" <<'PY'
import base64, struct, sys, zlib
seeds, text = sys.argv[1], open("text", "rb").read()[:8192]
mbr = bytes(446) + struct.pack("<B3xB3xII", 0, 0x83, 1, 4) + struct.pack("<B3xB3xII", 0, 5, 5, 30) + bytes(32) + b"\x55\xaa"
second = bytes(446) + struct.pack("<B3xB3xII", 0, 0x83, 1, 12) + bytes(48) + b"\x55\xaa"
open(seeds + "/disk/mbr", "wb").write(mbr + text[:2048] + second + text)
entry = bytes(range(16)) * 2 + struct.pack("<QQQ", 6, 20, 0) + "data".encode("utf-16-le").ljust(72, b"\0")
head = b"EFI PART" + bytes(64) + struct.pack("<QIII", 2, 4, 128, 0)
guard = bytes(446) + struct.pack("<B3xB3xII", 0, 0xee, 1, 0xffffffff) + bytes(48) + b"\x55\xaa"
open(seeds + "/disk/gpt", "wb").write((guard + head.ljust(512, b"\0") + entry).ljust(3072, b"\0") + text)
packed = zlib.compress(text)
chunks = struct.pack(">IIQQQQ", 1, 0, 0, 2, 0, 1024) + struct.pack(">IIQQQQ", 0x80000005, 0, 2, 16, 1024, len(packed))
mish = struct.pack(">4sIQQQII", b"mish", 1, 0, 18, 0, 0, 0) + bytes(160) + struct.pack(">I", 2) + chunks
xml = ("<plist><dict><key>blkx</key><array><dict><key>Data</key><data>" + base64.b64encode(mish).decode() + "</data><key>Name</key><string>disk image</string></dict></array></dict></plist>").encode()
body = text[:1024] + packed
koly = struct.pack(">4sIIIQQQ", b"koly", 4, 512, 1, 0, 0, len(body)).ljust(216, b"\0") + struct.pack(">QQ", len(body), len(xml))
open(seeds + "/dmg/image", "wb").write(body + xml + koly.ljust(512, b"\0"))
PY

# Images of virtual machines: as small as QEMU makes them, cut where the rest is holes.
truncate -s 1M machine
dd if=text of=machine bs=512 seek=8 count=16 conv=notrunc status=none
image() { qemu-img convert -O "$2" "${@:3}" machine image && head -c 65536 image >"$seeds/disk-image/$1"; }
image qcow2 qcow2 -o cluster_size=512
image packed qcow2 -c -o compression_type=zstd,cluster_size=4k
image first qcow
image qed qed -o cluster_size=4096
image vdi vdi
image vpc vpc
python3 - "$seeds" <<'PY'
import struct, sys, zlib
seeds, text = sys.argv[1], open("text", "rb").read()[:8192]
def save(name, data):
    assert len(data) <= 65536
    open(seeds + "/" + name, "wb").write(data)
# A stream of VMware, which QEMU writes with 64 KiB of padding; the header again at its end.
def grain(n, data):
    packed = zlib.compress(data)
    body = struct.pack("<QI", n, len(packed)) + packed
    return body + bytes(-len(body) % 512)
parts = [grain(0, text[:4096]), grain(16, text[4096:8192])]
places, at = [], 1
for n, part in enumerate(parts):
    places.append(at)
    at += len(part) // 512
table = struct.pack("<II", places[0], 0) + struct.pack("<I", places[1]) + bytes(500)
upper = struct.pack("<I", at).ljust(512, b"\0")
def head(gd):
    return struct.pack("<4sIIQQQQIQQQ?4sH", b"KDMV", 3, 0x30001, 24, 8, 0, 0, 128, 0, gd, 1, False, b"\n \r\n", 1).ljust(512, b"\0")
save("disk-image/stream", head(2**64 - 1) + b"".join(parts) + table + upper + head(at + 1) + bytes(512))
sparse = struct.pack("<IHHHHIIII", 0xed26ff3a, 1, 0, 28, 12, 4096, 4, 4, 0)
chunk = lambda kind, blocks, body: struct.pack("<HHII", kind, 0, blocks, 12 + len(body)) + body
save("disk-image/android", sparse + chunk(0xcac1, 1, text[:4096]) + chunk(0xcac3, 1, b"") + chunk(0xcac2, 1, b"abcd") + chunk(0xcac1, 1, text[4096:8192]))
# NTFS: the smallest volume of mkfs.ntfs has a megabyte. A folder, a small file with a stream beside, one in two runs, one packed.
def attribute(kind, body, name="", flags=0, runs=None, size=0, unit=0):
    label = name.encode("utf-16-le")
    if runs is None:
        at = 24 + len(label) + (-len(label) % 8)
        whole = struct.pack("<IIBBHHHIHH", kind, at + len(body) + (-len(body) % 8), 0, len(name), 24, flags, 0, len(body), at, 0)
        return (whole + label).ljust(at, b"\0") + body + bytes(-len(body) % 8)
    at = 72 + len(label) + (-len(label) % 8)
    full = at + len(runs) + (-len(runs) % 8)
    whole = struct.pack("<IIBBHHHQQHHIQQQQ", kind, full, 1, len(name), 72, flags, 0, 0, 99, at, unit, 0, size, size, size, size)
    return (whole + label).ljust(at, b"\0") + runs + bytes(full - at - len(runs))
def name(parent, text):
    return attribute(0x30, struct.pack("<Q", parent).ljust(64, b"\0") + bytes([len(text), 1]) + text.encode("utf-16-le"))
def record(*attributes, flags=1):
    body = b"".join(attributes) + b"\xff\xff\xff\xff\0\0\0\0"
    data = bytearray((struct.pack("<4sHHQHHHHIIQHHI", b"FILE", 48, 3, 0, 1, 1, 56, flags, 56 + len(body), 1024, 0, 0, 0, 0).ljust(56, b"\0") + body).ljust(1024, b"\0"))
    data[48:54] = b"\x07\0" + data[510:512] + data[1022:1024]
    data[510:512] = data[1022:1024] = b"\x07\0"
    return bytes(data)
boot = bytearray(b"\xeb\x52\x90NTFS    ".ljust(512, b"\0"))
struct.pack_into("<HB", boot, 11, 512, 1)
struct.pack_into("<QQQb", boot, 40, 127, 8, 8, -10)
boot[510:] = b"\x55\xaa"
packed = b"\x05\xb0" + b"\x00abcd" + b"\0\0"
packed = struct.pack("<H", 0x8000 | 0x3000 | (9 + 3 - 1)) + b"\x00line of " + b"\x01\x05\x00" + b"\0\0"
records = [record(name(5, "$MFT"), attribute(0x80, b"", runs=b"\x11\x3c\x08\0", size=30 * 1024))] + [bytes(1024)] * 29
records[5] = record(name(5, "."), flags=3)
records[24] = record(name(5, "folder"), flags=3)
records[25] = record(name(24, "small.ini"), attribute(0x80, text[:600]), attribute(0x80, b"beside", "stream"))
records[26] = record(name(24, "runs.txt"), attribute(0x80, b"", runs=b"\x11\x02\x50\x01\x04\x11\x02\x04\0", size=4000))
records[27] = record(name(5, "packed"), attribute(0x80, b"", flags=1, runs=b"\x11\x01\x60\x01\x0f\0", size=100, unit=4))
volume = bytes(boot).ljust(8 * 512, b"\0") + b"".join(records)
volume = volume.ljust(0x50 * 512, b"\0") + text[:2048]
volume = volume.ljust(0x54 * 512, b"\0") + text[2048:3072]
save("ntfs/hand", volume.ljust(0x60 * 512, b"\0") + packed.ljust(512, b"\0"))
# exFAT: the smallest volume of mkfs.exfat has a megabyte, and only a kernel fills it. A folder by the table, files in a run and not.
boot = bytearray(b"\xeb\x76\x90EXFAT   ".ljust(512, b"\0"))
struct.pack_into("<QQIIIII", boot, 64, 0, 64, 2, 1, 4, 20, 2)
boot[108:112] = bytes([9, 1, 1, 0x80])
boot[510:] = b"\x55\xaa"
def entries(name, first, size, folder=False, run=False):
    units = name.encode("utf-16-le")
    parts = [units[at:at + 30] for at in range(0, len(units), 30)]
    head = struct.pack("<BBHH", 0x85, 1 + len(parts), 0, 0x10 if folder else 0x20).ljust(32, b"\0")
    stream = struct.pack("<BBBBHHQIIQ", 0xc0, 3 if run else 1, 0, len(name), 0, 0, size, 0, first, size)
    return head + stream + b"".join(b"\xc1\0" + part.ljust(30, b"\0") for part in parts)
clusters = [bytes(1024) for _ in range(20)]
clusters[0] = (bytes([0x83]) + bytes(31) + entries("folder", 3, 2048, folder=True)).ljust(1024, b"\0")
inside = entries("a file with a rather long name.ini", 6, 2000, run=True) + entries("other.txt", 8, 3000)
clusters[1] = b"".join(entries(f"empty {n:04}", 0, 0) for n in range(8)).ljust(1024, b"\x05")
clusters[3] = inside.ljust(1024, b"\0")
clusters[4], clusters[5] = text[:1024], text[1024:2048]
clusters[6], clusters[7] = text[2048:3072], text[3072:4096]
table = struct.pack("<12I", 0xfffffff8, 0xffffffff, 0xffffffff, 5, 0, 0xffffffff, 0, 0, 9, 11, 0, 0xffffffff)
clusters[9] = text[4096:5120]
save("exfat/hand", bytes(boot).ljust(1024, b"\0") + table.ljust(1024, b"\0") + b"".join(clusters))
PY
# XFS, as far as its root and the inodes of two files.
head -c 2000 text >short
printf '/none\n0 0\nd--755 0 0\nsettings.ini ---644 0 0 short\na-long-name-of-a-file ---644 0 0 short\n$\n' >prototype
for version in 0 1; do
  rm -f xfs
  truncate -s 320M xfs
  mkfs.xfs -q -b size=$((version * 512 + 512)) -m crc=$version -p prototype xfs 2>/dev/null
  head -c 65536 xfs >"$seeds/xfs/$((version + 4))"
done
lzop -qc text >"$seeds/lzop/text"
lzop -qc9 text >"$seeds/lzop/nine"
head -c 8000 text | uuencode "a name.txt" >"$seeds/uuencode/alone"
{ printf 'From: me\nSubject: two\n\n'; cat "$seeds/uuencode/alone"; echo; uuencode short <short; } >"$seeds/uuencode/mail"
xxd short >"$seeds/dump/xxd"
{ cat short; head -c 500 /dev/zero; cat short; } | hexdump -C >"$seeds/dump/hexdump"
objcopy -I binary -O ihex short "$seeds/dump/intel"
objcopy -I binary -O srec short "$seeds/dump/motorola"
python3 - "$seeds/avro" <<'PY'
import bz2, lzma, os, sys, zlib
def long(n):
    n, out = n << 1, b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])
def string(text):
    return long(len(text)) + text
text, mark = open("short", "rb").read(), bytes(range(16))
def deflate(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()
for codec, pack in [(b"deflate", deflate), (b"bzip2", bz2.compress), (b"xz", lzma.compress)]:
    head = b"Obj\x01" + long(2) + string(b"avro.codec") + string(codec) + string(b"avro.schema") + string(b'"string"') + long(0) + mark
    block = lambda data: long(1) + string(pack(string(data))) + mark
    open(sys.argv[1] + "/" + codec.decode(), "wb").write(head + block(text[:1000]) + block(text[1000:]))
PY
