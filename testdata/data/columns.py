"""Tables stored column by column, as the libraries that people use write them: columns-built.sh."""
import io
import os
import sys
import zipfile

import fastavro
import pyarrow as pa
import pyarrow.feather
import pyarrow.orc
import pyarrow.parquet as pq
from plant import value

archive, seeds = sys.argv[1:]
files = {}


def pair(name):
    return value("id", "data-col-" + name), value("secret", "data-col-" + name)


def rows(planted, count=300, **more):
    """Accounts, of which some have keys; names repeat, notes do not."""
    out = []
    for n in range(count):
        id, secret = planted.get(n, (None, None))
        row = {"user": "user%d" % (n % 7), "access_key_id": id, "note": "note %d of %d\\" % (n, n * n), "age": n % 90, "secret_access_key": secret}
        out.append({**row, **{name: make(n) for name, make in more.items()}})
    return out


def table(*names, **more):
    return pa.Table.from_pylist(rows({17 + 100 * n: pair(name) for n, name in enumerate(names)}, **more))


def save(name, write):
    out = io.BytesIO()
    write(out)
    files[name] = out.getvalue()


def parquet(name, *names, table_of=table, **how):
    save(name + ".parquet", lambda out: pq.write_table(table_of(*names), out, **how))


# Parquet: codecs, both versions of pages, with and without dictionaries, several groups of rows, other encodings.
for codec in ("none", "snappy", "gzip", "brotli", "zstd", "lz4"):
    parquet("accounts-" + codec, codec + "1", codec + "2", compression=codec, row_group_size=200)
parquet("pages-2", "pages", compression="snappy", data_page_version="2.0", data_page_size=512)
parquet("plain", "plain", compression="zstd", use_dictionary=False, data_page_size=700)
for encoding in ("DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"):
    columns = {name: encoding for name in ("user", "access_key_id", "note", "secret_access_key")}
    parquet(encoding.lower().replace("_byte_array", ""), encoding, compression="gzip", use_dictionary=False, column_encoding=columns)


def nested(*names):
    (a, b), (c, d), (e, f) = (pair(name) for name in names)
    return pa.table(
        {
            "service": ["mail", "shop", "logs", None],
            "aws": pa.array([None, {"region": "eu", "keys": {"id": a, "secret": b}}, {"region": "us", "keys": None}, None]),
            "clients": pa.array([[], None, [{"key_id": "none", "secret_key": "n/a"}, {"key_id": c, "secret_key": d}], [{"key_id": "x", "secret_key": "y"}]]),
            "settings": pa.array([[], [("aws_access_key_id", e), ("debug", "yes"), ("aws_secret_access_key", f)], None, []], type=pa.map_(pa.string(), pa.string())),
        }
    )


parquet("nested", "struct", "list", "map", table_of=nested, compression="snappy")


def cells(*names):
    (a, b), (c, d) = (pair(name) for name in names)
    return pa.table({"path": ["a.py", "b.json", "c.bin"], "content": pa.array([b"import boto3\nclient = boto3.client(\n  's3',\n  aws_access_key_id='%s',\n  aws_secret_access_key='%s',\n)\n" % (a.encode(), b.encode()), b'{"aws": {"accessKeyId": "%s", "secretAccessKey": "%s"}}' % (c.encode(), d.encode()), bytes(range(256)) * 10], type=pa.binary())})


parquet("files", "file", "json", table_of=cells, compression="zstd")

# Arrow: files and streams, packed or not, dictionaries, views, lists.


