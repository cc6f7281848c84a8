"""Hugging Face datasets: ``dataset.with_format("arrow").map(jiaokan.huggingface.Clean(), batched=True)``."""

from __future__ import annotations

from .ray import Clean

__all__ = ["Clean"]
