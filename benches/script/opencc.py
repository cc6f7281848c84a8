#!/usr/bin/env python3
"""OpenCC's own build for Python, run as a program by the bench.

    opencc.py convert DIRECTION            standard input to standard output
    opencc.py time DIRECTION FILE CUT S    MB/s; CUT is blocks or lines, S the most seconds
    opencc.py start DIRECTION FILE         seconds to the first conversion, MiB of heap and of mapped files

`start` says what is resident more after the file's first MiB than before.
"""

import pathlib
import sys
import time

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "target" / "bench-data" / "tools" / "python"
sys.path.insert(0, str(TOOLS))

import opencc  # noqa: E402

BLOCK = 1 << 20


def blocks(text: bytes) -> list[bytes]:
    """The text in pieces of at most BLOCK bytes that end with a line."""
    pieces, start = [], 0
    while start < len(text):
        end = text.rfind(b"\n", start, start + BLOCK) + 1 or len(text)
        pieces.append(text[start:end])
        start = end
    return pieces


def measure(direction: str, file: str, cut: str, most: str) -> None:
    convert = opencc.OpenCC(direction).convert
    convert("漢字")
    # Strings are made before the clock starts: what Python adds to the library is not what is measured.
    budget = float(most)
    done, spent = 0, 0.0
    for block in blocks(pathlib.Path(file).read_bytes()):
        pieces = [block] if cut == "blocks" else block.splitlines(keepends=True)
        texts = [piece.decode() for piece in pieces]
        start = time.perf_counter()
        for text in texts:
            convert(text)
        spent += time.perf_counter() - start
        done += len(block)
        if spent > budget:
            break
    print(done / 1e6 / spent)


def resident() -> list[float]:
    fields = dict(line.split(":", 1) for line in open("/proc/self/status", encoding="ascii"))
    return [int(fields[name].split()[0]) / 1024 for name in ("RssAnon", "RssFile")]


def start(direction: str, file: str) -> None:
    text = blocks(pathlib.Path(file).read_bytes())[0].decode()
    (text + "\n").encode().decode()
    before = resident()
    begin = time.perf_counter()
    convert = opencc.OpenCC(direction).convert
    convert("漢字")
    seconds = time.perf_counter() - begin
    convert(text)
    print(seconds, *(max(0, b - a) for a, b in zip(before, resident())))


def main() -> None:
    command, direction, *rest = sys.argv[1:]
    if command == "convert":
        text = sys.stdin.buffer.read().decode()
        sys.stdout.buffer.write(opencc.OpenCC(direction).convert(text).encode())
    elif command == "time":
        measure(direction, *rest)
    else:
        start(direction, *rest)


if __name__ == "__main__":
    main()
