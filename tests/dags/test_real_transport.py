"""Real files of the bus network: trips by route, the same stops under two feeds, and those of OpenStreetMap."""

import json
from collections import Counter

import pytest

from blueprint import blueprint
from tests.dags.real import RealFiles, whole

pytestmark = pytest.mark.real_data

EXPECTED = {
    "bus-routes": (224, 224),
    "bus-service-days": (1, 1),
    "bus-stops": (6495, 6495),
    "bus-stops-gtfs": (6495, 6495),
    "bus-stops-osm": (3326, 3326),
    "bus-trips": (9737, 9737),
}
"""Dataset -> rows in the delivery, and rows accepted."""
FEED = "transport/gtfs-hanoi-2018"


@pytest.mark.parametrize("dataset", sorted(EXPECTED))
def test_each_row_is_accounted_for(real_files: RealFiles, dataset: str) -> None:
    found = real_files.conformed(dataset)
    assert (found.rows_in, found.rows_accepted) == EXPECTED[dataset]
    assert found.rules == found.warnings == {}
    whole(found, blueprint().contract(dataset))


def test_each_route_keeps_its_trips(real_files: RealFiles) -> None:
    trips = Counter(line["route_id"] for line in real_files.lines(f"{FEED}/trips.txt"))
    assert (len(trips), trips.total()) == (224, 9737)
    asked = "SELECT route_id, count(*) FROM trips GROUP BY route_id"
    assert dict(real_files.rows(asked, trips="bus-trips")) == trips
    peak = "SELECT count(*) FILTER (WHERE trip_id LIKE '%\\_AM\\_%' ESCAPE '\\') FROM trips"
    assert real_files.rows(peak, trips="bus-trips") == [(3024,)]


def test_each_trip_runs_on_a_route_and_on_service_days_that_are_there(real_files: RealFiles) -> None:
    asked = (
        "SELECT count(*) FROM trips ANTI JOIN routes USING (route_id) UNION ALL "
        "SELECT count(*) FROM routes ANTI JOIN trips USING (route_id) UNION ALL "
        "SELECT count(*) FROM trips ANTI JOIN days USING (service_id)"
    )
    found = real_files.rows(asked, trips="bus-trips", routes="bus-routes", days="bus-service-days")
    assert found == [(0,), (0,), (0,)]


def test_the_service_runs_every_day_of_its_year(real_files: RealFiles) -> None:
    asked = "SELECT monday AND tuesday AND wednesday AND thursday AND friday AND saturday AND sunday, * FROM days"
    row = real_files.rows(asked, days="bus-service-days")[0]
    assert (row[0], row[1]) == (True, "FULLW")
    assert (row[-2].isoformat(), row[-1].isoformat()) == ("2018-01-01", "2018-12-31")


def test_both_feeds_put_the_same_stops_at_the_same_places(real_files: RealFiles) -> None:
    asked = (
        "SELECT count(*), count(*) FILTER (WHERE a.latitude = b.latitude AND a.longitude = b.longitude), "
        "count(DISTINCT (a.latitude, a.longitude)) FROM a JOIN b USING (stop_id)"
    )
    assert real_files.rows(asked, a="bus-stops", b="bus-stops-gtfs") == [(6495, 6495, 2649)]


def test_each_stop_of_openstreetmap_keeps_its_id_name_and_place(real_files: RealFiles) -> None:
    file = real_files.data / "transport/osm-bus/hanoi_bus_stops_osm.geojson"
    stops = {
        str(f["properties"]["id"]): (f["properties"]["name"], *f["geometry"]["coordinates"])
        for f in json.loads(file.read_text(encoding="utf-8"))["features"]
    }
    found = real_files.rows("SELECT osm_id, stop_name, longitude, latitude FROM stops", stops="bus-stops-osm")
    assert {osm_id: place for osm_id, _, *place in found} == {i: list(p) for i, (_, *p) in stops.items()}
    assert all(" ".join(stops[osm_id][0].split()) == name for osm_id, name, *_ in found)
    assert sum(int(osm_id) for osm_id, *_ in found) == 30_293_093_264_111
