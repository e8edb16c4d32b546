"""Every real file that a contract reads: rows in = accepted + quarantined, counted against the file by other means."""

from pathlib import Path

import duckdb
import pytest

from blueprint import blueprint
from dags.sources.deliveries import DeliveryStore
from dags.sources.places import locate
from dags.steps.conform import Conformed, conform

pytestmark = pytest.mark.real_data

CSV = {
    "air-quality-hourly": "air_quality/aqicn-crawler/air_quality_ha-noi_03_2025.csv",
    "air-quality-us-embassy-hourly": "air_quality/maiing-us-embassy/air_quality.csv",
    "bus-stops": "transport/gtfs-hanoi-2018/stops-enriched.txt",
    "bus-routes": "transport/gtfs-hanoi-2018/routes.txt",
    "papi": "governance/papi-2011-2024/20*.csv",
    "wards": "admin/vietnamadminunits/sapnhap.bando.com.vn_ward_2025-07-17.csv",
    "wards-before-2025": "admin/vietnamadminunits/danhmuchanhchinh.gso.gov.vn_ward_2025-07-18.csv",
}
ACCEPTED = {
    "administrative-procedures": (977, 977),
    "air-quality-hourly": (4736, 3259),
    "air-quality-us-embassy-hourly": (29928, 29774),
    "bus-routes": (224, 224),
    "bus-stops": (6495, 6495),
    "papi": (882, 882),
    "pci": (568, 549),
    "stated-figures": (51, 51),
    "ward-crosswalk": (795, 795),
    "wards": (126, 126),
    "wards-before-2025": (526, 526),
}
"""Dataset -> rows in the delivery that are the dataset's, and rows accepted."""


@pytest.fixture(scope="module")
def conformed(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Conformed]:
    folder = tmp_path_factory.mktemp("real")
    plan, found = blueprint(), {}
    for name in ACCEPTED:
        contract = plan.contract(name)
        store = DeliveryStore(folder, 10**9)
        delivery = store.keep(contract, locate(contract, str(real_data)), "test")
        found[name] = conform(contract, plan, delivery, store, folder / name)
    return found


@pytest.mark.parametrize("name", sorted(ACCEPTED))
def test_no_row_is_lost(conformed: dict[str, Conformed], name: str) -> None:
    found = conformed[name]
    with duckdb.connect() as db:
        count = "SELECT count(*) FROM read_parquet(?)"
        accepted = db.execute(count, [found.accepted]).fetchall()[0][0]
        quarantined, reasons = db.execute(
            "SELECT count(*), coalesce(min(len(rules)), 1) FROM read_parquet(?)", [found.quarantined]
        ).fetchall()[0]
    assert (found.rows_in, found.rows_accepted) == ACCEPTED[name]
    assert (accepted, quarantined) == (found.rows_accepted, found.rows_quarantined)
    assert found.rows_in == accepted + quarantined
    assert reasons >= 1, "every quarantined row says why"


@pytest.mark.parametrize("name", sorted(CSV))
def test_rows_in_are_those_of_the_file(conformed: dict[str, Conformed], real_data: Path, name: str) -> None:
    with duckdb.connect() as db:
        rows = db.execute(
            "SELECT count(*) FROM read_csv(?, all_varchar=true, union_by_name=true)", [str(real_data / CSV[name])]
        ).fetchall()
    assert conformed[name].rows_in + conformed[name].rows_out_of_scope == rows[0][0]


def test_procedure_codes_stay_text_with_their_zeros(conformed: dict[str, Conformed]) -> None:
    with duckdb.connect() as db:
        codes = [
            c
            for (c,) in db.execute(
                "SELECT procedure_code FROM read_parquet(?)", [conformed["administrative-procedures"].accepted]
            ).fetchall()
        ]
    assert "1.000094" in codes
    assert any(code.endswith("0") for code in codes)
    assert all(len(code) == 8 for code in codes)
    assert len(set(codes)) == 977


def test_values_that_are_not_valid_are_refused_and_missing_ones_kept(conformed: dict[str, Conformed]) -> None:
    found = conformed["air-quality-us-embassy-hourly"]
    assert found.rules["only-valid-values"] == 148
    with duckdb.connect() as db:
        qualities = dict(
            db.execute("SELECT quality, count(aqi) FROM read_parquet(?) GROUP BY quality", [found.accepted]).fetchall()
        )
    assert {q: n for q, n in qualities.items() if q != "valid"} == {"missing": 0, "invalid": 0, "suspect": 0}
