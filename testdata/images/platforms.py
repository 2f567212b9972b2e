"""An OCI layout with a nested index of two platforms: both have the first layer, only arm64 has the second,
which deletes files of the first. `platforms.py ONE TWO OUT ID SECRET`."""
import gzip
import hashlib
import json
import os
import sys

one, two, out, key, secret = sys.argv[1:]
os.makedirs(f"{out}/blobs/sha256")


def blob(data, media, **more):
    digest = hashlib.sha256(data).hexdigest()
    with open(f"{out}/blobs/sha256/{digest}", "wb") as f:
        f.write(data)
    return {"mediaType": media, "digest": f"sha256:{digest}", "size": len(data), **more}


def document(value, media, **more):
    return blob(json.dumps(value, indent=2).encode(), media, **more)


oci = "application/vnd.oci.image."
tars = [open(path, "rb").read() for path in (one, two)]
layers = [blob(gzip.compress(tar, mtime=0), oci + "layer.v1.tar+gzip") for tar in tars]
ids = ["sha256:" + hashlib.sha256(tar).hexdigest() for tar in tars]
foreign = {
    "mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    "digest": "sha256:" + "0" * 64,
    "size": 12345,
    "urls": ["https://example.org/layer"],
}


def image(architecture, count, env, before=()):
    steps = [{"created_by": "base"} for _ in before] + [{"created_by": f"COPY {n} /"} for n in range(count)]
    config = document(
        {
            "architecture": architecture,
            "os": "linux",
            "config": {"Env": env},
            "rootfs": {"type": "layers", "diff_ids": ids[:count]},
            "history": steps + [{"created_by": "ENV", "empty_layer": True}],
        },
        oci + "config.v1+json",
    )
    manifest = {"schemaVersion": 2, "config": config, "layers": [*before, *layers[:count]]}
    platform = {"os": "linux", "architecture": architecture}
    return document(manifest, oci + "manifest.v1+json", platform=platform)


env = [f"AWS_ACCESS_KEY_ID={key}", f"AWS_SECRET_ACCESS_KEY={secret}"]
absent = {**layers[0], "mediaType": oci + "manifest.v1+json", "digest": "sha256:" + "1" * 64,
          "platform": {"os": "linux", "architecture": "s390x"}}
manifests = [image("amd64", 1, env), image("arm64", 2, [], [foreign]), absent]
nested = document({"schemaVersion": 2, "manifests": manifests}, oci + "index.v1+json",
                  annotations={"org.opencontainers.image.ref.name": "app:2"})
with open(f"{out}/index.json", "w") as f:
    json.dump({"schemaVersion": 2, "manifests": [nested]}, f)
with open(f"{out}/oci-layout", "w") as f:
    json.dump({"imageLayoutVersion": "1.0.0"}, f)
