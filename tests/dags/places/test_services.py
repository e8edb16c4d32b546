"""Data services read to the end: each record exactly once, as it was written, or a refusal that says why not."""

import itertools
import json
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blueprint import Contract
from dags.errors import DeliveryEmpty
from dags.sources.places.errors import PlaceBroken, PlaceDenied, PlaceMissing, PlaceMoved, PlaceTooLarge
from tests.dags.places import servers
from tests.dags.places.builders import DAY, Home, declared
from tests.dags.places.servers import Answer, Records, Request, Service, Web, serving, told

SOURCES: dict[str, dict[str, Any]] = {
    "ckan": {"resource": "r-1"},
    "socrata": {"dataset": "abcd-1234"},
    "arcgis": {},
    "sensorthings": {"entities": "Observations"},
    "ngsi-ld": {"type": "AirQualityObserved"},
}
PATHS = {"arcgis": "/arcgis/rest/services/tram/FeatureServer/0", "sensorthings": "/v1.1", "ngsi-ld": "/ngsi-ld/v1"}
KINDS = [*SOURCES, "ngsi-ld without links"]
ARRAYS = ("socrata", "ngsi-ld", "ngsi-ld without links")
EXAMPLES = int(os.environ.get("HANOI_PLACES_EXAMPLES", "6"))


def service(kind: str, web: Web, records: Callable[[], Records], most: int) -> Service:
    if kind == "ckan":
        return servers.ckan(records, most)
    if kind == "socrata":
        return servers.socrata(records, most)
    if kind == "arcgis":
        return servers.arcgis(records, most)
    if kind == "sensorthings":
        return servers.sensorthings(records, lambda: web.url, most)
    return servers.ngsi_ld(records, links=kind == "ngsi-ld", most=most)


def source(kind: str, web: Web, **more: Any) -> Contract:
    kind = kind.partition(" ")[0]
    return declared("jsonl", kind=kind, url=web.url + PATHS.get(kind, ""), **{**SOURCES[kind], **more})


def lines(home: Home, contract: Contract) -> list[dict[str, Any]]:
    [content] = home.contents(home.deliver(contract)).values()
    return [json.loads(line) for line in content.splitlines()]


def some(number: int) -> list[dict[str, Any]]:
    return [{"n": n, "ten": f"Trạm {n}"} for n in range(number)]


def numbers(found: list[dict[str, Any]]) -> list[int]:
    return [record.get("n", record.get("properties", {}).get("n")) for record in found]


