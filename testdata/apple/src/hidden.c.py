#!/usr/bin/env python3
"""C whose keys are under a mask, or in pieces: prints the source for the platform named.

  hidden.c.py NAME      values are those of apple-NAME-…
"""
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
# Rendered sources stand in a folder of their own: the values come from beside the recipe.
sys.path.insert(0, os.environ["PLANT"])
from plant import value  # noqa: E402

name = sys.argv[1]


def pair(way):
    return value("id", f"apple-{name}-{way}"), value("secret", f"apple-{name}-{way}")


def numbers(text, change):
    return "{" + ", ".join(str(change(n, ord(c)) & 0xFF) for n, c in enumerate(text)) + "}"


print("""char *strcpy(char *, const char *); char *strcat(char *, const char *);
int snprintf(char *, unsigned long, const char *, ...);
void sign_in(const char *, const char *);
""")
KEYS = {"xor": [0x5A], "repeated": [9, 200, 31], "word": list(b"k3yQ")}
for way, key in KEYS.items():
    key_id, secret = pair(way)
    mask = numbers("".join(map(chr, key)), lambda n, c: c)
    print(f"""static unsigned char {way}_id[] = {numbers(key_id, lambda n, c: c ^ key[n % len(key)])};
static unsigned char {way}_secret[] = {numbers(secret, lambda n, c: c ^ key[n % len(key)])};
static const unsigned char {way}_mask[] = {mask};
static void open_{way}(unsigned char *p, int len) {{ for (int n = 0; n < len; n++) p[n] ^= {way}_mask[n % {len(key)}]; }}
void use_{way}(void) {{ open_{way}({way}_id, 20); open_{way}({way}_secret, 40); sign_in((char *){way}_id, (char *){way}_secret); }}
""")
key_id, secret = pair("sum")
print(f"""unsigned char sum_id[] = {numbers(key_id, lambda n, c: c + 7)};
unsigned char sum_secret[] = {numbers(secret, lambda n, c: c + 7)};
""")
key_id, secret = pair("printed")
print(f"""void printed(void) {{
    char id[32], secret[64];
    snprintf(id, sizeof id, "%s%s", "{key_id[:8]}", "{key_id[8:]}");
    snprintf(secret, sizeof secret, "%s%s", "{secret[:18]}", "{secret[18:]}");
    sign_in(id, secret);
}}
""")
