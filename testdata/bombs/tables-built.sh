#!/usr/bin/env bash
# Makes built/tables.zip with Arrow of PyPI: Debian has none.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
lib=${COLUMNS_LIB:-$work/lib}
[ -d "$lib" ] || python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target "$lib" \
  pyarrow==26.0.1 numpy==2.4.6
mkdir -p "$here/built"
PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0 PYTHONPATH="$lib:$here/.." python3 "$here/tables.py" "$here/built/tables.zip"
