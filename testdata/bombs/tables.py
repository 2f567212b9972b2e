"""Tables that hold little and say it again and again: tables-built.sh. Each begins with a pair."""
import io
import sys
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.orc
import pyarrow.parquet as pq
from plant import value

ROWS = 400_000
files = {}


def save(name, write):
    out = io.BytesIO()
    write(out)
    files[name] = out.getvalue()


def table(name, long):
    """A column of long texts, of which all but the first are alike, and the halves of a pair in the first row."""
    first = {"id": value("id", name), "secret": value("secret", name), "text": "first"}
    others = ROWS - 1
    rest = {"id": pa.nulls(others, pa.string()), "secret": pa.nulls(others, pa.string()), "text": long(others)}
    columns = {k: pa.chunked_array([pa.array([first[k]]), rest[k]]).combine_chunks() for k in first}
    return pa.table(columns)


def plain(count):
    return pa.array(["z" * 2000] * count)


# 800 MB of strings, each written in full.
save("plain.parquet", lambda out: pq.write_table(
    table("bomb-parquet", plain), out, compression="zstd", use_dictionary=False, row_group_size=ROWS))
save("plain.orc", lambda out: pa.orc.write_table(table("bomb-orc", plain), out, compression="zlib", dictionary_key_size_threshold=0))

# One text of 1.2 MB in a dictionary, for each of three million rows.
rows = 3_000_000
same = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int32)), pa.array(["x y" * 400_000]))
shared = pa.table({name: same for name in "abc"})
save("shared.parquet", lambda out: pq.write_table(shared, out, compression="zstd", row_group_size=rows))
save("shared.feather", lambda out: pa.feather.write_feather(shared, out, compression="zstd"))

with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
    for name, data in files.items():
        archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED, 9)
        print(name, len(data))
