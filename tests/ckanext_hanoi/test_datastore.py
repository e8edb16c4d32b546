"""The DataStore of a running catalogue, over the published files: through the public interface, with and without a key."""

import csv
import io
import json
import re

import duckdb
import httpx
import pytest

from . import samples
from .conftest import PRIVATE

pytestmark = pytest.mark.platform

AIR = "air-quality-hourly"


def resource(catalogue, dataset: str = AIR, form: str = "Parquet", signed_in: bool = False) -> dict:
    """Return the resource of a dataset in one format."""
    package = catalogue.action("package_show", id=dataset, signed_in=signed_in)["result"]
    return next(each for each in package["resources"] if each["format"] == form)


def search(catalogue, **asked) -> dict:
    """Return what a search in the air's quality answers."""
    answer = catalogue.action("datastore_search", resource_id=resource(catalogue)["id"], **asked)
    assert answer["success"], answer
    return answer["result"]


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    """The rows of the sample as DuckDB gives them, `_id` from 1."""
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        found = db.execute(f"SELECT * REPLACE (CAST(observed_at AS VARCHAR) AS observed_at) FROM ({samples.AIR})")
        names = [column[0] for column in found.description]
        return [{"_id": place, **dict(zip(names, row, strict=True))} for place, row in enumerate(found.fetchall(), 1)]


def ids(found: dict) -> list[int]:
    return [record["_id"] for record in found["records"]]


def test_both_files_of_a_version_are_tables_and_its_dictionary_is_none(catalogue):
    for form, active in {"CSV": True, "Parquet": True, "JSON": False}.items():
        each = resource(catalogue, form=form)
        assert each["datastore_active"] is active
        views = [view["view_type"] for view in catalogue.action("resource_view_list", id=each["id"])["result"]]
        assert views == (["datatables_view"] if active else [])
    listed = catalogue.action("package_search", fq=f"name:{AIR}")["result"]["results"][0]["resources"]
    assert [each["datastore_active"] for each in listed] == [True, True, False]


def test_a_page_says_fields_dictionary_rows_and_total(catalogue, rows):
    found = search(catalogue, limit=3)
    assert (found["total"], ids(found)) == (len(rows), [1, 2, 3])
    assert found["records"][0] == {**rows[0], "observed_at": "2025-02-28T17:00:00+00:00", "day": "2025-03-01"}
    assert [(field["id"], field["type"]) for field in found["fields"]] == [
        ("_id", "int"), ("observed_at", "timestamptz"), ("station", "text"), ("pm25", "float8"), ("sensor", "int8"),
        ("checked", "bool"), ("day", "date"), ("method", "text"),
    ]  # fmt: skip
    assert found["fields"][3]["info"] == {
        "label": "Bụi mịn PM2.5", "notes": "Bụi mịn PM2.5 của bản ghi", "unit": "µg/m³", "concept": "pm25@1"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "fits"),
    [({"station": "Kim Liên"}, lambda r: r["station"] == "Kim Liên"),
     ({"station": ["Kim Liên", "Hàng Đậu"]}, lambda r: r["station"] != "Mỹ Đình"),
     ({"pm25": {"gt": 50}}, lambda r: r["pm25"] is not None and r["pm25"] > 50),
     ({"sensor": {"gte": 2003, "lt": 2006}, "checked": False}, lambda r: 2003 <= r["sensor"] < 2006 and not r["checked"]),
     ({"$or": [{"_id": 7}, {"day": "2025-03-06"}]}, lambda r: r["_id"] == 7 or str(r["day"]) == "2025-03-06"),
     ({"observed_at": {"lt": "2025-02-28T19:00:00Z"}}, lambda r: r["_id"] <= 2)],
)  # fmt: skip
def test_filters_choose_the_rows_that_python_would(catalogue, rows, filters, fits):
    found = search(catalogue, filters=filters, limit=200)
    wanted = [row["_id"] for row in rows if fits(row)]
    assert (ids(found), found["total"]) == (wanted, len(wanted))
    assert wanted


def test_sorting_puts_missing_values_where_postgresql_does(catalogue, rows):
    up, down = (ids(search(catalogue, sort=f"pm25 {way}", limit=200)) for way in ("asc", "desc"))
    filled = [
        row["_id"] for row in sorted((r for r in rows if r["pm25"] is not None), key=lambda r: (r["pm25"], r["_id"]))
    ]
    empty = [row["_id"] for row in rows if row["pm25"] is None]
    assert up == filled + empty
    assert down[: len(empty)] == empty
    assert ids(search(catalogue, sort="station desc, sensor", limit=1)) == [
        min((r for r in rows if r["station"] == "Mỹ Đình"), key=lambda r: (r["sensor"], r["_id"]))["_id"]
    ]


