"""Sources as contracts declare them: every kind is a model of its own, and what could never work is refused."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from blueprint import dated
from blueprint.contract import Contract
from blueprint.reading import declaration
from blueprint.sources import AnySource, Source
from tests.dags.builders import contract

SOURCE: TypeAdapter[Any] = TypeAdapter(AnySource)
CSV = {"reading": {"format": "csv"}}
JSONL = {"reading": {"format": "jsonl"}}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJm0Qf"
SFTP = {
    "kind": "sftp",
    "host": "sftp.example",
    "user": "so",
    "host_key": KEY,
    "secret": "so",
    "files": ["a.csv"],
    **CSV,
}
SQL = {
    "kind": "sql",
    "engine": "postgresql",
    "host": "db.example",
    "database": "x",
    "secret": "db",
    "key": ["a"],
    **CSV,
}
LITE = {"kind": "sql", "engine": "sqlite", "database": "x.sqlite", "table": "t", "columns": ["a"], "key": ["a"], **CSV}


def refused(**source: Any) -> str:
    with pytest.raises(ValidationError) as error:
        SOURCE.validate_python(source)
    return str(error.value)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://data.example/a", "https://"),
        ("file:///etc/passwd", "https://"),
        ("https:///a", "https://"),
        ("https://user:pass@data.example/a", "no user or password"),
        ("https://data.example/a?access_token=x", "credential 'access_token'"),
        ("https://data.example/a?sig=x", "credential 'sig'"),
        ("https://{date}.example/a", "host"),
        ("https://data.example/{today}", "no place for a date"),
        ("https://data.example/a#b", "#"),
    ],
)
def test_an_address_leads_to_the_web_and_holds_no_credential(url: str, why: str) -> None:
    assert why in refused(kind="http", files=[url], **CSV)


@pytest.mark.parametrize("path", ["/etc/passwd", "../a.csv", "a/../../b", "a\\b", "a\0"])
@pytest.mark.parametrize(
    "kind",
    [
        {"kind": "agency"},
        {"kind": "repository"},
        {"kind": "folder"},
        {"kind": "object-store", "endpoint": "https://s3.example", "bucket": "mo-mo"},
    ],
)
def test_paths_stay_within_their_folder(path: str, kind: dict[str, str]) -> None:
    assert "stays within its folder" in refused(**kind, files=[path], **CSV)


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": "-oProxyCommand=sh"},
        {"host": "a b"},
        {"user": "-x"},
        {"user": "a b"},
        {"host_key": f"sftp.example {KEY}"},
        {"host_key": f"{KEY}\nother.example {KEY}"},
        {"files": ["a/*/b.csv"]},
        {"files": ["a\nb.csv"]},
        {"files": ["../a.csv"]},
        {"secret": "../x"},
        {"secret": "SFTP"},
    ],
)
def test_nothing_of_an_sftp_source_is_read_as_a_command(wrong: dict[str, Any]) -> None:
    SOURCE.validate_python(SFTP)
    refused(**{**SFTP, **wrong})


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"query": "DELETE FROM t"}, "one SELECT"),
        ({"query": "SELECT 1 AS a; DROP TABLE t"}, "without a semicolon"),
        ({"query": "SELECT :user AS a"}, ":user cannot be bound"),
        ({"query": "SELECT :date::date AS a"}, "CAST(:date AS date)"),
        ({"query": "SELECT 1 AS a", "table": "t"}, "or by one query"),
        ({}, "or by one query"),
        ({"table": "t"}, "name the columns"),
        ({"table": "t", "columns": ["b"]}, "none of the columns"),
        ({"query": "SELECT 1 AS a", "host": None}, "needs a host"),
        ({"query": "SELECT 1 AS a", "host": "-x"}, "name or IPv4"),
        ({"query": "SELECT 1 AS a", "reading": {"format": "excel"}}, "csv or jsonl"),
    ],
)
def test_a_database_is_asked_one_question(wrong: dict[str, Any], why: str) -> None:
    assert why in refused(**{**SQL, **wrong})


def test_a_question_of_a_day_is_dated() -> None:
    assert SOURCE.validate_python(
        {**SQL, "query": "WITH x AS (SELECT '12:30' AS t, a::text FROM b) SELECT :date, :next"}
    ).binds == {"date", "next"}
    assert SOURCE.validate_python({**SQL, "query": "SELECT 1 AS a WHERE x = :date"}).dated
    assert not SOURCE.validate_python({**SQL, "query": "SELECT 1 AS a"}).dated
    assert "stays within" in refused(**{**LITE, "database": "/var/lib/x.sqlite"})
    assert "no host" in refused(**{**LITE, "host": "db.example"})


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"kind": "ckan", "resource": "r", "parameters": {"offset": "5"}}, "set by the platform"),
        ({"kind": "ckan", "resource": "../r"}, "pattern"),
        ({"kind": "socrata", "dataset": "abcd"}, "pattern"),
        ({"kind": "arcgis"}, "ends with its number"),
        ({"kind": "sensorthings", "entities": "Things?$top=1"}, "pattern"),
        ({"kind": "sensorthings", "entities": "../x"}, "pattern"),
        ({"kind": "ngsi-ld", "type": "A B"}, "pattern"),
        ({"kind": "socrata", "dataset": "abcd-1234", "reading": {"format": "csv"}}, "delivered as jsonl"),
        ({"kind": "socrata", "dataset": "abcd-1234", "page_size": 0}, "greater than or equal"),
    ],
)
def test_services_are_asked_for_what_they_know(wrong: dict[str, Any], why: str) -> None:
    assert why in refused(**{"url": "https://data.example", **JSONL, **wrong})


def test_a_window_needs_a_place_for_the_date() -> None:
    assert "place for a date" in refused(kind="http", files=["https://data.example/a"], last="3 days", **CSV)
    assert "1 day at least" in refused(files=["{date}"], last="0 days", **CSV)
    for wrong in ("3", "three days", "-1 days", "1000 days"):
        assert "number of days" in refused(files=["{date}"], last=wrong, **CSV)


def test_a_source_of_the_former_two_kinds_is_what_it_was() -> None:
    assert type(SOURCE.validate_python({"files": ["a.csv"], **CSV})) is Source
    assert SOURCE.validate_python({"kind": "repository", "files": ["a.csv"], **CSV}).kind == "repository"
    one = contract(sources=[{"kind": "http", "files": ["https://data.example/{date}.csv"], **CSV}])
    assert Contract.model_validate(one.model_dump(exclude_defaults=True)) == one
    assert Contract.model_validate_json(one.model_dump_json(exclude_defaults=True)) == one


def test_a_wrong_field_of_a_kind_is_found_where_it_stands(tmp_path: Any) -> None:
    path = tmp_path / "1.0.0.yaml"
    told: list[Any] = []
    one = contract().model_dump(mode="json", exclude_defaults=True)
    one["sources"] = "SOURCES"
    import yaml

    text = yaml.safe_dump(one, allow_unicode=True, sort_keys=False)
    path.write_text(
        text.replace(
            "sources: SOURCES",
            "sources:\n- kind: sftp\n  hosts: sftp.example\n  files: [a.csv]\n  reading: {format: csv}",
        )
    )
    declaration(path, "1.0.0.yaml", Contract, told.append)
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if "hosts" in text)
    [wrong] = [problem for problem in told if problem.rule == "extra-forbidden"]
    assert (wrong.line, wrong.path) == (line, "sources.0.hosts")
    assert "host_key" in wrong.en
    assert {problem.path for problem in told} >= {"sources.0.host", "sources.0.secret"}


@given(st.dates(date(1, 1, 2), date(9998, 12, 30)), st.integers(1, 30), st.integers(0, 30))
def test_a_window_ends_with_the_newest_day_and_has_each_day_once(run: date, last: int, lag: int) -> None:
    window = f"{last} day{'s' * (last != 1)}"
    source = Source(files=("{date}",), reading=CSV["reading"], last=window, lag=f"{lag} days")  # type: ignore[arg-type]
    if (run - date.min).days < last + lag:
        return
    days = source.days(run)
    assert len(days) == last
    assert (run - days[-1]).days == lag
    assert sorted(set(days)) == list(days)


@given(st.dates(date(1, 1, 1), date(9998, 12, 31)))
def test_places_for_a_date_are_filled_with_its_own_digits(day: date) -> None:
    assert dated.filled("{year}-{month}-{day}", day) == dated.filled("{date}", day) == day.isoformat()
    assert dated.filled("{date:%d%m%Y}", day) == f"{day.day:02d}{day.month:02d}{day.year:04d}"
    assert dated.filled("{next}", day) > dated.filled("{date}", day)
