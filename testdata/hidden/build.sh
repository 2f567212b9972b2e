#!/usr/bin/env bash
# Builds into OUT what no sign of its own tells: Brotli under any name, streams deep in images, words of memories, and texts whose calls
# turn, join or unpack what they hold; and data that nobody can open, of which the ledger has to tell.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export TZ=UTC PYTHONDONTWRITEBYTECODE=1

. "$here/../ini.sh"

# Brotli of each effort under a name that says nothing, in base64, and behind a tar.
for effort in 0 1 5 11; do
  ini hid-brotli-$effort
  brotli -c -q $effort app.ini >"$out/brotli-$effort.dat"
done
ini hid-brotli-tar
tar -cf - app.ini | brotli -c >"$out/settings.tbr"
ini hid-brotli-text
printf '{"settings": "%s"}\n' "$(brotli -c app.ini | base64 -w0)" >"$out/brotli.json"

# Streams in the middle of an image, behind which it goes on.
inside() {
  ini "hid-inside-$1"
  { head -c 5000 /dev/zero; "${@:2}" <app.ini; head -c 3000 /dev/zero; } >"$out/inside-$1.bin"
}
inside lzip lzip -c
inside lzop lzop -c
inside lzma xz -c --format=lzma
ini hid-packed-by-nobody-knows-what
openssl enc -aes-128-ctr -K 00112233445566778899aabbccddeeff -iv 0 -in /bin/ls -out "$out/closed.bin" 2>/dev/null

# A small file whose end stands behind its inode.
ini hid-inline tree/etc/app.ini
head -c 116 tree/etc/app.ini >short && mv short tree/etc/app.ini
truncate -s 4M inline.img
mke2fs -q -t ext4 -O inline_data -I 512 -d tree inline.img
mv inline.img "$out/inline.img"

# What is written beside a file and not in it.
ini hid-attributes
python3 - <<'END' | sqfstar -quiet -no-progress -comp gzip "$out/attributes.squashfs" >/dev/null
import io, sys, tarfile
settings = open("app.ini").read()
with tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.PAX_FORMAT) as tar:
    member = tarfile.TarInfo("readme")
    member.pax_headers = {"SCHILY.xattr.user.settings": settings}
    tar.addfile(member, io.BytesIO())
END

# Contents of memories, and records of firmware.
for form in vmem8=-VMem=8 mif=-Memory_Initialization_File=8 tek=-Tektronix tekx=-Tektronix_Extended mos=-MOS_Technologies \
  signetics=-Signetics words=-Motorola=2; do
  IFS== read -r name way width <<<"$form"
  ini "hid-memory-$name"
  srec_cat app.ini -Binary -o "$out/memory.$name" "$way" $width
done

python3 "$here/write.py" "$out"
