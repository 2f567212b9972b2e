"""Packs by -lh1-, for no tool of Debian does: literals, and copies of what stands a line above. lhasa reads it (seeds.sh asks it)."""
import struct
import sys

SYMBOLS, NODES = 314, 627


class Packer:
    def __init__(self):
        self.bits = []
        self.weights = [1] * SYMBOLS + [0] * (NODES - SYMBOLS) + [0xFFFF]
        self.below = [n + NODES for n in range(SYMBOLS)] + [2 * n for n in range(NODES - SYMBOLS)]
        self.above = [0] * (NODES + SYMBOLS)
        for n in range(SYMBOLS, NODES):
            self.weights[n] = self.weights[self.below[n]] + self.weights[self.below[n] + 1]
        for n in range(NODES):
            self.lead(n)

    def lead(self, n):
        self.above[self.below[n]] = n
        if self.below[n] < NODES:
            self.above[self.below[n] + 1] = n

    def symbol(self, symbol):
        path, at = [], self.above[symbol + NODES]
        while at != NODES - 1:
            # The second of a pair is a one; pairs begin at even numbers.
            path.append(at & 1)
            at = self.above[at]
        self.bits += path[::-1]
        if self.weights[NODES - 1] == 0x8000:
            self.halve()
        at = self.above[symbol + NODES]
        while True:
            self.weights[at] += 1
            weight, to = self.weights[at], at
            while weight > self.weights[to + 1]:
                to += 1
            if to != at:
                self.weights[at], self.weights[to] = self.weights[to], weight
                self.below[at], self.below[to] = self.below[to], self.below[at]
                self.lead(at)
                self.lead(to)
                at = to
            if at == NODES - 1:
                break
            at = self.above[at]

    def halve(self):
        leaves = [(-(-weight // 2), below) for weight, below in zip(self.weights, self.below) if below >= NODES]
        nodes = leaves
        for first in range(0, NODES - 1, 2):
            weight, to = nodes[first][0] + nodes[first + 1][0], len(nodes)
            while weight < nodes[to - 1][0]:
                to -= 1
            nodes.insert(to, (weight, first))
        self.weights, self.below = [node[0] for node in nodes] + [0xFFFF], [node[1] for node in nodes]
        for n in range(NODES):
            self.lead(n)

    def number(self, value, width):
        self.bits += [value >> n & 1 for n in reversed(range(width))]

    def copy(self, back, length):
        self.symbol(length - 3 + 256)
        high, code = back - 1 >> 6, 0
        for width, count in ((3, 1), (4, 3), (5, 8), (6, 12), (7, 24), (8, 16)):
            if high < count:
                self.number((code >> 8 - width) + high, width)
                break
            high -= count
            code += count << 8 - width
        self.number(back - 1 & 63, 6)

    def pack(self, text):
        at = 0
        while at < len(text):
            best = max(((n, back) for back in range(1, min(at, 4096) + 1) if text[at - back] == text[at]
                        for n in [self.same(text, at, back)]), default=(0, 0), key=lambda best: (best[0], -best[1]))
            if best[0] >= 3:
                self.copy(best[1], best[0])
                at += best[0]
            else:
                self.symbol(text[at])
                at += 1
        bits = self.bits + [0] * (-len(self.bits) % 8)
        return bytes(int("".join(map(str, bits[n:n + 8])), 2) for n in range(0, len(bits), 8))

    @staticmethod
    def same(text, at, back):
        n = 0
        while n < 60 and at + n < len(text) and text[at + n] == text[at + n - back]:
            n += 1
        return n


def crc(data):
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value


def archive(name, text):
    packed = Packer().pack(text)
    head = b"-lh1-" + struct.pack("<IIIBB", len(packed), len(text), 0x21, 32, 0)
    head += bytes([len(name)]) + name.encode() + struct.pack("<H", crc(text))
    return bytes([len(head), sum(head) & 255]) + head + packed + b"\0"


if __name__ == "__main__":
    sys.stdout.buffer.write(archive(sys.argv[2], open(sys.argv[1], "rb").read()))
