#!/usr/bin/env python3
"""Writes smali whose strings are made by code: a class and a pair for each way of making them.

  gen.py OUT      writes OUT/DEX/CLASS.smali
"""
import base64
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plant import value  # noqa: E402

STR = "Ljava/lang/String;"
SB = "Ljava/lang/StringBuilder;"
B64 = "Landroid/util/Base64;"
INT = "Lkotlin/jvm/internal/Intrinsics;"


class Code:
    """The body of a method; ways leave their string in v0 and may use v1 to v9."""

    def __init__(self):
        self.lines, self.tail, self.labels = [], [], 0

    def __call__(self, *lines):
        self.lines += lines
        return self

    def label(self):
        self.labels += 1
        return f":l{self.labels}"

    def string(self, reg, text):
        text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return self(f'const-string {reg}, "{text}"')

    def array(self, reg, kind, numbers):
        """new-array and fill-array-data; uses v9."""
        label = self.label()
        width = {"B": 1, "C": 2, "S": 2, "I": 4}[kind]
        suffix = {1: "t", 2: "s", 4: ""}[width]
        self(f"const/16 v9, {len(numbers)}", f"new-array {reg}, v9, [{kind}", f"fill-array-data {reg}, {label}")
        hexed = [(f"-0x{-n:x}" if n < 0 else f"0x{n:x}") + suffix for n in numbers]
        self.tail += [label, f".array-data {width}", *hexed, ".end array-data"]
        return self

    def body(self):
        return [*self.lines, *self.tail]


def signed(byte):
    byte &= 0xFF
    return byte - 256 if byte > 127 else byte


def b64(text):
    return base64.b64encode(text.encode()).decode()


WAYS = {}


def way(f):
    WAYS[f.__name__.replace("_", "-")] = f
    return f


@way
def bytes_payload(c, t):
    c.array("v1", "B", [ord(x) for x in t])
    c(f"new-instance v0, {STR}", f"invoke-direct {{v0, v1}}, {STR}-><init>([B)V")


@way
def bytes_charset(c, t):
    c.array("v1", "B", [ord(x) for x in t])
    c(f"new-instance v0, {STR}", "sget-object v2, Ljava/nio/charset/StandardCharsets;->UTF_8:Ljava/nio/charset/Charset;")
    c(f"invoke-direct {{v0, v1, v2}}, {STR}-><init>([BLjava/nio/charset/Charset;)V")


@way
def bytes_charset_name(c, t):
    c.array("v1", "B", [ord(x) for x in t])
    c(f"new-instance v0, {STR}").string("v2", "UTF-8")
    c(f"invoke-direct {{v0, v1, v2}}, {STR}-><init>([B{STR})V")


@way
def chars_one_by_one(c, t):
    c(f"const/16 v1, {len(t)}", "new-array v1, v1, [C")
    for n, x in enumerate(t):
        c(f"const/16 v2, {n}", f"const/16 v3, {ord(x)}", "aput-char v3, v1, v2")
    c(f"new-instance v0, {STR}", f"invoke-direct {{v0, v1}}, {STR}-><init>([C)V")


@way
def bytes_one_by_one(c, t):
    c(f"const/16 v1, {len(t)}", "new-array v1, v1, [B")
    for n, x in enumerate(t):
        c(f"const/16 v2, {n}", f"const/16 v3, {ord(x)}", "aput-byte v3, v1, v2")
    c(f"new-instance v0, {STR}", f"invoke-direct {{v0, v1}}, {STR}-><init>([B)V")


@way
def chars_value_of(c, t):
    c.array("v1", "C", [ord(x) for x in t])
    c(f"invoke-static {{v1}}, {STR}->valueOf([C){STR}", "move-result-object v0")


@way
def chars_part(c, t):
    c.array("v1", "C", [ord(x) for x in "<<" + t + ">>"])
    c("const/4 v2, 2", f"const/16 v3, {len(t)}", f"new-instance v0, {STR}")
    c(f"invoke-direct {{v0, v1, v2, v3}}, {STR}-><init>([CII)V")


@way
def code_points(c, t):
    c.array("v1", "I", [ord(x) for x in t])
    c("const/4 v2, 0", f"const/16 v3, {len(t)}", f"new-instance v0, {STR}")
    c(f"invoke-direct {{v0, v1, v2, v3}}, {STR}-><init>([III)V")


