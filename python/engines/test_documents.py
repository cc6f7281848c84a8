"""What README and recipes say is run: each block of Python and each command, in a folder that has what they name."""

import gzip
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = Path(sys.executable).parent


def blocks(document, heading, until):
    text = (ROOT / document).read_text(encoding="utf-8")
    text = text[text.index(heading) :]
    text = text[: text.index(until)] if until else text
    return re.findall(r"^```(python|console)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


README = blocks("README.md", "## From Python", "\n## What it changes")
RECIPES = blocks("docs/recipes.md", "# Recipes", None)


@pytest.fixture(scope="module")
def folder(texts, parquet, tmp_path_factory):
    folder = tmp_path_factory.mktemp("documents")
    shutil.copytree(parquet, folder / "corpus")
    shutil.copytree(ROOT / "samples", folder / "newspaper", ignore=shutil.ignore_patterns("*[!t]"))
    shutil.copy(sorted((ROOT / "samples").glob("*.txt"))[0], folder / "newspaper" / "1.txt")
    with gzip.open(folder / "crawl.warc.wet.gz", "wb") as crawl:
        for i, text in enumerate(texts):
            body = text.encode()
            head = f"WARC-Type: conversion\r\nWARC-Record-ID: <urn:{i}>\r\nContent-Type: text/plain\r\n"
            crawl.write(f"WARC/1.0\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body + b"\r\n\r\n")
    return folder


@pytest.mark.parametrize(("language", "code"), [*README, *RECIPES])
def test_blocks_run(language, code, folder):
    environment = os.environ | {"PATH": f"{PYTHON}:{os.environ['PATH']}", "PYSPARK_PYTHON": sys.executable}
    runs = [[sys.executable, "-c", code]]
    if language == "console":
        commands = [line[2:] for line in code.splitlines() if line.startswith("$ ")]
        runs = [["bash", "-c", command.replace("pip install", "true")] for command in commands]
    for run in runs:
        done = subprocess.run(run, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("engine", ["spark", "ray", "daft", "datatrove"])
def test_engines_of_the_readme_clean(engine, folder, texts):
    import jiaokan
    import pyarrow.dataset as ds

    form = "json" if engine == "datatrove" else "parquet"
    files = [str(file) for file in (folder / f"clean-{engine}").rglob("*") if file.suffix in (".parquet", ".jsonl")]
    rows = ds.dataset(files, format=form).to_table(columns=["text"])["text"].to_pylist()
    assert sorted(filter(None, rows)) == sorted(filter(None, (jiaokan.clean(text).text for text in texts)))
