#!/usr/bin/env bash
# Builds archives and compressed streams into OUT with the tools people use. Each holds one file app.ini
# (or several) with a pair, a hash that looks like a secret, and the pair of AWS's documentation as a decoy.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export TZ=UTC

. "$here/../ini.sh"
tar="tar --sort=name --mtime=@1 --owner=0 --group=0 --numeric-owner"

# tar: each dialect of GNU tar, bsdtar, names of 300 bytes, sparse files, one behind the other.
for format in v7 oldgnu gnu ustar posix; do
  ini arc-tar-$format
  $tar --format=$format -cf "$out/$format.tar" app.ini
done
long=$(printf 'a-folder-with-a-long-name/%.0s' 1 2 3 4 5 6 7 8 9 10 11 12)
for format in gnu posix; do
  ini arc-long-$format "$long/app.ini"
  $tar --format=$format -cf "$out/long-$format.tar" a-folder-with-a-long-name
  rm -r a-folder-with-a-long-name
done
ini arc-bsdtar
bsdtar --format pax -cf "$out/bsdtar.tar" app.ini
truncate -s 300K hole
ini arc-sparse-hole hole.ini
cat hole.ini >>hole
for version in gnu 0.0 0.1 1.0; do
  if [ $version = gnu ]; then how=--format=gnu; else how="--format=posix --sparse-version=$version"; fi
  ini "arc-sparse-$version"
  $tar $how --sparse -cf "$out/sparse-$version.tar" hole app.ini
done
ini arc-concatenated-1 one.ini
ini arc-concatenated-2 two.ini
$tar -cf one.tar one.ini
$tar -cf two.tar two.ini
cat one.tar two.tar >"$out/concatenated.tar"

# Streams: each tool, and two streams one behind the other.
for tool in gzip bzip2 xz lzip zstd lz4 compress; do
  ini arc-$tool "app-$tool.ini"
  case $tool in
    gzip) end=gz ;; bzip2) end=bz2 ;; xz) end=xz ;; lzip) end=lz ;; zstd) end=zst ;; lz4) end=lz4 ;; compress) end=Z ;;
  esac
  $tool -c <"app-$tool.ini" >"$out/app.ini.$end"
  if [ $tool != compress ]; then
    head -c 100 "app-$tool.ini" | $tool -c >"$out/two.ini.$end"
    tail -c +101 "app-$tool.ini" | $tool -c >>"$out/two.ini.$end"
  fi
  $tar -cf all.tar "app-$tool.ini"
  $tool -c <all.tar >"$out/all.tar.$end"
done
ini arc-lzma
xz -c --format=lzma <app.ini >"$out/app.ini.lzma"
ini arc-lz4-legacy
lz4 -qcl <app.ini >"$out/legacy.ini.lz4"
ini arc-zstd-long
zstd -qc --ultra -22 --long=27 <app.ini >"$out/long.ini.zst"
# As pzstd writes it: an empty frame to skip before the data.
ini arc-zstd-skip
{ printf '\x50\x2a\x4d\x18\x04\0\0\0\0\0\0\0'; zstd -qc <app.ini; } >"$out/skip.ini.zst"

# ZIP with each method that 7-Zip writes; tar in zstd in ZIP in gzip.
for method in Deflate64 BZip2 LZMA; do
  ini "arc-zip-$method"
  seq 2000 >>app.ini
  7z a -bd -tzip -mm=$method "$out/$method.zip" app.ini >/dev/null
done
ini arc-nested inner.ini
$tar -cf inner.tar inner.ini
zstd -q inner.tar
zip -qX inner.zip inner.tar.zst
$tar -cf nested.tar inner.zip
gzip -nc nested.tar >"$out/nested.tar.gz"

# cpio and what is made of it; an initramfs of two archives, the second compressed.
for format in newc odc crc bin; do
  ini arc-cpio-$format
  echo app.ini | cpio -o --quiet -H $format >"$out/$format.cpio"
done
ini arc-initramfs-1 early.ini
ini arc-initramfs-2 main.ini
{ echo early.ini | cpio -o --quiet -H newc; echo main.ini | cpio -o --quiet -H newc | zstd -qc; } >"$out/initramfs.img"

