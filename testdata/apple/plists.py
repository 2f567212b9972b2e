#!/usr/bin/env python3
"""Property lists of all kinds: OUT/*.plist and the app OUT/Shop.ipa.

Binary lists by plistlib; keyed archives as Foundation writes them (references by UID, NS.keys and NS.objects, one $null,
strings shared), by `Archiver`; nibs as ibtool compiles them, by `nib`: Apple's own tools run nowhere but on a Mac."""
import os
import plistlib
import struct
import subprocess
import sys
import zipfile
from plistlib import FMT_BINARY, FMT_XML, UID

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plant import value  # noqa: E402

out = sys.argv[1]
N = "apple-"


def i(name):
    return value("id", N + name)


def s(name):
    return value("secret", N + name)


def h(name):
    return value("hash", N + name)


def binary(v, **more):
    return plistlib.dumps(v, fmt=FMT_BINARY, sort_keys=False, **more)


def write(name, data):
    if isinstance(data, str):
        data = data.encode()
    with open(os.path.join(out, name), "wb") as f:
        f.write(data)


class Archiver:
    def __init__(self):
        self.objects = ["$null"]
        self.classes, self.strings = {}, {}

    def add(self, v):
        self.objects.append(v)
        return UID(len(self.objects) - 1)

    def cls(self, *names):
        if names not in self.classes:
            self.classes[names] = self.add({"$classes": list(names), "$classname": names[0]})
        return self.classes[names]

    def put(self, v):
        if v is None:
            return UID(0)
        if isinstance(v, str):
            if v not in self.strings:
                self.strings[v] = self.add(v)
            return self.strings[v]
        if isinstance(v, Mutable):
            at = self.add(None)
            self.objects[at.data] = {"NS.string": str(v.text), "$class": self.cls("NSMutableString", "NSString", "NSObject")}
            return at
        if isinstance(v, dict):
            at = self.add(None)
            keys, values = [self.put(k) for k in v], [self.put(x) for x in v.values()]
            self.objects[at.data] = {"NS.keys": keys, "NS.objects": values, "$class": self.cls("NSDictionary", "NSObject")}
            return at
        if isinstance(v, list):
            at = self.add(None)
            self.objects[at.data] = {"NS.objects": [self.put(x) for x in v], "$class": self.cls("NSArray", "NSObject")}
            return at
        if isinstance(v, Thing):
            at = self.add(None)
            fields = {k: x if isinstance(x, (int, bool, bytes)) else self.put(x) for k, x in v.fields.items()}
            self.objects[at.data] = {**fields, "$class": self.cls(v.name, "NSObject")}
            return at
        return self.add(v)

    def dump(self, **top):
        top = {k: self.put(v) for k, v in top.items()}
        return binary({"$version": 100000, "$archiver": "NSKeyedArchiver", "$top": top, "$objects": self.objects})


class Mutable:
    def __init__(self, text):
        self.text = text


class Thing:
    def __init__(self, name, **fields):
        self.name, self.fields = name, fields


def varint(n):
    data = b""
    while n > 127:
        data += bytes([n & 127])
        n >>= 7
    return data + bytes([n | 128])


def nib(objects):
    """`objects`: (class, [(key, value)]); values: bytes, or the number of an object."""
    keys, classes, values, table = [], [], b"", b""
    count = 0
    for name, members in objects:
        classes.append(name) if name not in classes else None
        table += varint(classes.index(name)) + varint(count) + varint(len(members))
        for key, v in members:
            keys.append(key) if key not in keys else None
            values += varint(keys.index(key))
            if isinstance(v, bytes):
                values += b"\x08" + varint(len(v)) + v
            elif v is True:
                values += b"\x04"
            else:
                values += b"\x0a" + struct.pack("<I", v)
            count += 1
    key_table = b"".join(varint(len(k)) + k.encode() for k in keys)
    class_table = b"".join(varint(len(c) + 1) + varint(0) + c.encode() + b"\0" for c in classes)
    at = 50
    head = struct.pack("<II", 1, 9)
    for n, part in [(len(objects), table), (len(keys), key_table), (count, values), (len(classes), class_table)]:
        head += struct.pack("<II", n, at)
        at += len(part)
    return b"NIBArchive" + head + table + key_table + values + class_table