def loop(c, array, kind, index, body, length=None):
    """for (i = 0; i < array.length; i++) body; the element is in v5."""
    top, end = c.label(), c.label()
    c(f"const/4 {index}, 0", top, length or f"array-length v4, {array}", f"if-ge {index}, v4, {end}")
    c(f"aget{kind} v5, {array}, {index}", *body, f"add-int/lit8 {index}, {index}, 1", f"goto {top}", end)


@way
def xor_bytes(c, t):
    c.array("v1", "B", [signed(ord(x) ^ 0x5A) for x in t])
    c("array-length v2, v1", "new-array v2, v2, [B")
    loop(c, "v1", "-byte", "v3", ["xor-int/lit8 v5, v5, 0x5a", "int-to-byte v5, v5", "aput-byte v5, v2, v3"])
    c(f"new-instance v0, {STR}", f"invoke-direct {{v0, v2}}, {STR}-><init>([B)V")


@way
def xor_in_place(c, t):
    c.array("v1", "B", [signed(ord(x) ^ 0xC3) for x in t])
    loop(c, "v1", "-byte", "v3", ["xor-int/lit16 v5, v5, 0xc3", "int-to-byte v5, v5", "aput-byte v5, v1, v3"])
    c(f"new-instance v0, {STR}", f"invoke-direct {{v0, v1}}, {STR}-><init>([B)V")


@way
def xor_key_array(c, t):
    key = [17, 99, -4, 56, 3]
    c.array("v1", "B", [signed(ord(x) ^ key[n % 5]) for n, x in enumerate(t)]).array("v6", "B", key)
    loop(c, "v1", "-byte", "v3", ["array-length v7, v6", "rem-int v7, v3, v7", "aget-byte v7, v6, v7",
                                  "xor-int/2addr v5, v7", "int-to-byte v5, v5", "aput-byte v5, v1, v3"])
    c(f"new-instance v0, {STR}", f"invoke-direct {{v0, v1}}, {STR}-><init>([B)V")


@way
def xor_key_string(c, t):
    key = "h0neyb4dger"
    c.array("v1", "I", [ord(x) ^ ord(key[n % len(key)]) for n, x in enumerate(t)]).string("v6", key)
    c(f"new-instance v8, {SB}", f"invoke-direct {{v8}}, {SB}-><init>()V")
    loop(c, "v1", "", "v3", [f"invoke-virtual {{v6}}, {STR}->length()I", "move-result v7", "rem-int v7, v3, v7",
                             f"invoke-virtual {{v6, v7}}, {STR}->charAt(I)C", "move-result v7", "xor-int/2addr v5, v7",
                             "int-to-char v5, v5", f"invoke-virtual {{v8, v5}}, {SB}->append(C){SB}"])
    c(f"invoke-virtual {{v8}}, {SB}->toString(){STR}", "move-result-object v0")


@way
def minus_three(c, t):
    c.array("v1", "I", [ord(x) + 3 for x in t])
    c("array-length v2, v1", "new-array v2, v2, [C")
    loop(c, "v1", "", "v3", ["add-int/lit8 v5, v5, -3", "int-to-char v5, v5", "aput-char v5, v2, v3"])
    c(f"new-instance v0, {STR}", f"invoke-direct {{v0, v2}}, {STR}-><init>([C)V")


@way
def inverted(c, t):
    c.array("v1", "S", [~ord(x) for x in t])
    c("array-length v2, v1", "new-array v2, v2, [C")
    loop(c, "v1", "-short", "v3", ["not-int v5, v5", "int-to-char v5, v5", "aput-char v5, v2, v3"])
    c(f"new-instance v0, {STR}", f"invoke-direct {{v0, v2}}, {STR}-><init>([C)V")


@way
def rotated(c, t):
    rot = [((ord(x) << 3) | (ord(x) >> 5)) & 0xFF for x in t]
    c.array("v1", "B", [signed(x) for x in rot])
    loop(c, "v1", "-byte", "v3", ["and-int/lit16 v5, v5, 0xff", "ushr-int/lit8 v6, v5, 3", "shl-int/lit8 v5, v5, 5",
                                  "or-int/2addr v5, v6", "int-to-byte v5, v5", "aput-byte v5, v1, v3"])
    c(f"new-instance v0, {STR}", f"invoke-direct {{v0, v1}}, {STR}-><init>([B)V")


