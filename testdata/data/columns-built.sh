#!/usr/bin/env bash
# Makes built/columns.zip and the seeds of its formats with Arrow, fastavro and h5py of PyPI: Debian has none of them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
lib=${COLUMNS_LIB:-$work/lib}
[ -d "$lib" ] || python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target "$lib" \
  pyarrow==26.0.1 fastavro==1.13.1 h5py==3.16.0 cramjam==2.14.0
PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0 PYTHONPATH="$lib:$here/.." python3 "$here/columns.py" "$here/built/columns.zip" "$here/../seeds"
