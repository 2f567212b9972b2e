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

cat >template.ini <<'INI'
[default]
aws_access_key_id = @{id:NAME}
aws_secret_access_key = @{secret:NAME}
region = eu-west-1
commit = @{hash:NAME}

[example]
aws_access_key_id = @{decoy-id:aws}
aws_secret_access_key = @{decoy-secret:aws}
INI
# ini NAME [FILE]: a file with the pair of this name.
ini() {
  mkdir -p "$(dirname "${2:-app.ini}")"
  sed "s/NAME/$1/" template.ini >named.ini
  python3 "$here/../plant.py" render named.ini "${2:-app.ini}"
  touch -d @1 "${2:-app.ini}"
}
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