def test_pages_by_offset_and_by_key_give_every_row_once(catalogue, rows):
    everything = [row["_id"] for row in rows]
    assert [n for at in range(0, 140, 40) for n in ids(search(catalogue, limit=40, offset=at))] == everything
    for sort, wanted in (("_id", everything), ("_id desc", everything[::-1])):
        seen, page = [], {}
        while True:
            found = search(catalogue, limit=50, sort=sort, filters=page, include_next_page=True)
            if not found["records"]:
                break
            seen, page = seen + ids(found), found["next_page"]
        assert seen == wanted


@pytest.mark.parametrize(
    ("asked", "count"),
    [({"q": "hang dau"}, 44), ({"q": "HÀNG ĐẬU"}, 44), ({"q": "hàng"}, 44), ({"q": "hang kim"}, 0), ({"q": {"station": "kim"}}, 43),
     ({"q": {"method": "kim"}}, 0), ({"q": "kim | my", "plain": False}, 86), ({"q": "!kim", "plain": False}, 87),
     ({"q": {"station": "!kim"}, "plain": False}, 87),
     ({"q": "di:*", "plain": False}, 43), ({"q": "2025-03-02"}, 31), ({"full_text": "lien", "filters": {"checked": True}}, 21)],
)  # fmt: skip
def test_full_text_needs_no_accents(catalogue, asked, count):
    found = search(catalogue, limit=200, **asked)
    assert found["total"] == count == len(found["records"])
    if count:
        assert any(name.startswith("rank") for name in found["records"][0])


def test_forms_of_records_distinct_values_and_limits(catalogue, rows):
    assert search(catalogue, records_format="lists", fields="sensor,station", limit=1)["records"] == [
        [2000, "Hàng Đậu"]
    ]
    text = search(catalogue, records_format="csv", limit=2)["records"]
    assert list(csv.reader(io.StringIO(text)))[1][2:5] == ["Kim Liên", "38.97", "2001"]
    assert search(catalogue, records_format="tsv", fields="_id,station", limit=1)["records"] == "1\tHàng Đậu\n"
    found = search(catalogue, fields="station", distinct=True, sort="station desc")
    assert [record["station"] for record in found["records"]] == ["Mỹ Đình", "Kim Liên", "Hàng Đậu"]
    assert found["total"] == 3
    none = search(catalogue, limit=0, filters={"checked": True})
    assert (none["records"], none["total"]) == ([], sum(row["checked"] for row in rows))
    assert "total" not in search(catalogue, include_total=False)


@pytest.mark.parametrize(
    ("asked", "field"),
    [({"filters": {"nope": 1}}, "filters"), ({"fields": "nope"}, "fields"), ({"sort": "nope"}, "sort"), ({"offset": -1}, "offset"),
     ({"filters": {"sensor": "one; DROP TABLE"}}, "query"), ({"q": "(kim", "plain": False}, "q"), ({"q": {"nope": "x"}}, "q"),
     ({"filters": {"sensor": {"like": 1}}}, "filters"), ({"fields": "station", "distinct": True, "sort": "sensor"}, "query")],
)  # fmt: skip
def test_a_call_that_makes_no_sense_is_refused(catalogue, asked, field):
    answer = catalogue.action("datastore_search", resource_id=resource(catalogue)["id"], **asked)
    assert not answer["success"]
    assert field in answer["error"]
    assert str(catalogue.home) not in json.dumps(answer), "no path of the server is told"


