"""Daft: ``jiaokan.daft.clean(df)``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._arrow import added, clean_table, empty
from ._jiaokan import Cleaner

if TYPE_CHECKING:
    import daft

__all__ = ["clean"]


def clean(
    df: daft.DataFrame, cleaner: Cleaner | None = None, column: str = "text", *, edits: bool = True
) -> daft.DataFrame:
    """Cleans a column of a data frame; appends ``n_edits`` and, with ``edits``, a list of edits."""
    import daft
    import pyarrow as pa

    # Daft calls a function in threads of one process: the cleaner's own threads do the work.
    cleaner = Cleaner() if cleaner is None else cleaner
    kind = pa.struct(list(added(pa.large_string(), edits)))

    @daft.func.batch(return_dtype=daft.DataType.from_arrow_type(kind))  # type: ignore[untyped-decorator]
    def cleaned(texts: daft.Series) -> pa.Array:
        array = texts.to_arrow()
        table = pa.table({"text": array.cast(pa.large_string())})
        clean = clean_table(table, cleaner, "text", edits).combine_chunks()
        # A table without rows may have no batch.
        (rows,) = clean.to_batches() or [empty(clean.schema)]
        return rows.to_struct_array()

    name = "__jiaokan"
    df = df.with_column(name, cleaned(df[column]))
    fields = {column: df[name]["text"], **{field: df[name][field] for field in ("n_edits", "edits")[: 1 + edits]}}
    return df.with_columns(fields).exclude(name)
