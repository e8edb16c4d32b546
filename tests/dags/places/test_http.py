"""Files at web addresses: fetched once, whole, from where the contract says."""

import datetime as dt
from email.utils import format_datetime
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dags.errors import DeliveryMissing, DeliveryUnreadable
from dags.sources.places import locate
from dags.sources.places.errors import PlaceDenied, PlaceForbidden, PlaceMissing, PlaceUnreachable, SecretMissing
from tests.dags.places.builders import DAY, Home, declared
from tests.dags.places.servers import Answer, Request, Service, Web, serving

BODY = Random(7).randbytes(300_000)  # noqa: S311 - made-up data needs no secrets


def ranged(body: bytes, cuts: list[int], etag: str = '"one"', **more: str) -> Service:
    """Serves a file that can be resumed; the first transfers break after these numbers of bytes (RFC 9110 section 14)."""
    breaks = list(cuts)

    def answer(request: Request) -> Answer:
        start = 0
        if (asked := request.headers.get("Range")) and request.headers.get("If-Range") == etag:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
        rest = body[start:]
        cut = breaks.pop(0) if breaks else None
        headers = {"ETag": etag, **more, "Content-Length": str(len(rest))}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        return Answer(rest, 206 if start else 200, headers, None if cut is None else min(cut, len(rest)))

    return answer


@pytest.mark.parametrize("name", ["ETag", "Last-Modified"])
def test_an_unchanged_file_is_not_sent_again(name: str, home: Home, web: Web) -> None:
    mark = {"ETag": '"v1"', "Last-Modified": "Tue, 01 Jul 2025 00:00:00 GMT"}[name]
    asks = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}[name]

    def answer(request: Request) -> Answer:
        return Answer(status=304) if request.headers.get(asks) == mark else Answer(b"a,b\n", 200, {name: mark})

    web.service = answer
    source = declared(kind="http", files=[f"{web.url}/a.csv"])
    first, second = home.deliver(source), home.deliver(source)
    assert first == second
    assert [r.headers.get(asks) for r in web.asked] == [None, mark]
    home.store.path(first.files[0]).unlink()
    assert home.contents(home.deliver(source)) == {"a.csv": b"a,b\n"}, "bytes that are gone are fetched again"


def test_a_changed_file_is_a_new_delivery(home: Home, web: Web) -> None:
    web.answers(Answer(b"a\n", 200, {"ETag": '"1"'}), Answer(b"b\n", 200, {"ETag": '"2"'}))
    source = declared(kind="http", files=[f"{web.url}/a.csv"])
    assert home.deliver(source).id != home.deliver(source).id


def test_several_addresses_are_one_delivery(home: Home, web: Web) -> None:
    web.service = lambda request: Answer(request.path.encode())
    source = declared(kind="http", files=[f"{web.url}/a.csv", f"{web.url}/d%E1%BB%AF.csv?x=1"])
    assert home.contents(home.deliver(source)) == {"a.csv": b"/a.csv", "dữ.csv": b"/d%E1%BB%AF.csv"}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, len(BODY)), max_size=6))
@example(cuts=[0, 0, 1])
def test_a_transfer_cut_anywhere_goes_on_and_arrives_whole_once(
    cuts: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with serving() as web:
        web.service = ranged(BODY, cuts)
        home = Home(tmp_path_factory.mktemp("home"))
        found = home.deliver(declared(kind="http", files=[f"{web.url}/a.bin"]))
        assert home.contents(found) == {"a.bin": BODY}


def test_a_file_that_changed_while_it_was_resumed_is_fetched_anew(home: Home, web: Web) -> None:
    old, new = ranged(b"o" * 1000, [500]), ranged(b"n" * 1000, [], '"two"')
    services = [old]
    web.service = lambda request: (services.pop() if services else new)(request)
    found = home.deliver(declared(kind="http", files=[f"{web.url}/a.bin"]))
    assert home.contents(found) == {"a.bin": b"n" * 1000}


def test_a_broken_transfer_without_a_mark_begins_again(home: Home, web: Web, pauses: list[float]) -> None:
    whole = {"Content-Length": "1000"}
    web.answers(Answer(b"x" * 1000, 200, whole, 10), Answer(b"x" * 1000, 200, whole, 999), Answer(b"x" * 1000))
    assert home.contents(home.deliver(declared(kind="http", files=[f"{web.url}/a"]))) == {"a": b"x" * 1000}
    assert [r.headers.get("Range") for r in web.asked] == [None] * 3
    assert pauses == sorted(pauses)


def test_a_busy_server_is_asked_again_when_it_says_so(home: Home, web: Web, pauses: list[float]) -> None:
    soon = format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=100), usegmt=True)
    web.answers(
        Answer(status=429, headers={"Retry-After": "7"}),
        Answer(status=503, headers={"Retry-After": soon}),
        Answer(b"a"),
    )
    home.deliver(declared(kind="http", files=[f"{web.url}/a"]))
    assert pauses[0] == 7
    assert 60 < pauses[1] <= 100


