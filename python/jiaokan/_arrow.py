"""The one function that serves every engine: Arrow in, Arrow out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._jiaokan import Cleaner

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa


def worker(cleaner: Cleaner | None) -> Cleaner:
    """The cleaner of a worker; engines start a worker for each core, so by default it has one thread."""
    return Cleaner(threads=1) if cleaner is None else cleaner


def clean_batches(
    batches: Iterable[pa.RecordBatch], cleaner: Cleaner, column: str, edits: bool
) -> Iterator[pa.RecordBatch]:
    """Cleans a column of each batch; see ``Cleaner.clean_batch``."""
    import pyarrow as pa

    for batch in batches:
        yield pa.record_batch(cleaner.clean_batch(batch, column, edits=edits))


def clean_table(table: pa.Table, cleaner: Cleaner, column: str, edits: bool) -> pa.Table:
    """Cleans a column of a table."""
    import pyarrow as pa

    # A table without rows may have no batch to tell its columns.
    batches = table.to_batches() or [empty(table.schema)]
    return pa.Table.from_batches(clean_batches(batches, cleaner, column, edits))


def empty(schema: pa.Schema) -> pa.RecordBatch:
    """A batch without rows."""
    import pyarrow as pa

    return pa.RecordBatch.from_pylist([], schema=schema)


def added(column: pa.DataType, edits: bool) -> pa.Schema:
    """The schema of a cleaned column of this type, called ``text``, and of what is added to it."""
    import pyarrow as pa

    batch = empty(pa.schema([("text", column)]))
    return pa.record_batch(Cleaner(threads=1).clean_batch(batch, edits=edits)).schema
