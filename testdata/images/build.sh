#!/usr/bin/env bash
# Container images as umoci and skopeo write them: an OCI layout as a folder and as a tar, what `docker save`
# writes, `dir:`, layers stored, in gzip and in zstd, an index of two platforms, and an old image whose
# second name for a layer is a link. No daemon is needed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export TZ=UTC PYTHONDONTWRITEBYTECODE=1 TMPDIR=$work
plant() { python3 "$here/../plant.py" value "$@"; }

# ini NAME FILE: a file with the pair of this name.
ini() {
  mkdir -p "$(dirname "$2")"
  cat >"$2.in" <<INI
[default]
aws_access_key_id = @{id:$1}
aws_secret_access_key = @{secret:$1}
commit = @{hash:$1}
INI
  python3 "$here/../plant.py" render "$2.in" "$2"
  rm "$2.in"
}
tar="tar --sort=name --mtime=@1 --owner=0 --group=0 --numeric-owner"
white() { mkdir -p "$(dirname "$1")"; : >"$(dirname "$1")/.wh.$(basename "$1")"; }

# The lowest layer, and two above it that delete, empty and write over what it has.
ini img-kept 1/etc/app.ini
ini img-deleted 1/etc/old.ini
ini img-over-1 1/etc/over.ini
ini img-opaque 1/opt/x/one.ini
ini img-folder 1/var/data/deep/app.ini
ini img-linked 1/srv/link-a.ini
ln 1/srv/link-a.ini 1/srv/link-b.ini
ini img-gone 1/srv/gone-a.ini
ln 1/srv/gone-a.ini 1/srv/gone-b.ini
white 2/etc/old.ini
ini img-over-2 2/etc/over.ini
mkdir -p 2/opt/x
: >2/opt/x/.wh..wh..opq
ini img-two 2/opt/x/two.ini
white 2/srv/link-a.ini
white 2/srv/gone-a.ini
white 3/srv/gone-b.ini
white 3/var/data
# The pair of the lowest layer again.
cp -r 1/etc/app.ini 3/copy.ini
for layer in 1 2 3; do $tar -C $layer -cf $layer.tar .; done

umoci init --layout app
umoci new --image app:1
umoci raw add-layer --image app:1 --history.created_by "COPY conf / # buildkit" 1.tar
umoci raw add-layer --image app:1 \
  --history.created_by "RUN |1 TOKEN=$(plant secret img-arg) /bin/sh -c rm -f /etc/old.ini" 2.tar
umoci config --image app:1 --architecture amd64 --os linux \
  --config.env "AWS_ACCESS_KEY_ID=$(plant id img-env)" \
  --config.env "AWS_SECRET_ACCESS_KEY=$(plant secret img-env)" \
  --config.label "org.example.commit=$(plant hash img-env)" \
  --history.created_by "RUN export AWS_ACCESS_KEY_ID=$(plant id img-history) AWS_SECRET_ACCESS_KEY=$(plant secret img-history) && make"
umoci raw add-layer --image app:1 --history.created_by "RUN rm -rf /var/data" 3.tar
umoci gc --layout app

cp -r app "$out/layout"
$tar -C app -cf "$out/layout.tar" .
mkdir save && cd save
skopeo copy -q oci:../app:1 docker-archive:"$out/saved.tar":example.org/app:1
skopeo copy -q oci:../app:1 oci-archive:"$out/archive.tar":1
skopeo copy -q oci:../app:1 dir:"$out/dir"
skopeo copy -q --dest-compress-format zstd --dest-compress oci:../app:1 oci:zstd:1
cp -r zstd "$out/zstd"
cd ..
# An image in another archive; and unpacked by hand.
mkdir outer && cp "$out/saved.tar" outer/
(cd outer && tar -cf - saved.tar | gzip -nc >"$out/outer.tar.gz")
mkdir "$out/unpacked" && tar -xf "$out/saved.tar" -C "$out/unpacked"
find "$out/unpacked" -type l -delete

# Two platforms with a layer in common; one deletes what the other shows. A third is listed and not there,
# and one layer is foreign.
python3 "$here/platforms.py" 1.tar 2.tar "$out/platforms" "$(plant id img-env)" "$(plant secret img-env)"
$tar -C "$out/platforms" -cf "$out/platforms.tar" .
python3 "$here/saved.py" 1.tar 2.tar "$out/old.tar"
