"""Zipped Shapefiles: attributes with their digits, shapes whole, legacy encodings, and damage of every kind."""

import io
import os
import struct
from typing import Any

import pytest
import shapefile
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dags.sources.formats import shapefiles
from dags.sources.formats.shapefiles import stated
from dags.sources.legacy import encode
from tests.dags.formats.opened import LETTERS, opened, refusal, rows_or_reason
from tests.dags.formats.packed import archive

few = settings(max_examples=int(os.environ.get("HANOI_TEST_EXAMPLES", "20")), deadline=None)
WGS = 'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0]]'
VN = (
    'PROJCS["VN_2000_Ha_Noi_3",GEOGCS["GCS_VN_2000",DATUM["D_Vietnam_2000",SPHEROID["WGS_1984",6378137.0,298.257223563]]],'
    'PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",105.0],PARAMETER["Scale_Factor",0.9999],PARAMETER["Latitude_Of_Origin",0.0]]'
)
NAMES = ("Đống Đa", "Nghĩa Đô", "Hoàn Kiếm", "Cầu Giấy", "Phú Thượng")
POINT = (105.8442159, 20.9466009)


def written(
    *rows: tuple[Any, ...], kind: int = shapefile.POINT, fields: Any = (("ten", "C", 40, 0),), **files: bytes | str
) -> dict[str, bytes | str]:
    """The files of a layer; a row is a shape, ``None`` for none, and its cells. Text is in UTF-8."""
    shp, shx, dbf = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with shapefile.Writer(shp=shp, shx=shx, dbf=dbf, shapeType=kind, encoding="utf-8") as layer:
        for field in fields:
            layer.field(*field)
        for shape, *cells in rows:
            if shape is None:
                layer.null()
            elif kind == shapefile.POINT:
                layer.point(*shape)
            else:
                layer.poly(shape)
            layer.record(*cells)
    parts = {"shp": shp.getvalue(), "shx": shx.getvalue(), "dbf": dbf.getvalue(), "prj": WGS, **files}
    return {f"lop/diem.{part}": content for part, content in parts.items()}


def test_attributes_and_points() -> None:
    fields = (
        ("ten", "C", 40, 0),
        ("so", "N", 20, 0),
        ("dien_tich", "N", 18, 4),
        ("ngay", "D", 8, 0),
        ("con", "L", 1, 0),
    )
    content = archive(
        written(
            (POINT, "Đống Đa", 12345678901234567, 1.5, "20250131", True),
            (POINT, "Cầu Giấy", None, 0, None, False),
            (None, "", 7, -2.25, "20250201", None),
            fields=fields,
        )
    )
    header, rows = opened(content, format="shapefile")
    assert header[:5] == ("geometry", "geometry.type", "geometry.lon", "geometry.lat", "ten")
    assert rows == [
        ["POINT (105.8442159 20.9466009)", "Point", "105.8442159", "20.9466009", "Đống Đa", "12345678901234567", "1.5000", "2025-01-31", "true"],
        ["POINT (105.8442159 20.9466009)", "Point", "105.8442159", "20.9466009", "Cầu Giấy", "", "0.0000", "", "false"],
        ["", "", "", "", "", "7", "-2.2500", "2025-02-01", ""],
    ]  # fmt: skip


def test_polygons_keep_their_holes_and_parts() -> None:
    square = [[105.8, 21.0], [105.8, 21.1], [105.9, 21.1], [105.9, 21.0], [105.8, 21.0]]
    hole = [[105.82, 21.02], [105.84, 21.02], [105.84, 21.04], [105.82, 21.04], [105.82, 21.02]]
    far = [[106.0, 21.0], [106.0, 21.1], [106.1, 21.1], [106.0, 21.0]]
    rows = opened(
        archive(written(([square, hole], "a"), ([square, far], "b"), kind=shapefile.POLYGON)), format="shapefile"
    )[1]
    assert rows[0][1:2] + rows[1][1:2] == ["Polygon", "MultiPolygon"]
    assert rows[0][0].count("(") == 3
    assert "105.84 21.04" in rows[0][0]
    assert rows[1][0].startswith("MULTIPOLYGON (((105.8 21.0, ")


