#!/usr/bin/env python3
"""Writes src/lens/hermes/opcodes.txt: the instruction layouts of all Hermes bytecode versions.

  pip download --no-deps hermes-dec && unzip hermes_dec-*.whl && scripts/hermes-opcodes.py hermes_dec/parsers/hbc_opcodes

The layouts are facts about Hermes (its BytecodeList.def, one a version); the PyPI package keeps them in a form that can be
read by machine. Only names, numbers and operand widths are taken. `tests/oracles/runtimes.rs` holds the result against what the
hermesc of each version disassembles.

Format: a line `= NAME OPERANDS` for each distinct instruction, then a line `VERSION: RUNS` for each version that changed something;
runs are indexes of the first list. Operands: r register (8 bits), R register (32), b w d unsigned of 8, 16, 32 bits, s string id
of 8 (s), 16 (t), 32 (u) bits, f F function id of 16, 32 bits, j J relative jump (8, 32), i signed 32, D double.
"""
import re
import sys
from pathlib import Path

KINDS = {"Reg8": "r", "Reg32": "R", "UInt8": "b", "UInt16": "w", "UInt32": "d", "Addr8": "j", "Addr32": "J", "Imm32": "i", "Double": "D"}
STRINGS = {"b": "s", "w": "t", "d": "u"}
FUNCTIONS = {"w": "f", "d": "F"}


def layouts(path):
    text = path.read_text()
    found = {}
    for name, number, operands in re.findall(r"Instruction\(\s*'(\w+)',\s*(\d+),\s*\[([^\]]*)\]", text):
        found[int(number)] = (name, [KINDS[o.strip()] for o in operands.split(",") if o.strip()])
    by_name = {name: operands for name, operands in found.values()}
    for name, operand, meaning in re.findall(r"(\w+)\.operands\[(\d+)\]\.operand_meaning = OperandMeaning\.(\w+)", text):
        kinds = {"string_id": STRINGS, "function_id": FUNCTIONS}.get(meaning)
        if kinds:
            operands = by_name[name]
            operands[int(operand)] = kinds.get(operands[int(operand)], operands[int(operand)])
    assert sorted(found) == list(range(len(found))), path
    return [" ".join([name, "".join(operands)]).strip() for _, (name, operands) in sorted(found.items())]


def main():
    # 92 was taken back in 93 and came again in 94; nothing changed in 96.
    files = {73: 73, 76: 76, 80: 80, 81: 81, 82: 82, 83: 83, 84: 84, 85: 85, 86: 86, 87: 87, 89: 89, 90: 90, 92: 92, 93: 90, 94: 92, 95: 95, 97: 97, 98: 98, 99: 99}
    known, lines = {}, []
    for version, file in files.items():
        indexes = [known.setdefault(op, len(known)) for op in layouts(Path(sys.argv[1]) / f"hbc{file}.py")]
        runs = []
        for i in indexes:
            if runs and runs[-1][1] + 1 == i:
                runs[-1][1] = i
            else:
                runs.append([i, i])
        lines.append(f"{version}: " + " ".join(f"{a}-{b}" if a != b else str(a) for a, b in runs))
    out = Path(__file__).parent.parent / "src/lens/hermes/opcodes.txt"
    out.write_text("".join(f"= {op}\n" for op in known) + "".join(line + "\n" for line in lines))


main()
