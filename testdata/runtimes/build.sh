#!/usr/bin/env bash
# Builds what JavaScript becomes: Hermes bytecode of six versions, bundles, source maps, RAM bundles, Electron archives,
# V8 code caches, single executables. Tools come from npm and are kept in target/tools.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
out=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tools=$root/target/tools/runtimes
mkdir -p "$tools"
plant() { python3 "$root/testdata/plant.py" render "$@"; }
hide() { # FILE: BACKWARDS(abc) becomes "cba", CODES(abc) String.fromCharCode(97, 98, 99)
    python3 - "$1" <<'PYTHON'
import re, sys
text = open(sys.argv[1]).read()
text = re.sub(r"BACKWARDS\((.*?)\)", lambda m: '"' + m[1][::-1] + '"', text)
text = re.sub(r"CODES\((.*?)\)", lambda m: "String.fromCharCode(" + ", ".join(str(ord(c)) for c in m[1]) + ")", text)
open(sys.argv[1], "w").write(text)
PYTHON
}

# --- Tools -------------------------------------------------------------------------------------------
# The registry answers with an error now and then: three tries, and what npm said if all fail.
fetched() { # FOLDER COMMAND...: runs it in a new folder that takes FOLDER's place if all went well
    local dir=$1 new=$1.new try
    shift
    [ ! -e "$dir" ] || return 0
    for try in 1 2 3; do
        rm -rf "$new"
        mkdir -p "$new"
        if (cd "$new" && "$@") >"$new.log" 2>&1; then
            mv -T "$new" "$dir"
            return 0
        fi
        printf 'testdata/runtimes: %s, try %s of 3: %s\n' "$*" "$try" "$(tail -n 20 "$new.log")" >&2
        sleep "$((try * 3))"
    done
    return 1
}
compiler_only() { # PACKAGE@VERSION
    npm pack --loglevel=error "$1" && tar xzf ./*.tgz --wildcards '*linux64-bin/hermesc' && rm ./*.tgz
}
hermesc() { # PACKAGE VERSION: the path of its compiler
    fetched "$tools/$1-$2" compiler_only "$1@$2" && find "$tools/$1-$2" -name hermesc -type f
}
fetched "$tools/node" npm install --loglevel=error --no-audit --no-fund --prefix . \
    esbuild@0.21.5 webpack@5.91.0 webpack-cli@5.1.4 @electron/asar@3.2.10 bytenode@1.5.6
bin=$tools/node/node_modules/.bin

# --- Hermes ------------------------------------------------------------------------------------------
hermes() { # NAME PACKAGE VERSION OPTIONS...
    local name=$1 compiler
    compiler=$(hermesc "$2" "$3")
    shift 3
    sed "s/VER/$name/g" "$here/hermes/index.js" >"$work/$name.js.in"
    plant "$work/$name.js.in" "$work/$name.js"
    hide "$work/$name.js"
    "$compiler" "$@" -w -emit-binary -out "$out/$name.hbc" "$work/$name.js"
}
hermes hbc76 hermes-engine 0.7.2 -O
hermes hbc84 hermes-engine 0.11.0 -O
hermes hbc89 hermes-engine-cli 0.12.0 -O -g
hermes hbc96 hermes-compiler 0.16.0 -O
hermes hbc96g hermes-compiler 0.16.0 -O0
hermes hbc98 hermes-compiler 250829098.0.19 -O
hermes hbc99 hermes-compiler 260318099.0.6 -O
sed "s/hbc96/ipa96/g" "$work/hbc96.js.in" >"$work/ipa.js.in"
plant "$work/ipa.js.in" "$work/ipa.js"
hide "$work/ipa.js"
mkdir -p "$work/ipa/Payload/Shop.app"
"$(hermesc hermes-compiler 0.16.0)" -O -w -emit-binary -out "$work/ipa/Payload/Shop.app/main.jsbundle" "$work/ipa.js"
(cd "$work/ipa" && python3 -c "import zipfile; z = zipfile.ZipFile('$out/shop.ipa', 'w', zipfile.ZIP_DEFLATED); z.write('Payload/Shop.app/main.jsbundle')")

# --- Bundles of the web app --------------------------------------------------------------------------
web() { # KIND: its sources
    mkdir -p "$work/$1/src"
    for f in "$here"/web/src/*.js; do
        sed "s/KIND/$1/g" "$f" >"$work/one.in"
        plant "$work/one.in" "$work/$1/src/$(basename "$f")"
    done
}
web min && "$bin/esbuild" --log-level=error --bundle --minify "$work/min/src/index.js" --outfile="$out/app.min.js"
web map && "$bin/esbuild" --log-level=error --bundle --minify --sourcemap=external "$work/map/src/index.js" --outfile="$work/map/app.js"
mkdir -p "$out/maps" && cp "$work/map/app.js" "$work/map/app.js.map" "$out/maps/"
web inline && "$bin/esbuild" --log-level=error --bundle --minify --sourcemap=inline "$work/inline/src/index.js" --outfile="$out/inline.js"
web eval && (cd "$work/eval" && "$bin/webpack" --mode development --devtool eval -o "$work/eval/dist" ./src/index.js >/dev/null && cp dist/main.js "$out/eval.js")
web evalmap && (cd "$work/evalmap" && "$bin/webpack" --mode development --devtool eval-source-map -o "$work/evalmap/dist" ./src/index.js >/dev/null && cp dist/main.js "$out/eval-source-map.js")
web prod && (cd "$work/prod" && "$bin/webpack" --mode production --devtool source-map -o "$work/prod/dist" ./src/index.js >/dev/null && cp dist/main.js.map "$out/webpack.js.map")
python3 "$here/bundles.py" "$out" "$work"

# --- Electron ----------------------------------------------------------------------------------------
plant "$here/electron" "$work/electron"
"$bin/asar" pack "$work/electron" "$out/app.asar" --unpack '*.node'
rm -rf "$out/app.asar.unpacked"

# --- V8 code cache, single executable ----------------------------------------------------------------
plant "$here/server.js" "$work/server.js"
cp "$work/server.js" "$work/jsc.js" && sed -i 's/SERVER/jsc/' "$work/jsc.js"
(cd "$work" && NODE_PATH="$tools/node/node_modules" node -e 'require("bytenode").compileFile({ filename: "jsc.js", output: process.argv[1], compileAsModule: true })' "$out/server.jsc")
plant "$here/sea.js" "$work/sea.js"
(cd "$work" && echo '{ "main": "sea.js", "output": "sea.blob", "disableExperimentalSEAWarning": true }' >sea.json && node --experimental-sea-config sea.json >/dev/null 2>&1)
cat /bin/true "$work/sea.blob" >"$out/sea"
