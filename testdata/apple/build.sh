#!/usr/bin/env bash
# Programs and settings for Apple's systems. LLVM 14 of Debian: no SDK, so stubs stand for it.
set -euo pipefail
out=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
llvm=/usr/lib/llvm-14/bin
export PYTHONDONTWRITEBYTECODE=1 ZERO_AR_DATE=1
python3 "$here/../plant.py" render "$here/src" "$work/src"
cd "$work/src"
cat > "$work/libSystem.tbd" <<'T'
--- !tapi-tbd
tbd-version: 4
targets: [ x86_64-macos, arm64-macos, arm64-ios ]
install-name: '/usr/lib/libSystem.B.dylib'
exports:
  - targets: [ x86_64-macos, arm64-macos, arm64-ios ]
    symbols: [ dyld_stub_binder ]
...
T

# compile TARGET LEVEL OUT SOURCES…
compile() {
  local target=$1 level=$2 to=$3
  shift 3
  local objects=()
  for source in "$@"; do
    local object="$work/$(basename "$source")-$target$level.o"
    local flags=()
    [[ $source == *.m ]] && flags=(-fobjc-runtime=macosx-11.0 -fconstant-cfstrings)
    "$llvm/clang" -target "$target" "$level" "${flags[@]}" -w -fno-ident -c "$source" -o "$object"
    objects+=("$object")
  done
  printf '%s\n' "${objects[@]}" > "$to.objects"
}
# link TARGET KIND OUT LIST FLAGS…
link() {
  local target=$1 kind=$2 to=$3 list=$4
  shift 4
  local arch=${target%%-*} platform=(macos 11.0 11.0)
  [[ $target == *ios* ]] && platform=(ios 14.0 14.0)
  mapfile -t objects < "$list"
  "$llvm/ld64.lld" -arch "$arch" -platform_version "${platform[@]}" "$kind" -undefined dynamic_lookup \
    -o "$to" "${objects[@]}" "$work/libSystem.tbd" "$@" 2>/dev/null
}
ios=arm64-apple-ios14.0 mac=x86_64-apple-macos11

for level in -O0 -O2; do
  compile $ios $level "$work/objc-ios$level" manager.m
  link $ios -dylib "$out/objc-arm64$level.dylib" "$work/objc-ios$level.objects"
  link $ios -dylib "$out/objc-arm64$level-stripped.dylib" "$work/objc-ios$level.objects" -S
  "$llvm/llvm-strip" -x "$out/objc-arm64$level-stripped.dylib"
  compile $mac $level "$work/objc-mac$level" manager.m
  link $mac -bundle "$out/objc-x86_64$level.bundle" "$work/objc-mac$level.objects"
  compile $ios $level "$work/c-ios$level" keys.c main.c
  link $ios -execute "$out/c-arm64$level" "$work/c-ios$level.objects"
  compile $mac $level "$work/c-mac$level" keys.c main.c
  link $mac -execute "$out/c-x86_64$level" "$work/c-mac$level.objects"
  cp "$work/c-arm64.o" /dev/null 2>/dev/null || true
done
cp "$work/keys.c-$ios-O2.o" "$out/keys-arm64.o"
cp "$work/keys.c-$mac-O0.o" "$out/keys-x86_64.o"
cp "$out/c-arm64-O2" "$out/c-arm64-stripped"
"$llvm/llvm-strip" "$out/c-arm64-stripped"
compile i386-apple-macos10.12 -O2 "$work/c-i386" keys.c
cp "$work/keys.c-i386-apple-macos10.12-O2.o" "$out/keys-i386.o"
compile $ios -O2 "$work/wide" wide.m
link $ios -dylib "$out/wide.dylib" "$work/wide.objects"
python3 swift.s.py | sed 's/l_\.str/l_.str/' > "$work/swift.s"
"$llvm/clang" -target $ios -c "$work/swift.s" -o "$work/swift.o"
echo "$work/swift.o" > "$work/swift.objects"
link $ios -dylib "$out/swift.dylib" "$work/swift.objects"
PLANT="$here/.." python3 hidden.c.py hidden > "$work/hidden.c"
compile $ios -O2 "$work/hidden-ios" "$work/hidden.c"
link $ios -dylib "$out/hidden-arm64.dylib" "$work/hidden-ios.objects"
compile $mac -O2 "$work/hidden-mac" "$work/hidden.c"
link $mac -dylib "$out/hidden-x86_64.dylib" "$work/hidden-mac.objects"
"$llvm/llvm-lipo" -create "$out/c-arm64-O2" "$out/c-x86_64-O2" -output "$out/fat"
rm -f "$out"/*.objects
[[ -f "$here/plists.py" ]] && python3 "$here/plists.py" "$out"
exit 0