@way
def index_mixed(c, t):
    c.array("v1", "C", [ord(x) ^ n for n, x in enumerate(t)])
    loop(c, "v1", "-char", "v3", ["xor-int/2addr v5, v3", "int-to-char v5, v5", "aput-char v5, v1, v3"])
    c(f"new-instance v0, {STR}", f"invoke-direct {{v0, v1}}, {STR}-><init>([C)V")


@way
def reversed_builder(c, t):
    c.string("v1", t[::-1])(f"new-instance v0, {SB}", f"invoke-direct {{v0, v1}}, {SB}-><init>({STR})V")
    c(f"invoke-virtual {{v0}}, {SB}->reverse(){SB}", "move-result-object v0")
    c(f"invoke-virtual {{v0}}, {SB}->toString(){STR}", "move-result-object v0")


@way
def reversed_kotlin(c, t):
    c.string("v1", t[::-1])("check-cast v1, Ljava/lang/CharSequence;")
    c("invoke-static {v1}, Lkotlin/text/StringsKt;->reversed(Ljava/lang/CharSequence;)Ljava/lang/CharSequence;",
      "move-result-object v0", f"invoke-virtual {{v0}}, Ljava/lang/Object;->toString(){STR}", "move-result-object v0")


@way
def reversed_loop(c, t):
    top, end = c.label(), c.label()
    c.string("v1", t[::-1])(f"new-instance v2, {SB}", f"invoke-direct {{v2}}, {SB}-><init>()V")
    c(f"invoke-virtual {{v1}}, {STR}->length()I", "move-result v3", "add-int/lit8 v3, v3, -1", top, f"if-ltz v3, {end}",
      f"invoke-virtual {{v1, v3}}, {STR}->charAt(I)C", "move-result v4",
      f"invoke-virtual {{v2, v4}}, {SB}->append(C){SB}", "add-int/lit8 v3, v3, -1", f"goto {top}", end)
    c(f"invoke-virtual {{v2}}, {SB}->toString(){STR}", "move-result-object v0")


@way
def inserted(c, t):
    c(f"new-instance v0, {SB}", f"invoke-direct {{v0}}, {SB}-><init>()V", "const/4 v2, 0")
    for part in (t[12:], t[5:12], t[:5]):
        c.string("v1", part)(f"invoke-virtual {{v0, v2, v1}}, {SB}->insert(I{STR}){SB}")
    c(f"invoke-virtual {{v0}}, {SB}->toString(){STR}", "move-result-object v0")


@way
def deleted(c, t):
    c.string("v1", t[:7] + "#" + t[7:])(f"new-instance v0, {SB}", f"invoke-direct {{v0, v1}}, {SB}-><init>({STR})V")
    c("const/4 v2, 7", f"invoke-virtual {{v0, v2}}, {SB}->deleteCharAt(I){SB}", "move-result-object v0")
    c(f"invoke-virtual {{v0}}, {SB}->toString(){STR}", "move-result-object v0")


def objects(c, reg, items, kind="Ljava/lang/Object;"):
    c(f"const/4 v9, {len(items)}", f"new-array {reg}, v9, [{kind}")
    for n, item in enumerate(items):
        c(f"const/4 v9, {n}").string("v8", item)(f"aput-object v8, {reg}, v9")


@way
def formatted(c, t):
    c.string("v1", "%s%s")
    objects(c, "v2", [t[:11], t[11:]])
    c(f"invoke-static {{v1, v2}}, {STR}->format({STR}[Ljava/lang/Object;){STR}", "move-result-object v0")


@way
def formatted_positions(c, t):
    c.string("v1", "%2$s%1$s" + t[15:])
    objects(c, "v2", [t[6:15], t[:6]])
    c("sget-object v3, Ljava/util/Locale;->US:Ljava/util/Locale;")
    c(f"invoke-static {{v3, v1, v2}}, {STR}->format(Ljava/util/Locale;{STR}[Ljava/lang/Object;){STR}", "move-result-object v0")