# Dictionaries.
info = {
    "CFBundleIdentifier": "com.shop.app",
    "AWS": {"AccessKey": i("bp-info"), "Region": "eu-west-1", "SecretKey": s("bp-info"), "Checksum": h("bp-info")},
    "Environments": {
        "production": {"aws_access_key_id": i("bp-prod"), "bucket": "shop", "aws_secret_access_key": s("bp-prod")},
        "staging": {"aws_access_key_id": i("bp-staging"), "bucket": "shop-staging", "aws_secret_access_key": s("bp-staging")},
    },
    "Uploaders": [
        {"name": "images", "id": i("bp-list-a"), "secret": s("bp-list-a")},
        {"name": "video", "id": i("bp-list-b"), "secret": s("bp-list-b")},
    ],
    "Credentials": [i("bp-array"), s("bp-array"), "eu-west-1"],
    "Filler": ["text %d that keeps neighbours apart, some forty bytes" % n for n in range(80)],
}
write("info.plist", binary(info))
write("sorted.plist", plistlib.dumps({"ids": {"prod": i("bp-split-prod"), "test": i("bp-split-test")}, "secrets": {"test": s("bp-split-test"), "prod": s("bp-split-prod")}, "filler": info["Filler"]}, fmt=FMT_BINARY, sort_keys=True))
write("wide.plist", binary({"Konto": {"Notiz": "Schlüssel der Übertragung", "accessKey": i("bp-wide"), "secretKey": s("bp-wide"), "alles": "größe " + h("bp-wide")}}))
# Settings.bundle: the name stands beside the value.
root = {"PreferenceSpecifiers": [
    {"Type": "PSTextFieldSpecifier", "Title": "Access key", "Key": "aws_access_key", "DefaultValue": i("bp-settings")},
    {"Type": "PSTextFieldSpecifier", "Title": "Build", "Key": "build_checksum", "DefaultValue": h("bp-settings")},
    {"Type": "PSTextFieldSpecifier", "Title": "Secret", "Key": "aws_secret_key", "DefaultValue": s("bp-settings")}]}
write("Root.plist", binary(root))
# A list in the data of a list, and text in data.
inner = binary({"aws": {"accessKeyId": i("bp-nested"), "secretAccessKey": s("bp-nested")}})
write("nested.plist", binary({"version": 3, "payload": inner, "blob": b"\0\1\2\3" * 9}))
write("data.plist", binary({"config": ('{"accessKeyId":"%s","secretAccessKey":"%s"}' % (i("bp-data"), s("bp-data"))).encode()}))

# Keyed archives.
a = Archiver()
write("archive.plist", a.dump(root={
    "credentials": {"accessKey": i("ka-dict"), "checksum": h("ka-dict"), "secretKey": s("ka-dict")},
    "filler": info["Filler"],
    "accounts": [
        Thing("SHAccount", title="main", accessKey=i("ka-object-main"), secretKey=s("ka-object-main"), active=True),
        Thing("SHAccount", title="backup", accessKey=i("ka-object-backup"), secretKey=Mutable(s("ka-object-backup")), active=False),
    ],
}))
a = Archiver()
write("archive-roots.plist", a.dump(accessKey=i("ka-roots"), secretKey=s("ka-roots"), date=[1, 2]))

# A nib: attributes set in Interface Builder, and texts of fields.
def string(text):
    return ("NSString", [("NS.bytes", text.encode())])


objects = [("NSObject", [("UINibKeyValuePairsKey", 1)]),
           ("NSArray", [("NSInlinedValue", True), ("UINibEncoderEmptyKey", 2), ("UINibEncoderEmptyKey", 3), ("UINibEncoderEmptyKey", 4)])]
for n, key in enumerate(["awsAccessKey", "buildChecksum", "awsSecretKey"]):
    objects.append(("UINibKeyValuePair", [("UIKeyPath", 5 + 2 * n), ("UIValue", 6 + 2 * n)]))
for key, v in [("awsAccessKey", i("nib-attributes")), ("buildChecksum", h("nib-attributes")), ("awsSecretKey", s("nib-attributes"))]:
    objects += [string(key), string(v)]
assert len(objects) == 11
write("Main.nib", nib(objects))

