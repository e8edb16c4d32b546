"""Freshness: what is promised, when it is due, and that no calendar ever makes a dataset late too early."""

import doctest
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

import blueprint.freshness as declared
import quality.freshness
from blueprint import blueprint as repository
from blueprint.checks import problems
from blueprint.codelist import CodeEntry
from blueprint.contract import Gate
from blueprint.days import ZONE
from blueprint.freshness import RHYTHMS, Freshness, parsed
from lake import Lake
from quality.freshness import LISTED, Newest, freshness, newest_in, promise
from tests.lake.helpers import make_concept, make_contract, make_record
from tests.quality.builders import blueprint, codelist, column, concept, contract, entry

SUMMER = {"first": "--06-01", "last": "--08-31", "vi": "Nghỉ hè", "en": "Summer holidays"}
WINTER = {"first": "--12-25", "last": "--01-05", "vi": "Nghỉ đông", "en": "Winter break"}
DAYS = CodeEntry(code="DAILY", vi="Hằng ngày", en="Daily", valid_from=date(2000, 1, 1), attributes={"days": "2"})
PLAN = blueprint(
    concept("day", "date"),
    concept("ward", "string"),
    concept("person", "string", classification="personal"),
    codelists=(codelist("frequencies", DAYS, entry("IRREG")),),
)
BARE = contract(column("day", "day"), column("ward", "ward"), column("person", "person"))


def of(frequency: str = "IRREG", max_age_days: float | None = None, **promise: Any):
    stated = Freshness.model_validate(promise) if promise else None
    gate = Gate(max_age_days=max_age_days)
    return BARE.model_copy(update={"frequency": frequency, "freshness": stated, "gate": gate})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def mark(made, newest: str, now: str, **more: Any):
    return freshness(made, PLAN, Newest(at(newest), **more), at(now))


def due(newest: str, **stated: Any) -> str:
    found = promise(of(**stated), PLAN).due(at(newest))
    return f"{found:%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("now", "state"),
    [
        ("2026-03-05 09:00", "fresh"),
        ("2026-03-06 07:59", "fresh"),
        ("2026-03-06 08:00", "due"),
        ("2026-03-06 13:59", "due"),
        ("2026-03-06 14:00", "late"),
        ("2036-03-06 14:00", "late"),
    ],
)
def test_data_are_fresh_then_due_then_late(now, state):
    found = mark(of(rhythm="P1D", grace="PT6H"), "2026-03-05 08:00", now)
    assert found.state == state
    assert found.overdue is (state == "late")
    assert found.expected_by == at("2026-03-06 08:00")
    assert (found.late_by is not None) is (state == "late")


@pytest.mark.parametrize(
    ("newest", "stated", "expected"),
    [
        ("2026-01-31 10:00", {"rhythm": "P1M"}, "2026-02-28 10:00"),
        ("2024-01-31 10:00", {"rhythm": "P1M"}, "2024-02-29 10:00"),
        ("2024-02-29 00:00", {"rhythm": "P1Y"}, "2025-02-28 00:00"),
        ("2026-11-30 00:00", {"rhythm": "P3M"}, "2027-02-28 00:00"),
        ("2026-03-15 00:00", {"rhythm": "P6M"}, "2026-09-15 00:00"),
        ("2026-03-15 23:30", {"rhythm": "PT1H"}, "2026-03-16 00:30"),
        ("2026-03-15 00:00", {"rhythm": "P2W"}, "2026-03-29 00:00"),
        # two weeks and a half of the month are run when the summer begins; the rest follows it
        ("2026-05-15 00:00", {"rhythm": "P1M", "calendar": {"pauses": [SUMMER]}}, "2026-09-15 00:00"),
        ("2026-07-10 00:00", {"rhythm": "P7D", "calendar": {"pauses": [SUMMER]}}, "2026-09-08 00:00"),
        ("2026-12-24 12:00", {"rhythm": "P1D", "calendar": {"pauses": [WINTER]}}, "2027-01-06 12:00"),
        # Friday evening, Saturday
        ("2026-03-06 18:00", {"rhythm": "P1D", "calendar": {"weekends": True}}, "2026-03-09 18:00"),
        ("2026-03-07 18:00", {"rhythm": "PT2H", "calendar": {"weekends": True}}, "2026-03-09 02:00"),
        # a week spans its weekend and only moves off one
        ("2026-03-06 18:00", {"rhythm": "P7D", "calendar": {"weekends": True}}, "2026-03-13 18:00"),
        ("2026-03-07 18:00", {"rhythm": "P7D", "calendar": {"weekends": True}}, "2026-03-16 00:00"),
        # Lunar New Year of 2026: 16 to 20 February, and the weekend after
        ("2026-02-13 17:00", {"rhythm": "P1D", "calendar": {"weekends": True, "holidays": True}}, "2026-02-23 17:00"),
        ("2026-02-13 17:00", {"rhythm": "P7D", "calendar": {"holidays": True}}, "2026-02-25 17:00"),
    ],
)
def test_the_due_moment_follows_the_calendar(newest, stated, expected):
    assert due(newest, **stated) == expected


