#!/usr/bin/env bash
# Builds into OUT texts in encodings that hide a pair, and files that carry one where their raw bytes do not show it: pictures, patches,
# captures, file systems. By the tools people use; by hand only what no tool of Debian writes.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export TZ=UTC

. "$here/../ini.sh"

# Letters.
ini enc-base32
base32 app.ini >"$out/wrapped.b32"
printf 'data:\n  settings: %s\n' "$(base32 -w0 app.ini)" >"$out/base32.yaml"
for form in UTF-32LE UTF-32BE UTF-32 IBM037 IBM500 IBM1047; do
  ini "enc-${form,,}"
  iconv -f utf-8 -t "$form" app.ini >"$out/${form,,}.txt"
done
ini enc-utf-7
iconv -f utf-8 -t UTF-7 app.ini >"$out/utf-7.txt"

# Files as arrays of C, plain and packed.
ini enc-xxd
xxd -i app.ini >"$out/settings.h"
ini enc-xxd-gzip
gzip -9n app.ini
xxd -i app.ini.gz >"$out/packed.h"
rm app.ini.gz

# Dumps in columns, as files of their own and in a note.
dump() {
  ini "enc-dump-$1" app.ini
  "${@:2}" app.ini >"$out/$1.txt"
  ini "enc-note-$1" app.ini
  { printf '# What was in memory\n\n'; "${@:2}" app.ini | sed 's/^/    /'; printf '\nand no more of it\n'; } >"$out/note-$1.md"
}
dump od-letters od -c
dump od-names od -a
dump od-octal od -b
dump od-words od -x
dump od-decimal od -A d -t u1
dump hexdump hexdump
dump hexdump-canonical hexdump -C
dump xxd-bits xxd -b
dump xxd-words xxd -e

# Patches.
mkdir repository
git -C repository init -q
commit() { git -C repository add . && git -C repository -c user.name=a -c user.email=a@example.org commit -qm "$1"; }
ini enc-patch-literal
{ printf '\0'; cat app.ini; } >repository/settings.bin
git -C repository add .
git -C repository diff --cached --binary >"$out/literal.patch"
head -c 4000 /dev/zero >repository/settings.bin
commit one
ini enc-patch-delta
cat app.ini >>repository/settings.bin
commit two
git -C repository format-patch -q --binary -1 --stdout >"$out/delta.patch"

# File systems.
mkdir -p tree/etc plain
seq -f 'line %.0f of a file' 4000 >tree/etc/lines
ini enc-cramfs tree/etc/app.ini
mkfs.cramfs tree "$out/cramfs.img" >/dev/null
ini enc-romfs tree/etc/app.ini
gzip -n9 tree/etc/app.ini
genromfs -d tree -V disk -f "$out/romfs.img"
rm tree/etc/app.ini.gz
ini enc-jffs2-zlib tree/etc/app.ini
mkfs.jffs2 -r tree -o "$out/zlib.jffs2"
ini enc-jffs2-lzo tree/etc/app.ini
mkfs.jffs2 -b -X lzo -x zlib -x rtime -r tree -o "$out/lzo.jffs2"
ini enc-jffs2-rtime tree/etc/app.ini
mkfs.jffs2 -X rtime -x zlib -x lzo -r tree -o "$out/rtime.jffs2"
ini enc-udf tree/etc/app.ini
gzip -n9 tree/etc/app.ini
mkisofs -quiet -udf -R -o both.iso tree 2>/dev/null
# No tool of Debian fills a disc that has UDF alone: of one that has both, the marks of UDF are moved over those of ISO 9660.
python3 - both.iso "$out/udf.iso" <<'PY'
import sys
disc, first = bytearray(open(sys.argv[1], "rb").read()), 16 * 2048
at = disc.index(b"\0BEA01")
disc[first:at + 3 * 2048] = disc[at:at + 3 * 2048].ljust(at + 3 * 2048 - first, b"\0")
open(sys.argv[2], "wb").write(disc)
PY
rm tree/etc/app.ini.gz
ini enc-zisofs tree/etc/app.ini
cat tree/etc/lines >>tree/etc/app.ini
mkzftree tree packed
mkisofs -quiet -z -R -o "$out/zisofs.iso" packed 2>/dev/null

# The page that a cache keeps in Brotli, under its own name.
seq -f 'var line = %.0f;' 50 >app.js
ini enc-brotli
{ printf '/*\n'; cat app.ini; printf '*/\n'; } >>app.js
brotli -c app.js >"$out/app.js"

PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$here/build.py" "$out"
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$here/tools.py" "$out"
