#!/usr/bin/env bash
# Writes the seeds of records of firmware, contents of memories and web archives into testdata/seeds: small, made by the real tools.
set -euo pipefail
seeds=$(cd "$(dirname "$0")/../seeds" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir -p "$seeds"/{dump,memory-init,http}
seq -f 'line %.0f of a text' 20 | head -c 256 >text
for form in tektronix=-Tektronix extended=-Tektronix_Extended mos=-MOS_Technologies signetics=-Signetics; do
  srec_cat text -Binary -o "$seeds/dump/${form%%=*}" "${form#*=}"
done
srec_cat text -Binary -o "$seeds/memory-init/vmem" -VMem 32
srec_cat text -Binary -o "$seeds/memory-init/mif" -Memory_Initialization_File 8
{ printf 'memory_initialization_radix=16;\nmemory_initialization_vector=\n'; xxd -p -c4 text | paste -sd,; } >"$seeds/memory-init/coe"
xxd -b -c1 text | cut -d' ' -f2 >"$seeds/memory-init/bits"
python3 - "$seeds/http/archive" <<'PY'
import gzip, sys
body = gzip.compress(open("text", "rb").read(), mtime=0)
answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body
open(sys.argv[1], "wb").write(b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer + b"\r\n\r\n")
PY
