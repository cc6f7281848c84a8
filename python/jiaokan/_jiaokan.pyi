from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import Any, Final, Literal, Protocol, final

from ._types import Edit, Finding

__all__ = [
    "Batch",
    "Cleaned",
    "Cleaner",
    "ConfigError",
    "DecodeError",
    "JiaokanError",
    "RestoreError",
    "__version__",
    "restore",
    "run",
]

__version__: Final[str]

class JiaokanError(ValueError):
    """What jiaokan could not do."""

class ConfigError(JiaokanError):
    """A configuration, dictionary or profile is wrong."""

class DecodeError(JiaokanError):
    """The bytes are no text."""

class RestoreError(JiaokanError):
    """The text and the edits do not belong together."""

class _ArrowArray(Protocol):
    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...

@final
class Batch:
    """A record batch for any Arrow library: ``pyarrow.record_batch(batch)``, ``polars.DataFrame(batch)``."""

    @property
    def num_rows(self) -> int:
        """How many rows there are."""
    def __len__(self) -> int: ...
    def __arrow_c_schema__(self) -> object:
        """The Arrow schema, by the PyCapsule interface."""
    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        """The Arrow schema and array, by the PyCapsule interface."""

@final
class Cleaned:
    """A cleaned text, and all that is known of how it came about. Pickles as its original and its cleaner."""

    @property
    def text(self) -> str:
        """The clean text."""
    @property
    def original(self) -> str:
        """The text as it was, decoded if it was given in bytes."""
    @property
    def changed(self) -> bool:
        """Whether anything was changed."""
    @property
    def encoding(self) -> str | None:
        """The encoding that bytes were decoded from, by its WHATWG name."""
    @property
    def edits(self) -> list[Edit]:
        """What was changed, in the order of the clean text."""
    @property
    def findings(self) -> list[Finding]:
        """What was seen and left alone, in the order of the original."""
    def to_original(self, pos: int, bias: Literal["left", "right"] = "left") -> int:
        """The offset in the original that an offset in the clean text comes from, in characters.

        Of an edit that has swallowed it, the offset is on the side ``bias``. Raises ``IndexError`` behind the end.
        """
    def to_clean(self, pos: int, bias: Literal["left", "right"] = "left") -> int:
        """The offset in the clean text that an offset in the original went to, in characters.

        For a stretch of text take ``to_clean(start, "right")`` and ``to_clean(end, "left")``.
        """
    def byte_to_original(self, pos: int, bias: Literal["left", "right"] = "left") -> int:
        """``to_original`` in bytes of UTF-8."""
    def byte_to_clean(self, pos: int, bias: Literal["left", "right"] = "left") -> int:
        """``to_clean`` in bytes of UTF-8."""
    def restore(self) -> str | bytes:
        """What was given, made from the clean text and the edits: a text, or the bytes of a document."""
    def refuse(self, edits: Sequence[int]) -> str:
        """The clean text without some edits and those that depend on them, by their place in ``edits``."""
    def diff(self, name: str = "text") -> str:
        """What was changed, where and why, as ``jiaokan clean --diff`` shows it."""
    def _repr_html_(self) -> str: ...
    def __reduce__(self) -> tuple[Any, tuple[Any]]: ...

@final
class Cleaner:
    """Cleans texts. Make one and share it between threads.

    ``config`` is the path of a configuration file (``jiaokan.toml``) or a mapping of its keys, ``profile`` the path or
    the bytes of a file that ``jiaokan learn`` wrote. ``threads`` defaults to the number of cores. Raises
    :class:`ConfigError`. A pickle holds the profile, and the paths of dictionaries.
    """

    def __new__(
        cls,
        config: str | PathLike[str] | Mapping[str, Any] | None = None,
        profile: str | PathLike[str] | bytes | None = None,
        *,
        threads: int | None = None,
    ) -> Cleaner: ...
    @property
    def config(self) -> str:
        """The configuration, as a configuration file says it; without the profile."""
    @property
    def profile_id(self) -> int | None:
        """Identifies what was learned from a corpus, if there is anything."""
    def clean(self, text: str) -> Cleaned:
        """Cleans a text."""
    def clean_many(self, texts: Iterable[str]) -> list[Cleaned]:
        """Cleans texts, with all threads."""
    def clean_bytes(self, data: bytes) -> Cleaned:
        """Decodes and cleans a document. Raises :class:`DecodeError` if it is no text."""
    def clean_batch(self, batch: _ArrowArray, column: str = "text", *, edits: bool = True) -> Batch:
        """Cleans a column of an Arrow record batch, with all threads.

        All other columns stay. Appends ``n_edits`` and, with ``edits``, a list of :class:`Edit` for each row. Raises
        ``KeyError`` if there is no such column, ``TypeError`` if it holds no text.
        """
    def __reduce__(self) -> tuple[Any, tuple[str, bytes | None, int | None]]: ...

def restore(text: str, edits: list[Any]) -> str:
    """The original of a clean text."""

def run(args: Sequence[str]) -> int:
    """The ``jiaokan`` command with these arguments, the first of them its name; returns the exit code."""
