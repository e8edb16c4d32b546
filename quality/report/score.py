"""The score of a delivery: 0 to 100, from its rows alone.

Each row is judged in four dimensions, by the kind of the rules that it breaks:

============ ======================================================================================
dimension    rules
============ ======================================================================================
validity     type, range, length, pattern, checksum, code list, number of cells in the row
completeness required cells, promised shares of filled cells, rows that the contract promises
uniqueness   rows that repeat a row, values that must be unique
consistency  rules between columns, contradicting rows of one key, names of codes, references
============ ======================================================================================

The share of a dimension is ``1 - (faulty + doubtful / 2) / rows``: ``faulty`` rows break a rule of severity ``error``,
``doubtful`` rows only one of severity ``warning``. Rows that the contract promises and that are not there count as rows, and
as faulty ones. A check of the set as a whole that tells no rows (drift, volume) takes a tenth of its dimension as a warning
and all of it as an error.

The score is 100 times the product of the four shares. It is 100 where no rule is broken and nowhere else. Timeliness is a
mark of its own and no part of the score; neither are titles, descriptions, licences or other metadata.
"""

from collections.abc import Iterable, Mapping
from math import prod
from typing import Literal

from blueprint.compile.gx import ROW_COUNT, least_rows
from blueprint.contract import Contract
from blueprint.load import Blueprint
from blueprint.rules import KEY_CONFLICT, KEY_DUPLICATE, ROW_WIDTH, row_rules, type_rule
from quality.gate import QUARANTINE_SHARE, mostly_rule
from quality.report.parts import Count, Part, Share
from quality.verdict import Check, Verdict

Dimension = Literal["validity", "completeness", "uniqueness", "consistency"]
DIMENSIONS: tuple[Dimension, ...] = ("validity", "completeness", "uniqueness", "consistency")
WARNED = 0.5
"""What a row counts for that only a warning refuses."""
SET_WARNED = 0.1
"""What a dimension loses by a warning about the set as a whole."""
_BY_KIND: Mapping[str, Dimension] = {
    "required": "completeness",
    "range": "validity",
    "length": "validity",
    "pattern": "validity",
    "identifier": "validity",
    "code": "validity",
    "name": "consistency",
    "damaged-letters": "validity",
    "contract": "consistency",
}


class Measure(Part):
    """One dimension: how many of ``rows`` are ``faulty`` or only ``doubtful``, and the share that is good."""

    dimension: Dimension
    rows: Count
    faulty: Count
    doubtful: Count
    share: Share


class Score(Part):
    """The score from 0 to 100 and the measures that it is the product of; no measures where no row could be read."""

    value: float
    measures: tuple[Measure, ...]

    @property
    def shown(self) -> float:
        """The score with one decimal, rounded down, so that 100 is shown only where nothing is wrong.

        >>> Score(value=99.998, measures=()).shown
        99.9
        """
        return int(self.value * 10 + 1e-9) / 10 if self.value < 100 else 100.0


NOTHING_READ = Score(value=0, measures=())
"""The score of a delivery of which no row could be read."""


class Dimensions:
    """Which dimension each rule of a contract belongs to.

    ``counted`` are checks of the gate about rows that are counted here by other means.
    """

    def __init__(self, contract: Contract, plan: Blueprint) -> None:
        self._of: dict[str, Dimension] = {
            ROW_WIDTH: "validity",
            KEY_DUPLICATE: "uniqueness",
            KEY_CONFLICT: "consistency",
            **{type_rule(c.name): "validity" for c in contract.columns},
            **{f"{name}-complete": "completeness" for name in contract.gate.complete},
            **{rule.id: _BY_KIND[rule.kind] for rule in row_rules(contract, plan)},
        }
        self.counted = frozenset({ROW_COUNT, QUARANTINE_SHARE, *map(mostly_rule, contract.gate.mostly)})

    def of(self, rule: str) -> Dimension:
        """The dimension of ``rule``, also of one that is in the contract no more."""
        return self._of.get(rule) or ("uniqueness" if rule.startswith("unique-") else "consistency")

    def rules(self, dimension: Dimension) -> list[str]:
        """The rules over a row that belong to ``dimension``."""
        return [rule for rule, of in self._of.items() if of == dimension]


def score(
    contract: Contract,
    dimensions: Dimensions,
    verdict: Verdict,
    refused: Mapping[Dimension, tuple[int, int]],
) -> Score:
    """The score of a judged delivery.

    Args:
        contract: the contract; ``gate`` says how many rows it promises.
        dimensions: which dimension each rule belongs to.
        verdict: the gate's verdict over the accepted rows.
        refused: quarantined rows per dimension: those that break an error of it, and those that break only a warning.
    """
    measures = tuple(
        _measure(d, contract, verdict, refused.get(d, (0, 0)), _checks(verdict, dimensions, d)) for d in DIMENSIONS
    )
    return Score(value=100 * prod(m.share for m in measures), measures=measures)


def _checks(verdict: Verdict, dimensions: Dimensions, dimension: Dimension) -> list[Check]:
    return [c for c in verdict.checks if c.id not in dimensions.counted and dimensions.of(c.id) == dimension]


def _measure(
    dimension: Dimension, contract: Contract, verdict: Verdict, refused: tuple[int, int], checks: Iterable[Check]
) -> Measure:
    rows, (faulty, doubtful), lost = verdict.rows_in, refused, 0.0
    if dimension == "completeness":
        missing = max(0, least_rows(contract) - rows)
        rows, faulty = rows + missing, faulty + missing
    if dimension == "consistency" and contract.gate.max_rows is not None:
        faulty += max(0, rows - contract.gate.max_rows)
    for check in checks:
        warned = check.severity == "warning"
        if check.unexpected is not None and (warned or not check.passed):
            doubtful, faulty = doubtful + check.unexpected * warned, faulty + check.unexpected * (not warned)
        elif not check.passed:
            lost = max(lost, SET_WARNED if warned else 1.0)
    faulty = min(faulty, rows)
    doubtful = min(doubtful, rows - faulty)
    bad = (faulty + WARNED * doubtful) / rows if rows else 1.0
    return Measure(dimension=dimension, rows=rows, faulty=faulty, doubtful=doubtful, share=(1 - bad) * (1 - lost))
