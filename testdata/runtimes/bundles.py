"""Bundles that tools no longer write, or only for whole apps: a Metro bundle of 2 MB in one line, RAM bundles, source maps of maps."""
import json
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plant import value  # noqa: E402

out, work = sys.argv[1:]


def pair(name, key="accessKeyId", secret="secretAccessKey"):
    return '{region:"eu-west-1",%s:"%s",%s:"%s"}' % (key, value("id", name), secret, value("secret", name))


# What Metro writes in release builds without Hermes: modules in one line each, or all in one.
def filler(n):
    return '__d(function(g,r,i,a,m,e,d){var t=r(d[0]);m.exports=function(n){return t.map(function(t){return t+n*%d+"value %d"})}},%d,[%d]);' % (n, n, n, max(0, n - 1))


modules = [filler(n) for n in range(16000)]
modules[40] = '__d(function(g,r,i,a,m,e,d){Object.defineProperty(e,"__esModule",{value:!0}),e.default=void 0;e.default=%s},40,[]);' % pair("runtimes-metro-default")
modules[700] = "__d(function(g,r,i,a,m,e,d){var t=r(d[0]);t.config.update(%s),e.s3=new t.S3(%s)},700,[1]);" % (pair("runtimes-metro-update"), pair("runtimes-metro-s3"))
modules[9000] = '__d(function(g,r,i,a,m,e,d){m.exports={prod:%s,dev:%s}},9000,[]);' % (pair("runtimes-metro-prod", "key", "secret"), pair("runtimes-metro-dev", "key", "secret"))
modules[15000] = '__d(function(g,r,i,a,m,e,d){e.ACCESS_KEY="%s",e.SECRET_KEY="%s"},15000,[]);' % (value("id", "runtimes-metro-exports"), value("secret", "runtimes-metro-exports"))
bundle = "var __BUNDLE_START_TIME__=Date.now(),__DEV__=!1;" + "".join(modules) + "__r(0);"
assert len(bundle) > 1_900_000
with open(os.path.join(out, "index.android.bundle"), "w") as f:
    f.write(bundle)


# An indexed RAM bundle: metro, src/shared/output/RamBundle/buildSourcemapWithMetadata and as-indexed-file.
def ram(modules, startup):
    startup = startup.encode() + b"\0"
    table, body, at = b"", b"", len(startup)
    for module in modules:
        if module is None:
            table += struct.pack("<II", 0, 0)
            continue
        code = module.encode() + b"\0"
        table += struct.pack("<II", at, len(code))
        body += code
        at += len(code)
    return struct.pack("<III", 0xFB0BD1E5, len(modules), len(startup)) + table + startup + body


few = modules[:60]
few[3] = None
few[20] = "__d(function(g,r,i,a,m,e,d){m.exports=%s},20,[]);" % pair("runtimes-ram-module")
few[40] = few[3]
few[41] = "__d(function(g,r,i,a,m,e,d){m.exports=%s},41,[]);" % pair("runtimes-ram-other")
with open(os.path.join(out, "main.jsbundle"), "wb") as f:
    f.write(ram(few, "var __RAM__=%s;" % pair("runtimes-ram-startup")))

# Maps with sections, as Metro writes them for RAM bundles and bundlers for what they join.
source = "export const settings = {\n  accessKeyId: '%s',\n  note: \"Gr\u00fc\u00dfe\",\n  secretAccessKey: '%s',\n};\n"


def section(name, line):
    content = source % (value("id", name), value("secret", name))
    return {"offset": {"line": line, "column": 0}, "map": {"version": 3, "sources": ["webpack:///./src/%s.ts" % name, None], "names": ["settings"], "sourcesContent": [content, None], "mappings": "AAAA,SAASA", "x_google_ignoreList": [1]}}


with open(os.path.join(out, "sections.map"), "w") as f:
    json.dump({"version": 3, "file": "x", "sections": [section("runtimes-sections-one", 0), section("runtimes-sections-two", 9)]}, f, ensure_ascii=True)
