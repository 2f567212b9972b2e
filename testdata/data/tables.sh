# SQL dumps, tables of text, pickles, Redis dumps.
python3 - "$out" <<'P'
import csv, io, os, pickle, sqlite3, subprocess, sys, zipfile
from plant import value
out = sys.argv[1]
def v(n): return value("id", "data-" + n), value("secret", "data-" + n)
def write(name, text): open(os.path.join(out, name), "w", newline="").write(text)

# sqlite3 .dump, with and without the names of columns.
db = sqlite3.connect(":memory:")
db.execute("CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, name TEXT, access_key TEXT, note TEXT, secret_key TEXT, checksum TEXT)")
for i in range(1, 200):
    id, secret = v("dump-lite%d" % i) if i in (3, 150) else (None, None)
    db.execute("INSERT INTO users VALUES (?,?,?,?,?,?)", (i, "it's %d; -- no" % i, id, "C:\\", secret, value("hash", "data-dump%d" % i) if i == 151 else None))
write("lite.sql", "\n".join(db.iterdump()) + "\n")

# mysqldump: rows of one table on one line, backquotes, backslashes, settings by name.
rows = []
for i in range(1, 4000):
    id, secret = v("dump-my%d" % i) if i in (7, 3000) else ("", "")
    rows.append("(%d,'O\\'Neil \"%d\"','%s',NULL,'%s')" % (i, i, secret, id))
options = ["(%d,'opt_%d','%s','yes')" % (i, i, "x" * (i % 50)) for i in range(300)]
id, secret = v("dump-wp")
options[10] = "(10,'s3_access_key','%s','yes')" % id
options[290] = "(290,'s3_secret_key','%s','no')" % secret
write("shop-mysql.dump", "-- MySQL dump 10.13  Distrib 8.0.36\n--\n/*!40101 SET NAMES utf8 */;\nDROP TABLE IF EXISTS `accounts`;\nCREATE TABLE `accounts` (\n  `id` int NOT NULL AUTO_INCREMENT,\n  `name` varchar(255),\n  `api_secret` varchar(64),\n  `x` text,\n  `api_key` varchar(64),\n  PRIMARY KEY (`id`),\n  KEY `n` (`name`)\n) ENGINE=InnoDB;\nLOCK TABLES `accounts` WRITE;\nINSERT INTO `accounts` VALUES %s;\nUNLOCK TABLES;\nINSERT INTO `shop`.`wp_options` (`option_id`, `option_name`, `option_value`, `autoload`) VALUES\n%s;\n" % (",".join(rows), ",\n".join(options)))

# pg_dump: COPY, and UPDATE by hand.
a, b, c = v("dump-pg1"), v("dump-pg2"), v("dump-pgup")
write("pg.sql", "--\n-- PostgreSQL database dump\n--\nSET statement_timeout = 0;\nCREATE FUNCTION f() RETURNS text AS $_$ SELECT 'it' || '''' $_$ LANGUAGE sql;\nCREATE TABLE public.creds (id integer, secret_access_key text, region text, access_key_id text);\nCOPY public.creds (id, secret_access_key, region, access_key_id) FROM stdin;\n1\t%s\teu\t%s\n2\t\\N\tus\t\\N\n3\t%s\t\\N\t%s\n\\.\n\nUPDATE public.settings SET access_key = '%s', secret = E'%s' WHERE id = 4;\n" % (a[1], a[0], b[1], b[0], c[0], c[1]))
# SQL Server Management Studio, as UTF-16.
a, b = v("dump-ms1"), v("dump-ms2")
text = "USE [shop]\r\nGO\r\nSET IDENTITY_INSERT [dbo].[Keys] ON \r\nGO\r\n" + "".join("INSERT [dbo].[Keys] ([Id], [Access Key], [Secret Key], [Created]) VALUES (%d, N'%s', N'%s', CAST(N'2024-01-01' AS DateTime))\r\nGO\r\n" % (n, *p) for n, p in enumerate((a, b)))
open(os.path.join(out, "script.sql"), "wb").write(b"\xff\xfe" + text.encode("utf-16le"))

# Tables of text.
a, b = v("csv-user1"), v("csv-user2")
write("credentials.csv", "\ufeffUser name,Password,Access key ID,Secret access key,Console login link\r\nann,,%s,%s,https://1.signin.aws.amazon.com/console\r\nbob,\"p,1\",%s,%s,\r\n" % (*a, *b))
write("accessKeys.csv", "Access key ID,Secret access key\n%s,%s\n" % v("csv-one"))
f = io.StringIO(newline="")
w = csv.writer(f, delimiter=";")
w.writerow(["service", "note", "secret", "checksum", "key"])
for i in range(500):
    id, secret = v("csv-semi%d" % i) if i in (4, 400) else ("", "")
    w.writerow(["s%d" % i, "two\nlines \"q\"; %d" % i, secret, value("hash", "data-csv%d" % i) if i == 5 else "", id])
write("services.csv", f.getvalue())
a, b = v("csv-kv-prod"), v("csv-kv-test")
write("env.tsv", "Name\tValue\nPROD_AWS_ACCESS_KEY_ID\t%s\nTEST_AWS_SECRET\t%s\n%s\nTEST_AWS_KEY\t%s\nPROD_AWS_SECRET_ACCESS_KEY\t%s\n" % (a[0], b[1], "\n".join("opt%d\t%s" % (i, "x" * 60) for i in range(60)), b[0], a[1]))
write("plain.csv", "".join("%s,%s\n" % v("csv-bare%d" % i) for i in range(3)))

