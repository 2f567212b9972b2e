#!/usr/bin/env python3
"""The values that test recipes plant, made up from names: no committed text holds a key.

  plant.py value KIND NAME       one value
  plant.py render IN OUT         a template, or a folder of them, with its markers replaced

A marker is `@{kind:name}` or, for a slice of the value, `@{kind:name:from:to}`. Kinds: `id` and `secret` are the AWS pair
of that name (defined in demo-app/gen.py and computed anew in tests/util/demo.rs); `hash` is 40 characters that look like a
secret and are none; `sha1`, `sha256`, `uuid` are what they say; `decoy-id` and `decoy-secret` are the pair of AWS's own
documentation; `idhex` and `secrethex` are the pair in hexadecimal, `idb64` and `secretb64` in base64.
From Python: `from plant import value, render`.
"""
import base64
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "demo-app"))
import gen  # noqa: E402


def value(kind, name):
    if kind in ("id", "idhex", "idb64"):
        plain = gen.access_key_id(name)
    elif kind in ("secret", "secrethex", "secretb64"):
        plain = gen.secret_access_key(name)
    elif kind == "decoy-id":
        return gen.access_key_id(gen.DOCUMENTED)
    elif kind == "decoy-secret":
        return gen.secret_access_key(gen.DOCUMENTED)
    else:
        return gen.noise(kind, name)
    if kind.endswith("hex"):
        return plain.encode().hex()
    if kind.endswith("b64"):
        return base64.b64encode(plain.encode()).decode()
    return plain


def render(text, where=""):
    def one(m):
        kind, name, low, high = m.groups()
        v = value(kind, name)
        return v if low is None else v[int(low or 0) : int(high) if high else None]

    return gen.re.sub(r"@\{([a-z0-9-]+):([^}:]+)(?::(\d*):(\d*))?\}", one, text)


def render_file(source, target):
    os.makedirs(os.path.dirname(os.path.abspath(target)), exist_ok=True)
    with open(source, "rb") as f:
        data = f.read()
    try:
        data = render(data.decode(), source).encode()
    except UnicodeDecodeError:
        pass
    with open(target, "wb") as f:
        f.write(data)
    shutil.copymode(source, target)


def main():
    if sys.argv[1:2] == ["value"] and len(sys.argv) == 4:
        print(value(*sys.argv[2:]))
    elif sys.argv[1:2] == ["render"] and len(sys.argv) == 4:
        source, target = sys.argv[2:]
        if os.path.isfile(source):
            return render_file(source, target)
        for at, folders, names in os.walk(source):
            folders.sort()
            for name in sorted(names):
                path = os.path.join(at, name)
                render_file(path, os.path.join(target, os.path.relpath(path, source)))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
