"""The clock that stands still on closed days, and the promises that stand on it: properties over arbitrary calendars."""

import doctest
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import quality.clock
from blueprint.days import ZONE
from blueprint.freshness import Calendar, Pause
from quality.clock import Clock, public_holidays
from quality.freshness import Newest, freshness, promise
from tests.quality.test_freshness import PLAN, of


@pytest.mark.parametrize(
    # decrees on days off; the Vietnamese new year is a day before the Chinese one in 1985 and 2007
    ("day", "name"),
    [(date(2026, 2, 17), "Tết Nguyên Đán"), (date(2025, 1, 29), "Tết Nguyên Đán"), (date(2007, 2, 17), "Tết Nguyên Đán"),
     (date(2026, 9, 2), "Quốc khánh"), (date(2026, 4, 26), "Ngày Giỗ Tổ Hùng Vương"), (date(2026, 4, 30), "Ngày Chiến thắng")],
)  # fmt: skip
def test_public_holidays_follow_the_vietnamese_lunar_calendar(day, name):
    assert name in public_holidays(day.year)[day][0]
    assert public_holidays(day.year)[day][1].isascii()


moments = st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)).map(lambda d: d.replace(tzinfo=ZONE))
rhythms = st.sampled_from(["PT1H", "PT12H", "P1D", "P3D", "P7D", "P2W", "P1M", "P3M", "P6M", "P1Y", "P1M15D"])
yearly = st.dates(date(2000, 1, 1), date(2000, 12, 31)).map(lambda d: f"--{d:%m-%d}")


@st.composite
def pauses(draw):
    if draw(st.booleans()):
        first, last = sorted(draw(st.dates(date(1990, 1, 1), date(2060, 1, 1))) for _ in range(2))
        last = min(last, first + timedelta(400))
    else:
        first, last = draw(yearly), draw(yearly)
    return {"first": first, "last": last, "vi": "Nghỉ", "en": "Pause"}


@st.composite
def calendars(draw):
    stated = {
        "pauses": draw(st.lists(pauses(), max_size=3)),
        "holidays": draw(st.booleans()),
        "weekends": draw(st.booleans()),
    }
    try:
        Calendar.model_validate(stated)
    except ValidationError:
        stated["pauses"] = []
    return stated


RANK = {"fresh": 0, "paused": 0, "due": 1, "late": 2}


@settings(deadline=None, max_examples=60)
@given(
    moments,
    rhythms,
    st.sampled_from([None, "PT6H", "P3D", "P1M"]),
    calendars(),
    st.lists(moments, min_size=2, max_size=8),
)
def test_time_alone_never_makes_data_fresher(newest, rhythm, grace, calendar, nows):
    made = of(rhythm=rhythm, grace=grace, calendar=calendar)
    marks = [freshness(made, PLAN, Newest(newest), now) for now in sorted(nows)]
    ranks = [RANK[m.state] for m in marks if m.state != "paused"]
    assert ranks == sorted(ranks)
    states = [m.state for m in marks]
    assert "late" not in states or set(states[states.index("late") :]) == {"late"}, (
        "a pause does not excuse what was late"
    )
    waits = [m.late_by for m in marks if m.late_by is not None]
    assert waits == sorted(waits)


@settings(deadline=None, max_examples=100)
@given(moments, rhythms, calendars(), pauses())
def test_a_pause_only_ever_delays(newest, rhythm, calendar, pause):
    before = promise(of(rhythm=rhythm, calendar=calendar), PLAN)
    try:
        more = Calendar.model_validate({**calendar, "pauses": [*calendar["pauses"], pause]})
    except ValidationError:
        return
    after = promise(of(rhythm=rhythm, calendar=more.model_dump()), PLAN)
    none = promise(of(rhythm=rhythm), PLAN)
    assert none.due(newest) <= before.due(newest) <= after.due(newest)
    assert before.late(newest) <= after.late(newest)
    assert before.due(newest) <= before.late(newest)
    assert after.clock.closed(after.due(newest).date()) is None


@settings(deadline=None, max_examples=60)
@given(
    moments,
    st.sampled_from(["PT1H", "P1D", "P3D", "P7D", "P2W"]),
    calendars(),
    st.timedeltas(timedelta(0), timedelta(900)),
)
def test_newer_data_are_never_due_earlier(newest, rhythm, calendar, later):
    made = promise(of(rhythm=rhythm, calendar=calendar), PLAN)
    assert made.due(newest) <= made.due(newest + later)


@settings(deadline=None, max_examples=60)
@given(moments, st.timedeltas(timedelta(0), timedelta(500)), calendars())
def test_the_clock_runs_exactly_on_the_open_days(start, running, calendar):
    clock = Clock(Calendar.model_validate(calendar), weekends=calendar["weekends"])
    end = clock.after(start, running)
    ran, moment = timedelta(0), start
    while moment < end:
        midnight = min(datetime.combine(moment.date() + timedelta(1), time(), ZONE), end)
        if clock.closed(moment.date()) is None:
            ran += midnight - moment
        moment = midnight
    assert ran == running


def test_the_city_has_no_summer_time():
    offsets = {
        datetime(year, month, 1, tzinfo=ZONE).utcoffset() for year in range(1976, 2060) for month in range(1, 13)
    }
    assert offsets == {timedelta(hours=7)}


def test_a_leap_day_may_begin_or_end_a_pause():
    pause = Pause(first="--02-29", last="--02-29", vi="Nghỉ", en="Pause")
    assert list(pause.within(2024)) == [(date(2024, 2, 29), date(2024, 2, 29))]
    assert list(pause.within(2026)) == []
    long = Pause(first=date(2024, 12, 1), last=date(2026, 1, 31), vi="Nghỉ", en="Pause")
    assert list(long.within(2025)) == [(date(2025, 1, 1), date(2025, 12, 31))]


def test_the_examples_run():
    result = doctest.testmod(quality.clock)
    assert result.attempted
    assert not result.failed
