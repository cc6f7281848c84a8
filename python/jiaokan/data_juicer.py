"""data-juicer: the operator ``jiaokan_mapper``, loaded with ``custom_operator_paths`` or by importing this module."""

from __future__ import annotations

from typing import Any

from data_juicer.ops.base_op import OPERATORS, Mapper

from ._jiaokan import Cleaner

__all__ = ["JiaokanMapper"]


@OPERATORS.register_module("jiaokan_mapper")
class JiaokanMapper(Mapper):  # type: ignore[misc]
    """Cleans Chinese text: glosses, script, broken lines, repeats, punctuation."""

    _batched_op = True

    def __init__(
        self, config: str | dict[str, Any] | None = None, profile: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """``config`` is a ``jiaokan.toml`` or its keys, ``profile`` what ``jiaokan learn`` wrote."""
        super().__init__(*args, **kwargs)
        self.cleaner = Cleaner(config, profile, threads=1)

    def process_batched(self, samples: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """Cleans the texts of a dictionary of columns."""
        samples[self.text_key] = [self.cleaner.clean(text).text for text in samples[self.text_key]]
        return samples
