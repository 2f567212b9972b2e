#!/usr/bin/env bash
# Writes the seeds of tar, cpio, rpm and the streams into testdata/seeds: small, made by the real tools.
# The streams all hold one text, which src/container/stream/tests.rs knows.
set -euo pipefail
seeds=$(cd "$(dirname "$0")/../seeds" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
seq -f 'line %.0f of a text' 3000 >text
mkdir -p "$seeds"/{bzip2,xz,lzip,lzma,zstd,lz4,compress,tar,cpio,rpm,zlib,brotli,snappy,7z,rar,cab,compound,xar,iso9660,ext,fat-system,disk,dmg,android-backup}
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
