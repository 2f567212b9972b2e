"""Writes what swiftc 5.9 emits for `enum AWS { static let accessKey = "…"; static let secretKey = "…" }` and for a
function that passes literals, as arm64 assembly: swiftc itself is not to be had from Debian, PyPI or npm.
  -O: the static is initialised data: count and flags, then the address of the characters less 32, with bit 63.
  -Onone: a one-time initialiser (`WZ`) that forms the same two words in code."""
import sys

def literal(n, text):
    return f'\t.section __TEXT,__cstring,cstring_literals\n\t.p2align 4\nl_.str.{n}:\n\t.asciz "{text}"\n'

def static(n, symbol, text):
    return literal(n, text) + f"""\t.section __DATA,__data
\t.globl _{symbol}
\t.p2align 3
_{symbol}:
\t.quad {0xD000000000000000 + len(text)}
\t.quad (l_.str.{n}-32)|0x8000000000000000
""".replace(f"(l_.str.{n}-32)|0x8000000000000000", f"l_.str.{n}-32+0x8000000000000000")

def load(n, first, length):
    return f"""\tmov x{first}, #{length}
\tmovk x{first}, #0xd000, lsl #48
\tadrp x8, l_.str.{n}@PAGE
\tadd x8, x8, l_.str.{n}@PAGEOFF
\tsub x8, x8, #32
\torr x{first + 1}, x8, #0x8000000000000000
"""

def once(n, symbol, storage, text):
    return literal(n, text) + f"""\t.text
\t.p2align 2
_{symbol}:
{load(n, 9, len(text))}\tadrp x11, _{storage}@PAGE
\tadd x11, x11, _{storage}@PAGEOFF
\tstp x9, x10, [x11]
\tret
\t.zerofill __DATA,__common,_{storage},16,3
"""

out = []
out.append(static(1, "$s4Shop3AWSO9accessKeySSvpZ", "@{id:apple-swift-static}"))
out.append(static(2, "$s4Shop3AWSO6regionSSvpZ", "eu-north-1-and-some-more"))
out.append(static(3, "$s4Shop3AWSO9secretKeySSvpZ", "@{secret:apple-swift-static}"))
out.append(once(4, "$s4Shop7StagingV9accessKey_WZ", "$s4Shop7StagingV9accessKeySSvpZ", "@{id:apple-swift-once}"))
out.append(literal(10, "a literal of another file that stands between the two of a type; " * 20))
out.append(once(5, "$s4Shop7StagingV9secretKey_WZ", "$s4Shop7StagingV9secretKeySSvpZ", "@{secret:apple-swift-once}"))
calls = [("@{id:apple-swift-call-prod}", "@{secret:apple-swift-call-prod}", "$s4Shop8UploaderC8makeProdAA6ClientCyF"),
         ("@{id:apple-swift-call-dev}", "@{secret:apple-swift-call-dev}", "$s4Shop8UploaderC7makeDevAA6ClientCyF")]
for n, (key_id, secret, symbol) in enumerate(calls):
    a, b = 20 + 2 * n, 21 + 2 * n
    out.append(literal(a, key_id) + literal(b, secret) + f"""\t.text
\t.globl _{symbol}
\t.p2align 2
_{symbol}:
\tstp x29, x30, [sp, #-16]!
{load(a, 0, 20)}{load(b, 2, 40)}\tbl _swift_client_init
\tldp x29, x30, [sp], #16
\tret
""")
out.append("\t.section __TEXT,__swift5_fieldmd\n\t.quad 0\n\t.subsections_via_symbols\n")
sys.stdout.write("".join(out))