@pytest.mark.parametrize("encoding", ["tcvn3", "vni", "utf-8/tcvn3", "utf-8-sig"])
def test_text_in_every_encoding_that_a_contract_declares(encoding: str) -> None:
    content = archive(legacy(encoding))
    rows = opened(content, format="shapefile", encoding=encoding)[1]
    assert [row[-1] for row in rows] == list(NAMES)
    if encoding != "utf-8-sig":
        assert refusal(content, format="shapefile").startswith("WrongEncoding: a.data: the contract wants utf-8-sig")
    assert opened(content, format="shapefile", encoding="auto")[1] == rows


def legacy(encoding: str) -> dict[str, bytes | str]:
    """A layer whose names are in ``encoding``."""
    files = written(*((POINT, name) for name in NAMES))
    dbf = bytes(files["lop/diem.dbf"])  # type: ignore[arg-type]
    for name in NAMES:
        font = encoding.removeprefix("utf-8/")
        held = name.encode() if encoding == "utf-8-sig" else encode(name, font)
        held = held.decode("latin-1").encode() if encoding.startswith("utf-8/") else held
        dbf = dbf.replace(name.encode().ljust(40), held.ljust(40))
    return {**files, "lop/diem.dbf": dbf}


def test_text_that_was_cut_in_a_character_is_lost_in_its_cell_only() -> None:
    files = written((POINT, "Hộ"), (POINT, "abc"), fields=(("ten", "C", 4, 0),))
    cut = bytes(files["lop/diem.dbf"]).replace("Hộ".encode(), "xxộ".encode()[:4])  # type: ignore[arg-type]
    rows = opened(archive({**files, "lop/diem.dbf": cut}), format="shapefile")[1]
    assert [row[-1] for row in rows] == ["xx\ufffd", "abc"]


def test_the_code_page_counts_where_bytes_and_contract_leave_the_encoding_open() -> None:
    files = written((POINT, "x\u00e9"))
    dbf = bytes(files["lop/diem.dbf"]).replace("\u00e9".encode(), b"\xe9 ")  # type: ignore[arg-type]
    files = {**files, "lop/diem.dbf": dbf}
    assert "cannot be told for certain" in refusal(archive(files), format="shapefile", encoding="auto")
    for said in ("1258", "ANSI 1258", "windows-1258"):
        rows = opened(archive({**files, "lop/diem.cpg": said}), format="shapefile", encoding="auto")[1]
        assert rows[0][-1] == "x\u00e9"


def test_metres_of_vn_2000() -> None:
    content = archive(written(((588591.94, 2326345.31), "a"), prj=VN))
    header, rows = opened(content, format="shapefile", crs="EPSG:5897")
    assert header[2:4] == ("geometry.easting", "geometry.northing")
    assert rows[0][2:4] == ["588591.94", "2326345.31"]
    assert "the file states 'VN_2000_Ha_Noi_3'" in refusal(content, format="shapefile")
    bare = written(((588591.94, 2326345.31), "a"))
    del bare["lop/diem.prj"]
    assert opened(archive(bare), format="shapefile", crs="EPSG:5897")[1] == rows
    assert "cannot be in EPSG:4326" in refusal(archive(bare), format="shapefile")


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (WGS, "EPSG:4326"),
        ('GEOGCRS["WGS 84",DATUM["World Geodetic System 1984"]]', "EPSG:4326"),
        (VN, "EPSG:5897"),
        (VN.replace("105.0", "105.75"), ""),
        (VN.replace("0.9999", "0.9996"), ""),
        (VN.replace("VN_2000", "HN_72"), ""),
        ('GEOGCS["GCS_VN_2000"]', ""),
        ('PROJCS["WGS_1984_UTM_Zone_48N",GEOGCS["GCS_WGS_1984"]]', ""),
        ("", ""),
        (
            'PROJCRS["VN-2000 / TM-3 zone 482",BASEGEOGCRS["VN-2000"],PARAMETER["Longitude of natural origin",105],'
            'PARAMETER["Scale factor at natural origin",0.9999],PARAMETER["False easting",500000]]',
            "EPSG:5897",
        ),
    ],
)
def test_the_reference_system_that_a_prj_file_describes(system: str, code: str) -> None:
    assert stated(system) == code


