#!/usr/bin/env bash
# Builds into OUT what has a head of its own before something packed: installers, images of boot loaders, bundles, updates,
# streams behind scripts and in programs, and texts that hold such streams.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export TZ=UTC PYTHONDONTWRITEBYTECODE=1

. "$here/../ini.sh"

# Installers of Nullsoft: each way of packing that is read, and one that is not.
for way in '/SOLID lzma' lzma zlib '/SOLID zlib' bzip2; do
  name=$(tr -d '/ ' <<<"$way")
  ini "wrap-nsis-$name"
  printf 'SetCompressor %s\nUnicode true\nOutFile %s/%s.exe\nName x\nInstallDir "$TEMP"\nSection\nSetOutPath $INSTDIR\nFile app.ini\nSectionEnd\n' \
    "$way" "$out" "$name" >a.nsi
  makensis -V1 a.nsi
done

# Boot images of Android; old and new images of U-Boot, packed by what has no sign of its own.
head -c 3000 /dev/zero >kernel
for name in boot-0 boot-3 vendor; do
  ini wrap-$name
  echo app.ini | cpio -o -H newc --quiet | lz4 -lq >ramdisk
  case $name in
    boot-0) mkbootimg --kernel kernel --ramdisk ramdisk -o "$out/$name.img" ;;
    boot-3) mkbootimg --kernel kernel --ramdisk ramdisk --header_version 3 -o "$out/$name.img" ;;
    vendor) mkbootimg --vendor_ramdisk ramdisk --dtb kernel --header_version 3 --vendor_boot "$out/$name.img" ;;
  esac
done
ini wrap-uimage
xz -c --format=lzma app.ini >app.lzma
mkimage -A arm -T ramdisk -C lzma -d app.lzma "$out/uimage.img" >/dev/null
ini wrap-fit
xz -c --format=lzma app.ini >app.lzma
cat >a.its <<'ITS'
/dts-v1/;
/ { description = "x"; images { r { data = /incbin/("app.lzma"); type = "ramdisk"; arch = "arm"; os = "linux"; compression = "lzma"; }; };
    configurations { default = "c"; c { ramdisk = "r"; }; }; };
ITS
mkimage -f a.its "$out/fit.img" >/dev/null

# Streams behind a script, and within a program.
for tool in xz zstd bzip2; do
  ini wrap-script-$tool
  seq -f '# line %.0f of the script' 30 | sed '1i #!/bin/sh' >"$out/$tool.run"
  tar -c app.ini | $tool -c >>"$out/$tool.run"
done
ini wrap-program
mksquashfs app.ini a.squashfs -quiet -noappend -comp xz >/dev/null
{ printf '\177ELF'; head -c 5000 /dev/zero; cat a.squashfs; head -c 3000 /dev/zero; } >"$out/program.bin"

# Bundles of Mercurial, messages that OpenPGP only packs, modules that jlink has packed.
for way in gzip-v1 zstd-v2 bzip2-v2; do
  rm -rf r
  hg init r
  ini wrap-hg-$way r/app.ini
  (cd r && hg add -q app.ini && hg commit -qm x -u a -d '0 0' && hg bundle -q --all -t $way "$out/$way.hg")
done
# A repository of Mercurial that packs by zlib, in an archive.
rm -rf r
hg init --config format.revlog-compression=zlib r
seq -f '# line %.0f' 60 >r/app.ini
ini wrap-hg-repository
cat app.ini >>r/app.ini
(cd r && hg add -q app.ini && hg commit -qm x -u a -d '0 0')
tar -cf "$out/repository.tar" -C r .hg
ini wrap-openpgp
gpg --batch --quiet --yes --homedir "$work" -z 9 --store -o "$out/app.gpg" app.ini

# Texts with streams in base64 and hexadecimal.
python3 - <<'PY'
import base64, sys, zlib
sys.stdout = open("packed.py", "w")
print("import base64, sys, zlib")
print("data = open('app.ini', 'rb').read()")
print("how = sys.argv[1]")
print("print('value:', base64.b64encode(zlib.compress(data) if how == 'zlib' else zlib.compress(data)[2:-4]).decode())")
PY
for way in zlib deflate; do
  ini wrap-text-$way
  python3 packed.py $way >"$out/$way.yaml"
done
for tool in xz zstd bzip2; do
  ini wrap-text-$tool
  { printf 'value: '; $tool -c app.ini | base64 -w0; echo; } >"$out/$tool.yaml"
done
ini wrap-text-hex
xz -c app.ini | xxd -p >"$out/app.hex"

# What debuggers read, packed: macros of C.
for way in zlib zlib-gnu; do
  ini wrap-sections-$way
  python3 - app.ini >a.c <<'PY'
import sys
lines = dict(line.strip().split(" = ") for line in list(open(sys.argv[1]))[1:3])
print(*(f'#define {name.upper()} "{value}"' for name, value in lines.items()), "int f;", sep="\n")
PY
  gcc -g3 -gz=$way -c a.c -o "$out/$way.o"
done

# Packed values of a database: one in its page, one over several pages, one of a row that is gone.
for name in page chain gone; do
  ini wrap-sqlite-$name
  python3 - "$name" "$out/$name.sqlite" <<'PY'
import random, sqlite3, sys, zlib
name, path = sys.argv[1:]
text = open("app.ini", "rb").read()
noise = random.Random(name).randbytes(9000 if name == "chain" else 10)
database = sqlite3.connect(path)
database.execute("create table kept (id integer primary key, value blob)")
database.execute("pragma secure_delete = off")
database.execute("insert into kept values (20, ?)", (zlib.compress(noise + b"\n" + text),))
if name == "gone":
    database.execute("insert into kept values (30, ?)", (zlib.compress(b"nothing here " * 20),))
    database.execute("delete from kept where id = 20")
database.commit()
PY
done