def test_a_school_dataset_is_not_overdue_in_summer_and_is_in_autumn():
    school = of(rhythm="P1M", grace="P7D", calendar={"pauses": [SUMMER], "holidays": True})
    states = [
        mark(school, "2026-05-20 00:00", f"2026-{month}-15 12:00").state for month in ("06", "07", "08", "09", "10")
    ]
    assert states == ["paused", "paused", "paused", "fresh", "late"]
    paused = mark(school, "2026-05-20 00:00", "2026-07-15 12:00")
    assert "Nghỉ hè" in paused.vi
    assert "Summer holidays" in paused.en
    assert mark(school, "2026-01-02 00:00", "2026-07-15 12:00").state == "late", "it was late before the summer"


def test_an_office_dataset_is_not_overdue_at_tet():
    office = of(rhythm="P1D", calendar={"holidays": True, "weekends": True})
    for day in range(14, 23):
        found = mark(office, "2026-02-13 16:00", f"2026-02-{day} 17:00")
        assert found.state == "paused", day
    assert "Tết Nguyên Đán" in mark(office, "2026-02-13 16:00", "2026-02-17 09:00").vi
    assert mark(office, "2026-02-13 16:00", "2026-02-23 17:00").state == "late"
    assert mark(of(rhythm="P1D"), "2026-02-13 16:00", "2026-02-15 17:00").state == "late"


def test_a_day_counts_until_its_end():
    daily = of(rhythm="P1D")
    assert mark(daily, "2026-03-05", "2026-03-06 23:59", whole_days=True).state == "fresh"
    late = mark(daily, "2026-03-05", "2026-03-07 00:00", whole_days=True)
    assert late.state == "late"
    assert late.newest == at("2026-03-05")
    assert late.vi.startswith("Số liệu mới nhất: 05/03/2026;")


def test_without_a_promise_the_frequency_and_its_days_hold():
    daily = of("DAILY")
    states = [mark(daily, "2026-03-05 08:00", f"2026-03-0{d} 08:00").state for d in (5, 6, 7)]
    assert states == ["fresh", "due", "late"]
    assert mark(of("DAILY", max_age_days=5), "2026-03-05 08:00", "2026-03-09 08:00").state == "due"
    assert mark(of("DAILY", max_age_days=0.5), "2026-03-05 08:00", "2026-03-05 20:00").state == "late"
    assert mark(of("IRREG", max_age_days=5), "2026-03-05 08:00", "2026-03-10 08:00").state == "late"
    grouped = of("DAILY", column="day", by=["ward"])
    assert mark(grouped, "2026-03-05 08:00", "2026-03-06 09:00").state == "due", (
        "the days of the frequency are the grace"
    )
    assert mark(of("DAILY", grace="PT0M"), "2026-03-05 08:00", "2026-03-06 08:00").state == "late"
    assert mark(of("DAILY", grace="PT1H"), "2026-03-05 08:00", "2026-03-06 09:00").state == "late"


