"""datatrove: a block that cleans documents, with statistics and, in their metadata, what was done."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from datatrove.pipeline.base import PipelineStep

from ._jiaokan import Cleaner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datatrove.data import DocumentsPipeline

__all__ = ["JiaokanCleaner"]


class JiaokanCleaner(PipelineStep):  # type: ignore[misc]
    """Cleans the text of each document.

    The document's metadata gets ``n_edits`` and, with ``edits``, the list of edits as dictionaries, which
    ``jiaokan.restore`` understands. The statistics count documents that were changed, edits by rule, and findings.
    """

    type = "🧹 - CLEANER"
    name = "校 jiaokan"
    _requires_dependencies = ["jiaokan"]

    def __init__(self, cleaner: Cleaner | None = None, edits: bool = False) -> None:
        super().__init__()
        self.cleaner = Cleaner(threads=1) if cleaner is None else cleaner
        self.edits = edits

    def run(self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1) -> Iterator[Any]:
        """Cleans the documents as they pass."""
        for doc in data or ():
            with self.track_time():
                cleaned = self.cleaner.clean(doc.text)
                edits = cleaned.edits
                doc.text = cleaned.text
                doc.metadata["n_edits"] = len(edits)
                if self.edits:
                    doc.metadata["edits"] = [edit._asdict() for edit in edits]
                self.stat_update("changed" if edits else "unchanged")
                for rule, count in Counter(rule for edit in edits for rule in edit.rules).items():
                    self.stat_update(f"edits_{rule}", value=count)
                self.stat_update("findings", value=len(cleaned.findings), unit="document")
                self.update_doc_stats(doc)
            yield doc