# Pickles of all protocols.
class Client:
    def __init__(self, n):
        self.region, self.access_key, self.secret_key = "eu", *v(n)
Client.__module__ = "shop"
sys.modules["shop"] = sys.modules["__main__"]
for protocol in range(6):
    n = "pickle%d-" % protocol
    ids = {k: v(n + k) for k in ("dict", "far", "tup1", "tup2", "obj1", "obj2")}
    data = {
        "aws": {"access_key": ids["dict"][0], "debug": True, "secret_key": ids["dict"][1]},
        "checksum": value("hash", "data-" + n), "id": value("decoy-id", "x"),
        "clients": [Client(n + "obj1"), Client(n + "obj2")],
        "pairs": [ids["tup1"], ids["tup2"]],
        "backup": {"AWS_SECRET_ACCESS_KEY": ids["far"][1], "pad": ["x%d" % i * 20 for i in range(500)], "AWS_ACCESS_KEY_ID": ids["far"][0]},
    }
    with open(os.path.join(out, "state-%d.pkl" % protocol), "wb") as f:
        pickle.dump(data, f, protocol)
with zipfile.ZipFile(os.path.join(out, "model.pt"), "w") as z:
    z.writestr(zipfile.ZipInfo("model/data.pkl"), pickle.dumps({"hparams": dict(zip(("key_id", "secret"), v("pickle-torch")))}, 2))
P
for compress in yes no; do
  redis-server --port 0 --unixsocket "$work/redis.sock" --dir "$work" --dbfilename dump.rdb --rdbcompression $compress --save "" --daemonize yes --pidfile "$work/redis.pid" --logfile "$work/redis.log" > /dev/null
  python3 - "$work/redis.sock" $compress <<'P'
import socket, sys, time
from plant import value
path, how = sys.argv[1:]
def v(n): return value("id", "data-redis-%s-%s" % (how, n)), value("secret", "data-redis-%s-%s" % (how, n))
for _ in range(100):
    try:
        s = socket.socket(socket.AF_UNIX); s.connect(path); break
    except OSError:
        time.sleep(0.05)
def run(*args):
    s.sendall(b"*%d\r\n" % len(args) + b"".join(b"$%d\r\n%s\r\n" % (len(a.encode()), a.encode()) for a in map(str, args)))
    r = s.recv(4096)
    assert not r.startswith(b"-"), r
a = v("str"); run("SET", "aws:prod:access_key", a[0]); run("SET", "aws:prod:secret_key", a[1])
a = v("test"); run("SET", "aws:test:secret_key", a[1], "EX", 100000); run("SET", "aws:test:access_key", a[0])
a = v("hash"); run("HSET", "session:1", "user", "ann", "aws_access_key", a[0], "aws_secret_key", a[1])
a = v("big"); run("HSET", "session:2", "aws_secret", a[1], "aws_key", a[0], *(x for i in range(700) for x in ("f%d" % i, "x" * 80)))
a = v("list"); run("RPUSH", "queue", "job", *a)
a = v("json"); run("SET", "config", '{"note": "%s", "aws": {"accessKeyId": "%s", "secretAccessKey": "%s"}}' % ("y" * 300, *a))
run("SADD", "numbers", 1, 2, 3); run("SADD", "members", "ann", value("hash", "data-redis-sum")); run("ZADD", "scores", 1, "x", 2.5, "y")
a = v("stream"); run("XADD", "events", "*", "key", a[0], "secret", a[1]); run("XGROUP", "CREATE", "events", "g", "0")
run("SET", "number", 12345); run("SELECT", 3); run("SET", "other", "x" * 500)
s.sendall(b"*1\r\n$4\r\nSAVE\r\n"); s.recv(4096)
s.sendall(b"*2\r\n$8\r\nSHUTDOWN\r\n$6\r\nNOSAVE\r\n"); s.recv(4096)
P
  mv "$work/dump.rdb" "$out/dump-$compress.rdb"
done
# An append-only file, commands of several keys in turn.
redis-server --port 0 --unixsocket "$work/aof.sock" --dir "$work" --appendonly yes --aof-use-rdb-preamble no --save "" --daemonize yes --pidfile "$work/aof.pid" --logfile "$work/aof.log" > /dev/null
python3 - "$work/aof.sock" <<'P'
import socket, sys, time
from plant import value
def v(n): return value("id", "data-aof-" + n), value("secret", "data-aof-" + n)
for _ in range(100):
    try:
        s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); break
    except OSError:
        time.sleep(0.05)
def run(*args):
    s.sendall(b"*%d\r\n" % len(args) + b"".join(b"$%d\r\n%s\r\n" % (len(a.encode()), a.encode()) for a in map(str, args)))
    assert not s.recv(4096).startswith(b"-")
p, t, h, l = v("prod"), v("test"), v("hash"), v("list")
run("SET", "aws:prod:access_key", p[0]); run("SET", "aws:test:access_key", t[0]); run("SET", "sum", value("hash", "data-aof"))
run("SET", "aws:prod:secret_key", p[1]); run("SET", "aws:test:secret_key", t[1], "EX", 100000)
run("HSET", "session:1", "key", h[0], "sum", value("hash", "data-aof-2")); run("RPUSH", "queue", l[0], l[1]); run("HSET", "session:1", "secret", h[1])
s.sendall(b"*2\r\n$8\r\nSHUTDOWN\r\n$6\r\nNOSAVE\r\n"); s.recv(4096)
P
cp "$work"/appendonlydir/*.incr.aof "$out/appendonly.aof"