@pytest.mark.parametrize("form", ["csv", "tsv", "json", "xml", "parquet"])
def test_dumps_hold_all_rows(catalogue, rows, form, tmp_path):
    each = resource(catalogue)
    answer = catalogue.page(f"/datastore/dump/{each['id']}?format={form}")
    assert answer.status_code == 200
    if form == "parquet":
        assert answer.content == catalogue.page(re.sub(r"^https?://[^/]+", "", each["url"])).content
    elif form == "json":
        assert len(answer.json()["records"]) == len(rows)
    elif form == "xml":
        assert answer.text.count("<row ") == len(rows)
    else:
        told = list(csv.DictReader(io.StringIO(answer.text), delimiter="," if form == "csv" else "\t"))
        assert [row["station"] for row in told] == [row["station"] for row in rows]
    narrow = catalogue.page(
        f"/datastore/dump/{each['id']}?format=parquet&q=kim&fields=station,pm25&sort=pm25+desc&limit=5"
    )
    (tmp_path / "narrow.parquet").write_bytes(narrow.content)
    found = duckdb.execute(f"SELECT * FROM '{tmp_path}/narrow.parquet'").fetchall()
    assert (len(found), {row[0] for row in found}) == (5, {"Kim Liên"})
    assert catalogue.page(f"/datastore/dump/{each['id']}?format=parquet&filters=%7B%22nope%22:1%7D").status_code == 400


def test_info_says_size_types_and_key(catalogue, rows):
    info = catalogue.action("datastore_info", id=resource(catalogue)["id"])["result"]
    assert (info["meta"]["count"], info["meta"]["table_type"], info["meta"]["aliases"]) == (
        len(rows),
        "FOREIGN TABLE",
        [],
    )
    station = next(field for field in info["fields"] if field["id"] == "station")
    assert station["schema"] == {
        "native_type": "varchar", "notnull": True, "index_name": None, "is_index": False, "uniquekey": False
    }  # fmt: skip
    assert station["info"]["label"] == "Trạm"


def test_nobody_writes_to_a_published_version(catalogue):
    table = resource(catalogue)["id"]
    for name, more in (
        ("datastore_upsert", {"records": [{}]}),
        ("datastore_delete", {}),
        ("datastore_create", {"fields": []}),
    ):
        refused = catalogue.action(name, signed_in=True, resource_id=table, force=True, **more)
        assert "đã công bố" in refused["error"]["read-only"][0]
        assert "published version" in refused["error"]["read-only"][0]
        assert catalogue.action(name, resource_id=table, force=True, **more)["error"]["__type"] == "Authorization Error"
    assert search(catalogue)["total"] == 130


def test_a_private_table_is_for_its_owners(catalogue):
    table = resource(catalogue, PRIVATE, signed_in=True)["id"]
    for name in ("datastore_search", "datastore_info"):
        refused = catalogue.action(name, resource_id=table)
        assert refused["error"]["__type"] == "Authorization Error"
        assert catalogue.action(name, signed_in=True, resource_id=table)["success"]
    for form in ("csv", "parquet"):
        path = f"/datastore/dump/{table}?format={form}"
        assert catalogue.page(path).status_code == 404
        assert catalogue.page(path, headers={"Authorization": catalogue.token}).status_code == 200


def test_a_dataset_cannot_show_the_rows_of_another(catalogue):
    secret = resource(catalogue, PRIVATE, signed_in=True)["url"]
    lure = catalogue.action(
        "package_create", signed_in=True, name="lure", owner_org="so-xay-dung", private=False,
        resources=[{"name": "x", "url": secret, "format": "CSV"}],
    )["result"]["resources"][0]  # fmt: skip
    assert not lure["datastore_active"]
    assert catalogue.action("datastore_search", resource_id=lure["id"])["error"]["__type"] == "Not Found Error"
    catalogue.action("dataset_purge", signed_in=True, id="lure")


def test_uploaded_tables_stay_in_postgresql(catalogue):
    package = catalogue.action(
        "package_create", signed_in=True, name="uploaded", owner_org="so-xay-dung", private=False
    )
    made = catalogue.action(
        "datastore_create", signed_in=True, resource={"package_id": package["result"]["id"]},
        fields=[{"id": "a", "type": "int"}], records=[{"a": 1}, {"a": 2}],
    )["result"]  # fmt: skip
    found = catalogue.action("datastore_search", resource_id=made["resource_id"], filters={"a": 2})["result"]
    assert found["records"] == [{"_id": 2, "a": 2}]
    assert catalogue.action("datastore_upsert", signed_in=True, resource_id=made["resource_id"], method="insert",
                            records=[{"a": 3}])["success"]  # fmt: skip
    assert catalogue.action("datastore_search", resource_id=made["resource_id"])["result"]["total"] == 3
    catalogue.action("dataset_purge", signed_in=True, id="uploaded")


