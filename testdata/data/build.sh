#!/usr/bin/env bash
# Artifacts of the data family: JVM, Python, databases. Usage: build.sh OUT
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$(mkdir -p "$1" && cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PYTHONPATH="$here/.." PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0
plant="python3 $here/../plant.py"
chars() { python3 -c 'import sys; from plant import value; print(", ".join(str(b) if sys.argv[3] == "n" else repr(chr(b)) for b in value(sys.argv[1], sys.argv[2]).encode()))' "$@"; }

# JVM: the same sources for an old and a new compiler target (StringBuilder and indy concatenation).
$plant render "$here/java" "$work/java"
sed -i "s|CHARS|$(chars id data-java-bytes c)|; s|BYTES|$(chars secret data-java-bytes n)|" "$work/java/com/shop/Bytes.java"
lib=$work/java/com/amazonaws/auth/BasicAWSCredentials.java
for release in 9 17; do
  javac --release $release -nowarn -Xlint:none -d "$work/classes$release" $lib "$work"/java/com/shop/*.java 2>/dev/null
  for name in Constants Calls Getters Joined Bytes; do
    (cd "$work/classes$release" && find com/shop -name "$name*.class" | sort | zip -qX "$out/${name,,}-$release.jar" -@)
  done
done
(cd "$work" && mkdir -p boot/BOOT-INF/lib && cp "$out/constants-17.jar" boot/BOOT-INF/lib/ && cd boot && zip -qX0r "$out/boot.jar" .)
cp "$work/classes17/com/shop/Constants.class" "$out/Constants.class"
printf 'JM\001\000' > "$out/shop.jmod"
(cd "$work/classes17" && zip -qX "$work/mod.zip" com/shop/Constants.class) && cat "$work/mod.zip" >> "$out/shop.jmod"

# Tables of LevelDB (made by leveldb-built.sh).
cp "$here"/built/*.ldb "$out/"

# Tables stored column by column (made by columns-built.sh).
python3 -m zipfile -e "$here/built/columns.zip" "$out"

if [ -d "$here/python" ]; then . "$here/python.sh"; fi
if [ -f "$here/databases.sh" ]; then . "$here/databases.sh"; fi
if [ -f "$here/tables.sh" ]; then . "$here/tables.sh"; fi
