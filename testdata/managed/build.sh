#!/usr/bin/env bash
# Assemblies built by Mono's compiler, containers around them, and the files that lie beside them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 "$here/write.py" render "$here/cs" "$work"
cd "$work"
build() { mcs -nologo -warn:0 -deterministic -out:"$out/$1" "${@:2}"; }
build Statics.dll -target:library Statics.cs
build Calls.dll -target:library -optimize+ Calls.cs
build CallsDebug.dll -target:library -optimize- -debug Calls.cs; rm -f "$out"/*.mdb
ilasm -quiet -dll -output:"$out/Roslyn.dll" Roslyn.il > ilasm.log
build Hidden.dll -target:library -optimize+ Hidden.cs
build HiddenDebug.dll -target:library -optimize- Hidden.cs
build Attributes.dll -target:library Attributes.cs
resgen strings.txt Shop.Strings.resources > resgen.log 2>&1
build Resources.dll -target:library -resource:Shop.Strings.resources Resources.cs
build Embedded.dll -target:library -resource:appsettings.json,Shop.appsettings.json Resources.cs
cp Shop.Strings.resources "$out/Shop.Strings.resources"
cp Shop.Properties.Resources.resx app.config appsettings.json Shop.deps.json "$out/"
python3 "$here/write.py" containers "$out"