def test_several_layers_and_the_one_that_is_meant() -> None:
    files = written((POINT, "a"))
    other = {
        name.replace("lop/diem", "lop/TUYEN"): content for name, content in written((POINT, "b"), (POINT, "c")).items()
    }
    content = archive({**files, **other})
    assert "several layers ('lop/TUYEN', 'lop/diem'). Declare `member`" in refusal(content, format="shapefile")
    assert len(opened(content, format="shapefile", member="tuyen")[1]) == 2
    assert len(opened(content, format="shapefile", member="lop/diem.shp")[1]) == 1
    assert "no layer 'x'. Layers in the archive: 'lop/TUYEN', 'lop/diem'" in refusal(
        content, format="shapefile", member="x"
    )


FILES = written((POINT, "a"), (POINT, "b"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"shp": lambda b: b[:-10]}, "DeliveryTruncated: a.data: the .shp file is cut off"),
        ({"shp": lambda b: b + b"x"}, "bytes, not 156"),
        ({"shp": lambda b: b"x" + b[1:]}, ".shp: header"),
        ({"shp": lambda b: b[:104] + struct.pack(">i", -4) + b[108:]}, "shape 1 of -8 bytes"),
        ({"dbf": lambda b: b[:-50]}, ".dbf: records"),
        ({"dbf": lambda b: b[:20]}, ".dbf: header"),
        ({"dbf": lambda b: b[:4] + b"\x01" + b[5:]}, "2 shapes in .shp, 1 records in .dbf"),
        ({"dbf": lambda b: b[:43] + b"B" + b[44:]}, "field of type 'B'"),
        ({"prj": lambda b: b'PROJCS["WGS_1984_Web_Mercator"]'}, "the file states 'WGS_1984_Web_Mercator'"),
    ],
)  # fmt: skip
def test_what_is_refused_and_why(change: dict[str, Any], told: str) -> None:
    files = {
        n: (change[n[-3:]](bytes(c, "ascii") if isinstance(c, str) else c) if n[-3:] in change else c)
        for n, c in FILES.items()
    }
    assert told in refusal(archive(files), format="shapefile")


def test_deleted_records_are_no_rows() -> None:
    at = len(bytes(FILES["lop/diem.dbf"])) - 2 * 41  # type: ignore[arg-type]
    dbf = bytearray(FILES["lop/diem.dbf"])  # type: ignore[arg-type]
    assert dbf[at : at + 2] == b" a"
    dbf[at] = ord("*")
    rows = opened(archive({**FILES, "lop/diem.dbf": bytes(dbf)}), format="shapefile")[1]
    assert [row[-1] for row in rows] == ["b"]


TEXTS = st.text(LETTERS, max_size=8)
ROWS = st.lists(
    st.tuples(st.none() | st.tuples(st.floats(-180, 180), st.floats(-90, 90)), TEXTS, st.integers(-999, 9999)),
    min_size=1,
    max_size=9,
)


@few
@given(rows=ROWS)
@example(rows=[((1.0, 2.0), "é", 1)])
def test_records_come_as_they_were_written(rows: list[Any]) -> None:
    content = archive(written(*rows, fields=(("ten", "C", 40, 0), ("so", "N", 9, 0))))
    found = opened(content, format="shapefile")[1]
    assert [row[4:] for row in found] == [[text, str(number)] for _, text, number in rows]
    assert [tuple(map(float, row[2:4])) if row[2] else None for row in found] == [at for at, *_ in rows]


@few
@given(part=st.sampled_from(["shp", "dbf"]), at=st.integers(0, 200), junk=st.binary(min_size=1, max_size=8))
@example(part="shp", at=112, junk=b"\x05")
def test_a_damaged_layer_gives_rows_or_a_reason(part: str, at: int, junk: bytes) -> None:
    came = bytes(FILES[f"lop/diem.{part}"])  # type: ignore[arg-type]
    content = archive({**FILES, f"lop/diem.{part}": came[:at] + junk + came[at + len(junk) :]})
    assert rows_or_reason(content, format="shapefile")


def test_a_shape_of_countless_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    square = [[105.8, 21.0], [105.8, 21.1], [105.9, 21.1], [105.8, 21.0]]
    monkeypatch.setattr(shapefiles, "_MOST_PARTS", 2)
    content = archive(written(([square] * 3, "a"), kind=shapefile.POLYGON))
    assert "shape 1 of 3 parts" in refusal(content, format="shapefile")