@pytest.mark.parametrize("kind", KINDS)
def test_every_record_comes_once_for_any_size_of_page(kind: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The server may give fewer records a page than it is asked for, and may be busy or break off at any page.

    ``HANOI_PLACES_EXAMPLES`` is the number of sizes that are tried.
    """
    with serving() as web:

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
        @given(
            number=st.integers(1, 25),
            size=st.integers(1, 30),
            most=st.integers(1, 30),
            hurt=st.dictionaries(st.integers(0, 20), st.integers(0, 300), max_size=3),
        )
        def each_once(number: int, size: int, most: int, hurt: dict[int, int]) -> None:
            whole = service(kind, web, lambda: some(number), most)
            asked = itertools.count()

            def answer(request: Request) -> Answer:
                cut = hurt.get(next(asked))
                if cut is None:
                    return whole(request)
                return replace(whole(request), cut=cut) if cut % 2 else Answer(status=503)

            web.service = answer
            home = Home(tmp_path_factory.mktemp("home"))
            assert numbers(lines(home, source(kind, web, page_size=size))) == list(range(number))

        each_once()


@pytest.mark.parametrize("kind", KINDS)
def test_records_that_shift_while_they_are_read_are_not_delivered_broken(kind: str, home: Home, web: Web) -> None:
    """A row that comes in front moves all others by one: the same record would come twice, or one not at all."""
    grown = itertools.count()
    held: list[dict[str, Any]] = []

    def records() -> Records:
        held.insert(0, {"n": -next(grown), "ten": ""})
        return [*held, *some(10)]

    web.service = service(kind, web, records, 4)
    with pytest.raises(PlaceMoved, match="changed while"):
        home.deliver(source(kind, web, page_size=4))


@pytest.mark.parametrize("kind", KINDS)
def test_records_that_come_to_rest_are_read_again_from_the_start(kind: str, home: Home, web: Web) -> None:
    calls = itertools.count()
    web.service = service(kind, web, lambda: some(9 + min(next(calls), 2)), 4)
    assert numbers(lines(home, source(kind, web, page_size=4))) == list(range(11))


@pytest.mark.parametrize("kind", KINDS)
def test_the_limits_of_the_contract_hold(kind: str, home: Home, web: Web) -> None:
    web.service = service(kind, web, lambda: some(50), 5)
    with pytest.raises(PlaceTooLarge, match="3 pages"):
        home.deliver(source(kind, web, page_size=5, max_pages=3))
    with pytest.raises(PlaceTooLarge, match="20 records"):
        home.deliver(source(kind, web, page_size=5, max_records=20))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_answer_of_the_service_is_told(kind: str, home: Home, web: Web) -> None:
    page = b"<!DOCTYPE html><html><title>\xc4\x90\xc4\x83ng nh\xe1\xba\xadp</title>"
    web.answers(Answer(page, 200, {"Content-Type": "text/html"}))
    with pytest.raises(PlaceBroken, match="Đăng nhập» came instead of JSON"):
        home.deliver(source(kind, web))
    web.answers(Answer(b'[{"half": ' if kind in ARRAYS else b'{"half": ', 200))
    with pytest.raises(PlaceBroken, match="no JSON"):
        home.deliver(source(kind, web))
    web.answers(told({"other": 1} if kind not in ARRAYS else 7))
    with pytest.raises(PlaceBroken):
        home.deliver(source(kind, web))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("status", "error"), [(401, PlaceDenied), (403, PlaceDenied), (404, PlaceMissing)])
def test_a_refusal_is_told_once(kind: str, status: int, error: type[Exception], home: Home, web: Web) -> None:
    web.answers(told({"error": "no"}, status))
    with pytest.raises(error):
        home.deliver(source(kind, web))
    assert len(web.asked) == 1


@pytest.mark.parametrize(
    ("kind", "header", "value"),
    [
        ("ckan", "Authorization", "t0ken"),
        ("socrata", "X-App-Token", "t0ken"),
        ("arcgis", "X-Esri-Authorization", "Bearer t0ken"),
        ("sensorthings", "Authorization", "Bearer t0ken"),
        ("ngsi-ld", "Authorization", "Bearer t0ken"),
    ],
)
def test_each_service_gets_the_secret_in_its_own_way(kind: str, header: str, value: str, home: Home, web: Web) -> None:
    home.secret("portal", "t0ken")
    web.service = service(kind, web, lambda: some(7), 3)
    assert len(lines(home, source(kind, web, secret="portal"))) == 7
    assert {request.headers[header] for request in web.asked} == {value}


@pytest.mark.parametrize("kind", ["sensorthings", "ngsi-ld"])
def test_the_next_page_is_of_the_same_origin_and_never_one_that_was_read(kind: str, home: Home, web: Web) -> None:
    whole = service(kind, web, lambda: some(9), 4)

    def leading(there: str) -> Service:
        def answer(request: Request) -> Answer:
            found = whole(request)
            link = {"Link": f'<{there}>; rel="next"'}
            body = json.loads(found.body)
            if kind == "ngsi-ld":
                return Answer(found.body, 200, {**found.headers, **link})
            return told({**body, "@iot.nextLink": there})

        return answer

    with serving() as other:
        for there in (
            f"{other.url}/v1.1/Observations",
            "http://169.254.169.254/",
            "file:///etc/passwd",
            "//evil.example/x",
        ):
            web.service = leading(there)
            with pytest.raises(PlaceBroken, match="another server"):
                home.deliver(source(kind, web))
        assert not other.asked
    asked: list[str] = []
    fresh = itertools.count(100)

    def circle(request: Request) -> Answer:
        here = f"{web.url}{request.path}?" + "&".join(f"{k}={v}" for k, v in request.query.items())
        asked.append(here)
        items = [{"@iot.id": next(fresh)}] if kind == "sensorthings" else [{"id": f"urn:{next(fresh)}"}]
        if kind == "sensorthings":
            return told({"value": items, "@iot.nextLink": f"{web.url}/v1.1/again"})
        return told(items, Link='</ngsi-ld/v1/again>; rel="next"')

    web.service = circle
    with pytest.raises(PlaceBroken, match="read already"):
        home.deliver(source(kind, web))


def test_records_are_kept_as_they_were_written(home: Home, web: Web) -> None:
    raw = b'{"success": true, "result": {"total": 1, "records": [\n {"_id": 1, "v" : 12.10, "big": 123456789012345678901, "\\u0111": null}]}}'
    web.answers(Answer(raw, 200))
    [content] = home.contents(home.deliver(source("ckan", web))).values()
    assert content == b'{"_id":1,"v":12.10,"big":123456789012345678901,"\\u0111":null}\n'


def test_features_can_be_delivered_as_one_collection(home: Home, web: Web) -> None:
    web.service = service("arcgis", web, lambda: some(7), 3)
    asked = declared("geojson", kind="arcgis", url=web.url + PATHS["arcgis"])
    [(name, content)] = home.contents(home.deliver(asked)).items()
    found = json.loads(content)
    assert (name, found["type"]) == ("records.geojson", "FeatureCollection")
    assert [feature["properties"]["n"] for feature in found["features"]] == list(range(7))
    web.service = service("arcgis", web, list, 3)
    [content] = home.contents(home.deliver(asked)).values()
    assert json.loads(content) == {"type": "FeatureCollection", "features": []}


def test_an_arcgis_error_comes_with_http_200_and_is_understood(home: Home, web: Web) -> None:
    for code, error in ((499, PlaceDenied), (400, PlaceBroken), (404, PlaceMissing)):
        web.answers(told({"error": {"code": code, "message": "Token Required"}}))
        with pytest.raises(error, match=str(code)):
            home.deliver(source("arcgis", web))
    web.answers(told({"objectIdField": "OBJECTID", "advancedQueryCapabilities": {"supportsPagination": False}}))
    with pytest.raises(PlaceBroken, match="paged"):
        home.deliver(source("arcgis", web))


def test_an_expansion_that_goes_on_elsewhere_is_not_taken_for_whole(home: Home, web: Web) -> None:
    web.answers(told({"value": [{"@iot.id": 1, "Observations@iot.nextLink": f"{web.url}/v1.1/x"}]}))
    with pytest.raises(PlaceBroken, match=r"\$expand"):
        home.deliver(source("sensorthings", web))


def test_a_count_that_the_records_do_not_reach_is_told(home: Home, web: Web) -> None:
    web.service = lambda r: told(
        {"success": True, "result": {"total": 5, "records": [{"_id": 1}] if r.query["offset"] == "0" else []}}
    )
    with pytest.raises(PlaceBroken, match="there are 5 records, and gave 1"):
        home.deliver(source("ckan", web))


def test_each_day_is_asked_for_by_itself(home: Home, web: Web) -> None:
    days = ["2025-07-02", "2025-07-02", "2025-07-03"]
    web.service = servers.ckan(lambda: [{"ngay": day} for day in days])
    dated = source("ckan", web, filters={"ngay": "{date}"}, last="2 days")
    found = home.contents(home.deliver(dated, DAY))
    assert {name: content.count(b"\n") for name, content in found.items()} == {
        "2025-07-02-records.jsonl": 2,
        "2025-07-03-records.jsonl": 1,
    }


def test_a_day_without_records_is_left_out_unless_every_day_is(home: Home, web: Web) -> None:
    days = ["2025-07-02"]
    web.service = servers.ckan(lambda: [{"ngay": day} for day in days])
    dated = source("ckan", web, filters={"ngay": "{date}"}, last="3 days")
    assert list(home.contents(home.deliver(dated, DAY))) == ["2025-07-02-records.jsonl"]
    days.clear()
    with pytest.raises(DeliveryEmpty):
        home.deliver(dated, DAY)


def test_the_file_of_a_ckan_resource_is_fetched_wherever_it_lies(home: Home, web: Web) -> None:
    home.secret("portal", "t0ken")
    with serving() as files:
        files.answers(Answer(b"a,b\n"))
        web.answers(told({"success": True, "result": {"url": f"{files.url}/tai/so-lieu.csv"}}))
        asked = declared(kind="ckan", url=web.url, resource="r-1", take="file", secret="portal")
        assert home.contents(home.deliver(asked)) == {"so-lieu.csv": b"a,b\n"}
        assert files.asked[0].headers["Authorization"] is None
    web.answers(told({"success": True, "result": {"url": "file:///etc/passwd"}}))
    with pytest.raises(PlaceBroken, match="no usable address"):
        home.deliver(asked)