@way
def joined(c, t):
    objects(c, "v2", [t[:4], t[4:9], t[9:]], "Ljava/lang/CharSequence;")
    c.string("v1", "")
    c(f"invoke-static {{v1, v2}}, {STR}->join(Ljava/lang/CharSequence;[Ljava/lang/CharSequence;){STR}", "move-result-object v0")


@way
def joined_list(c, t):
    objects(c, "v2", [t[:4], t[4:9], t[9:]], STR)
    c("invoke-static {v2}, Lkotlin/collections/CollectionsKt;->listOf([Ljava/lang/Object;)Ljava/util/List;", "move-result-object v0",
      "check-cast v0, Ljava/lang/Iterable;").string("v1", "")
    c("check-cast v1, Ljava/lang/CharSequence;", "const/4 v2, 0", "const/4 v3, 0", "const/4 v4, 0", "const/4 v5, 0", "const/4 v6, 0",
      "const/16 v7, 0x3e", "const/4 v8, 0",
      "invoke-static/range {v0 .. v8}, Lkotlin/collections/CollectionsKt;->joinToString$default(Ljava/lang/Iterable;"
      "Ljava/lang/CharSequence;Ljava/lang/CharSequence;Ljava/lang/CharSequence;ILjava/lang/CharSequence;"
      f"Lkotlin/jvm/functions/Function1;ILjava/lang/Object;){STR}", "move-result-object v0")


@way
def joined_text_utils(c, t):
    objects(c, "v2", [t[:10], t[10:]], "Ljava/lang/CharSequence;")
    c("invoke-static {v2}, Landroid/text/TextUtils;->concat([Ljava/lang/CharSequence;)Ljava/lang/CharSequence;", "move-result-object v0",
      f"invoke-virtual {{v0}}, Ljava/lang/Object;->toString(){STR}", "move-result-object v0")


@way
def cut_out(c, t):
    c.string("v1", "xx--" + t + "--yy")
    c("const/4 v2, 4", f"const/16 v3, {4 + len(t)}", f"invoke-virtual {{v1, v2, v3}}, {STR}->substring(II){STR}", "move-result-object v0")


@way
def replaced(c, t):
    c.string("v1", "~".join([t[:3], t[3:8], t[8:]])).string("v2", "~").string("v3", "")
    c(f"invoke-virtual {{v1, v2, v3}}, {STR}->replace(Ljava/lang/CharSequence;Ljava/lang/CharSequence;){STR}", "move-result-object v0")


@way
def replaced_class(c, t):
    c.string("v1", "~".join([t[:3], t[3:8], t[8:]])).string("v2", "[^A-Za-z0-9+/]").string("v3", "")
    c(f"invoke-virtual {{v1, v2, v3}}, {STR}->replaceAll({STR}{STR}){STR}", "move-result-object v0")


@way
def no_digit_28(c, t):
    """An id without a digit, as one in thirty is."""
    reversed_builder(c, t)


@way
def replaced_kotlin(c, t):
    c.string("v0", "~".join([t[:3], t[3:8], t[8:]])).string("v1", "~").string("v2", "")
    c("const/4 v3, 0", "const/4 v4, 4", "const/4 v5, 0",
      f"invoke-static/range {{v0 .. v5}}, Lkotlin/text/StringsKt;->replace$default({STR}{STR}{STR}ZILjava/lang/Object;){STR}",
      "move-result-object v0")


@way
def template(c, t):
    c.string("v1", t[:9]).string("v2", t[9:])
    c(f"invoke-static {{v1, v2}}, {INT}->stringPlus({STR}Ljava/lang/Object;){STR}", "move-result-object v0")


@way
def chars_appended(c, t):
    c(f"new-instance v0, {SB}", f"invoke-direct {{v0}}, {SB}-><init>()V")
    for x in t:
        c(f"const/16 v1, {ord(x)}", f"invoke-virtual {{v0, v1}}, {SB}->append(C){SB}")
    c(f"invoke-virtual {{v0}}, {SB}->toString(){STR}", "move-result-object v0")


@way
def concat_to_string(c, t):
    c.array("v1", "C", [ord(x) for x in t])
    c(f"invoke-static {{v1}}, Lkotlin/text/StringsKt;->concatToString([C){STR}", "move-result-object v0")


