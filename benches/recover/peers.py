#!/usr/bin/env python3
"""What `make bench-recover` compares with, run on lines of text.

    peers.py ENGINE FILE OUT ROUNDS

Reads the lines of FILE, writes what ENGINE makes of each to OUT, a line each, and prints the seconds that the best of
ROUNDS runs took, without reading and writing.

ftfy       ftfy.fix_text as it is
ftfy-keep  with quotes and the width of characters left alone
fix_unicode  what data-juicer's fix_unicode_mapper calls: ftfy.fix_text(text, normalization='NFC')
regex      Python's re, which drops every bracket with a syllable
"""

import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "target" / "bench-data" / "tools" / "python"))


def engine(name):
    if name == "regex":
        return lambda line, gloss=re.compile("[(（]\\s*[a-zāáǎàōóǒòēéěèīíǐìūúǔùǖǘǚǜü]+\\s*[)）]"): gloss.sub("", line)
    import ftfy

    if name == "ftfy":
        return ftfy.fix_text
    if name == "ftfy-keep":
        config = ftfy.TextFixerConfig(uncurl_quotes=False, fix_character_width=False)
        return lambda line: ftfy.fix_text(line, config)
    if name == "fix_unicode":
        return lambda line: ftfy.fix_text(line, normalization="NFC")
    sys.exit(f"no engine {name}")


def main():
    name, source, out, rounds = sys.argv[1:]
    lines = pathlib.Path(source).read_text(encoding="utf-8").split("\n")
    fix = engine(name)
    best = float("inf")
    for _ in range(int(rounds)):
        start = time.perf_counter()
        fixed = [fix(line) for line in lines]
        best = min(best, time.perf_counter() - start)
    # A line break that was put into a line would shift all behind it.
    pathlib.Path(out).write_text("\n".join(line.replace("\n", " ").replace("\r", " ") for line in fixed), encoding="utf-8")
    print(best)


if __name__ == "__main__":
    main()
