"""A small damaged corpus with a profile, and what the package makes of it here."""

import os
import subprocess
import sys
from pathlib import Path

import jiaokan
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).parents[2]

# Workers are to be the Python that has this package.
os.environ["PYSPARK_PYTHON"] = sys.executable
os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"


@pytest.fixture(scope="session")
def texts():
    samples = [file.read_text(encoding="utf-8") for file in sorted((ROOT / "samples").glob("*.txt"))]
    paragraphs = [part for text in samples for part in text.split("\n\n") if part]
    return [*samples, *paragraphs, "", "人民安居乐业。"]


@pytest.fixture(scope="session")
def cleaner(texts, tmp_path_factory):
    folder = tmp_path_factory.mktemp("learn")
    for i, text in enumerate(texts):
        (folder / f"{i}.txt").write_text(text, encoding="utf-8")
    profile = folder / "corpus.profile"
    subprocess.run([sys.executable, "-m", "jiaokan", "learn", "-q", folder, "-o", profile], check=True)
    return jiaokan.Cleaner({"select-unsafe": True}, profile, threads=1)


@pytest.fixture(scope="session")
def table(texts):
    return pa.table({"id": list(range(len(texts))), "text": texts})


@pytest.fixture(scope="session")
def parquet(table, tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    half = table.num_rows // 2
    pq.write_table(table.slice(0, half), folder / "a.parquet")
    pq.write_table(table.slice(half), folder / "b.parquet")
    return folder


@pytest.fixture(scope="session")
def expected(table, cleaner):
    (batch,) = table.to_batches()
    rows = pa.record_batch(cleaner.clean_batch(batch)).to_pylist()
    assert sum(row["n_edits"] for row in rows) > 100
    return rows