@way
def concat_factory(c, t):
    c.string("v1", t[:6]).string("v2", t[10:])
    c(f'invoke-custom {{v1, v2}}, c{len(t)}("makeConcatWithConstants", ({STR}{STR}){STR}, "\\u0001{t[6:10]}\\u0001")@'
      "Ljava/lang/invoke/StringConcatFactory;->makeConcatWithConstants(Ljava/lang/invoke/MethodHandles$Lookup;"
      f"{STR}Ljava/lang/invoke/MethodType;{STR}[Ljava/lang/Object;)Ljava/lang/invoke/CallSite;", "move-result-object v0")


@way
def base64_halves(c, t):
    e = b64(t)
    c.string("v1", e[:15]).string("v2", e[15:])(f"invoke-virtual {{v1, v2}}, {STR}->concat({STR}){STR}", "move-result-object v1",
      "const/4 v2, 0", f"invoke-static {{v1, v2}}, {B64}->decode({STR}I)[B", "move-result-object v1",
      f"new-instance v0, {STR}", f"invoke-direct {{v0, v1}}, {STR}-><init>([B)V")


@way
def base64_reversed(c, t):
    c.string("v1", b64(t)[::-1])(f"new-instance v2, {SB}", f"invoke-direct {{v2, v1}}, {SB}-><init>({STR})V")
    c(f"invoke-virtual {{v2}}, {SB}->reverse(){SB}", f"invoke-virtual {{v2}}, {SB}->toString(){STR}", "move-result-object v2",
      "invoke-static {}, Ljava/util/Base64;->getDecoder()Ljava/util/Base64$Decoder;", "move-result-object v1",
      f"invoke-virtual {{v1, v2}}, Ljava/util/Base64$Decoder;->decode({STR})[B", "move-result-object v1",
      f"new-instance v0, {STR}", f"invoke-direct {{v0, v1}}, {STR}-><init>([B)V")


@way
def base64_xored(c, t):
    c.string("v1", base64.b64encode(bytes(ord(x) ^ 0x21 for x in t)).decode())
    c("const/4 v2, 0", f"invoke-static {{v1, v2}}, {B64}->decode({STR}I)[B", "move-result-object v1")
    loop(c, "v1", "-byte", "v3", ["xor-int/lit8 v5, v5, 0x21", "int-to-byte v5, v5", "aput-byte v5, v1, v3"])
    c(f"new-instance v0, {STR}", "sget-object v2, Lkotlin/text/Charsets;->UTF_8:Ljava/nio/charset/Charset;",
      f"invoke-direct {{v0, v1, v2}}, {STR}-><init>([BLjava/nio/charset/Charset;)V")


@way
def base64_okio(c, t):
    e = b64(t)
    c.string("v1", e[:9]).string("v2", e[9:])(f"invoke-virtual {{v1, v2}}, {STR}->concat({STR}){STR}", "move-result-object v1",
      "sget-object v2, Lokio/ByteString;->Companion:Lokio/ByteString$Companion;",
      f"invoke-virtual {{v2, v1}}, Lokio/ByteString$Companion;->decodeBase64({STR})Lokio/ByteString;", "move-result-object v1",
      f"invoke-virtual {{v1}}, Lokio/ByteString;->utf8(){STR}", "move-result-object v0")


@way
def hex_halves(c, t):
    # new BigInteger is not followed; digits are taken two by two, as people do it.
    top, end = c.label(), c.label()
    e = t.encode().hex()[::-1]
    c.string("v1", e)(f"new-instance v2, {SB}", f"invoke-direct {{v2, v1}}, {SB}-><init>({STR})V", f"invoke-virtual {{v2}}, {SB}->reverse(){SB}",
      "move-result-object v2", f"invoke-virtual {{v2}}, {SB}->toString(){STR}", "move-result-object v1", f"new-instance v2, {SB}",
      f"invoke-direct {{v2}}, {SB}-><init>()V", "const/4 v3, 0", top, f"invoke-virtual {{v1}}, {STR}->length()I", "move-result v4",
      f"if-ge v3, v4, {end}", "add-int/lit8 v5, v3, 2", f"invoke-virtual {{v1, v3, v5}}, {STR}->substring(II){STR}", "move-result-object v6",
      "const/16 v7, 16", f"invoke-static {{v6, v7}}, Ljava/lang/Integer;->parseInt({STR}I)I", "move-result v6", "int-to-char v6, v6",
      f"invoke-virtual {{v2, v6}}, {SB}->append(C){SB}", "move v3, v5", f"goto {top}", end,
      f"invoke-virtual {{v2}}, {SB}->toString(){STR}", "move-result-object v0")


