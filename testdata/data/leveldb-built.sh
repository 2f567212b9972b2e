#!/usr/bin/env bash
# Makes built/*.ldb with LevelDB itself, by `plyvel` of PyPI: Debian has no tool that writes tables.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target "$work/lib" plyvel==1.5.1
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$work/lib:$here/.." python3 - "$here/built" "$work" <<'P'
import glob, json, os, shutil, sys
import plyvel
from plant import value

out, work = sys.argv[1:]


def pair(name):
    return value("id", "data-ldb-" + name), value("secret", "data-ldb-" + name)


def write(name, records, **how):
    folder = os.path.join(work, name)
    db = plyvel.DB(folder, create_if_missing=True, **how)
    for key, text in records:
        db.put(key, text)
    db.close()
    # What was in the log becomes a table when the database is opened again.
    db = plyvel.DB(folder, **how)
    db.compact_range()
    db.close()
    [table] = glob.glob(folder + "/*.ldb")
    shutil.copy(table, os.path.join(out, name + ".ldb"))


# Local storage of a browser: Latin-1 and UTF-16, a value of JSON, much else between.
records = [(b"VERSION", b"1"), (b"META:https://shop.example", b"\x08\x80\xa2\x9c\x01\x10\x40")]


def store(origin, key, text, wide=False):
    text = b"\0" + text.encode("utf-16le") if wide else b"\1" + text.encode()
    records.append((b"_" + origin.encode() + b"\0\1" + key.encode(), text))


for n in range(400):
    store("https://news.example", "article-%04d" % n, "read %d times, last on page %d" % (n % 7, n))
id, secret = pair("storage")
store("https://shop.example", "aws_access_key_id", id)
store("https://shop.example", "aws_secret_access_key", secret)
id, secret = pair("wide")
store("https://wide.example", "accessKey", id + " \u2713", True)
store("https://wide.example", "secretKey", secret, True)
id, secret = pair("json")
store("https://state.example", "state", json.dumps({"user": "ann", "aws": {"accessKeyId": id, "secretAccessKey": secret}}))
write("storage", records)

# A program's own keys, which share their beginnings; blocks of another size, and stored.
for name, how in (("own", {"block_size": 512, "block_restart_interval": 4}), ("stored", {"compression": None})):
    id, secret = pair(name)
    records = [(b"config/aws/access_key", id.encode()), (b"config/aws/secret_key", secret.encode())]
    records += [(b"config/option/%04d" % n, b"value %d of %d" % (n, n * n)) for n in range(300)]
    write(name, records, **how)
P
