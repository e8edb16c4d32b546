"""What a dataset says about itself, and its rows in every shape."""

import datetime as dt
import hashlib
import warnings
from decimal import Decimal
from pathlib import Path

import duckdb
import ibis
import pandas as pd
import polars as pl
import pytest

import hanoi_cloud as hc
from tests.sdk.helpers import ROWS, TYPES, Catalogue


def test_a_dataset_says_what_it_is(city: hc.City, catalogue: Catalogue) -> None:
    air = city.dataset("air-quality-hourly")
    assert (air.id, air.version, air.rows, air.simulated) == ("air-quality-hourly", "1-aaaaaaaa", 3, False)
    assert (air.title, air.title_en) == ("Chất lượng không khí <b>theo giờ</b>", "air-quality-hourly in English")
    assert (air.description, air.description_en) == ("Mô tả", "What it is")
    assert air.updated == dt.datetime(2026, 11, 21, 10, tzinfo=dt.UTC)
    assert (air.licence, air.organisation) == ("CC BY 4.0", "Sở Nông nghiệp và Môi trường")
    assert air.known_flaws == ("gaps",)
    assert air.url == f"{catalogue.url}/dataset/air-quality-hourly"


def test_columns_come_typed_from_the_dictionary(city: hc.City) -> None:
    columns = city.dataset("air-quality-hourly").columns
    assert [(c.name, c.type) for c in columns] == list(zip(ROWS.column_names, TYPES, strict=True))
    level = columns[5]
    assert (level.title, level.title_en, level.unit, level.required) == ("level (vi)", "level (en)", "ug/m3", False)
    assert columns[1].required


def test_rows_come_as_arrow(city: hc.City) -> None:
    assert city.dataset("air-quality-hourly").to_arrow().equals(ROWS)


def test_rows_come_as_pandas_with_their_types(city: hc.City) -> None:
    frame = city.dataset("air-quality-hourly").to_pandas()
    assert isinstance(frame, pd.DataFrame)
    assert frame["at"].dt.tz is not None
    assert frame["at"].iloc[1] == pd.Timestamp("2025-03-01T01:00Z")
    assert str(frame["at"].dt.tz) == "UTC"
    assert {name: str(frame[name].dtype) for name in ("count", "valid")} == {"count": "Int64", "valid": "boolean"}
    assert int(frame["count"].iloc[0]) == 2**53 + 1
    assert frame["count"].isna().tolist() == frame["valid"].isna().tolist() == [False, True, False]
    assert frame["station"].iloc[2] == ""
    assert frame["station"].isna().tolist() == [False, True, False]
    assert frame["day"].dt.year.iloc[0] == 2025
    assert frame["price"].iloc[2] == Decimal("0.000001")


def test_rows_come_as_polars(city: hc.City) -> None:
    frame = city.dataset("air-quality-hourly").to_polars()
    assert frame.schema["at"] == pl.Datetime("us", "UTC")
    assert frame.to_arrow().column("count").to_pylist() == [2**53 + 1, None, 3]
    assert frame.columns == ROWS.column_names


def test_rows_come_as_a_duckdb_relation(city: hc.City) -> None:
    air = city.dataset("air-quality-hourly")
    with duckdb.connect() as con:
        relation = air.to_duckdb(connection=con)
        assert relation.columns == ROWS.column_names
        assert relation.aggregate("count(*), max(level)").fetchall() == [(3, 12.5)]
        assert con.execute("SELECT count(*) FROM relation").fetchall() == [(3,)]
        assert air.to_duckdb(["level"], connection=con).columns == ["level"]
    assert air.to_duckdb(["level"]).fetchall() == [(12.5,), (None,), (0.1,)]


def test_rows_come_as_an_ibis_table(city: hc.City, catalogue: Catalogue) -> None:
    catalogue.publish("bus-stops", ROWS.slice(0, 2))
    air, stops = city.dataset("air-quality-hourly").table(), city.dataset("bus-stops").table()
    assert air.columns == tuple(ROWS.column_names)
    assert str(air.schema()["at"]) == "timestamp('UTC', 6)"
    joined = air.join(stops, "at").filter(air["level"] > 1).select("at", "price")
    assert joined.to_pyarrow().to_pylist() == [{"at": ROWS["at"][0].as_py(), "price": Decimal("1.500000")}]
    own = ibis.duckdb.connect()
    assert city.dataset("air-quality-hourly").table(backend=own).count().to_pyarrow().as_py() == 3
    with pytest.raises(ibis.common.exceptions.IbisError):
        air.join(city.dataset("bus-stops").table(backend=own), "at").count().to_pyarrow()


def test_only_the_columns_asked_for_are_read(city: hc.City) -> None:
    air = city.dataset("air-quality-hourly")
    asked = ["level", "station"]
    assert (
        air.to_arrow(asked).column_names == list(air.to_pandas(asked).columns) == air.to_polars(asked).columns == asked
    )
    with pytest.raises(hc.ColumnNotFound, match=r"no column 'pm25'\. Its columns: station, at"):
        air.to_pandas(["pm25"])