def obfuscated(t, key):
    return "".join(chr(ord(x) ^ key) for x in t).encode("unicode_escape").decode().replace("\\x", "\\u00")


def raw_string(c, reg, text):
    c('const-string %s, "%s"' % (reg, "".join(f"\\u{ord(x):04x}" for x in text)))


@way
def helper_xor(c, t):
    raw_string(c, "v1", "".join(chr(ord(x) ^ 7) for x in t))
    c("const/4 v2, 7", f"invoke-static {{v1, v2}}, Lcom/acme/util/Obf;->d({STR}I){STR}", "move-result-object v0")


@way
def helper_rot13(c, t):
    rot = "".join(chr((ord(x) - b + 13) % 26 + b) if x.isalpha() and (b := 65 if x < "a" else 97) else x for x in t)
    c.string("v1", rot)(f"invoke-static {{v1}}, Lcom/acme/util/Obf;->rot({STR}){STR}", "move-result-object v0")


@way
def helper_ints(c, t):
    c.array("v1", "I", [ord(x) * 3 + 11 for x in t])
    c(f"invoke-static {{v1}}, Lcom/acme/util/Obf;->ints([I){STR}", "move-result-object v0")


@way
def helper_object(c, t):
    c("sget-object v1, Lcom/acme/util/Vault;->INSTANCE:Lcom/acme/util/Vault;")
    c.string("v2", b64(t)[::-1])(f"invoke-virtual {{v1, v2}}, Lcom/acme/util/Vault;->open({STR}){STR}", "move-result-object v0")


@way
def helper_two_levels(c, t):
    raw_string(c, "v1", "".join(chr(ord(x) ^ 0x13) for x in t))
    c(f"invoke-static {{v1}}, Lcom/acme/util/Obf;->s({STR}){STR}", "move-result-object v0")


@way
def unequal_branches(c, t):
    other, end = c.label(), c.label()
    c("invoke-static {}, Lcom/acme/util/Flags;->fast()Z", "move-result v1", f"if-eqz v1, {other}")
    c.array("v1", "B", [signed(ord(x) ^ 0x11) for x in t])(f"goto {end}", other)
    c.array("v1", "B", [signed(ord(x) ^ 0x11) for x in t])(end)
    loop(c, "v1", "-byte", "v3", ["xor-int/lit8 v5, v5, 0x11", "int-to-byte v5, v5", "aput-byte v5, v1, v3"])
    c(f"new-instance v0, {STR}", f"invoke-direct {{v0, v1}}, {STR}-><init>([B)V")


@way
def swapped_case(c, t):
    c.string("v1", t.swapcase())(f"invoke-virtual {{v1}}, {STR}->toCharArray()[C", "move-result-object v1")
    low, done = c.label(), c.label()
    c2 = ["invoke-static {v5}, Ljava/lang/Character;->isUpperCase(C)Z", "move-result v6", f"if-eqz v6, {low}",
          "invoke-static {v5}, Ljava/lang/Character;->toLowerCase(C)C", "move-result v5", f"goto {done}", low,
          "invoke-static {v5}, Ljava/lang/Character;->toUpperCase(C)C", "move-result v5", done, "aput-char v5, v1, v3"]
    loop(c, "v1", "-char", "v3", c2)
    c(f"new-instance v0, {STR}", f"invoke-direct {{v0, v1}}, {STR}-><init>([C)V")


@way
def even_characters(c, t):
    top, end = c.label(), c.label()
    c.string("v1", "".join(x + "q7Zx"[n % 4] for n, x in enumerate(t)))(f"new-instance v2, {SB}", f"invoke-direct {{v2}}, {SB}-><init>()V",
      "const/4 v3, 0", top, f"invoke-virtual {{v1}}, {STR}->length()I", "move-result v4", f"if-ge v3, v4, {end}",
      f"invoke-virtual {{v1, v3}}, {STR}->charAt(I)C", "move-result v4", f"invoke-virtual {{v2, v4}}, {SB}->append(C){SB}",
      "add-int/lit8 v3, v3, 2", f"goto {top}", end, f"invoke-virtual {{v2}}, {SB}->toString(){STR}", "move-result-object v0")


