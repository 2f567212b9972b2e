#!/usr/bin/env bash
# Builds native programs and libraries with the compilers people use.
set -euo pipefail
out=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 "$here/../plant.py" render "$here/src" "$work"
cd "$work"
python3 "$here/bytes.py" stack.c
mkdir -p "$out"

# C: optimised and not, with symbols and stripped, for two machines.
flags="-fPIC -shared -fvisibility=hidden"
gcc -O2 $flags creds.c -o "$out/libcreds-O2.so"
gcc -O0 $flags creds.c -o "$out/libcreds-O0.so"
gcc -O2 $flags -s creds.c -o "$out/libcreds-stripped.so"
clang -O2 $flags -nostdlib -fuse-ld=lld creds.c -o "$out/libcreds-clang.so"
aarch64-linux-gnu-gcc -O2 $flags -nostdlib -s creds.c -o "$out/libcreds-arm64.so"
gcc -O2 -fno-pie -c creds.c -o "$out/creds.o"
llvm-strip --strip-sections "$out/libcreds-stripped.so" -o "$out/libcreds-nosections.so"
clang -O2 -fPIC -shared -fvisibility=hidden -nostdlib -fuse-ld=lld -Wl,--unresolved-symbols=ignore-all -s \
  jni.c -o "$out/libjni.so"
clang --target=aarch64-linux-android -O2 -fPIC -shared -fvisibility=hidden -nostdlib -fuse-ld=lld \
  -Wl,--unresolved-symbols=ignore-all -s jni.c -o "$out/libjni-arm64.so"

# Strings that code builds.
for compiler in gcc clang aarch64-linux-gnu-gcc; do
  for level in 0 2; do
    $compiler -O$level -c stack.c -o "$out/stack-$compiler-O$level.o"
  done
done
gcc -O2 -c wide.c -o "$out/wide.o"

# A static library of objects with long names.
gcc -O2 -c jni.c -o a_member_with_a_long_name.o
ar rcsD "$out/libjni.a" a_member_with_a_long_name.o

# Rust and Go pack their strings.
rustc -O -C strip=symbols main.rs -o "$out/rust-stripped"
rustc -C opt-level=0 -C debuginfo=0 main.rs -o "$out/rust-debug"
export GOCACHE=$work/gocache GOFLAGS=-trimpath GO111MODULE=off CGO_ENABLED=0
go build -ldflags '-s -w' -o "$out/go-amd64" main.go
GOARCH=arm64 go build -ldflags '-s -w' -o "$out/go-arm64" main.go
GOOS=windows go build -ldflags '-s -w' -o "$out/go-windows.exe" main.go

# Windows.
x86_64-w64-mingw32-gcc -O2 -shared creds.c -o "$out/creds-mingw.dll"
llvm-rc /fo shop.res shop.rc
clang --target=x86_64-pc-windows-msvc -O2 -c win.c -o win.obj
lld-link /nologo /dll /noentry /nodefaultlib /force:unresolved win.obj shop.res /out:"$out/shop.dll" 2>/dev/null
# A program with a ZIP behind it.
python3 - "$out" <<'PYTHON'
import sys, zipfile
out = sys.argv[1]
with open(out + "/libcreds-O2.so", "rb") as f: data = f.read()
with open(out + "/selfextract", "wb") as f: f.write(data)
with zipfile.ZipFile(out + "/selfextract", "a", zipfile.ZIP_DEFLATED) as z:
    info = zipfile.ZipInfo("app/config.json", (2020, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    z.writestr(info, open("config.json").read())
PYTHON

# WebAssembly.
clang --target=wasm32 -nostdlib -O2 -Wl,--no-entry,--export-all,--allow-undefined shop.c -o "$out/shop.wasm"
clang --target=wasm32 -nostdlib -O2 -Wl,--no-entry,--export=sign,--allow-undefined,--strip-all shop.c -o "$out/shop-stripped.wasm"

# Environment blocks: of a process, and in a core dump.
python3 "$here/environ.py" "$out" "$work"