# Packages.
for packing in w9.gzdio w9.bzdio w2.xzdio w3.zstdio w2.lzdio; do
  ini "arc-rpm-${packing#*.}"
  cat >app.spec <<SPEC
Name: app
Version: 1
Release: 1
Summary: An app
License: MIT
BuildArch: noarch
%description
An app.
%install
mkdir -p %{buildroot}/etc
cp $work/app.ini %{buildroot}/etc/app.ini
%files
/etc/app.ini
SPEC
  rpmbuild --quiet -bb --define "_topdir $work/rpm" --define "_binary_payload $packing" app.spec >/dev/null 2>&1
  mv rpm/RPMS/noarch/app-1-1.noarch.rpm "$out/${packing#*.}.rpm"
done
mkdir -p deb/DEBIAN
printf 'Package: app\nVersion: 1\nArchitecture: all\nMaintainer: A <a@b.c>\nDescription: An app\n' >deb/DEBIAN/control
for packing in gzip xz zstd; do
  ini arc-deb-$packing deb/etc/app.ini
  dpkg-deb --root-owner-group -Z$packing -b deb "$out/$packing.deb" >/dev/null
done
# Alpine: signature, control and data are streams one behind the other, the first two without an end.
ini arc-apk
printf 'pkgname = app\n' >.PKGINFO
{ $tar -cf - .PKGINFO | head -c 1024 | gzip -n; $tar -cf - app.ini | gzip -n; } >"$out/app-1-r0.apk"
# A gem: tar of gzip; a crate: tar in gzip; conda: zip of zstd; Chrome and Java: a header before a ZIP.
ini arc-gem
$tar -czf data.tar.gz app.ini
printf 'name: app\n' | gzip -n >metadata.gz
$tar -cf "$out/app-1.gem" metadata.gz data.tar.gz
ini arc-crate app-1/app.ini
$tar -czf "$out/app-1.crate" app-1
ini arc-conda
$tar -cf pkg-app.tar app.ini
zstd -q19 pkg-app.tar
zip -qX0 "$out/app.conda" pkg-app.tar.zst
ini arc-crx
zip -qX app.zip app.ini
{ printf 'Cr24\x03\0\0\0\x10\0\0\0'; head -c 16 /dev/zero; cat app.zip; } >"$out/app.crx"
ini arc-jmod classes/app.ini
zip -qXr classes.zip classes
{ printf 'JM\x01\0'; cat classes.zip; } >"$out/app.jmod"
# Names alone say nothing: a text that begins like a stream.
printf 'BZh9 is how bzip2 begins; LZIP is another. @nothing\n' >"$out/decoy.bz2"

# 7z: each method, solid with filters, and what is told only.
for method in Copy LZMA LZMA2 PPMd BZip2 Deflate; do
  ini arc-7z-$method
  7z a -bd -m0=$method "$out/$method.7z" app.ini >/dev/null
done
ini arc-7z-solid-1 solid/one.ini
ini arc-7z-solid-2 solid/deep/two.ini
cp /bin/true solid/program
7z a -bd -ms=on -mf=BCJ2 "$out/solid.7z" solid >/dev/null
7z a -bd -psecret "$out/encrypted.7z" app.ini >/dev/null
7z a -bd -psecret -mhe=on "$out/hidden.7z" app.ini >/dev/null
# Streams that programs write.
ini arc-zlib
python3 -c 'import sys, zlib; sys.stdout.buffer.write(zlib.compress(sys.stdin.buffer.read(), 9))' <app.ini >"$out/app.ini.zz"
ini arc-brotli
brotli -c app.ini >"$out/app.ini.br"
ini arc-backup apps/com.shop/f/app.ini
{ printf 'ANDROID BACKUP\n5\n1\nnone\n'; $tar -c apps | python3 -c 'import sys, zlib; sys.stdout.buffer.write(zlib.compress(sys.stdin.buffer.read()))'; } >"$out/backup.ab"
# Windows.
ini arc-cab one.ini
ini arc-cab-2 two.ini
gcab -cz "$out/zip.cab" one.ini two.ini
gcab -c "$out/stored.cab" one.ini
ini arc-msi-stream
ini arc-msi-table table.ini
msibuild app.msi -s App Me ';1033' '{11111111-1111-1111-1111-111111111111}'
msibuild app.msi -q 'CREATE TABLE `Property` (`Property` CHAR(72) NOT NULL, `Value` LONGCHAR PRIMARY KEY `Property`)'
for key in aws_access_key_id aws_secret_access_key; do
  value=$(sed -n "s/^$key = //p" table.ini | head -1)
  msibuild app.msi -q "INSERT INTO \`Property\` (\`Property\`, \`Value\`) VALUES ('$key', '$value')"
