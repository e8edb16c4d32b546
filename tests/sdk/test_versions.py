"""Versions of a dataset: the newest, one by its id, that of a day, that of a major contract, and what is known of each."""

import datetime as dt
import hashlib
import json
import warnings
from pathlib import Path
from typing import Any

import pytest

import hanoi_cloud as hc
from tests.sdk.helpers import ROWS, Catalogue

QUALITY: dict[str, Any] = {
    "validity": "passed-with-warnings",
    "score": 97.5,
    "measures": [{"dimension": "validity", "rows": 4, "faulty": 1, "doubtful": 0, "share": 0.75}],
    "rows": {"received": 4, "accepted": 3, "quarantined": 1, "out_of_scope": 0},
    "faults": [{"rule": "level-range", "severity": "error", "rows": 1, "vi": "từ 0", "en": "from 0"}],
    "freshness": {
        "state": "late",
        "newest": "2026-01-01T00:00:00+00:00",
        "expected_by": "2026-01-02T00:00:00Z",
        "groups": None,
        "groups_late": 0,
        "vi": "trễ",
        "en": "late",
    },
}
NOTICE = {
    "subject": "bus-stops",
    "version": "2.0.0",
    "announced": "2026-01-10",
    "former": "1.1.0",
    "effective": "2026-03-01",
    "former_until": "2026-06-01",
    "concerned": ["bus-stops"],
    "columns": ["bus-stops.level"],
    "organisations": [],
    "vi": "Cột level đổi đơn vị.",
    "en": "The unit of level changes.",
}


@pytest.fixture
def stops(catalogue: Catalogue) -> None:
    for number, (day, contract) in enumerate(
        [
            ("2026-01-01T16:59:59+00:00", "1.0.0"),
            ("2026-01-01T17:00:00+00:00", "1.1.0"),
            ("2026-02-01T00:00:00Z", "2.0.0"),
        ],
        start=1,
    ):
        catalogue.publish(
            "bus-stops",
            ROWS.slice(0, number),
            version=f"{number}-{'abc'[number - 1] * 8}",
            hanoi_committed_at=day,
            told={"contract": f"bus-stops@{contract}", "quality": QUALITY},
            hanoi_notices=json.dumps([NOTICE]),
        )


@pytest.mark.usefixtures("stops")
def test_the_newest_version_is_the_usual_one(city: hc.City) -> None:
    found = city.dataset("bus-stops")
    assert (found.version, len(found.to_arrow(["at"]))) == ("3-cccccccc", 3)
    assert [(v.id, v.rows, v.major) for v in found.versions] == [
        ("3-cccccccc", 3, 2),
        ("2-bbbbbbbb", 2, 1),
        ("1-aaaaaaaa", 1, 1),
    ]


@pytest.mark.usefixtures("stops")
@pytest.mark.parametrize(
    ("asked", "version"),
    [
        ({"version": "1-aaaaaaaa"}, "1-aaaaaaaa"),
        ({"major": 1}, "2-bbbbbbbb"),
        # The day of Hà Nội ends at 17:00 UTC.
        ({"as_of": "2026-01-01"}, "1-aaaaaaaa"),
        ({"as_of": dt.date(2026, 1, 2)}, "2-bbbbbbbb"),
        ({"as_of": "2026-01-01T23:59:59"}, "1-aaaaaaaa"),
        ({"as_of": dt.datetime(2026, 1, 1, 17, tzinfo=dt.UTC)}, "2-bbbbbbbb"),
        ({"as_of": "2026-12-31", "major": 2}, "3-cccccccc"),
    ],
)
def test_another_version_is_read_as_it_was(city: hc.City, tmp_path: Path, asked: dict[str, Any], version: str) -> None:
    found = city.dataset("bus-stops", **asked)
    assert found.version == version
    assert found.rows == len(found.to_arrow(["at"])) == int(version[0])
    parquet = found.download(tmp_path)
    assert hashlib.sha256(parquet.read_bytes()).hexdigest() == next(
        d.sha256 for d in found.distributions if d.format == "parquet"
    )


@pytest.mark.usefixtures("stops")
@pytest.mark.parametrize("asked", [{"version": "9-ffffffff"}, {"as_of": "2020-01-01"}, {"major": 3}])
def test_a_version_that_is_not_there_names_those_that_are(city: hc.City, asked: dict[str, Any]) -> None:
    with pytest.raises(hc.VersionNotFound, match="3-cccccccc, 2-bbbbbbbb, 1-aaaaaaaa") as error:
        city.dataset("bus-stops", **asked)
    assert str(next(iter(asked.values()))) in str(error.value)
    assert "không có phiên bản" in error.value.vi


@pytest.mark.usefixtures("stops")
def test_what_is_no_day_is_told(city: hc.City) -> None:
    with pytest.raises(hc.ConfigurationError, match="30/6/2025"):
        city.dataset("bus-stops", as_of="30/6/2025")


@pytest.mark.usefixtures("stops")
def test_quality_origin_and_notices_are_typed(city: hc.City) -> None:
    found = city.dataset("bus-stops")
    assert found.quality is not None
    assert (found.quality.validity, found.quality.score, found.quality.measures) == (
        "passed-with-warnings",
        97.5,
        {"validity": 0.75},
    )
    assert found.quality.faults == (hc.Fault("level-range", "error", 1, "từ 0", "from 0"),)
    assert found.freshness is not None
    assert (found.freshness.state, found.freshness.expected_by) == ("late", dt.datetime(2026, 1, 2, tzinfo=dt.UTC))
    assert found.provenance is not None
    assert (found.provenance.delivery, found.provenance.contract) == ("d" * 64, "bus-stops@2.0.0")
    [notice] = found.notices
    assert (notice.effective, notice.former_until) == (dt.date(2026, 3, 1), dt.date(2026, 6, 1))
    assert notice.columns == ("bus-stops.level",)


@pytest.mark.usefixtures("stops")
def test_reading_a_column_that_will_change_warns_once_with_the_day_and_the_page(city: hc.City) -> None:
    stops = city.dataset("bus-stops")
    assert len(stops.to_arrow(["at"])) == 3
    with pytest.warns(hc.BreakingChangeWarning, match="level will change on 2026-03-01") as found:
        stops.to_arrow(["at"], where=hc.col("level") > 1)
    assert str(found[0].message).count("/dataset/bus-stops") == 1
    assert found[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stops.to_arrow()


@pytest.mark.usefixtures("stops")
def test_a_pinned_version_is_read_from_the_cache_while_nobody_answers(catalogue: Catalogue, city: hc.City) -> None:
    from tests.sdk.helpers import Fault

    assert len(city.dataset("bus-stops", version="2-bbbbbbbb").to_arrow(["at"])) == 2
    catalogue.fail("/", *[Fault(503, {"Retry-After": "0"})] * 100)
    with pytest.warns(hc.OfflineWarning):
        again = city.dataset("bus-stops", version="2-bbbbbbbb")
    assert len(again.to_arrow(["at"])) == 2


def test_a_catalogue_without_an_index_serves_its_newest_version(catalogue: Catalogue, city: hc.City) -> None:
    (catalogue.folder / "air-quality-hourly" / "versions.json").unlink()
    air = city.dataset("air-quality-hourly")
    assert (air.versions, air.quality, air.provenance, air.notices) == ((), None, None, ())
    assert len(air.to_arrow()) == 3
    with pytest.raises(hc.VersionNotFound, match="none"):
        city.dataset("air-quality-hourly", major=1)