def test_where_nothing_is_promised_or_there_is_no_version_nothing_is_known():
    found = mark(of("NEVER"), "1999-03-05 08:00", "2026-03-10 08:00")
    assert (found.state, found.expected_by, found.overdue) == ("unknown", None, False)
    assert freshness(of(rhythm="P1D"), PLAN, None, at("2026-01-01")).state == "unknown"


def test_every_frequency_with_a_due_date_is_a_rhythm():
    entries = repository().codelist("frequencies").entries
    assert {e.code for e in entries if e.attributes.get("days")} == set(RHYTHMS)
    for found in entries:
        if days := found.attributes.get("days"):
            assert datetime(2001, 1, 1) + parsed(RHYTHMS[found.code]) < datetime(2001, 1, 1) + timedelta(float(days))


def test_late_groups_are_counted_and_the_first_are_listed():
    groups = {(f"{n:05d}",): at("2026-03-05 08:00") for n in range(126)}
    groups |= {(f"{n:05d}",): at("2026-03-01 08:00") - timedelta(hours=n) for n in range(30)}
    found = mark(of(rhythm="P1D"), "2026-03-05 08:00", "2026-03-06 07:00", groups=groups)
    assert (found.state, found.groups, found.groups_late, found.overdue) == ("fresh", 126, 30, True)
    assert len(found.late_groups) == LISTED
    assert found.late_groups[0].values == ("00029",), "the one that waits longest comes first"
    assert "30 trên 126 nhóm trễ" in found.vi
    content = found.to_json()
    assert content["late_groups"][0]["late_by"] == "P5DT4H"
    assert (content["state"], content["newest"]) == ("fresh", "2026-03-05T08:00:00+07:00")


def test_a_group_that_is_retired_is_not_expected():
    groups = {("old",): at("2025-03-05 08:00"), ("quiet",): at("2026-03-01 08:00"), ("new",): at("2026-03-05 08:00")}
    kept = mark(of(rhythm="P1D"), "2026-03-05 08:00", "2026-03-05 09:00", groups=groups)
    assert (kept.groups, kept.groups_late) == (3, 2)
    gone = mark(of(rhythm="P1D", retired_after="P30D"), "2026-03-05 08:00", "2026-03-05 09:00", groups=groups)
    assert (gone.groups, [g.values for g in gone.late_groups]) == (2, [("quiet",)])


def test_a_moment_is_the_same_in_every_zone():
    made = of(rhythm="P1D", calendar={"weekends": True})
    newest, now = at("2026-03-05 08:00"), at("2026-03-07 02:00")  # Saturday here, Friday in UTC
    found = freshness(made, PLAN, Newest(newest), now)
    assert found == freshness(made, PLAN, Newest(newest.astimezone(UTC)), now.astimezone(UTC))
    assert found.state == "late"


def test_dates_at_the_end_of_the_calendar_are_never_due():
    assert mark(of(rhythm="P1Y"), "9999-12-31 08:00", "2026-01-01 00:00").state == "fresh"
    assert mark(of(rhythm="P1D"), "9999-12-31", "2026-01-01 00:00", whole_days=True).expected_by is None


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"rhythm": "P1X"}, "ISO 8601"),
        ({"rhythm": "1 day"}, "ISO 8601"),
        ({"rhythm": "P"}, "ISO 8601"),
        ({"rhythm": "P1DT"}, "ISO 8601"),
        ({"rhythm": "P0D"}, "longer than nothing"),
        ({"calendar": {"pauses": [{**SUMMER, "last": date(2026, 8, 31)}]}}, "both yearly"),
        ({"calendar": {"pauses": [{**SUMMER, "first": date(2026, 8, 31), "last": date(2026, 6, 1)}]}}, "before first"),
        ({"calendar": {"pauses": [{**SUMMER, "first": "--02-30"}]}}, "day is out of range|day 30 must be"),
        ({"calendar": {"pauses": [{**SUMMER, "first": "--01-01", "last": "--12-25"}]}}, "fewer than 14 days"),
        ({"by": ["ward", "ward"]}, "twice"),
        ({"baseline": {"versions": 4, "least": 5}}, "no delivery would ever be judged"),
    ],
)
def test_a_promise_that_cannot_be_kept_is_refused(stated, said):
    with pytest.raises(ValidationError, match=said):
        Freshness.model_validate(stated)