done
msibuild app.msi -a Binary.app app.ini
cp app.msi "$out/"
# macOS.
ini arc-xar app/app.ini
bsdtar --format xar -cf "$out/app.xar" app
# Discs and disks.
ini arc-iso "disc/a folder/Application Settings.ini"
genisoimage -quiet -R -o "$out/rock.iso" disc
genisoimage -quiet -J -o "$out/joliet.iso" disc
xorriso -outdev "$out/both.iso" -joliet on -map disc / >/dev/null 2>&1
ini arc-ext "tree/etc/app.ini"
for kind in ext2 ext3 ext4; do
  mke2fs -q -t $kind -d tree "$kind.img" 2M
  cp $kind.img "$out/"
done
ini arc-fat
for bits in 12 16 32; do
  size=$((bits == 12 ? 1 : bits == 16 ? 9 : 34))
  truncate -s ${size}M fat$bits.img
  mkfs.fat -F $bits fat$bits.img >/dev/null
  mmd -i fat$bits.img "::/Long Folder Name"
  mcopy -i fat$bits.img app.ini "::/Long Folder Name/Application Settings.ini"
  # Small with a tail of nothing: the files stand in front.
  cp --sparse=always fat$bits.img "$out/"
done
python3 - fat12.img ext4.img "$out" <<'PY'
import base64, struct, sys, uuid, zlib
fat, ext, out = open(sys.argv[1], "rb").read(), open(sys.argv[2], "rb").read(), sys.argv[3]
def entry(kind, start, data):
    return struct.pack("<B3xB3xII", 0, kind, start, len(data) // 512)
mbr = bytes(446) + entry(12, 64, fat) + entry(0x83, 64 + len(fat) // 512, ext) + bytes(32) + b"\x55\xaa"
open(out + "/mbr.img", "wb").write(mbr + bytes(63 * 512) + fat + ext)
def guid(name, start, data):
    return uuid.uuid4().bytes * 2 + struct.pack("<QQQ", start, start + len(data) // 512 - 1, 0) + name.encode("utf-16-le").ljust(72, b"\0")
table = (guid("EFI", 64, fat) + guid("root", 64 + len(fat) // 512, ext)).ljust(128 * 128, b"\0")
head = b"EFI PART" + struct.pack("<IIII", 0x10000, 92, 0, 0) + struct.pack("<QQQQ", 1, 0, 34, 0) + bytes(16) + struct.pack("<QIII", 2, 128, 128, zlib.crc32(table))
guard = bytes(446) + struct.pack("<B3xB3xII", 0, 0xee, 1, 0xffffffff) + bytes(48) + b"\x55\xaa"
gpt = guard + head.ljust(512, b"\0") + table
open(out + "/gpt.img", "wb").write(gpt.ljust(64 * 512, b"\0") + fat + ext)
# As hdiutil writes it: no tool of Debian does.
chunks, body = b"", b""
for at in range(0, len(fat), 1 << 18):
    packed = zlib.compress(fat[at:at + (1 << 18)])
    chunks += struct.pack(">IIQQQQ", 0x80000005, 0, at // 512, len(fat[at:at + (1 << 18)]) // 512, len(body), len(packed))
    body += packed
chunks += struct.pack(">IIQQQQ", 0xffffffff, 0, len(fat) // 512, 0, len(body), 0)
mish = struct.pack(">4sIQQQII", b"mish", 1, 0, len(fat) // 512, 0, 0, 0) + bytes(24) + bytes(136) + struct.pack(">I", len(chunks) // 40) + chunks
xml = ('<?xml version="1.0"?><plist version="1.0"><dict><key>resource-fork</key><dict><key>blkx</key><array><dict><key>Attributes</key><string>0x0050</string>'
       "<key>CFName</key><string>disk image</string><key>Data</key><data>\n" + base64.encodebytes(mish).decode() + "</data><key>ID</key><string>0</string>"
       "<key>Name</key><string>disk image</string></dict></array></dict></dict></plist>").encode()
koly = struct.pack(">4sIIIQQQQQII", b"koly", 4, 512, 1, 0, 0, len(body), 0, 0, 1, 1).ljust(216, b"\0") + struct.pack(">QQ", len(body), len(xml))
open(out + "/app.dmg", "wb").write(body + xml + koly.ljust(512, b"\0"))
PY
# Disks of virtual machines: each way of QEMU to keep the disk with two file systems.
image() { qemu-img convert -q -O "$2" "${@:3}" "$out/mbr.img" "$out/vm-$1"; }
image plain.qcow2 qcow2
image old.qcow2 qcow2 -o compat=0.10
image packed.qcow2 qcow2 -c
image zstd.qcow2 qcow2 -c -o compression_type=zstd,cluster_size=4k
image parts.qcow2 qcow2 -o extended_l2=on
image app.qcow qcow
image app.qed qed
image app.vdi vdi
image fixed.vdi vdi -o static=on
image app.vmdk vmdk
image stream.vmdk vmdk -o subformat=streamOptimized
image app.vhd vpc
image fixed.vhd vpc -o subformat=fixed
image app.vhdx vhdx
image app.hdd parallels
# An appliance: the description and the disk.
cp "$out/vm-stream.vmdk" disk1.vmdk
echo '<Envelope/>' >app.ovf
$tar -cf "$out/app.ova" app.ovf disk1.vmdk

# NTFS: a file of clusters, one in its record, a stream beside a file.
ini arc-ntfs
ini arc-ntfs-large large.ini
seq 20000 >>large.ini
ini arc-ntfs-stream stream.ini
truncate -s 4M ntfs.img
mkfs.ntfs -qFf ntfs.img >/dev/null 2>&1
for file in app.ini large.ini; do ntfscp -q ntfs.img $file $file >/dev/null 2>&1; done
ntfscp -q -N beside ntfs.img stream.ini app.ini >/dev/null 2>&1
cp --sparse=always ntfs.img "$out/"
# XFS of both versions: folders in the inode, in a block, in several.
ini arc-xfs
for version in 0 1; do
  { printf '/none\n0 0\nd--755 0 0\nfolder d--755 0 0\napp.ini ---644 0 0 app.ini\n'
    for n in $(seq $((version * 3000))); do echo "empty-$n ---644 0 0 /dev/null"; done
    printf '$\n$\n'; } >prototype
  truncate -s 320M xfs.img
  mkfs.xfs -q -f -m crc=$version -p prototype xfs.img 2>/dev/null
  qemu-img convert -q -c -O qcow2 xfs.img "$out/xfs-$((version + 4)).qcow2"
done

# LZO; files as text.
ini arc-lzo
lzop -qc app.ini >"$out/app.ini.lzo"
tar -c app.ini | lzop -qc9 >"$out/all.tzo"
mksquashfs app.ini lzo.squashfs -comp lzo -noappend -quiet -no-progress >/dev/null
cp lzo.squashfs "$out/"
ini arc-text
uuencode app.ini <app.ini >"$out/app.uue"
{ printf 'From: me\nSubject: see below\n\nHello,\n\n'; gzip -c app.ini | uuencode app.ini.gz; } >"$out/old.eml"
xxd app.ini >"$out/app.xxd"
hexdump -C app.ini >"$out/app.dump"
objcopy -I binary -O ihex app.ini "$out/firmware.hex"
objcopy -I binary -O srec app.ini "$out/firmware.srec"

# Known and not opened: told.
gpg --batch --quiet --yes --homedir "$work" --passphrase x --pinentry-mode loopback -o "$out/app.gpg" -c app.ini
openssl enc -aes-256-cbc -pbkdf2 -k x -in app.ini -out "$out/app.enc"
zpaq a "$out/app.zpaq" app.ini >/dev/null 2>&1
