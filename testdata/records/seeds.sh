#!/usr/bin/env bash
# Makes the seeds of `records`, `cbor` and `r-data` with the tools that people use; needs R, and pip packages: dbf pyreadstat pandas numpy fitsio cbor2.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../seeds"

"${PYTHON:-python3}" - <<'PY'
import os, tempfile
import cbor2, dbf, fitsio, numpy, pandas, pyreadstat

rows = [("north", "a first note"), ("south", "another note of some length")]
frame = pandas.DataFrame(rows, columns=["place", "remark"])
work = tempfile.mkdtemp()

table = dbf.Table(f"{work}/t.dbf", "place C(10);remark C(40);many N(5,0)")
table.open(dbf.READ_WRITE)
for place, remark in rows:
    table.append((place, remark, 7))
table.close()
os.replace(f"{work}/t.dbf", "records/dbase.dbf")

for version in (114, 118):
    frame.assign(many=[1.5, 2.5]).to_stata(f"records/stata-{version}.dta", version=version, write_index=False)
for version in (5, 8):
    pyreadstat.write_xport(frame, f"records/transport-{version}.xpt", file_format_version=version)
numpy.save("records/array.npy", numpy.array([(1, *row) for row in rows], [("many", "<i4"), ("place", "S10"), ("remark", "<U40")]))
fits = fitsio.FITS(f"{work}/t.fits", "rw")
fits.write(numpy.array([(1, *row) for row in rows], [("many", ">i4"), ("place", "S10"), ("remark", "S40")]))
fits.close()
os.replace(f"{work}/t.fits", "records/table.fits")

value = [dict(zip(("place", "remark"), row)) for row in rows]
open("cbor/list.cbor", "wb").write(cbor2.dumps(value))
open("cbor/tagged.cbor", "wb").write(cbor2.dumps(cbor2.CBORTag(55799, {"rows": value, "many": [1, 2.5, None, b"some bytes"]})))
PY

mkdir -p r-data
Rscript - <<'R'
table <- data.frame(place = c("north", "south"), remark = c("a first note", "another note of some length"), many = c(1L, 2L))
saveRDS(table, "r-data/table.rds", compress = FALSE)
saveRDS(list(place = "north", remark = c(a = "a first note"), f = function(x) x + 1), "r-data/list-2.rds", compress = FALSE, version = 2)
place <- "north"; kept <- new.env(); assign("remark", "a note in an environment", envir = kept)
save(table, place, kept, file = "r-data/variables.RData", compress = FALSE)
R