@way
def boxed_list(c, t):
    """listOf(1, 2, ...).map { (it xor 9).toChar() }.joinToString("") as kotlinc inlines it."""
    top, end = c.label(), c.label()
    c.array("v1", "I", [ord(x) ^ 9 for x in t])("new-instance v2, Ljava/util/ArrayList;",
      "array-length v3, v1", "invoke-direct {v2, v3}, Ljava/util/ArrayList;-><init>(I)V", "check-cast v2, Ljava/util/Collection;")
    loop(c, "v1", "", "v3", ["xor-int/lit8 v5, v5, 9", "int-to-char v5, v5", "invoke-static {v5}, Ljava/lang/Character;->valueOf(C)Ljava/lang/Character;",
      "move-result-object v5", "invoke-interface {v2, v5}, Ljava/util/Collection;->add(Ljava/lang/Object;)Z"])
    c("check-cast v2, Ljava/util/List;", "move-object v0, v2", "check-cast v0, Ljava/lang/Iterable;").string("v1", "")
    c("const/4 v2, 0", "const/4 v3, 0", "const/4 v4, 0", "const/4 v5, 0", "const/4 v6, 0", "const/16 v7, 0x3e", "const/4 v8, 0",
      "invoke-static/range {v0 .. v8}, Lkotlin/collections/CollectionsKt;->joinToString$default(Ljava/lang/Iterable;"
      "Ljava/lang/CharSequence;Ljava/lang/CharSequence;Ljava/lang/CharSequence;ILjava/lang/CharSequence;"
      f"Lkotlin/jvm/functions/Function1;ILjava/lang/Object;){STR}", "move-result-object v0")


# --- classes --------------------------------------------------------------------------------------------------------


def camel(name):
    return "".join(w.capitalize() for w in name.split("-"))


FILES, ROWS = {}, []


def smali(dex, cls, *members, sup="Ljava/lang/Object;"):
    FILES[dex, cls] = "\n".join([f".class public L{cls};", f".super {sup}", *members, ""])


def method(head, code, registers=16):
    lines = code.body() if isinstance(code, Code) else code
    return "\n".join([f".method {head}", f".registers {registers}", *("    " + x for x in lines), ".end method"])


def field(name, kind=STR, flags="public static"):
    return f".field {flags} {name}:{kind}"


def row(dex, name, id_site, secret_site, kind="pair"):
    ROWS.append("\t".join([dex + ".dex", name, kind, "-", id_site, secret_site]))


def pair(name):
    return value("id", name), value("secret", name)


def ways():
    for name, make in WAYS.items():
        plant = "dexcode-" + name
        pkg = name.replace("-", "")
        cls = f"com/acme/{pkg}/{camel(name)}"
        c = Code()
        key_id, secret = pair(plant)
        make(c, key_id)
        c(f"sput-object v0, L{cls};->ACCESS_KEY:{STR}")
        make(c, secret)
        c(f"sput-object v0, L{cls};->SECRET_KEY:{STR}", "return-void")
        smali("ways", cls, field("ACCESS_KEY"), field("SECRET_KEY"), method("static constructor <clinit>()V", c))
        dotted = cls.replace("/", ".")
        row("ways", plant, f"{dotted}.ACCESS_KEY", f"{dotted}.SECRET_KEY")


