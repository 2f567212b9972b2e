# Databases and tables of text.
python3 - "$out" <<'P'
import os, shutil, sqlite3, sys
from plant import value
out = sys.argv[1]
def v(n): return value("id", "data-" + n), value("secret", "data-" + n)
for encoding in ("UTF-8", "UTF-16le"):
    path = os.path.join(out, "shop-%s.db" % encoding.lower())
    db = sqlite3.connect(path)
    e = encoding[-2:].lower().strip("-")
    db.execute("PRAGMA encoding='%s'" % encoding)
    db.execute("PRAGMA page_size=1024")
    db.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, notes TEXT, access_key TEXT, secret_key TEXT, checksum TEXT)")
    for i in range(1, 400):
        id, secret = v("sql-users%d-%s" % (i, e)) if i in (17, 230) else (None, None)
        notes = "x" * 3000 if i == 17 else "note %d" % i
        db.execute("INSERT INTO users VALUES (?,?,?,?,?,?)", (i, "user%d" % i, notes, id, secret, value("hash", "data-sql-sum%d" % i) if i == 300 else None))
    db.execute("CREATE TABLE settings (name TEXT, value TEXT)")
    id, secret = v("sql-kv-le" if e == "le" else "sql-settings-8")
    db.execute("INSERT INTO settings VALUES ('aws_access_key', ?)", (id,))
    for i in range(80):
        db.execute("INSERT INTO settings VALUES (?, ?)", ("option%d" % i, "v" * i))
    db.execute("INSERT INTO settings VALUES ('aws_secret_key', ?)", (secret,))
    id, secret = v("sql-norowid-" + e)
    db.execute("CREATE TABLE [accounts] (region TEXT, \"secret_access_key\" TEXT, access_key_id TEXT NOT NULL, PRIMARY KEY(access_key_id)) WITHOUT ROWID")
    db.execute("INSERT INTO accounts VALUES ('eu', ?, ?)", (secret, id))
    db.commit()
    db.close()
# Rows and a table that were deleted: what is left of them in free blocks and freed pages.
db = sqlite3.connect(os.path.join(out, "deleted.db"))
db.execute("PRAGMA secure_delete=OFF")
db.execute("CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT, key_id TEXT, secret TEXT)")
filler = [("user%d" % n, "none", "nothing here for user number %d" % n) for n in range(40)]
db.executemany("INSERT INTO accounts (name, key_id, secret) VALUES (?,?,?)", filler)
for n in ("first", "kept", "second"):
    db.execute("INSERT INTO accounts (name, key_id, secret) VALUES (?,?,?)", (n, *v("sql-deleted-" + n)))
db.executemany("INSERT INTO accounts (name, key_id, secret) VALUES (?,?,?)", filler)
db.commit()
db.execute("DELETE FROM accounts WHERE name IN ('first', 'second')")
db.execute("CREATE TABLE gone (a TEXT, b TEXT, c TEXT)")
db.executemany("INSERT INTO gone VALUES (?,?,?)", [("pad%d" % n, "padding that fills the pages", "of a table that goes away") for n in range(300)])
db.execute("INSERT INTO gone VALUES ('k',?,?)", v("sql-dropped"))
db.commit()
db.execute("DROP TABLE gone")
db.commit()
db.close()
# A log that was never written back.
path = os.path.join(out, "live.db")
db = sqlite3.connect(path)
db.execute("PRAGMA journal_mode=WAL")
db.execute("PRAGMA wal_autocheckpoint=0")
db.execute("CREATE TABLE keys (id INTEGER PRIMARY KEY, access_key TEXT, secret_key TEXT)")
db.execute("INSERT INTO keys VALUES (1, ?, ?)", v("sql-wal"))
db.commit()
shutil.copy(path + "-wal", os.path.join(out, "shop.db-wal"))
db.close()
for name in ("live.db", "live.db-wal", "live.db-shm"):
    if os.path.exists(os.path.join(out, name)):
        os.remove(os.path.join(out, name))
P