# Text.
xml = plistlib.dumps({"AWS": {"AccessKey": i("xml"), "Other": h("xml"), "SecretKey": s("xml")},
                      "List": [{"id": i("xml-list"), "secret": s("xml-list")}]}, fmt=FMT_XML, sort_keys=False)
write("xml.plist", xml)
write("xmldata.plist", plistlib.dumps({"payload": binary({"accessKey": i("xml-data"), "secretKey": s("xml-data")})}, fmt=FMT_XML))
openstep = """// settings of the uploader
{
    AWS = {
        AccessKey = %s;
        Region = "eu-west-1";
        Checksum = %s;
        /* rotated in May */
        SecretKey = "%s";
    };
    Environments = (
        { name = test; accessKey = "%s"; secretKey = "%s"; },
        { name = prod; accessKey = "%s"; secretKey = "%s"; }
    );
}
""" % (i("os-dict"), h("os-dict"), s("os-dict"), i("os-test"), s("os-test"), i("os-prod"), s("os-prod"))
write("openstep.plist", openstep)
strings = '/* Localised: Schlüssel */\n"app.name" = "Shop";\n"aws.accessKey" = "%s";\n"app.greeting" = "Guten \\"Tag\\"";\n"aws.secretKey" = "%s";\n"checksum" = "%s";\n'
write("Localizable.strings", strings % (i("strings"), s("strings"), h("strings")))
write("utf16.strings", b"\xff\xfe" + (strings % (i("strings-16"), s("strings-16"), h("strings-16"))).encode("utf-16-le"))
write("utf16be-nobom.strings", (strings.replace("ü", "u") % (i("strings-be"), s("strings-be"), h("strings-be"))).encode("utf-16-be"))
write("compiled.strings", binary({"app.name": "Shop", "aws.accessKey": i("strings-bin"), "aws.secretKey": s("strings-bin"), "checksum": h("strings-bin")}))

# A provisioning profile: a list in a signed message.
profile = plistlib.dumps({"AppIDName": "Shop", "Entitlements": {"aws-access-key": i("profile"), "aws-secret-key": s("profile"), "sum": h("profile")}}, fmt=FMT_XML)
work = os.path.join(out, "profile.tmp")
os.mkdir(work)
path = lambda n: os.path.join(work, n)  # noqa: E731
with open(path("in"), "wb") as f:
    f.write(profile)
run = lambda *a: subprocess.run(a, check=True, stderr=subprocess.DEVNULL)  # noqa: E731
run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test", "-keyout", path("k"), "-out", path("c"))
run("openssl", "cms", "-sign", "-nodetach", "-binary", "-in", path("in"), "-signer", path("c"), "-inkey", path("k"), "-outform", "DER", "-out", os.path.join(out, "embedded.mobileprovision"))
run("openssl", "cms", "-sign", "-nodetach", "-binary", "-stream", "-in", path("in"), "-signer", path("c"), "-inkey", path("k"), "-outform", "DER", "-out", os.path.join(out, "streamed.mobileprovision"))
for n in os.listdir(work):
    os.remove(path(n))
os.rmdir(work)

with zipfile.ZipFile(os.path.join(out, "Shop.ipa"), "w", zipfile.ZIP_DEFLATED) as z:
    def member(name, data):
        z.writestr(zipfile.ZipInfo("Payload/Shop.app/" + name, (2024, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)

    member("Info.plist", binary({"CFBundleIdentifier": "com.shop.app", "AWSAccess": {"CredentialsProvider": {"AccessKey": i("ipa-info"), "SecretKey": s("ipa-info")}}}))
    member("awsconfiguration.json", '{"Version":"1.0","CredentialsProvider":{"Static":{"AccessKeyId":"%s","SecretAccessKey":"%s"}}}' % (i("ipa-json"), s("ipa-json")))
    member("Settings.bundle/Root.plist", plistlib.dumps({"PreferenceSpecifiers": [
        {"DefaultValue": i("ipa-settings"), "Key": "aws_access_key", "Type": "PSTextFieldSpecifier"},
        {"DefaultValue": s("ipa-settings"), "Key": "aws_secret_key", "Type": "PSTextFieldSpecifier"}]}, fmt=FMT_XML, sort_keys=True))
    member("de.lproj/Localizable.strings", binary({"aws_access_key": i("ipa-strings"), "aws_secret_key": s("ipa-strings")}))