def test_download_saves_the_published_bytes(
    city: hc.City, catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    air = city.dataset("air-quality-hourly")
    published = catalogue.folder / "air-quality-hourly"
    monkeypatch.chdir(tmp_path)
    seen: list[tuple[int, int | None]] = []
    saved = air.download(progress=lambda came, size: seen.append((came, size)))
    assert saved == tmp_path / "air-quality-hourly-1-aaaaaaaa.parquet"
    assert saved.read_bytes() == (published / "1-aaaaaaaa.parquet").read_bytes()
    assert seen[-1] == (saved.stat().st_size, saved.stat().st_size)
    csv = air.download(tmp_path / "thư mục mới" / "x.csv", format="csv")
    assert csv.read_bytes() == (published / "1-aaaaaaaa.csv").read_bytes()
    assert air.download(str(tmp_path), "csv").name == "air-quality-hourly-1-aaaaaaaa.csv"
    with pytest.raises(hc.FormatNotFound, match="Available: csv, parquet, json"):
        air.download(tmp_path, "xlsx")  # type: ignore[arg-type]
    assert not [p for p in tmp_path.rglob(".*") if p.is_file()]


def test_a_second_read_asks_for_no_file(city: hc.City, catalogue: Catalogue, cache: Path) -> None:
    city.dataset("air-quality-hourly").to_arrow()
    city.dataset("air-quality-hourly").to_arrow()
    assert len(catalogue.sent("/data/")) == 1
    kept = [p for p in cache.rglob("*.parquet") if p.is_file()]
    assert [hashlib.sha256(p.read_bytes()).hexdigest() for p in kept] == [p.stem for p in kept]
    kept[0].write_bytes(b"rotten")
    assert city.dataset("air-quality-hourly").to_arrow().equals(ROWS)


def test_simulated_data_warn_once(catalogue: Catalogue, city: hc.City) -> None:
    catalogue.publish("traffic", hanoi_simulated="true")
    with pytest.warns(hc.SimulatedDataWarning, match="traffic holds simulated data") as caught:
        traffic = city.dataset("traffic")
    assert caught[0].filename == __file__
    assert "simulated" in repr(traffic)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        city.dataset("traffic").to_arrow()
        traffic.to_arrow()


def test_simulated_data_warn_when_found_by_search(catalogue: Catalogue, city: hc.City) -> None:
    catalogue.publish("traffic", hanoi_simulated="true")
    found = city.search("traffic")[0]
    with pytest.warns(hc.SimulatedDataWarning):
        found.to_arrow()


def test_search_finds_datasets_that_can_be_read(catalogue: Catalogue, city: hc.City) -> None:
    for number in range(4):
        catalogue.publish(f"bus-{number}")
    found = city.search("bus", limit=3)
    assert (len(found), found.total, [d.id for d in found]) == (3, 4, ["bus-0", "bus-1", "bus-2"])
    assert found[0].to_arrow().num_rows == 3
    assert [d.id for d in found[1:]] == ["bus-1", "bus-2"]
    assert repr(found).splitlines()[0] == "<3 of 4 datasets for 'bus'>"
    assert city.search().total == 5
    assert (city.search("none").total, list(city.search("none"))) == (0, [])


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ('không khí: "PM2.5/PM10" (2018)', "không khí pm2.5 pm10 2018"),
        ("bus AND -metro", "bus and metro"),
        ("!?", "*:*"),
    ],
)
def test_what_people_type_is_text(city: hc.City, catalogue: Catalogue, typed: str, asked: str) -> None:
    assert city.search(typed).query == typed
    assert catalogue.asked[-1]["q"] == asked


def test_organisations_come_page_by_page(catalogue: Catalogue, city: hc.City) -> None:
    catalogue.organisations = [{"name": f"o{n}", "title": f"Sở {n}", "package_count": n} for n in range(57)]
    found = city.organisations()
    assert [o.id for o in found] == [f"o{n}" for n in range(57)]
    assert (found[3].title, found[3].datasets) == ("Sở 3", 3)


def test_notebooks_show_text_as_text(city: hc.City, catalogue: Catalogue) -> None:
    for shown in (city.dataset("air-quality-hourly")._repr_html_(), city.search()._repr_html_()):
        assert "&lt;b&gt;theo giờ&lt;/b&gt;" in shown
        assert "<b>" not in shown
    assert "<Dataset air-quality-hourly>" in repr(city.dataset("air-quality-hourly"))
    for url in ("javascript:alert(1)", 'https://x/" onmouseover="alert(1)'):
        catalogue.packages["air-quality-hourly"]["license_title"] = url
        shown = city.dataset("air-quality-hourly")._repr_html_()
        assert 'href="javascript' not in shown
        assert '" onmouseover' not in shown


def test_quality_and_differences_are_shown_in_notebooks(catalogue: Catalogue, city: hc.City) -> None:
    rule = {"rule": "a<script>", "severity": "error", "rows": 1, "vi": "<i>từ 0</i>", "en": "from 0"}
    quality = {"validity": "passed", "score": 97.5, "rows": {"received": 4, "accepted": 3}, "faults": [rule]}
    catalogue.publish("stops", ROWS.slice(0, 1), version="1-aaaaaaaa")
    catalogue.publish("stops", version="2-bbbbbbbb", told={"quality": quality})
    stops = city.dataset("stops")
    assert stops.quality is not None
    shown = stops.quality._repr_html_()
    assert "97.5 / 100" in shown
    assert "&lt;i&gt;từ 0&lt;/i&gt;" in shown
    assert "<script>" not in shown
    assert "<th>rows added</th><td>2</td>" in stops.diff("1-aaaaaaaa")._repr_html_()


def test_the_environment_names_the_default_catalogue(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(hc.ConfigurationError, match="HANOI_CLOUD_URL") as error:
        hc.dataset("air-quality-hourly")
    assert "biến môi trường" in error.value.vi
    monkeypatch.setenv("HANOI_CLOUD_URL", f"{catalogue.url}/")
    assert hc.dataset("air-quality-hourly").rows == 3
    assert hc.search("air").total == 1
    assert hc.organisations() == []
    assert catalogue.sent("/api/3/action/package_show")[0]["User-Agent"].startswith("hanoi-cloud/0.")