def arrow(name, table, compression, stream=False):
    def write(out):
        make = pa.ipc.new_stream if stream else pa.ipc.new_file
        with make(out, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
            writer.write_table(table, max_chunksize=200)

    save(name, write)


arrow("plain.arrow", table("arrow1", "arrow2"), None)
arrow("lz4.arrow", table("arrow-lz4"), "lz4")
arrow("stream.arrows", table("arrow-stream"), "zstd", True)
arrow("nested.arrow", nested("arrow-struct", "arrow-list", "arrow-map"), "zstd")
save("accounts.feather", lambda out: pa.feather.write_feather(table("feather"), out, compression="lz4"))
coded = table("arrow-dict")
for n, name in enumerate(coded.column_names):
    if name != "age":
        coded = coded.set_column(n, name, coded[name].dictionary_encode())
arrow("dictionary.arrow", coded, "lz4")
views = table("arrow-view")
arrow("views.arrow", views.cast(pa.schema([(f.name, pa.string_view() if f.name != "age" else f.type) for f in views.schema])), "lz4")

# ORC.
for codec in ("uncompressed", "zlib", "snappy", "lz4", "zstd"):
    save(codec + ".orc", lambda out: pa.orc.write_table(table("orc-" + codec), out, compression=codec, stripe_size=1 << 16))
save("dictionary.orc", lambda out: pa.orc.write_table(table("orc-dict"), out, compression="zlib", dictionary_key_size_threshold=1.0))
save("nested.orc", lambda out: pa.orc.write_table(nested("orc-struct", "orc-list", "orc-map"), out, compression="zstd"))

# Avro.
schema = {"type": "record", "name": "Account", "fields": [{"name": n, "type": ["null", "string"]} for n in ("user", "access_key_id", "note", "secret_access_key")] + [{"name": "age", "type": "int"}]}
for codec in ("null", "deflate", "snappy", "bzip2", "xz"):
    save(codec + ".avro", lambda out: fastavro.writer(out, schema, rows({17: pair("avro-" + codec)}, 100), codec=codec, sync_marker=b"0123456789abcdef"))

# Seeds: no keys, and few rows.


def seed(format, name, data):
    os.makedirs(os.path.join(seeds, format), exist_ok=True)
    with open(os.path.join(seeds, format, name), "wb") as f:
        f.write(data)


def seed_of(format, name, write):
    out = io.BytesIO()
    write(out)
    seed(format, name, out.getvalue())


def small(count=12):
    """A bit of everything."""
    return pa.table(
        {
            "name": ["name %d" % (n % 5) for n in range(count)],
            "note": [None if n % 4 == 0 else "note %d" % (n * n) for n in range(count)],
            "age": list(range(count)),
            "tags": [["tag %d" % k for k in range(n % 3)] for n in range(count)],
            "map": pa.array([[("key", "value %d" % n)] * (n % 2) for n in range(count)], type=pa.map_(pa.string(), pa.string())),
            "part": [{"a": "a%d" % n, "b": None if n % 2 else {"c": "c"}} for n in range(count)],
            "code": pa.array([b"%03d" % n for n in range(count)], type=pa.binary(3)),
        }
    )


text = small().select(["name", "note", "code"])
for codec in ("snappy", "gzip", "brotli", "zstd", "lz4"):
    seed_of("parquet", codec, lambda out: pq.write_table(small(), out, compression=codec))
seed_of("parquet", "plain", lambda out: pq.write_table(small(), out, compression="none", row_group_size=4, data_page_version="2.0"))
for encoding in ("DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"):
    seed_of("parquet", encoding.lower(), lambda out: pq.write_table(text, out, compression="none", use_dictionary=False, column_encoding={"name": encoding, "note": encoding}))


def seed_arrow(name, table, compression, stream=False):
    arrow(name, table, compression, stream)
    seed("arrow", name, files.pop(name))


seed_arrow("file", small(), None)
seed_arrow("lz4", small(), "lz4")
seed_arrow("stream", small(), "zstd", True)
seed_arrow("dictionary", pa.table({"name": text["name"].dictionary_encode(), "note": text["note"].dictionary_encode()}), None)
seed_arrow("views", text.select(["name", "note"]).cast(pa.schema([("name", pa.string_view()), ("note", pa.string_view())])), None)
orc = small().drop(["code"])
for codec in ("uncompressed", "zlib", "snappy", "lz4", "zstd"):
    seed_of("orc", codec, lambda out: pa.orc.write_table(orc, out, compression=codec))
seed_of("orc", "dictionary", lambda out: pa.orc.write_table(orc, out, compression="uncompressed", dictionary_key_size_threshold=1.0))

# Files of Hadoop, by a writer of our own: there is no library for Python.
def sequence(codec, blocks=False, records=((b"one", b"the first value"), (b"two", b"another"))):
    import gzip, zlib
    import cramjam

    def framed(data):
        packed = bytes(cramjam.snappy.compress_raw(data))
        return len(data).to_bytes(4, "big") + len(packed).to_bytes(4, "big") + packed

    pack = {None: bytes, "DefaultCodec": zlib.compress, "GzipCodec": lambda data: gzip.compress(data, mtime=0), "SnappyCodec": framed}[codec]

    def text(data):
        assert len(data) < 65536
        return (bytes([len(data)]) if len(data) < 128 else b"\x8f" + bytes([len(data)]) if len(data) < 256 else b"\x8e" + len(data).to_bytes(2, "big")) + data

    mark = b"0123456789abcdef"
    out = b"SEQ\6" + text(b"org.apache.hadoop.io.Text") * 2 + bytes([codec is not None, blocks])
    if codec:
        out += text(b"org.apache.hadoop.io.compress." + codec.encode())
    out += bytes(4) + mark
    if blocks:
        pieces = [b"".join(part) for part in zip(*((bytes([len(text(k))]), text(k), bytes([len(text(v))]), text(v)) for k, v in records))]
        return out + (b"\xff" * 4 + mark + bytes([len(records)]) + b"".join(text(pack(piece)) for piece in pieces)) * 2
    for key, data in records:
        key, data = text(key), pack(text(data))
        out += (len(key) + len(data)).to_bytes(4, "big") + len(key).to_bytes(4, "big") + key + data
    return out + b"\xff" * 4 + mark


seed_of("avro", "records", lambda out: fastavro.writer(out, {"type": "record", "name": "Small", "fields": [{"name": "name", "type": "string"}, {"name": "note", "type": ["null", "string"]}, {"name": "tags", "type": {"type": "array", "items": "string"}}, {"name": "map", "type": {"type": "map", "values": "string"}}]}, [{**row, "map": dict(row["map"])} for row in small().select(["name", "note", "tags", "map"]).to_pylist()], sync_marker=b"0123456789abcdef"))
seed("sequence-file", "plain", sequence(None))
seed("sequence-file", "records", sequence("GzipCodec"))
seed("sequence-file", "blocks", sequence("DefaultCodec", True))
seed("sequence-file", "snappy", sequence("SnappyCodec", True))

# Packed record by record and in blocks.
for name, codec, blocks in (("records", "GzipCodec", False), ("blocks", "SnappyCodec", True)):
    id, secret = pair("seq-" + name)
    records = [(b"option%d" % n, b"value %d" % n) for n in range(20)]
    records[7] = (b"prod", b"aws_access_key_id=%s aws_secret_access_key=%s" % (id.encode(), secret.encode()))
    files[name + ".seq"] = sequence(codec, blocks, records)

with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as z:
    for name, data in files.items():
        z.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
