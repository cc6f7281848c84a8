#!/usr/bin/env python3
"""The Python package: beside the command, and in engines beside the same job without it.

usage: python.py --damage PATH [SECTION ...]    sections: wheel calls throughput offsets engines
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import jiaokan
import pyarrow as pa

ROOT = Path(__file__).resolve().parent.parent
CLEAN = ROOT / "target" / "bench-data" / "clean-dev.txt"
LINES = 25  # of a document
THREADS = 2


def documents(damage, size):
    """Documents of glossed Traditional text, of so many bytes together."""
    documents, total, seed = [], 0, 0
    clean = CLEAN.read_bytes()
    while total < size:
        run = [damage, "gloss", "--traditional", "--seed", str(seed), "--document-lines", str(LINES)]
        lines = subprocess.run(run, input=clean, capture_output=True, check=True).stdout.decode().splitlines()
        for at in range(0, len(lines), LINES):
            documents.append("\n".join(lines[at : at + LINES]))
            total += len(documents[-1].encode())
            if total >= size:
                break
        seed += 1
    return documents


def seconds(task):
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def wheel(_):
    for file in sorted((Path(sys.prefix) / "wheels").glob("*.whl")):
        print(f"wheel: {file.stat().st_size / 1e6:.1f} MB (target: below 12)")


def calls(_):
    for text in ("", "abc", "改革", "人民安居乐业。"):
        cleaner, n = jiaokan.Cleaner(), 20_000
        best = min(seconds(lambda: [cleaner.clean(text) for _ in range(n)]) for _ in range(5)) / n
        print(f"a call with {text!r}: {best * 1e6:.2f} µs (target: below 5 of overhead)")


def throughput(docs):
    size = sum(len(doc.encode()) for doc in docs)
    cleaner, ratios = jiaokan.Cleaner(threads=THREADS), []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "docs.jsonl"
        file.write_text("".join(json.dumps({"text": doc}, ensure_ascii=False) + "\n" for doc in docs), encoding="utf-8")
        command = [sys.executable, "-m", "jiaokan", "clean", "--no-config", "-q", "-j", str(THREADS)]
        start = min(seconds(lambda: subprocess.run([*command[:3], "--version"], capture_output=True)) for _ in range(5))
        for i in range(5):
            out = Path(folder) / str(i)
            there = seconds(lambda: subprocess.run([*command, file, "-o", out], check=True)) - start
            here = seconds(lambda: [cleaned.text for cleaned in cleaner.clean_many(docs)])
            ratios.append(there / here)
            print(f"  command {size / there / 1e6:.1f} MB/s, clean_many {size / here / 1e6:.1f} MB/s")
    print(f"clean_many beside the command: {statistics.median(ratios):.2f} of its throughput (target: 0.85)")


def offsets(docs):
    text = "\n\n".join(docs)
    cleaned = jiaokan.clean(text)
    edited = sorted((e.clean_start, e.clean_end) for e in cleaned.edits if e.kind == "replace")
    rng, n = random.Random(1), 1_000_000
    length = len(cleaned.text)
    places = [rng.randrange(length) for _ in range(n)]
    cleaned.to_clean(0), cleaned.to_original(0)
    start = time.perf_counter()
    there = [cleaned.to_original(place, "right") for place in places]
    back = [cleaned.to_clean(place, "right") for place in there]
    took = time.perf_counter() - start
    covered = bytearray(len(cleaned.text) + 1)
    for first, end in edited:
        covered[first:end] = b"\1" * (end - first)
    wrong = sum(a != b and not covered[a] for a, b in zip(places, back, strict=True))
    inside = sum(covered[place] for place in places)
    print(
        f"offsets: {n} random positions in {len(text.encode()) / 1e6:.1f} MB with {len(edited)} replacements, there and"
        f" back in {took:.1f} s: {wrong} come back elsewhere, {inside} stand in replaced text"
    )


KINDS = ("jiaokan", "jiaokan, edits counted only", "peers")
WARM = "市委副書(shū)記、市長(zhǎng)調(diào)研,要求現(xiàn)場(chǎng)辦公。\n" * 20
# What a job does without jiaokan.
HALF = str.maketrans(",;:?!", "，；：？！")


class Peers:
    def __init__(self):
        import ftfy
        import opencc
        import regex

        self.fix, self.convert = ftfy.fix_text, opencc.OpenCC("t2s").convert
        self.gloss = regex.compile(r"(?<=\p{Han})[(（][\p{Latin}\p{M}]+[)）]")
        self.punctuation = regex.compile(r"(?<=\p{Han})[,;:?!]")
        self.broken = regex.compile(r"(?<=\p{Han})\n\n?(?=\p{Han})")
        self.doubled = regex.compile(r"(\p{Han}{2,6}。)\1")

    def __call__(self, text):
        text = self.gloss.sub("", self.fix(text, uncurl_quotes=False, fix_character_width=False))
        text = self.punctuation.sub(lambda found: found[0].translate(HALF), self.convert(text))
        return self.doubled.sub(r"\1", self.broken.sub("", text))


class Timed:
    """Maps batches to the seconds that they took: from the batch as the worker has it to the batch as the worker gives it
    back. What is made once in a worker is made before, and warm."""

    def __init__(self, which):
        if which == "peers":
            peers = Peers()
            self.clean = lambda batch: pa.array([peers(text) for text in batch.column("text").to_pylist()])
        else:
            cleaner, edits = jiaokan.Cleaner(threads=1), which == "jiaokan"
            self.clean = lambda batch: pa.record_batch(cleaner.clean_batch(batch, edits=edits))
        self.clean(pa.record_batch({"text": [WARM]}))

    def __call__(self, batch):
        took = 0
        for part in batch.to_batches() if isinstance(batch, pa.Table) else [batch]:
            took += seconds(lambda part=part: self.clean(part))
        return pa.table({"seconds": [took]})


def engines(docs):
    import pyarrow.parquet as pq

    size = sum(len(doc.encode()) for doc in docs)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = str(Path(__file__).parent)
    with tempfile.TemporaryDirectory() as folder:
        for part in range(8):
            pq.write_table(pa.table({"text": docs[part::8]}), f"{folder}/{part}.parquet")
        for engine in (spark, ray):
            took = engine(folder)
            for which, s in took.items():
                print(
                    f"{engine.__name__}, mapping step of a worker, {which}: {size / s / 1e6:.2f} MB/s,"
                    f" {took['peers'] / s:.1f} times the peers"
                )


def spark(folder):
    from pyspark.sql import SparkSession

    session = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    session.sparkContext.addPyFile(__file__)
    took = {}
    for which in KINDS:

        def timed(batches, which=which):
            import python

            timer = python.Timed(which)
            for batch in batches:
                yield from timer(batch).to_batches()

        frame = session.read.parquet(folder)
        took[which] = sum(row.seconds for row in frame.mapInArrow(timed, "seconds double").collect())
    session.stop()
    return took


def ray(folder):
    import ray
    from python import Timed

    ray.init(num_cpus=4, include_dashboard=False, logging_level="ERROR")
    took = {}
    for which in KINDS:
        mapped = ray.data.read_parquet(folder).map_batches(
            Timed, batch_format="pyarrow", concurrency=2, fn_constructor_kwargs={"which": which}
        )
        took[which] = sum(row["seconds"] for row in mapped.take_all())
    ray.shutdown()
    return took


SECTIONS = {
    "wheel": (wheel, 0),
    "calls": (calls, 0),
    "throughput": (throughput, 20_000_000),
    "offsets": (offsets, 4_000_000),
    "engines": (engines, 20_000_000),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--damage", required=True, help="the command jiaokan-damage")
    parser.add_argument("sections", nargs="*", choices=[[], *SECTIONS], default=[])
    given = parser.parse_args()
    for name in given.sections or SECTIONS:
        section, size = SECTIONS[name]
        section(documents(given.damage, size) if size else None)


if __name__ == "__main__":
    main()
