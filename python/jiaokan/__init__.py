"""Cleans damaged Chinese text and shows every edit.

>>> import jiaokan
>>> cleaned = jiaokan.clean("市委副書(shū)記、市長(zhǎng)調(diào)研。")
>>> cleaned.text
'市委副书记、市长调研。'
>>> cleaned.edits[1].old, cleaned.edits[1].new
('(shū)', '')
>>> cleaned.restore()
'市委副書(shū)記、市長(zhǎng)調(diào)研。'

Clean text comes back unchanged; clean text and edits give the original back; the same text and configuration
give the same bytes here, on the command line and on any number of machines.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from ._jiaokan import (
    Batch,
    Cleaned,
    Cleaner,
    ConfigError,
    DecodeError,
    JiaokanError,
    RestoreError,
    __version__,
)
from ._jiaokan import restore as _restore
from ._types import Edit, Finding

__all__ = [
    "Batch",
    "Cleaned",
    "Cleaner",
    "ConfigError",
    "DecodeError",
    "Edit",
    "Finding",
    "JiaokanError",
    "RestoreError",
    "__version__",
    "clean",
    "restore",
]


@cache
def _default() -> Cleaner:
    return Cleaner()


def clean(text: str) -> Cleaned:
    """Cleans a text with the default configuration.

    :class:`Cleaner` has the settings, and cleans many texts faster.
    """
    return _default().clean(text)


def restore(text: str, edits: Iterable[Edit | Mapping[str, Any]]) -> str:
    """Gives the original back from a clean text and its edits.

    The edits are those of ``Cleaned.edits`` or of a row of the column ``edits`` that ``Cleaner.clean_batch`` writes.
    Raises :class:`RestoreError` if they contradict the text or one another.
    """
    return _restore(text, [Edit(**edit) if isinstance(edit, Mapping) else edit for edit in edits])
