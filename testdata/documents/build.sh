#!/usr/bin/env bash
# Builds office documents, PDFs, mail and configuration exports into OUT with the libraries people use.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(cd "$1" && pwd)
tools=$(cd "$here/../.." && pwd)/target/tools/documents
wanted="python-docx==1.2.0 openpyxl==3.1.5 python-pptx==1.0.2 odfpy==1.4.1 reportlab==4.4.4 fpdf2==2.8.4 pypdf==6.1.1"
if [ "$(cat "$tools/wanted" 2>/dev/null)" != "$wanted" ]; then
  rm -rf "$tools"
  # shellcheck disable=SC2086
  python3 -m pip --quiet --disable-pip-version-check install --no-warn-script-location --target "$tools" $wanted
  printf '%s' "$wanted" >"$tools/wanted"
fi
PYTHONPATH=$tools PYTHONDONTWRITEBYTECODE=1 python3 "$here/gen.py" "$out"
