"""References to other datasets: what is counted, what is not judged, and what keeps a check from being made."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blueprint import Blueprint, Contract, Gate
from blueprint.contract import Reference
from blueprint.errors import BlueprintError
from blueprint.rules import reference_rule
from lake import Lake
from quality.gate import GateError
from quality.references import is_exact, judge_references
from quality.verdict import Check
from tests.lake.helpers import Row, make_concept, make_contract, make_record, write_parquet

WARDS = {"code": "string", "area": "integer"}
VISITS = {"id": "integer", "ward": "string", "area": "integer"}
TO_WARDS = Reference(columns=("ward",), dataset="wards", to=("code",))
TO_BOTH = Reference(columns=("ward", "area"), dataset="wards", to=("code", "area"))
PLAN = Blueprint(Path(), {}, {}, {})


def wards(lake: Lake, rows: Sequence[Row], types: dict[str, str] = WARDS, **changes: Any) -> Contract:
    """Make ``rows`` the newest version of the dataset that is referred to."""
    contract = make_contract(types, dataset="wards", **changes)
    path = write_parquet(lake.root.parent / "wards.parquet", rows, types)
    lake.commit(contract, make_concept, path, make_record())
    return contract


def visits(*references: Reference, types: dict[str, str] = VISITS, **changes: Any) -> Contract:
    return make_contract(types, dataset="visits", references=references, **changes)


def judged(lake: Lake, contract: Contract, rows: Sequence[Row], types: dict[str, str] = VISITS) -> tuple[Check, ...]:
    accepted = write_parquet(lake.root.parent / "accepted.parquet", rows, types)
    return judge_references(contract, PLAN, accepted, lake)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def test_rows_that_refer_to_nothing_are_counted_and_their_values_stay_unsaid(lake: Lake) -> None:
    wards(lake, [("00070", 1), ("00008", 2)])
    (check,) = judged(lake, visits(TO_WARDS), [(1, "00070", 0), (2, "09999", 0), (3, "09999", 0), (4, "00008", 0)])
    assert (check.id, check.column, check.severity) == ("reference:ward:wards", "ward", "error")
    assert (check.passed, check.unexpected) == (False, 2)
    version = lake.versions("wards")[0].id
    assert check.en == (
        f"The values of ward must be in the key (code) of the dataset wards (version {version}). 2 of 4 rows do not comply. "
        "Correct these rows, or ingest a newer wards first: hanoi ingest wards."
    )
    assert "Có 2 trên 4 dòng không đạt." in check.vi
    assert "09999" not in check.vi + check.en


def test_only_the_newest_version_counts(lake: Lake) -> None:
    wards(lake, [("00070", 1)])
    wards(lake, [("00008", 1)])
    (check,) = judged(lake, visits(TO_WARDS), [(1, "00070", 0), (2, "00008", 0)])
    assert (check.passed, check.unexpected) == (False, 1)


def test_all_rows_comply(lake: Lake) -> None:
    wards(lake, [("00070", 1)])
    (check,) = judged(lake, visits(TO_WARDS), [(1, "00070", 0), (2, None, 0)])
    assert (check.passed, check.unexpected) == (True, 0)
    assert "Correct" not in check.en
    assert not list((lake.root / "spill").glob("visits*")), "nothing stays behind"


def test_a_contract_without_references_has_no_check(lake: Lake) -> None:
    assert judged(lake, visits(), [(1, "00070", 0)]) == ()
    assert not lake.root.exists()


def test_each_reference_has_its_check(lake: Lake) -> None:
    wards(lake, [("00070", 1)])
    checks = judged(lake, visits(TO_BOTH, TO_WARDS, TO_BOTH), [(1, "00070", 2)])
    assert [(c.id, c.column, c.passed) for c in checks] == [
        ("reference:ward-area:wards", None, False),
        ("reference:ward:wards", "ward", True),
    ]


def test_a_dataset_without_a_version_fails_whatever_the_share_is(lake: Lake) -> None:
    gate = Gate(mostly={reference_rule(TO_WARDS): 0.0})
    (check,) = judged(lake, visits(TO_WARDS, gate=gate), [(1, None, 0)])
    assert (check.passed, check.unexpected) == (False, None)
    assert check.en.endswith("wards has no version yet; ingest it first: hanoi ingest wards.")
    assert check.vi.endswith("wards chưa có phiên bản nào; hãy nạp trước: hanoi ingest wards.")


@pytest.mark.parametrize(("share", "passed"), [(1.0, False), (0.8, False), (0.75, True), (0.0, True)])
def test_a_stated_share_of_the_rows_is_enough(lake: Lake, share: float, passed: bool) -> None:
    wards(lake, [("00070", 1)])
    gate = Gate(mostly={reference_rule(TO_WARDS): share})
    rows = [(1, "00070", 0), (2, "09999", 0), (3, None, 0), (4, "00070", 0)]
    (check,) = judged(lake, visits(TO_WARDS, gate=gate), rows)
    assert (check.passed, check.unexpected) == (passed, 1)
    assert "1 of 4 rows do not comply" in check.en
    assert ("Correct" in check.en) is not passed


CODES = st.sampled_from([None, "", "a", "A", "á", "a\u0301", "a ", "00070"])
AREAS = st.sampled_from([None, -1, 0, 1, 2**62])


@settings(max_examples=12, deadline=None)
@given(
    keys=st.lists(st.tuples(CODES, AREAS), min_size=1, max_size=12),
    rows=st.lists(st.tuples(CODES, AREAS), min_size=1, max_size=12),
)
def test_the_count_is_that_of_a_model(
    tmp_path_factory: pytest.TempPathFactory, keys: list[Row], rows: list[Row]
) -> None:
    lake = Lake(tmp_path_factory.mktemp("lake"))
    wards(lake, keys)
    numbered = [(n, *row) for n, row in enumerate(rows)]
    one, both = judged(lake, visits(TO_WARDS, TO_BOTH), numbered)
    assert one.unexpected == sum(code is not None and code not in {k for k, _ in keys} for code, _ in rows)
    assert both.unexpected == sum(None not in row and row not in keys for row in rows)
    assert (one.passed, both.passed) == (not one.unexpected, not both.unexpected)


@pytest.mark.parametrize(
    ("kind", "to", "values", "keys", "against"),
    [
        ("integer", "int32", [1, 2**40, 7], [1, 2], 2),
        ("int32", "integer", [1, 3], [1, 2**40], 1),
        ("integer", "decimal", [1, 10**15, 2], [Decimal("1.000000"), Decimal("2.500000")], 2),
        ("decimal_9_2", "decimal", [Decimal("1.25"), Decimal("1.26")], [Decimal("1.250000")], 1),
        ("float", "double", [0.5, 0.1], [0.5, 0.1], 1),
        ("date", "timestamp_local", [date(2025, 3, 1), date(2025, 3, 2)], [datetime(2025, 3, 1)], 1),
    ],
)
def test_types_that_differ_are_compared_where_no_value_changes(
    lake: Lake, kind: str, to: str, values: list[Any], keys: list[Any], against: int
) -> None:
    wards(lake, [(key,) for key in keys], {"code": to})
    (check,) = judged(lake, visits(TO_WARDS, types={"ward": kind}), [(v,) for v in values], {"ward": kind})
    assert check.unexpected == against


@pytest.mark.parametrize(
    ("kind", "to", "value", "key"),
    [
        ("string", "integer", "1", 1),
        ("integer", "string", 1, "1"),
        ("integer", "double", 1, 1.0),
        ("decimal", "integer", Decimal("1.000000"), 1),
    ],
)
def test_types_that_cannot_be_compared_exactly_are_told(lake: Lake, kind: str, to: str, value: Any, key: Any) -> None:
    wards(lake, [(key,)], {"code": to})
    with pytest.raises(GateError, match="declare both columns of one type") as caught:
        judged(lake, visits(TO_WARDS, types={"ward": kind}), [(value,)], {"ward": kind})
    assert "khai báo hai cột cùng một kiểu" in caught.value.vi


def test_casts_that_may_change_a_value_are_not_exact() -> None:
    kinds = ["INTEGER", "BIGINT", "DOUBLE", "FLOAT", "VARCHAR", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"]
    exact = {(one, other) for one in kinds for other in kinds if one != other and is_exact(one, other)}
    assert exact == {
        ("INTEGER", "BIGINT"),
        ("BIGINT", "INTEGER"),
        ("INTEGER", "DOUBLE"),
        ("FLOAT", "DOUBLE"),
        ("DATE", "TIMESTAMP"),
    }


NODES = {"id": "integer", "parent": "integer", "day": "date"}
TO_SELF = Reference(columns=("parent",), dataset="nodes", to=("id",))
FIRST, SECOND, THIRD = (date(2025, 3, n) for n in (1, 2, 3))


def nodes(**changes: Any) -> Contract:
    return make_contract(NODES, dataset="nodes", references=(TO_SELF,), **changes)


def test_a_dataset_that_refers_to_itself_is_judged_by_its_own_rows(lake: Lake) -> None:
    rows = [(1, None, FIRST), (2, 1, FIRST), (3, 9, FIRST)]
    (check,) = judged(lake, nodes(), rows, NODES)
    assert (check.passed, check.unexpected) == (False, 1)
    assert "among the accepted rows themselves" in check.en
    assert "hanoi ingest" not in check.en


def test_a_whole_delivery_replaces_the_rows_that_it_referred_to(lake: Lake) -> None:
    path = write_parquet(lake.root.parent / "before.parquet", [(9, None, FIRST)], NODES)
    lake.commit(nodes(), make_concept, path, make_record())
    (check,) = judged(lake, nodes(), [(3, 9, FIRST)], NODES)
    assert check.unexpected == 1


@pytest.mark.parametrize("by", ["value", "day", "month"])
def test_partitions_that_stay_are_referred_to_and_those_replaced_are_not(lake: Lake, by: str) -> None:
    contract = nodes(partition="day", partition_by=by)
    before = [(9, None, FIRST), (8, None, SECOND), (7, None, date(2025, 4, 1))]
    path = write_parquet(lake.root.parent / "before.parquet", before, NODES)
    version = lake.commit(contract, make_concept, path, make_record())
    rows = [(3, 9, FIRST), (4, 3, FIRST), (5, 8, THIRD), (6, 7, THIRD), (10, 4, THIRD)]
    (check,) = judged(lake, contract, rows, NODES)
    assert check.unexpected == (2 if by == "month" else 1)
    assert version.id in check.en
    path = write_parquet(lake.root.parent / "now.parquet", rows, NODES)
    after = lake.select(lake.commit(contract, make_concept, path, make_record()))
    import duckdb

    with duckdb.connect() as con:
        dangling = con.execute(
            f"SELECT count(*) FROM ({after}) a WHERE parent IS NOT NULL AND parent NOT IN (SELECT id FROM ({after}))"
        ).fetchone()
    assert dangling == (check.unexpected,), "what is judged is what the commit makes"


def test_a_key_that_was_renamed_since_is_found_under_its_former_name(lake: Lake) -> None:
    former = wards(lake, [("00070", 1)])
    renamed = make_contract(
        {"ward_code": "string", "area": "integer"}, "1.1.0", {"ward_code": "code"}, dataset="wards", key=("ward_code",)
    )
    plan = Blueprint(Path(), {}, {}, {"wards": renamed}, contract_versions={"wards": (former, renamed)})
    refers = visits(Reference(columns=("ward",), dataset="wards", to=("ward_code",)))
    accepted = write_parquet(lake.root.parent / "accepted.parquet", [(1, "00070", 0), (2, "x", 0)], VISITS)
    (check,) = judge_references(refers, plan, accepted, lake)
    assert check.unexpected == 1


def test_a_version_without_the_columns_of_the_key_fails(lake: Lake) -> None:
    wards(lake, [("00070", 1)])
    refers = visits(Reference(columns=("ward",), dataset="wards", to=("number",)))
    (check,) = judged(lake, refers, [(1, "00070", 0)])
    assert (check.passed, check.unexpected) == (False, None)
    assert "has no column number; ingest it again" in check.en


def test_what_cannot_be_judged_is_told(lake: Lake, tmp_path: Path) -> None:
    wards(lake, [("00070", 1)])
    with pytest.raises(GateError, match="lacks ward"):
        judged(lake, visits(TO_WARDS), [(1,)], {"id": "integer"})
    with pytest.raises(GateError, match="not a whole Parquet file"):
        judge_references(visits(TO_WARDS), PLAN, tmp_path / "none.parquet", lake)
    uneven = Reference(columns=("ward", "area"), dataset="wards", to=("code",))
    with pytest.raises(BlueprintError, match="has 2 columns and 1 in to"):
        judged(lake, visits(uneven), [(1, "00070", 0)])