def test_a_new_version_answers_as_soon_as_it_is_published(catalogue):
    sample = {**samples.DATASETS[1], "id": "growing", "sql": "SELECT 1 AS stop_id"}
    first = samples.publish(sample, catalogue.home / "published")
    made = catalogue.action("package_create", signed_in=True, **first)["result"]
    table = next(each["id"] for each in made["resources"] if each["format"] == "Parquet")
    assert catalogue.action("datastore_search", resource_id=table)["result"]["total"] == 1
    folder = catalogue.home / "published/growing"
    for path in folder.iterdir():
        path.rename(folder / path.name.replace("1-", "2-", 1))
    gone = catalogue.action("resource_show", id=table)["result"]
    assert gone["datastore_active"] is False
    with duckdb.connect() as db:
        path = next(folder.glob("2-*.parquet"))
        db.execute(f"COPY (SELECT * FROM range(7) t(stop_id)) TO '{path}' (FORMAT parquet)")
    for each in made["resources"]:
        each["url"] = each["url"].replace("/1-", "/2-")
    assert catalogue.action("package_patch", signed_in=True, id="growing", resources=made["resources"])["success"]
    assert catalogue.action("datastore_search", resource_id=table)["result"]["total"] == 7
    catalogue.action("dataset_purge", signed_in=True, id="growing")


def test_the_table_view_shows_and_searches_as_its_script_asks(catalogue):
    each = resource(catalogue)
    view = catalogue.action("resource_view_list", id=each["id"])["result"][0]
    with httpx.Client(base_url=catalogue.url, timeout=30) as visitor:
        page = visitor.get(f"/dataset/{AIR}/resource/{each['id']}/view/{view['id']}").text
        token = re.search(r'name="_csrf_token" content="([^"]+)"|content="([^"]+)" name="_csrf_token"', page)
        # The script replaces what is no ASCII letter or digit by an underscore: Hàng Đậu.
        asked = {
            "draw": 1,
            "search[value]": "Hàng Đậu",
            "start": 0,
            "length": 10,
            "order[0][column]": 3,
            "order[0][dir]": "desc",
        }
        headers = {"X-CSRFToken": next(filter(None, token.groups())), "Referer": catalogue.url} if token else {}
        answer = visitor.post(f"/datatables/ajax/{view['id']}", data=asked, headers=headers)
    assert answer.status_code == 200, answer.text[:300]
    told = answer.json()
    assert (told["recordsTotal"], told["recordsFiltered"], len(told["data"])) == (130, 44, 10)
    assert {row["station"] for row in told["data"]} == {"Hàng Đậu"}


def test_sql_search_is_off(catalogue):
    table = resource(catalogue)["id"]
    answer = httpx.post(f"{catalogue.url}/api/3/action/datastore_search_sql", json={"sql": f'SELECT * FROM "{table}"'})
    assert answer.status_code == 400


def test_a_column_may_bear_any_name_that_a_search_uses_itself(catalogue):
    names = ["place", "turn", "page", "row", "term", "times", "c0", "v0", "hit0", "rank0"]
    said = {"title": samples.text("Cột", "Column"), "description": samples.text("Cột", "Column"), "type": "string"}
    cells = ", ".join(f"chr(CAST(65 + (i * {at}) % 7 AS INTEGER)) AS {name}" for at, name in enumerate(names, 1))
    sample = {**samples.DATASETS[1], "id": "odd-names", "key": ["place"], "sql": f"SELECT {cells} FROM range(20) s(i)",
              "columns": [{"name": name, **said} for name in names]}  # fmt: skip
    package = samples.publish(sample, catalogue.home / "published")
    assert catalogue.action("package_create", signed_in=True, **package)["success"]
    try:
        id_ = resource(catalogue, "odd-names")["id"]
        whole = catalogue.action("datastore_search", resource_id=id_)["result"]["records"]
        for name in names:
            wanted = sorted((record[name] for record in whole), reverse=True)
            answer = catalogue.action("datastore_search", resource_id=id_, sort=f"{name} desc")
            assert [record[name] for record in answer["result"]["records"]] == wanted
            answer = catalogue.action(
                "datastore_search", resource_id=id_, filters={name: ["A", "B"]}, q={name: "A"}, sort="_id desc"
            )
            assert answer["success"], (name, answer)
            assert [record[name] for record in answer["result"]["records"]] == [v for v in wanted if v == "A"]
    finally:
        catalogue.action("dataset_purge", signed_in=True, id="odd-names")
