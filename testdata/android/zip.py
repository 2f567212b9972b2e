#!/usr/bin/env python3
"""Makes a ZIP of files and of the entries of other ZIPs, the same on every run.

  zip.py OUT NAME=FILE...     entry NAME with the bytes of FILE
  zip.py OUT ZIP:ENTRY=NAME   entry NAME with the bytes of ENTRY in ZIP; ENTRY and NAME may end in /*
"""
import sys
import zipfile


def main():
    entries = {}
    for part in sys.argv[2:]:
        left, right = part.split("=", 1)
        if ":" not in left:
            with open(right, "rb") as f:
                entries[left] = f.read()
            continue
        source, wanted = left.split(":", 1)
        with zipfile.ZipFile(source) as z:
            for name in z.namelist():
                if wanted.endswith("*") and name.startswith(wanted[:-1]):
                    entries[right[:-1] + name[len(wanted) - 1 :]] = z.read(name)
                elif name == wanted:
                    entries[right] = z.read(name)
    with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
        for name in sorted(entries):
            z.writestr(zipfile.ZipInfo(name, (2001, 1, 1, 0, 0, 0)), entries[name], zipfile.ZIP_DEFLATED)


main()
