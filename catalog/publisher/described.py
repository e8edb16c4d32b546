"""What the data dictionary says of a column beyond its shape: classification, code list with labels, and an example."""

from typing import Any

from blueprint import Blueprint
from blueprint.contract import Column
from blueprint.rules import codes, example_of, fixed_date

CODES = 1000
"""Codes whose labels a dictionary holds; a longer list is named only, for readers to look up."""


def described(column: Column, plan: Blueprint) -> dict[str, Any]:
    """Classification, code list and example of an open column.

    ``codes`` are the labels of the codes that the column may hold, by code; ``None`` without a code list, for a long one, and
    where the day in each row decides what a code means.
    """
    concept = plan.concept_of(column)
    listed = plan.codelist(concept.codelist) if concept.codelist else None
    return {
        "classification": concept.classification.value,
        "codelist": listed.ref if listed else None,
        "codes": labels(column, plan),
        "example": next(iter(concept.examples), None) or example_of(column, plan),
    }


def labels(column: Column, plan: Blueprint) -> dict[str, dict[str, str]] | None:
    """The labels of the codes that ``column`` may hold, in both languages; ``None`` where they cannot be told."""
    concept = plan.concept_of(column)
    if not concept.codelist:
        return None
    listed = plan.codelist(concept.codelist)
    held = codes(column, listed)
    if held is None or len(held) > CODES:
        return None
    day = fixed_date(column) if listed.dated else None
    found = {code: listed.find(code, day) for code in sorted(held)}
    return {code: {"vi": entry.vi, "en": entry.en} for code, entry in found.items() if entry}
