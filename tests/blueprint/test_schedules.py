"""When a dataset is run: cron expressions that Airflow takes, and datasets that come after others."""

import pytest
from croniter import croniter
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from blueprint.lint import lint
from tests.blueprint.drafts import ROUTES, STOPS, copy, draft
from tests.dags.builders import contract

FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


@pytest.mark.parametrize("cron", ["30 6 * * *", "*/15 6-18 * * mon-fri", "0 0 1,15 jan,jul *", "0 5-20/5 * * 0"])
def test_a_schedule_is_five_fields(cron: str) -> None:
    assert contract(schedule=cron).schedule == cron


@pytest.mark.parametrize(
    "cron",
    ["@daily", "", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "5-1 * * * *", "* * * foo *", "*/0 * * * *"],
)
def test_what_no_clock_shows_is_refused(cron: str) -> None:
    with pytest.raises(ValidationError):
        contract(schedule=cron)


@settings(deadline=None)
@given(st.tuples(*(st.integers(least, most) for least, most in FIELDS)))
def test_every_moment_of_the_clock_can_be_a_schedule_and_croniter_reads_it_alike(fields: tuple[int, ...]) -> None:
    cron = " ".join(map(str, fields))
    assert contract(schedule=cron).schedule == cron
    assert croniter.is_valid(cron)


@settings(deadline=None)
@given(st.lists(st.text("0123456789*/,-ab", max_size=4), min_size=5, max_size=5))
def test_what_is_taken_is_taken_by_airflow_too(fields: list[str]) -> None:
    cron = " ".join(fields)
    try:
        contract(schedule=cron)
    except ValidationError:
        return
    assert croniter.is_valid(cron), cron


@pytest.mark.parametrize("after", [["air-test"], ["wards", "wards"]])
def test_a_dataset_comes_neither_after_itself_nor_twice_after_another(after: list[str]) -> None:
    with pytest.raises(ValidationError, match="after names a dataset twice, or this one"):
        contract(after=after)


def test_what_comes_after_is_declared_and_comes_to_rest(tmp_path) -> None:
    root = copy(tmp_path)
    draft(root, STOPS, "1.0.1", ("key:", "after: [bus-routes, no-such]\nkey:"))
    draft(root, ROUTES, "1.0.1", ("key:", "after: [bus-stops, wards]\nkey:"))
    told = [(p.rule, p.file, p.came) for p in lint(root).errors if (p.path or "").startswith("after")]
    assert sorted(told) == [
        ("after", ROUTES.replace("1.0.0", "1.0.1"), "bus-stops"),
        ("after", STOPS.replace("1.0.0", "1.0.1"), "bus-routes"),
        ("unknown", STOPS.replace("1.0.0", "1.0.1"), "no-such"),
    ]
