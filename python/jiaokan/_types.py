"""What the extension makes beside texts, and how it comes out of a pickle."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import NamedTuple

from ._jiaokan import Cleaner


class Edit(NamedTuple):
    """A change. Offsets count characters, those with ``byte`` in their names bytes of UTF-8."""

    kind: str
    """``replace``, ``convert`` (to the other script) or ``move`` (edits inside it are edits of their own)."""
    rules: tuple[str, ...]
    """The rules that had a part in it; ``jiaokan explain`` tells what they do."""
    start: int
    """Where it starts in the original."""
    end: int
    clean_start: int
    """Where it starts in the clean text."""
    clean_end: int
    old: str | None
    """The old text; none for a move."""
    new: str | None
    """The new text; none for a move."""
    confidence: float
    """That of the least confident rule, 0 to 1."""
    needs: tuple[int, ...]
    """Edits that it depends on, by their place in the list."""
    byte_start: int
    byte_end: int
    clean_byte_start: int
    clean_byte_end: int


class Finding(NamedTuple):
    """Something worth a look that was not changed. Offsets are characters of the original."""

    rule: str
    start: int
    end: int
    text: str
    proposal: str | None
    """What an unsafe edit would write there."""
    confidence: float


@lru_cache(maxsize=8)
def cleaner(config: str, profile: bytes | None, threads: int | None) -> Cleaner:
    """A cleaner out of a pickle: equal ones are made once in a process."""
    return Cleaner(json.loads(config), profile, threads=threads)
