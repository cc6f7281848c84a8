"""Record batches in and out, beside the real Arrow libraries."""

import jiaokan
import pytest
from test_core import CLEAN, DAMAGED

pa = pytest.importorskip("pyarrow")

TEXTS = [DAMAGED, None, CLEAN, ""]


def batch(kind, texts=TEXTS):
    ids = pa.array(range(len(texts)))
    tags = pa.array([["a"], None, [], ["b", "c"]][: len(texts)])
    schema = pa.schema([("id", ids.type), ("text", kind), ("tags", tags.type)], metadata={"made": "by hand"})
    return pa.record_batch([ids, pa.array(texts, kind), tags], schema=schema)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_batches(kind):
    given = batch(kind)
    cleaned = jiaokan.Cleaner().clean_batch(given)
    assert len(cleaned) == cleaned.num_rows == 4
    out = pa.record_batch(cleaned)
    out.validate(full=True)
    assert out.schema.names == ["id", "text", "tags", "n_edits", "edits"]
    assert out.schema.field("text").type == kind
    assert out.schema.metadata == given.schema.metadata
    assert out.column("id") == given.column("id") and out.column("tags") == given.column("tags")
    assert out.column("text").to_pylist() == [CLEAN, None, CLEAN, ""]
    expected = jiaokan.clean(DAMAGED).edits
    assert out.column("n_edits").to_pylist() == [len(expected), 0, 0, 0]
    edits = out.column("edits").to_pylist()
    assert edits[1:] == [[], [], []]
    for row, edit in zip(edits[0], expected, strict=True):
        assert row["confidence"] == pytest.approx(edit.confidence)
        assert tuple(tuple(v) if isinstance(v, list) else v for k, v in row.items() if k != "confidence") == tuple(
            v for k, v in edit._asdict().items() if k != "confidence"
        )
    assert jiaokan.restore(CLEAN, edits[0]) == DAMAGED


def test_slices_and_other_columns():
    given = batch(pa.string()).slice(2, 2)
    out = pa.record_batch(jiaokan.Cleaner().clean_batch(given, edits=False))
    assert out.column("text").to_pylist() == [CLEAN, ""]
    assert out.schema.names == ["id", "text", "tags", "n_edits"]
    renamed = given.rename_columns(["id", "body", "tags"])
    assert pa.record_batch(jiaokan.Cleaner().clean_batch(renamed, "body")).num_rows == 2
    nothing = pa.record_batch(jiaokan.Cleaner().clean_batch(given.slice(0, 0)))
    assert nothing.num_rows == 0 and nothing.schema.field("edits").type.value_type.num_fields == 14


def test_wrong_batches_are_refused():
    cleaner = jiaokan.Cleaner()
    with pytest.raises(KeyError):
        cleaner.clean_batch(batch(pa.string()), "body")
    with pytest.raises(TypeError, match="Int64"):
        cleaner.clean_batch(batch(pa.string()), "id")
    with pytest.raises(TypeError, match="record batch"):
        cleaner.clean_batch([1])
    with pytest.raises(TypeError, match="record batch"):
        cleaner.clean_batch(pa.array(["a"]))
    with pytest.raises(ValueError, match="n_edits"):
        cleaner.clean_batch(pa.record_batch(cleaner.clean_batch(batch(pa.string()))))