def test_a_server_that_asks_for_too_long_a_pause_is_left_alone(home: Home, web: Web, pauses: list[float]) -> None:
    web.answers(Answer(status=503, headers={"Retry-After": "86400"}))
    with pytest.raises(PlaceUnreachable, match="86400"):
        home.deliver(declared(kind="http", files=[f"{web.url}/a"]))
    assert (len(web.asked), pauses) == (1, [])


def test_pauses_grow_and_tries_end(home: Home, web: Web, pauses: list[float]) -> None:
    web.answers(Answer(status=502))
    with pytest.raises(PlaceUnreachable, match="502"):
        home.deliver(declared(kind="http", files=[f"{web.url}/a"]))
    assert len(web.asked) == 4
    assert pauses == sorted(set(pauses))


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [(401, PlaceDenied, "secret"), (403, PlaceDenied, "secret"), (404, PlaceMissing, "HTTP 404")],
)
def test_a_refusal_is_not_tried_again_and_says_what_to_do(
    status: int, error: type[Exception], said: str, home: Home, web: Web
) -> None:
    web.answers(Answer(b'{"message": "no"}', status, {"Content-Type": "application/json"}))
    with pytest.raises(error, match=said):
        home.deliver(declared(kind="http", files=[f"{web.url}/a"]))
    assert len(web.asked) == 1


def test_redirects_are_followed_and_bounded(home: Home, web: Web) -> None:
    def answer(request: Request) -> Answer:
        left = int(request.path.strip("/"))
        return Answer(b"there") if left == 0 else Answer(status=302, headers={"Location": f"/{left - 1}"})

    web.service = answer
    assert list(home.contents(home.deliver(declared(kind="http", files=[f"{web.url}/5"]))).values()) == [b"there"]
    with pytest.raises(DeliveryMissing, match="5 redirects"):
        home.deliver(declared(kind="http", files=[f"{web.url}/6"]))


def test_a_circle_of_redirects_ends(home: Home, web: Web) -> None:
    web.answers(Answer(status=301, headers={"Location": "/a"}))
    with pytest.raises(DeliveryMissing, match="redirects"):
        home.deliver(declared(kind="http", files=[f"{web.url}/a"]))
    assert len(web.asked) == 6


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/", "http://169.254.169.254/latest"]
)
def test_a_redirect_leads_to_no_other_scheme_and_no_forbidden_network(target: str, home: Home, web: Web) -> None:
    web.answers(Answer(status=302, headers={"Location": target}))
    with pytest.raises(PlaceForbidden):
        home.deliver(declared(kind="http", files=[f"{web.url}/a"]))


