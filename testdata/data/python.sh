# Compiled modules of the Python at hand; other versions are in built/ (made by python-built.sh).
mkdir -p "$work/py/shop" && $plant render "$here/python/aws.py" "$work/py/shop/aws.py"
(cd "$work/py" && python3 - "$out/aws.pyc" <<'P'
import py_compile, sys
py_compile.compile("shop/aws.py", cfile=sys.argv[1], dfile="shop/aws.py", doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
P
)
cp "$here"/built/*.pyc "$out/"
