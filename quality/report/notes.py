"""The notes on an agency's own file: which cells break which rule, what came there, and what would be right."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from blueprint.contract import Column, Contract
from blueprint.load import Blueprint
from quality.masking import MASK, RowMask
from quality.meanings import meanings
from quality.report.model import Fault, QualityResult
from quality.report.places import Found, Places

_SPELLINGS = 12
"""Spellings of a code column that are told."""


@dataclass(frozen=True)
class Note:
    """What is wrong with one row by one rule.

    ``columns`` are the positions, from 1, of the cells that the rule reads, the one that it is about first; none where it is
    about the row. ``header`` names that cell's column. ``came`` is what may be shown of what came; ``masked`` where that is
    not all. ``example`` is a right value as the agency writes it, and ``spellings`` are the first that it may write in a
    column of codes. ``received`` holds the cells as they came: it is the agency's own text, for its own eyes.
    """

    rule: str
    severity: Literal["error", "warning"]
    file: str
    sheet: str | None
    row: int
    columns: tuple[int, ...]
    header: str | None
    came: str | None
    masked: bool
    vi: str
    en: str
    example: str | None
    spellings: tuple[str, ...]
    received: tuple[str, ...] = field(repr=False)


def notes(
    result: QualityResult, contract: Contract, plan: Blueprint, refused: Path | None, warned: Path | None, most: int
) -> list[Note]:
    """The first notes on a judged delivery: at most ``most``, errors before warnings, each in the order of the delivery.

    Args:
        result: what was found; its faults say which rules are told, in which words.
        contract: the contract that judged it.
        plan: the concepts and code lists that the contract binds to.
        refused: the file of quarantined rows, where there are any.
        warned: the file of accepted rows that only warn, where there are any.
        most: how many notes are wanted at most.
    """
    words, mask = meanings(contract, plan), RowMask(contract, plan)
    told: list[Note] = []
    kinds: tuple[tuple[Literal["error", "warning"], Literal["rules", "warnings"], Path | None], ...] = (
        ("error", "rules", refused),
        ("warning", "warnings", warned),
    )
    for severity, labels, path in kinds:
        faults = {f.rule: f for f in result.faults if f.severity == severity}
        if faults and path is not None and path.exists() and len(told) < most:
            with Places(path, words, mask) as places:
                found = places.first(labels, faults, most - len(told))
            columns = {c.name: c for c in contract.columns}
            alone = len(result.delivery.files) == 1  # each file may call a column otherwise
            told += [_note(faults[f.rule], f, columns, alone=alone) for f in found]
    return told


def _note(fault: Fault, found: Found, columns: Mapping[str, Column], *, alone: bool) -> Note:
    theirs = columns[fault.columns[0].name].values if len(fault.columns) == 1 else {}
    return Note(
        rule=fault.rule,
        severity=fault.severity,
        file=found.file,
        sheet=found.sheet,
        row=found.row,
        columns=found.columns,
        header=", ".join((alone and c.header) or c.title.vi for c in fault.columns) or None,
        came=found.came,
        masked=found.came is not None and MASK in found.came,
        vi=fault.vi,
        en=fault.en,
        example=next((spelt for spelt, ours in theirs.items() if ours == fault.example), fault.example),
        spellings=tuple(theirs)[:_SPELLINGS],
        received=found.received,
    )
