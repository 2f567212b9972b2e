#!/usr/bin/env bash
# Builds programs that carry archives and file systems, and the file systems bare; records in C++ and Go.
set -euo pipefail
out=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 "$here/../plant.py" render "$here/app" "$work/app"
cd "$work"
mkdir -p "$out"

# An AppImage: a small program, marked, and the files behind it. A snap is the files alone.
printf 'int main(void) { return 0; }\n' >runtime.c
gcc -O2 -s runtime.c -o runtime
printf 'AI\002' | dd of=runtime bs=1 seek=8 conv=notrunc status=none
python3 "$here/fill.py" app
for packed in gzip xz lz4 zstd lzma; do
  mksquashfs app "$packed.squashfs" -comp $packed -quiet -no-progress -all-root -mkfs-time 0 -all-time 0 >/dev/null
  cat runtime "$packed.squashfs" >"$out/shop-$packed.AppImage"
done
mksquashfs app "$out/stored.snap" -noI -noD -noF -noX -no-fragments -quiet -no-progress -all-root \
  -mkfs-time 0 -all-time 0 >/dev/null
cp gzip.squashfs "$out/shop.snap"

# A script that unpacks what stands behind it; a program that carries a stream as bytes, and one a ZIP
# among its resources, with more behind it than a ZIP's comment may have.
python3 "$here/../plant.py" render "$here/src" "$work/src"
cd "$work/src"
tar --sort=name --mtime=@0 --owner=0 --group=0 -cf - setup.ini | gzip -n >setup.tar.gz
{ printf '#!/bin/sh\nsed 1,3d "$0" | gzip -cd | tar xf -\nexit\n'; cat setup.tar.gz; } >"$out/setup.run"
touch -d @1 carried.ini
gzip -c carried.ini >carried
xxd -i carried >carried.h
gcc -O2 carried.c -o "$out/carried"
python3 -c "
import zipfile
z = zipfile.ZipFile('resource.zip', 'w', zipfile.ZIP_DEFLATED)
z.writestr(zipfile.ZipInfo('app.ini'), open('resource.ini').read())
z.close()"
x86_64-w64-mingw32-windres resource.rc resource.o
x86_64-w64-mingw32-gcc -O2 resource.c resource.o -o "$out/resource.exe"

# Strings as lists of characters, which a compiler stores without an end.
python3 - "$here/.." <<'PYTHON'
import sys
sys.path.insert(0, sys.argv[1])
from plant import value
text = open("records.cpp").read()
for kind in ("id", "secret"):
    text = text.replace("CHARS_" + kind.upper(), ", ".join("'%s'" % c for c in value(kind, "prog-cpp-packed")))
open("records.cpp", "w").write(text)
PYTHON
# Records with a value among them that looks like a secret; fields without room for an end.
g++ -O2 -fPIC -shared records.cpp -o "$out/records.so"
clang++ -O2 -c records.cpp -o "$out/records.o"
export GOCACHE=$work/gocache GOFLAGS=-trimpath GO111MODULE=off CGO_ENABLED=0
go build -ldflags '-s -w' -o "$out/records-go" records.go
GOOS=js GOARCH=wasm go build -ldflags '-s -w' -o "$out/records-go.wasm" records.go

# Strings that a loop undoes.
python3 "$here/masked.py" "$here/.." masked.c
for compiler in gcc clang aarch64-linux-gnu-gcc; do
  $compiler -O2 -c masked.c -o "$out/masked-$compiler.o"
done
