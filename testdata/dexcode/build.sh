#!/usr/bin/env bash
# DEX files whose code makes its keys when it runs: `gen.py` writes smali in the shape in which javac + d8, kotlinc + R8
# and obfuscators leave it (no dexer can be had from Debian, PyPI or npm), smali assembles it.
set -euo pipefail
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 "$here/gen.py" "$work"
for folder in "$work"/*/; do
  name=$(basename "$folder")
  smali assemble --api 28 --jobs 1 --output "$out/$name.dex" "$folder"
  [ -s "$out/$name.dex" ]
done
# A VDEX: what dex2oat keeps of the DEX files of an app, version 027.
python3 "$here/vdex.py" "$out/android.dex" "$out/base.vdex"
