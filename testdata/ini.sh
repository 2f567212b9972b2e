# ini NAME [FILE]: writes a settings file (app.ini) with the pair of this name, a hash that looks like a secret, and the pair of
# AWS's documentation as a decoy. To be sourced by a recipe, whose own folder is $here, in the folder it works in.

cat >template.ini <<'INI'
[default]
aws_access_key_id = @{id:NAME}
aws_secret_access_key = @{secret:NAME}
region = eu-west-1
commit = @{hash:NAME}

[example]
aws_access_key_id = @{decoy-id:aws}
aws_secret_access_key = @{decoy-secret:aws}
INI

ini() {
  mkdir -p "$(dirname "${2:-app.ini}")"
  sed "s/NAME/$1/" template.ini >named.ini
  python3 "$here/../plant.py" render named.ini "${2:-app.ini}"
  touch -d @1 "${2:-app.ini}"
}