def test_a_promise_survives_json():
    once = {"first": date(2026, 3, 1), "last": date(2026, 3, 9), "vi": "Sửa trạm", "en": "Repair"}
    stated = Freshness.model_validate(
        {"rhythm": "P1M", "grace": "P7D", "by": ["ward"], "calendar": {"pauses": [SUMMER, once]}}
    )
    assert Freshness.model_validate_json(stated.model_dump_json()) == stated
    assert Freshness.model_validate(stated.model_dump(mode="json")) == stated


def test_a_contract_that_says_a_fact_twice_or_names_a_wrong_column_is_told():
    wrong = of("DAILY", max_age_days=3, rhythm="P7D", column="ward", by=["person"])
    plan = blueprint(*PLAN.concepts.values(), codelists=tuple(PLAN.codelists.values()))
    object.__setattr__(plan, "contracts", {"tiny": wrong})
    told = {p.path: p for p in problems(plan) if p.rule == "freshness"}
    assert set(told) == {"freshness.column", "freshness.by.0", "freshness.rhythm", "gate.max_age_days"}
    assert "date, timestamp" in told["freshness.column"].en
    assert "P1D" in told["freshness.rhythm"].vi
    with pytest.raises(ValidationError, match="'nothing' is not a column"):
        type(BARE).model_validate({**BARE.model_dump(), "freshness": {"column": "nothing"}})


@pytest.mark.parametrize("kind", ["date", "timestamp", "timestamp_local"])
def test_the_newest_moment_of_a_version_is_read_by_group_and_never_after_its_commit(tmp_path, kind):
    written = {"date": pa.date32(), "timestamp": pa.timestamp("us", tz="UTC"), "timestamp_local": pa.timestamp("us")}[
        kind
    ]
    stated = Freshness(column="at", rhythm="P1D", by=("name",))
    made = make_contract({"name": "string", "at": kind}, freshness=stated)
    base = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)

    def value(day: int) -> Any:
        moment = base + timedelta(day)
        return moment.date() if kind == "date" else moment if kind == "timestamp" else moment.replace(tzinfo=None)

    rows = [
        ("a", value(0)),
        ("a", value(3)),
        ("a", value(90_000)),
        ("b", value(-5)),
        (None, value(1)),
        ("c", None),
        ("d", value(90_000)),
    ]
    path = tmp_path / "accepted.parquet"
    names, moments = zip(*rows, strict=True)
    pq.write_table(pa.table({"name": pa.array(names), "at": pa.array(moments, written)}), path)
    lake = Lake(tmp_path)
    version = lake.commit(made, make_concept, path, make_record())
    found = newest_in(lake, made, version)

    def expected(day: int) -> datetime:
        moment = base + timedelta(day)
        if kind == "timestamp":
            return moment
        naive = moment.replace(tzinfo=None)
        return (datetime.combine(naive.date(), time()) if kind == "date" else naive).replace(tzinfo=ZONE)

    assert found.groups is not None
    committed = version.committed_at.astimezone(ZONE)
    fallback = found.groups.pop(("d",))
    assert fallback.date() == committed.date(), "where all dates lie ahead the commit stands for them"
    assert found.groups == {("a",): expected(3), ("b",): expected(-5), (None,): expected(1)}
    assert (found.at, found.whole_days) == (fallback, kind == "date")
    plain = newest_in(lake, made.model_copy(update={"freshness": None}), version)
    assert plain == Newest(version.committed_at)


@pytest.mark.parametrize("module", [declared, quality.freshness], ids=lambda m: m.__name__)
def test_the_examples_run(module):
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed
