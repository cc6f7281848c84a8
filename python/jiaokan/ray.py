"""Ray Data: ``dataset.map_batches(jiaokan.ray.Clean, batch_format="pyarrow", concurrency=2)``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._arrow import clean_table, worker
from ._jiaokan import Cleaner

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Clean"]


class Clean:
    """Cleans a column of each batch; appends ``n_edits`` and, with ``edits``, a list of edits.

    A class, so that each worker makes its cleaner once; give its arguments as ``fn_constructor_kwargs``.
    """

    def __init__(self, cleaner: Cleaner | None = None, column: str = "text", edits: bool = True) -> None:
        self.cleaner = worker(cleaner)
        self.column = column
        self.edits = edits

    def __call__(self, batch: pa.Table) -> pa.Table:
        return clean_table(batch, self.cleaner, self.column, self.edits)
