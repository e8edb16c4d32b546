"""GeoJSON: properties are columns, geometries stay whole, and the reference system is the declared one."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dags.sources.formats.geometry import checked, wkt
from dags.sources.formats.json_text import Document
from tests.dags.formats.opened import opened, refusal

few = settings(max_examples=int(os.environ.get("HANOI_TEST_EXAMPLES", "20")), deadline=None)
SQUARE = [[[105.8, 21.0], [105.9, 21.0], [105.9, 21.1], [105.8, 21.0]]]


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def collection(*features: Any, **more: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features, **more}, ensure_ascii=False).encode()


def point(x: float, y: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [x, y]}


def test_points_polygons_and_features_without_geometry() -> None:
    content = collection(
        {**feature(point(105.8442159, 20.9466009), name="Ngọc Hồi", at={"no": 7}), "id": "n/1"},
        feature({"type": "Polygon", "coordinates": SQUARE}, name="Vuông"),
        feature(None, name="Không"),
        {"type": "Feature", "geometry": None, "properties": None},
        bbox=[1, 2, 3, 4],
    )
    header, rows = opened(content, format="geojson")
    assert header == ("feature.id", "geometry", "geometry.type", "geometry.lon", "geometry.lat", "name", "at.no")
    assert rows == [
        ["n/1", "POINT (105.8442159 20.9466009)", "Point", "105.8442159", "20.9466009", "Ngọc Hồi", "7"],
        ["", "POLYGON ((105.8 21.0, 105.9 21.0, 105.9 21.1, 105.8 21.0))", "Polygon", "", "", "Vuông", ""],
        ["", "", "", "", "", "Không", ""],
        ["", "", "", "", "", "", ""],
    ]
    assert opened(content, format="geojson", geometry="geojson")[1][1][1] == (
        '{"type":"Polygon","coordinates":[[[105.8,21.0],[105.9,21.0],[105.9,21.1],[105.8,21.0]]]}'
    )
    alone = json.dumps({**feature(point(1, 2), a=1), "id": 5}).encode()
    assert opened(alone, format="geojson")[1] == [["5", "POINT (1 2)", "Point", "1", "2", "1"]]


def test_metres_of_vn_2000_where_they_are_declared() -> None:
    content = collection(
        feature(point(588591.94, 2326345.31)),
        crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::5897"}},
    )
    header, rows = opened(content, format="geojson", crs="EPSG:5897")
    assert header[3:] == ("geometry.easting", "geometry.northing")
    assert rows[0][3:] == ["588591.94", "2326345.31"]


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [105.8]},
        {"type": "Point", "coordinates": ["105.8", "21.0"]},
        {"type": "Point", "coordinates": [200, 21.0]},
        {"type": "Point"},
        {"type": "Polygon", "coordinates": [[[1, 2], [3, 4], [1, 2]]]},
        {"type": "Polygon", "coordinates": [[[1, 2], [3, 4], [5, 6], [7, 8]]]},
        {"type": "Polygon", "coordinates": [[1, 2], [3, 4]]},
        {"type": "LineString", "coordinates": {"x": 1}},
        {"type": "Circle", "coordinates": [1, 2]},
        {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1]}]},
        {"type": "GeometryCollection"},
        "POINT (1 2)",
        [],
    ],
)
def test_a_malformed_geometry_is_unclear(geometry: Any) -> None:
    rows = opened(collection(feature(point(1, 2)), feature(geometry)), format="geojson")[1]
    assert rows[0][1] == "POINT (1 2)"
    assert rows[1][1].endswith("\ufffd")
    assert rows[1][2:5] == ["", "", ""]


@pytest.mark.parametrize(
    ("crs", "told"),
    [
        ("urn:ogc:def:crs:OGC:1.3:CRS84", None),
        ("urn:ogc:def:crs:OGC::CRS84", None),
        ("EPSG:4326", None),
        ("urn:ogc:def:crs:EPSG::4326", None),
        ("urn:ogc:def:crs:EPSG:6.9:4326", None),
        ("http://www.opengis.net/def/crs/EPSG/0/4326", None),
        ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", None),
        (
            "urn:ogc:def:crs:EPSG::3857",
            "wants coordinates in EPSG:4326, but the file states 'urn:ogc:def:crs:EPSG::3857'",
        ),
        ("EPSG:5897", "the file states 'EPSG:5897'"),
        ("VN-2000", "the file states 'VN-2000'"),
    ],
)
def test_the_stated_reference_system_is_the_declared_one(crs: str, told: str | None) -> None:
    for where in ("before", "after"):
        said = {"crs": {"type": "name", "properties": {"name": crs}}}
        held = {"type": "FeatureCollection", "features": [feature(point(105.8, 21.0))]}
        content = json.dumps({**said, **held} if where == "before" else {**held, **said}).encode()
        if told:
            assert told in refusal(content, format="geojson")
        else:
            assert len(opened(content, format="geojson")[1]) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (collection(feature(point(21.0, 105.8))), "first coordinates (21.0, 105.8) cannot be in EPSG:4326"),
        (collection(feature(None), feature(point(588591.94, 2326345.31))), "(588591.94, 2326345.31) cannot be in EPSG:4326"),
        (collection(crs=None), "DeliveryEmpty"),
        (collection(point(1, 2)), "feature 1: it is no Feature"),
        (collection(feature(point(1, 2)), 5), "feature 2: it is no Feature"),
        (json.dumps(point(1, 2)).encode(), "the file (of type 'Point') has no features"),
        (b'{"data": [{"a": 1}]}', "the file has no features"),
        (b'[{"a": 1}]', "the file has no features"),
        (collection(feature(point(1, 2), **{"geometry.lon": 7})), "two fields bear the name 'geometry.lon'"),
        (collection(feature(point(1, 2)))[:-20], "DeliveryTruncated"),
        (b'{"type": "FeatureCollection", "features": [], "features": []}', "'features' is there twice"),
        (b'{"type": "Feature", "properties": [1], "geometry": null}', "the content is a list"),
        (b"PAR1....PAR1", "the content is Parquet"),
    ],
)  # fmt: skip
def test_what_is_refused_and_why(content: bytes, told: str) -> None:
    assert told in refusal(content, format="geojson")


NUMBERS = st.one_of(st.integers(-80, 80), st.floats(-80, 80)).map(lambda n: n + 0)
POSITIONS = st.tuples(NUMBERS, NUMBERS)
RINGS = st.lists(POSITIONS, min_size=3, max_size=5).map(lambda ring: [*ring, ring[0]])
GEOMETRIES = st.one_of(
    st.builds(lambda at: {"type": "Point", "coordinates": at}, POSITIONS),
    st.builds(lambda line: {"type": "LineString", "coordinates": line}, st.lists(POSITIONS, min_size=2, max_size=4)),
    st.builds(lambda rings: {"type": "Polygon", "coordinates": rings}, st.lists(RINGS, min_size=1, max_size=2)),
    st.builds(
        lambda parts: {"type": "MultiPolygon", "coordinates": parts},
        st.lists(st.lists(RINGS, min_size=1, max_size=2), min_size=1, max_size=2),
    ),
)


def numbers(value: Any) -> list[float]:
    return [float(value)] if not isinstance(value, list | tuple) else [n for inner in value for n in numbers(inner)]


@few
@given(geometry=GEOMETRIES)
def test_well_known_text_holds_every_coordinate(geometry: Any) -> None:
    came = Document([json.dumps(geometry).encode()], "a").value()
    checked(came, "EPSG:4326")
    text = wkt(came)
    assert text.startswith(f"{geometry['type'].upper()} (")
    held = text.translate(str.maketrans("(),", "   ")).split()[1:]
    assert [float(number) for number in held] == numbers(geometry["coordinates"])


def test_real_maps_come_whole(real_data: Path) -> None:
    header, rows = opened((real_data / "transport/osm-bus/hanoi_bus_stops_osm.geojson").read_bytes(), format="geojson")
    assert len(rows) == 3326
    assert header[-2:] == ("id", "name")
    assert all(row[2] == "Point" and 105 < float(row[3]) < 106.1 and 20.5 < float(row[4]) < 21.5 for row in rows)
    wards = sorted((real_data / "admin/thanglequoc-geojson/01_ha_noi/wards").glob("*.geojson"))
    assert len(wards) == 126
    for ward in wards[::25]:
        (row,) = opened(ward.read_bytes(), format="geojson")[1]
        assert row[0] == ward.name[:5]
        corners = json.loads(ward.read_bytes())["features"][0]["geometry"]["coordinates"]
        assert len(row[1].translate(str.maketrans("(),", "   ")).split()) - 1 == len(numbers(corners))
