#!/usr/bin/env bash
# Writes the seeds of tar, cpio, rpm and the streams into testdata/seeds: small, made by the real tools.
# The streams all hold one text, which src/container/stream/tests.rs knows.
set -euo pipefail
seeds=$(cd "$(dirname "$0")/../seeds" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
seq -f 'line %.0f of a text' 3000 >text
mkdir -p "$seeds"/{bzip2,xz,lzip,lzma,zstd,lz4,compress,tar,cpio,rpm}
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
