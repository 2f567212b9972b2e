#!/usr/bin/env bash
# Makes built/*.pyc with the interpreters of pyenv: Debian has one version only.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
mkdir -p "$work/shop" && python3 "$here/../plant.py" render "$here/python/aws.py" "$work/shop/aws.py"
cd "$work"
for python in "$HOME"/.pyenv/versions/*/bin/python; do
  "$python" - "$here/built" <<'P'
import py_compile, sys, os
os.utime("shop/aws.py", (1, 1))
py_compile.compile("shop/aws.py", cfile=os.path.join(sys.argv[1], "aws-%d.%d.pyc" % sys.version_info[:2]), dfile="shop/aws.py", doraise=True)
P
done
