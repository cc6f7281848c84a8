"""Spark: ``clean(df)``, and ``python -m jiaokan.spark IN OUT`` as a job."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from ._arrow import added, clean_batches, worker
from ._jiaokan import Cleaner

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

__all__ = ["clean", "mapper", "schema"]


def mapper(
    cleaner: Cleaner | None = None, column: str = "text", *, edits: bool = True
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function for ``DataFrame.mapInArrow``. The cleaner travels to the workers, with its profile."""
    cleaner = worker(cleaner)
    return lambda batches: clean_batches(batches, cleaner, column, edits)


def schema(of: StructType, *, edits: bool = True) -> StructType:
    """The schema that :func:`mapper` makes of one."""
    import pyarrow as pa
    from pyspark.sql.pandas.types import from_arrow_schema
    from pyspark.sql.types import StructType

    more = from_arrow_schema(added(pa.string(), edits))
    return StructType([*of.fields, *more.fields[1:]])


def clean(
    df: DataFrame, cleaner: Cleaner | None = None, column: str = "text", *, edits: bool = True
) -> DataFrame:
    """Cleans a column of a data frame; appends ``n_edits`` and, with ``edits``, a list of edits."""
    return df.mapInArrow(mapper(cleaner, column, edits=edits), schema(df.schema, edits=edits))


def main(args: list[str] | None = None) -> None:
    """Cleans a folder of Parquet files into another one."""
    parser = argparse.ArgumentParser(prog="python -m jiaokan.spark", description=main.__doc__)
    parser.add_argument("input", metavar="IN")
    parser.add_argument("output", metavar="OUT")
    parser.add_argument("--text-field", default="text", metavar="NAME", help="the column that holds the text")
    parser.add_argument("--config", metavar="FILE", help="a jiaokan.toml")
    parser.add_argument("--profile", metavar="FILE", help="what `jiaokan learn` wrote")
    parser.add_argument("--no-edits", action="store_true", help="count the edits, but do not keep them")
    given = parser.parse_args(args)

    # A worker of a local run is to be the Python that has this package.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.appName("jiaokan").getOrCreate()
    try:
        cleaner = Cleaner(given.config, given.profile, threads=1)
        frame = clean(spark.read.parquet(given.input), cleaner, given.text_field, edits=not given.no_edits)
        frame.write.parquet(given.output)
    finally:
        spark.stop()


if __name__ == "__main__":
    main()