def helpers():
    c = Code()
    c(f"invoke-virtual {{p0}}, {STR}->toCharArray()[C", "move-result-object v1")
    loop(c, "v1", "-char", "v3", ["xor-int/2addr v5, p1", "int-to-char v5, v5", "aput-char v5, v1, v3"])
    c(f"new-instance v0, {STR}", f"invoke-direct {{v0, v1}}, {STR}-><init>([C)V", "return-object v0")
    s = ["const/16 v0, 0x13", f"invoke-static {{p0, v0}}, Lcom/acme/util/Obf;->d({STR}I){STR}", "move-result-object v0", "return-object v0"]
    i = Code()
    i(f"new-instance v8, {SB}", f"invoke-direct {{v8}}, {SB}-><init>()V")
    loop(i, "p0", "", "v3", ["add-int/lit8 v5, v5, -11", "div-int/lit8 v5, v5, 3", "int-to-char v5, v5", f"invoke-virtual {{v8, v5}}, {SB}->append(C){SB}"])
    i(f"invoke-virtual {{v8}}, {SB}->toString(){STR}", "move-result-object v0", "return-object v0")
    r = Code()
    r(f"new-instance v8, {SB}", f"invoke-direct {{v8}}, {SB}-><init>()V", "const/4 v3, 0", ":top", f"invoke-virtual {{p0}}, {STR}->length()I",
      "move-result v4", "if-ge v3, v4, :end", f"invoke-virtual {{p0, v3}}, {STR}->charAt(I)C", "move-result v5",
      "const/16 v6, 0x41", "if-lt v5, v6, :put", "const/16 v7, 0x5a", "if-le v5, v7, :turn", "const/16 v6, 0x61", "if-lt v5, v6, :put",
      "const/16 v7, 0x7a", "if-gt v5, v7, :put", ":turn", "sub-int/2addr v5, v6", "add-int/lit8 v5, v5, 13", "rem-int/lit8 v5, v5, 26",
      "add-int/2addr v5, v6", "int-to-char v5, v5", ":put", f"invoke-virtual {{v8, v5}}, {SB}->append(C){SB}", "add-int/lit8 v3, v3, 1",
      "goto :top", ":end", f"invoke-virtual {{v8}}, {SB}->toString(){STR}", "move-result-object v0", "return-object v0")
    smali("ways", "com/acme/util/Obf", method(f"public static d({STR}I){STR}", c), method(f"public static s({STR}){STR}", s),
          method(f"public static ints([I){STR}", i), method(f"public static rot({STR}){STR}", r))
    v = [f"invoke-static {{p1, v0}}, {INT}->checkNotNullParameter(Ljava/lang/Object;{STR})V", "check-cast p1, Ljava/lang/CharSequence;",
         "invoke-static {p1}, Lkotlin/text/StringsKt;->reversed(Ljava/lang/CharSequence;)Ljava/lang/CharSequence;", "move-result-object v0",
         f"invoke-virtual {{v0}}, Ljava/lang/Object;->toString(){STR}", "move-result-object v0", "const/4 v1, 2",
         f"invoke-static {{v0, v1}}, {B64}->decode({STR}I)[B", "move-result-object v0", f'const-string v1, "decode(x, Base64.NO_WRAP)"',
         f"invoke-static {{v0, v1}}, {INT}->checkNotNullExpressionValue(Ljava/lang/Object;{STR})V",
         "sget-object v1, Lkotlin/text/Charsets;->UTF_8:Ljava/nio/charset/Charset;", f"new-instance v2, {STR}",
         f"invoke-direct {{v2, v0, v1}}, {STR}-><init>([BLjava/nio/charset/Charset;)V", "return-object v2"]
    smali("ways", "com/acme/util/Vault", field("INSTANCE", "Lcom/acme/util/Vault;", "public static final"),
          method("static constructor <clinit>()V", ["new-instance v0, Lcom/acme/util/Vault;", "invoke-direct {v0}, Lcom/acme/util/Vault;-><init>()V",
                                                    "sput-object v0, Lcom/acme/util/Vault;->INSTANCE:Lcom/acme/util/Vault;", "return-void"]),
          method("private constructor <init>()V", ["invoke-direct {p0}, Ljava/lang/Object;-><init>()V", "return-void"]),
          method(f"public final open({STR}){STR}", ['const-string v0, "s"', *v]))


def main():
    ways()
    helpers()
    import apps
    apps.add(sys.modules[__name__])
    out = sys.argv[1]
    for (dex, cls), text in FILES.items():
        path = os.path.join(out, dex, cls.replace("/", "_").replace("$", "-") + ".smali")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
    if len(sys.argv) > 2:
        with open(sys.argv[2], "w") as f:
            f.write("# Written by gen.py OUT TABLE: a row for each way.\n" + "\n".join(ROWS) + "\n")


if __name__ == "__main__":
    sys.modules["gen_dexcode"] = sys.modules["__main__"]
    main()
