"""Environment blocks: as /proc has them, as UTF-16, and in the core dump of a real process."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plant import value  # noqa: E402

out, work = sys.argv[1:]


def block(name):
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": "/home/app",
        "AWS_ACCESS_KEY_ID": value("id", name),
        "AWS_REGION": "eu-west-1",
        "BUILD_SHA": value("hash", name),
        "AWS_SECRET_ACCESS_KEY": value("secret", name),
    }


def joined(pairs):
    return "\0".join(f"{k}={v}" for k, v in pairs.items()) + "\0"


two = joined({"STAGING_KEY_ID": value("id", "native-env-two"), "STAGING_SECRET_KEY": value("secret", "native-env-two")})
with open(f"{out}/environ", "wb") as f:
    f.write(joined(block("native-env")).encode())
with open(f"{out}/memory.bin", "wb") as f:
    f.write(bytes(range(256)) * 8 + b"\0" + joined(block("native-env-memory")).encode() + bytes(64))
    f.write(bytes(range(256)) * 8 + b"\0" + two.encode() + bytes(64))
with open(f"{out}/memory-windows.bin", "wb") as f:
    f.write(bytes(range(256)) * 8 + b"\0\0" + joined(block("native-env-wide")).encode("utf-16le") + bytes(64))
source = f"{work}/sleep.c"
open(source, "w").write("#include <unistd.h>\nint main(void) { write(1, \"x\", 1); sleep(60); return 0; }\n")
subprocess.run(["gcc", "-static", "-Os", source, "-o", f"{work}/sleeper"], check=True)
process = subprocess.Popen([f"{work}/sleeper"], env=block("native-env-core"), stdout=subprocess.PIPE)
process.stdout.read(1)
try:
    subprocess.run(["gcore", "-o", f"{work}/core", str(process.pid)], check=True, capture_output=True)
finally:
    process.kill()
os.rename(f"{work}/core.{process.pid}", f"{out}/core")
