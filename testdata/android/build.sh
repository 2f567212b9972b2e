#!/usr/bin/env bash
# Builds the resources of app/ in the ways people's tools do: build.sh OUT.
set -euo pipefail
export LC_ALL=C.UTF-8 TZ=UTC PYTHONDONTWRITEBYTECODE=1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

framework=/usr/share/android-framework-res/framework-res.apk
plant() { python3 "$here/../plant.py" render "$here/$1" "$2"; }
pack() { python3 "$here/zip.py" "$@"; }
quietly() { "$@" >log 2>&1 || { cat log >&2; exit 1; }; }

plant app app
mkdir res
mv app/values* app/xml app/layout res
quietly aapt2 compile --dir res -o res.zip
link() { quietly aapt2 link -I $framework --manifest app/AndroidManifest.xml "$@"; }

# aapt2: plain, sparse tables, raw values kept, splits.
link -o "$out/shop.apk" res.zip
link -o "$out/sparse.apk" --enable-sparse-encoding res.zip
link -o "$out/raw-values.apk" --keep-raw-values res.zip
link -o base.apk --split split.apk:de res.zip
pack "$out/shop.apks" splits/base-master.apk=base.apk splits/base-de.apk=split.apk
python3 "$here/tricks.py" "$out/shop.apk" "$out/tricks.apk"
python3 - "$out/shop.apk" "$out" <<'PY'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    for name, to in (("resources.arsc", "resources.arsc"), ("AndroidManifest.xml", "AndroidManifest.xml"),
                     ("res/xml/cloud.xml", "cloud.xml")):
        open(sys.argv[2] + "/" + to, "wb").write(z.read(name))
PY

# aapt, in both encodings.
quietly aapt package -f -I $framework -M app/AndroidManifest.xml -S res -F "$out/aapt.apk"
quietly aapt package -f --utf16 -I $framework -M app/AndroidManifest.xml -S res -F "$out/aapt-utf16.apk"

# Protocol buffers: as linked, as a bundle, and turned into the binary form.
link --proto-format -o proto.apk res.zip
cp proto.apk "$out/proto.apk"
pack "$out/shop.aab" proto.apk:AndroidManifest.xml=base/manifest/AndroidManifest.xml \
  proto.apk:resources.pb=base/resources.pb "proto.apk:res/*=base/res/*"
quietly aapt2 convert --output-format binary -o "$out/converted.apk" proto.apk

# The halves of a pair in different files of one app.
halves() { # folder
  quietly aapt2 compile --dir "$1/res" -o "$1.zip"
  quietly aapt2 link -I $framework --manifest "$1/AndroidManifest.xml" -o "$1.apk" "${@:2}" "$1.zip"
}
plant halves halves
halves halves --split halves-de.apk:de
pack "$out/halves.xapk" com.example.halves.apk=halves.apk config.de.apk=halves-de.apk

# Two builds of one app, with names in common.
plant debug debug
plant release release
halves debug
halves release
pack "$out/builds.zip" debug/app.apk=debug.apk release/app.apk=release.apk

# Names of resources and paths of files taken away.
plant small small
halves small
cp small.apk "$out/small.apk"
quietly aapt2 optimize --enable-resource-obfuscation --enable-resource-path-shortening -o "$out/collapsed.apk" small.apk
