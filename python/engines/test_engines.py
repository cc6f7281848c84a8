"""Each adapter in its real engine: the distributed result is the local one, byte for byte."""

import json
import pickle
import subprocess
import sys

import jiaokan
import pyarrow.parquet as pq
import pytest


def in_order(rows):
    return sorted(rows, key=lambda row: row["id"])


@pytest.fixture(scope="module")
def spark():
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    yield spark
    spark.stop()


def test_spark(spark, parquet, cleaner, expected):
    import jiaokan.spark

    frame = jiaokan.spark.clean(spark.read.parquet(str(parquet)).repartition(4), cleaner)
    rows = [row.asDict(recursive=True) for row in frame.collect()]
    assert in_order(rows) == expected
    counted = jiaokan.spark.clean(spark.read.parquet(str(parquet)), cleaner, edits=False)
    assert counted.columns == ["id", "text", "n_edits"]
    assert sum(row.n_edits for row in counted.collect()) == sum(row["n_edits"] for row in expected)


def test_spark_job(parquet, tmp_path, expected):
    config = tmp_path / "jiaokan.toml"
    config.write_text("select-unsafe = true\n")
    job = [sys.executable, "-m", "jiaokan.spark", parquet, tmp_path / "out", "--config", config, "--no-edits"]
    subprocess.run(job, check=True, timeout=300)
    local = jiaokan.Cleaner(config)
    given = in_order(pq.read_table(parquet).to_pylist())
    rows = in_order(pq.read_table(tmp_path / "out").to_pylist())
    assert [row["text"] for row in rows] == [local.clean(row["text"]).text for row in given]


def test_ray(parquet, cleaner, expected):
    import jiaokan.ray
    import ray

    # Two workers, and room for those that read.
    ray.init(num_cpus=4, include_dashboard=False, logging_level="ERROR")
    try:
        given = ray.data.read_parquet(str(parquet))
        kwargs = {"cleaner": cleaner}
        cleaned = given.map_batches(
            jiaokan.ray.Clean, batch_format="pyarrow", batch_size=50, concurrency=2, fn_constructor_kwargs=kwargs
        )
        rows = [row for batch in cleaned.iter_batches(batch_format="pyarrow") for row in batch.to_pylist()]
    finally:
        ray.shutdown()
    assert in_order(rows) == expected


def test_daft(parquet, cleaner, expected):
    import daft
    import jiaokan.daft

    frame = daft.read_parquet(f"{parquet}/*.parquet")
    cleaned = jiaokan.daft.clean(frame, cleaner)
    assert sorted(cleaned.column_names) == ["edits", "id", "n_edits", "text"]
    rows = in_order(cleaned.to_arrow().to_pylist())
    assert rows == expected
    nothing = jiaokan.daft.clean(frame.where(daft.col("id") < 0), cleaner).to_arrow()
    assert nothing.num_rows == 0 and set(nothing.column_names) == set(cleaned.column_names)
    counted = jiaokan.daft.clean(frame, cleaner, edits=False).to_arrow().to_pylist()
    assert [row["text"] for row in in_order(counted)] == [row["text"] for row in expected]


def test_datatrove(parquet, cleaner, expected, tmp_path):
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.readers import ParquetReader
    from datatrove.pipeline.writers import JsonlWriter
    from jiaokan.datatrove import JiaokanCleaner

    pipeline = [
        ParquetReader(str(parquet)),
        JiaokanCleaner(cleaner, edits=True),
        JsonlWriter(str(tmp_path / "out"), compression=None),
    ]
    stats = LocalPipelineExecutor(pipeline, tasks=2, workers=2, logging_dir=str(tmp_path / "logs")).run()
    rows = [json.loads(line) for file in (tmp_path / "out").iterdir() for line in file.open(encoding="utf-8")]
    # datatrove drops empty documents.
    kept = [(row["text"], row["n_edits"], row["edits"]) for row in expected if row["text"]]
    given = [(row["text"], row["metadata"]["n_edits"], row["metadata"]["edits"]) for row in rows]
    assert sorted(row[:2] for row in given) == sorted(row[:2] for row in kept)
    assert all(len(edits) == n for _, n, edits in given)
    told = stats.stats[1].stats
    assert told["changed"].total == sum(row["n_edits"] > 0 for row in expected)
    assert any(name.startswith("edits_SCR") for name in told)


def test_datatrove_block_pickles(cleaner):
    from datatrove.data import Document
    from jiaokan.datatrove import JiaokanCleaner

    block = pickle.loads(pickle.dumps(JiaokanCleaner(cleaner, edits=True)))
    (doc,) = block.run(iter([Document(text="改革,開放。經濟發展", id="0")]))
    assert jiaokan.restore(doc.text, doc.metadata["edits"]) == "改革,開放。經濟發展"


def test_huggingface(table, cleaner, expected, tmp_path):
    import datasets
    import jiaokan.huggingface

    given = datasets.Dataset(table).with_format("arrow")
    for processes in (None, 2):
        cleaned = given.map(
            jiaokan.huggingface.Clean(cleaner),
            batched=True,
            batch_size=40,
            num_proc=processes,
            load_from_cache_file=False,
            cache_file_name=str(tmp_path / f"{processes}.arrow"),
        )
        assert cleaned.with_format(None).to_list() == expected


def test_data_juicer(texts):
    pytest.importorskip("data_juicer")
    from data_juicer.ops.base_op import OPERATORS
    from jiaokan.data_juicer import JiaokanMapper

    assert OPERATORS.modules["jiaokan_mapper"] is JiaokanMapper
    # As its own executor does; that one would also install torch to free a GPU.
    operator = JiaokanMapper({"skip": ["punctuation"]}, text_key="body")
    local = jiaokan.Cleaner({"skip": ["punctuation"]})
    import datasets

    given = datasets.Dataset.from_dict({"body": texts, "id": list(range(len(texts)))})
    cleaned = given.map(operator.process, batched=True, batch_size=40)
    assert cleaned["body"][:] == [local.clean(text).text for text in texts]
    assert cleaned["id"][:] == given["id"][:]