def test_a_contract_reaches_no_private_network_unless_the_settings_say_so(
    home: Home, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.answers(Answer(b"inside"))
    source = declared(kind="http", files=[f"{web.url}/a"])
    monkeypatch.setenv("HANOI_HOME", str(home.folder))
    with pytest.raises(PlaceForbidden, match="HANOI_PRIVATE_NETWORKS"):
        home.store.keep(source, locate(source, None), "run")
    assert not web.asked
    monkeypatch.setenv("HANOI_PRIVATE_NETWORKS", "10.0.0.0/8, 127.0.0.0/8")
    assert home.contents(home.store.keep(source, locate(source, None), "run")) == {"a": b"inside"}


def test_a_body_over_the_limit_is_refused_before_and_while_it_comes(
    web: Web, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = Home(tmp_path_factory.mktemp("home"), max_bytes=1000)
    for answer in (
        Answer(b"", 200, {"Content-Length": "1001"}, 0),
        Answer(b"3e9\r\n" + b"x" * 1001, 200, {"Transfer-Encoding": "chunked"}, 2000),
    ):
        web.answers(answer)
        with pytest.raises(DeliveryUnreadable, match="HANOI_MAX_DELIVERY_BYTES"):
            home.deliver(declared(kind="http", files=[f"{web.url}/a"]))
    assert not list(home.store.root.glob(".part-*"))


def test_the_secret_is_sent_to_the_named_origin_alone(home: Home, web: Web) -> None:
    home.secret("hue-api", "s3cret\n")
    with serving() as other:
        other.answers(Answer(b"elsewhere"))
        web.answers(Answer(status=302, headers={"Location": f"{other.url}/x"}))
        home.deliver(declared(kind="http", files=[f"{web.url}/a"], secret="hue-api"))
        assert web.asked[0].headers["Authorization"] == "Bearer s3cret"
        assert other.asked[0].headers["Authorization"] is None


@pytest.mark.parametrize(
    ("how", "header", "value"),
    [
        ({"sent_as": "basic"}, "Authorization", "Basic dXNlcjpwYXNz"),
        ({"sent_as": "plain", "header": "X-Api-Key"}, "X-Api-Key", "user:pass"),
    ],
)
def test_a_secret_is_sent_as_the_contract_says(
    how: dict[str, str], header: str, value: str, home: Home, web: Web
) -> None:
    home.secret("a", "user:pass")
    web.answers(Answer(b"x"))
    home.deliver(declared(kind="http", files=[f"{web.url}/a"], secret="a", **how))
    assert web.asked[0].headers[header] == value


def test_a_refused_secret_is_named_and_never_shown(home: Home, web: Web) -> None:
    home.secret("hue-api", "s3cret")
    web.answers(Answer(b'{"token": "s3cret is wrong"}', 403, {"Content-Type": "application/json"}))
    with pytest.raises(PlaceDenied, match="'hue-api'") as error:
        home.deliver(declared(kind="http", files=[f"{web.url}/a"], secret="hue-api"))
    assert "s3cret" not in str(error.value)
    place = locate(declared(kind="http", files=[f"{web.url}/a"], secret="hue-api"), None, access=home.access)
    assert "s3cret" not in repr(place)


def test_a_missing_secret_says_where_to_put_it(home: Home, web: Web) -> None:
    with pytest.raises(SecretMissing, match="HANOI_SECRET_HUE_API"):
        home.deliver(declared(kind="http", files=[f"{web.url}/a"], secret="hue-api"))
    assert not web.asked


def test_a_late_file_is_found_within_the_window(home: Home, web: Web) -> None:
    there = {"/2025/07/01.csv": b"1", "/2025/07/03.csv": b"3"}
    web.service = lambda request: Answer(there[request.path]) if request.path in there else Answer(status=404)
    source = declared(kind="http", files=[f"{web.url}/{{year}}/{{month}}/{{day}}.csv"], last="3 days")
    assert home.contents(home.deliver(source, DAY)) == {"01.csv": b"1", "03.csv": b"3"}
    there["/2025/07/02.csv"] = b"late"
    assert home.contents(home.deliver(source, DAY)) == {"01.csv": b"1", "02.csv": b"late", "03.csv": b"3"}
    with pytest.raises(DeliveryMissing, match=r"2024/01/01\.csv"):
        home.deliver(source, dt.date(2024, 1, 1))


def test_a_name_that_does_not_tell_the_day_is_given_it(home: Home, web: Web) -> None:
    web.service = lambda request: Answer(request.path.encode())
    source = declared(kind="http", files=[f"{web.url}/{{date}}/air.csv"], last="2 days", lag="1 day")
    assert home.contents(home.deliver(source, DAY)) == {
        "2025-07-01-air.csv": b"/2025-07-01/air.csv",
        "2025-07-02-air.csv": b"/2025-07-02/air.csv",
    }


def test_the_next_source_is_used_where_the_first_has_nothing(home: Home, web: Web) -> None:
    web.service = lambda request: Answer(b"second") if request.path == "/b.csv" else Answer(status=404)
    reading = {"format": "csv"}
    two = declared(kind="http", files=[f"{web.url}/a.csv"])
    two = two.model_validate(
        two.model_dump()
        | {"sources": [{"kind": "http", "files": [f"{web.url}/{n}.csv"], "reading": reading} for n in "ab"]}
    )
    delivery = home.deliver(two)
    assert (home.contents(delivery), delivery.source) == ({"b.csv": b"second"}, 1)
