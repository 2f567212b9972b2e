#!/usr/bin/env bash
# Checks with dexdump and unzip that everything expected.tsv names is in the package, at that very place and nowhere else.
#
#   verify.sh [APK]             demo.apk of this folder unless given
#
# Needs python3 and the Debian packages dexdump, unzip, zipalign, apksigner. Exit status 0 when all is as expected.
set -euo pipefail
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
apk=${1:-$here/demo.apk}
missing=()
for tool in python3 dexdump unzip zipalign apksigner; do
  command -v $tool >/dev/null || missing+=($tool)
done
[ ${#missing[@]} -eq 0 ] || { echo "verify: missing: apt-get install --no-install-recommends ${missing[*]}" >&2; exit 1; }
[ -s "$apk" ] || { echo "verify: no $apk: run build.sh" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unzip -q "$apk" -d "$work/apk"
unzip -q "$work/apk/assets/bundle.zip" -d "$work/bundle"
for dex in classes classes2; do
  dexdump -d "$work/apk/$dex.dex" >"$work/$dex.txt"
  dexdump -f "$work/apk/$dex.dex" >"$work/$dex.head"
done
unzip -v "$apk" >"$work/apk.list"
unzip -v "$work/apk/assets/bundle.zip" >"$work/bundle.list"
zipalign -c -p 4 "$apk" >/dev/null || { echo "verify: $apk is not aligned" >&2; exit 1; }
apksigner verify "$apk" >"$work/signature" 2>&1 || { echo "verify: bad signature" >&2; cat "$work/signature" >&2; exit 1; }

python3 - "$here" "$work" "$apk" <<'PY'
import base64
import csv
import json
import os
import re
import sys

here, work, apk = sys.argv[1:]
sys.path.insert(0, here)
import gen

wrong = []


def check(ok, message):
    if not ok:
        wrong.append(message)


def text(name):
    with open(os.path.join(work, name), encoding="utf-8", errors="replace") as f:
        return f.read()


def data(name):
    with open(os.path.join(work, name), "rb") as f:
        return f.read()


# What the code of a DEX file says, from dexdump's listing: the value of each field, the strings each method loads, and the
# arguments of its calls. Follows strings through registers and StringBuilder within a method; a few forms are enough here.
class Dex:
    def __init__(self, listing):
        self.fields, self.loads, self.calls = {}, {}, []
        cls = field = method = None
        result = None
        for line in listing.splitlines():
            if m := re.match(r"  Class descriptor  : 'L(.*);'", line):
                cls = m[1].replace("/", ".")
            elif m := re.match(r"      name          : '(.*)'", line):
                field = m[1]
            elif m := re.match(r"      value         : \"(.*)\"$", line):
                self.fields.setdefault(f"{cls}.{field}", []).append(m[1])
            elif m := re.match(r"[0-9a-f]{6}: +\|\[[0-9a-f]+\] .*\.([^.]+):\(", line):
                method, regs, result = f"{cls}.{m[1]}()", {}, None
            elif m := re.search(r"\|[0-9a-f]{4}: const-string(?:/jumbo)? (v\d+), \"(.*)\" // string@", line):
                regs[m[1]] = m[2]
                self.loads.setdefault(method, []).append(m[2])
            elif m := re.search(r"\|[0-9a-f]{4}: new-instance (v\d+), Ljava/lang/StringBuilder;", line):
                regs[m[1]] = ""
            elif m := re.search(r"\|[0-9a-f]{4}: [si]put-object (v\d+), (?:v\d+, )?L(.*?);\.(.*?):", line):
                if m[1] in regs:
                    self.fields.setdefault(f"{m[2]}.{m[3]}".replace("/", "."), []).append(regs[m[1]])
            elif m := re.search(r"\|[0-9a-f]{4}: invoke-\w+ \{(.*?)\}, (.*?):\(", line):
                args = [regs.get(r) for r in m[1].split(", ")]
                self.calls.append((method, m[2], args[1:]))
                if m[2] == "Ljava/lang/StringBuilder;.append" and args[0] is not None:
                    result = regs[m[1].split(", ")[0]] = args[0] + (args[1] or "")
                else:
                    result = args[0] if m[2] == "Ljava/lang/StringBuilder;.toString" else None
            elif m := re.search(r"\|[0-9a-f]{4}: move-result-object (v\d+)", line):
                regs.pop(m[1], None)
                if result is not None:
                    regs[m[1]] = result

    def sites_of(self, value):
        fields = {site for site, values in self.fields.items() if value in values}
        methods = {m for m, strings in self.loads.items() if value in strings}
        # a string that a method only loads to put it into a field of its class is at the field
        return fields | {m for m in methods if not any(f.rsplit(".", 1)[0] == m.rsplit(".", 1)[0] for f in fields)}


dexes = {name: Dex(text(name.replace(".dex", ".txt"))) for name in ("classes.dex", "classes2.dex")}
blobs = {}
for top, folder in (("", "apk"), ("assets/bundle.zip!", "bundle")):
    for at, _, names in os.walk(os.path.join(work, folder)):
        for name in names:
            path = os.path.relpath(os.path.join(at, name), work)
            blobs[top + os.path.relpath(path, folder)] = data(path)


def method_of(list_name, entry):
    for line in text(list_name).splitlines():
        words = line.split()
        if words and words[-1] == entry:
            return words[1]
    return "absent"


config = json.loads(blobs["assets/config.json"])


def pointer(value, path):
    for step in path.split("/")[1:]:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def lines_of(place, section=None):
    found, at = {}, None
    for line in blobs[place].decode().splitlines():
        if m := re.match(r"\[(.*)\]$", line):
            at = m[1]
        elif at == section and "=" in line and line[0] not in "#;":
            key, value = line.split("=", 1)
            found[key.strip()] = value.strip()
    return found


def at_site(name, what, place, site, want):
    where = f"{name}: {what} is not at {place} {site}"
    if place in dexes:
        dex = dexes[place]
        if name == "base64-blob":
            decoded = [base64.b64decode(v) for v in dex.fields.get(site, [])]
            form = '{"accessKeyId":"%s","secretAccessKey":"%s","region":"eu-west-1"}'
            full = form % (gen.access_key_id(name), gen.secret_access_key(name))
            check(decoded == [full.encode()], where)
            check(dex.sites_of(gen.value("b64json", name)) == {site}, f"{name}: the blob is elsewhere too")
        elif site.endswith("()"):
            check(want in dex.loads.get(site, []), where)
        else:
            check(dex.fields.get(site) == [want], where)
        if name not in ("base64-blob", "builder-halves"):
            check(dex.sites_of(want) == {site}, f"{name}: {what} is at {sorted(dex.sites_of(want))}, not only at {site}")
    elif place.endswith(".json"):
        check(pointer(config, site) == want, where)
    elif place.endswith(".ini"):
        check(lines_of(place, "default").get(site) == want, where)
    else:
        check(lines_of(place).get(site) == want, where)
    # in plain bytes: in that file and in no other; what is put together at run time in none
    plain = [] if name in ("base64-blob", "builder-halves") else [place]
    has = sorted(path for path, blob in blobs.items() if want.encode() in blob)
    check(has == plain, f"{name}: {what} stands in {has}, not in {plain}")


with open(os.path.join(here, "expected.tsv"), encoding="utf-8", newline="") as f:
    rows = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
check([r["name"] for r in rows] == gen.PAIRS + gen.LONE + [gen.DOCUMENTED], "expected.tsv names other pairs than gen.py")
seen = set()
for r in rows:
    at_site(r["name"], "the id", r["place"], r["id_site"], gen.access_key_id(r["name"]))
    seen.add(gen.access_key_id(r["name"]))
    if r["secret_site"] != "-":
        at_site(r["name"], "the secret", r["place"], r["secret_site"], gen.secret_access_key(r["name"]))
sites = {r["name"]: r["id_site"] for r in rows}

# what expected.tsv says only in its notes
dex = dexes["classes.dex"]
for name in ("sdk-constructor", "two-pairs-c", "two-pairs-d"):
    call = (sites[name], "Lcom/amazonaws/auth/BasicAWSCredentials;.<init>", [gen.access_key_id(name), gen.secret_access_key(name)])
    check(call in dex.calls, f"{name}: not arguments of one constructor call")
for key, want in (("accessKey", gen.access_key_id("map-entries")), ("secretKey", gen.secret_access_key("map-entries"))):
    call = (sites["map-entries"], "Ljava/util/Map;.put", [key, want])
    check(call in dex.calls, f"map-entries: no Map.put of {key}")
halves = dex.loads["com.example.demo.auth.LegacyCredentials.load()"]
key_id, secret = gen.access_key_id("builder-halves"), gen.secret_access_key("builder-halves")
check(halves == [key_id[:9], key_id[9:], secret[:17], secret[17:]], "builder-halves: not in halves")
manifest = "com.example.demo.update.AssetManifest."
check(dex.fields.get(manifest + "COMMIT_SHA1") == [gen.noise("sha1", "lone-id")], "lone-id: no SHA-1 beside it")
check(dex.fields.get(manifest + "CONTENT_HASH") == [gen.noise("hash", "lone-id")], "lone-id: no hash beside it")
check(method_of("apk.list", "assets/aws.ini") == "Stored", "stored-asset: not stored")
check(method_of("apk.list", "assets/config.json") == "Defl:N", "asset-json: not deflated")
check(method_of("apk.list", "assets/bundle.zip") == "Defl:N", "nested-zip: bundle.zip is not deflated")
check(method_of("bundle.list", "inner/credentials.properties") == "Defl:N", "nested-zip: not deflated")

# nothing else that looks like an access key id, and a plausible package
shape = re.compile(rb"(?:AKIA|ASIA)[A-Z0-9]{16}")
for path, blob in sorted(blobs.items()):
    for found in shape.findall(blob):
        check(found.decode() in seen, f"{path}: unexpected {found.decode()}")
strings = int(re.search(r"string_ids_size\s*: (\d+)", text("classes.head"))[1])
check(strings > 500, f"only {strings} strings in classes.dex")
check(os.path.getsize(apk) < 300_000, "the package is too large")

# no key in any text of this folder
values = {gen.value("b64json", "base64-blob")} | seen
values |= {gen.secret_access_key(name) for name in gen.PAIRS + [gen.DOCUMENTED]}
for at, _, names in os.walk(here):
    for name in names:
        if not name.endswith((".apk", ".pyc")):
            path = os.path.join(at, name)
            with open(path, "rb") as f:
                blob = f.read()
            check(not shape.search(blob), f"{path}: an access key id in the sources")
            check(not any(v.encode() in blob for v in values), f"{path}: a planted value in the sources")

for message in wrong:
    print(f"verify: {message}", file=sys.stderr)
if wrong:
    sys.exit(1)
print(f"verify: {len(rows)} entries of expected.tsv are where they should be; {strings} strings in classes.dex, {os.path.getsize(apk)} bytes")
PY
