"""A column of texts turned into its type at once, where one look at all of them says how each is to be read.

``dags.steps.casting`` reads text by text, in DuckDB, and says what each means. Arrow reads a whole column in a third of
the time, but all of it or nothing. Where the shape of the texts leaves one reading, both give the same values; where
Arrow takes offence at any text, DuckDB finds out which.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from blueprint import Column
from blueprint.concept import Concept
from dags.sources.rows import Batch
from dags.sources.shapes import Shape
from dags.steps.casting import attempt, shift, sure

if TYPE_CHECKING:
    import pyarrow as pa

_LONGEST = 300
"""No number that is written with as many digits is too large for a double."""


def read_at_once(column: Column, concept: Concept, batch: Batch) -> "pa.Array | None":
    """The values of ``column`` in ``batch``, ``None`` where its texts have to be looked at one by one."""
    texts, shape = batch.texts.get(column.name), batch.shapes.get(column.name)
    if texts is None or column.name in batch.unclear:
        return None
    if concept.type == "string":
        return _without(texts, shape, batch.nulls)
    if shape is None or attempt(column, concept) is None or not sure(column, concept, shape):
        return None
    return typed(column, concept, shape, _without(texts, shape, batch.nulls))


def typed(column: Column, concept: Concept, shape: Shape, texts: "pa.Array") -> "pa.Array | None":
    """``texts`` of ``shape`` in the type of ``concept``, for which ``sure`` holds; ``None`` where Arrow refuses any."""
    import pyarrow as pa

    try:
        match concept.type:
            case "integer":
                return texts.cast(pa.int64())
            case "int32":
                return texts.cast(pa.int32())
            case "double" if shape.longest <= _LONGEST:
                return texts.cast(pa.float64())
            case "timestamp_local" if not shape.with_z:
                return texts.cast(pa.timestamp("us"))
            case "timestamp" if shape.with_z:
                return texts.cast(pa.timestamp("us", "UTC"))
            case "timestamp":
                by = shift(column, shape)
                return None if by is None else _shifted(texts.cast(pa.timestamp("us")), by)
            case _:
                return None
    except pa.ArrowInvalid:
        return None


def _shifted(local: "pa.Array", by: timedelta) -> "pa.Array":
    import pyarrow as pa
    import pyarrow.compute as pc

    instants = pc.subtract(local.view(pa.int64()), by // timedelta(microseconds=1))
    return instants.view(pa.timestamp("us", "UTC"))


def _without(texts: "pa.Array", shape: Shape | None, nulls: frozenset[str]) -> "pa.Array":
    """Texts that came clean, with null for those that mean it; the others have it already."""
    import pyarrow as pa
    import pyarrow.compute as pc

    meant = sorted(null for null in nulls if shape and shape.may_be(null))
    if not meant:
        return texts
    return pc.if_else(pc.is_in(texts, pa.array(meant)), pa.scalar(None, texts.type), texts)
