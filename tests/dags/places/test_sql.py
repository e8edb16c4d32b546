"""Databases: the same rows are the same delivery, nothing is written, and limits hold."""

import contextlib
import datetime as dt
import json
import socket
import socketserver
import sqlite3
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from blueprint import Contract
from dags.errors import DeliveryEmpty
from dags.sources.places import sql
from dags.sources.places.errors import (
    PlaceBroken,
    PlaceDenied,
    PlaceForbidden,
    PlaceMissing,
    PlaceTooLarge,
    PlaceUnreachable,
)
from tests.dags.places.builders import Home, declared
from tests.lake.postgresql import SERVER, Postgresql

ROWS = [("b", 2, "Bệnh viện, Hà Đông"), ("a", 1, None), ("c", 3, 'có "ngoặc"')]


@pytest.fixture
def database(home: Home) -> Path:
    path = home.shares / "y-te" / "benh-vien.sqlite"
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE co_so (ma TEXT, giuong INTEGER, ten TEXT, ngay TEXT)")
        connection.executemany("INSERT INTO co_so VALUES (?, ?, ?, '2025-07-03')", ROWS)
    connection.close()
    return path


def change(database: Path, statement: str) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute(statement)
    connection.close()


def lite(reading: str = "csv", **more: Any) -> Contract:
    usual = {"database": "y-te/benh-vien.sqlite", "table": "co_so", "columns": ["ma", "giuong", "ten"], "key": ["ma"]}
    given = usual | more
    given = {name: value for name, value in given.items() if value is not None}
    return declared(reading, kind="sql", engine="sqlite", **given)


def query(text: str, **more: Any) -> Contract:
    return lite(query=text, table=None, columns=None, **more)


@pytest.mark.usefixtures("database")
def test_a_table_is_delivered_in_the_order_of_its_key(home: Home) -> None:
    assert home.contents(home.deliver(lite())) == {
        "rows.csv": 'ma,giuong,ten\na,1,\nb,2,"Bệnh viện, Hà Đông"\nc,3,"có ""ngoặc"""\n'.encode()
    }
    found = home.contents(home.deliver(lite("jsonl")))["rows.jsonl"]
    assert json.loads(found.splitlines()[0]) == {"ma": "a", "giuong": 1, "ten": None}


def test_the_same_rows_in_another_order_are_the_same_delivery(home: Home, database: Path) -> None:
    first = home.deliver(lite())
    change(database, "UPDATE co_so SET rowid = -rowid")
    assert home.deliver(lite()) == first
    change(database, "UPDATE co_so SET giuong = 9 WHERE ma = 'a'")
    assert home.deliver(lite()).id != first.id


@pytest.mark.usefixtures("database")
def test_a_query_is_bound_to_the_day(home: Home) -> None:
    """A day without rows is left out, unless every day is."""
    asked = query("SELECT ma FROM co_so WHERE ngay >= :date AND ngay < :next -- the day", last="2 days")
    assert home.contents(home.deliver(asked)) == {"2025-07-03-rows.csv": b"ma\na\nb\nc\n"}
    with pytest.raises(DeliveryEmpty):
        home.deliver(asked, dt.date(2025, 1, 1))


@pytest.mark.usefixtures("database")
def test_more_rows_than_the_limit_and_rows_without_an_order_are_refused(home: Home) -> None:
    with pytest.raises(PlaceTooLarge, match="2 rows"):
        home.deliver(lite(max_rows=2))
    with pytest.raises(PlaceBroken, match="share the key"):
        home.deliver(query("SELECT 'x' AS ma FROM co_so"))


@pytest.mark.usefixtures("database")
def test_a_question_that_takes_too_long_is_ended(home: Home) -> None:
    endless = "WITH RECURSIVE n(ma) AS (SELECT 1 UNION ALL SELECT ma + 1 FROM n) SELECT max(ma) AS ma FROM n"
    with pytest.raises(PlaceUnreachable, match="max_seconds"):
        home.deliver(query(endless, max_seconds=1))


@pytest.mark.usefixtures("database")
def test_what_is_not_there_is_named(home: Home) -> None:
    with pytest.raises(PlaceMissing, match="no such table: khac"):
        home.deliver(query("SELECT ma FROM khac"))
    with pytest.raises(PlaceForbidden, match="HANOI_FOLDERS"):
        home.deliver(lite(database="y-te/khac.sqlite"))


def test_a_link_out_of_the_shared_folder_leads_nowhere(home: Home, database: Path) -> None:
    outside = home.folder / "outside.sqlite"
    database.rename(outside)
    database.symlink_to(outside)
    with pytest.raises(PlaceForbidden):
        home.deliver(lite())


@pytest.mark.usefixtures("database")
def test_nothing_can_be_written(home: Home) -> None:
    """A SELECT with a side effect is refused by the connection, whatever the contract's model lets through."""
    contract = query("SELECT ma FROM co_so")
    writing = contract.sources[0].model_copy(update={"query": "SELECT 1 AS ma) ; DELETE FROM co_so; --"})
    with pytest.raises(PlaceBroken):
        home.deliver(contract.model_copy(update={"sources": (writing,)}))
    assert home.contents(home.deliver(contract)) == {"rows.csv": b"ma\na\nb\nc\n"}


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgresql]:
    if not (SERVER / ".venv").is_dir():
        pytest.skip("the catalogue's environment, which brings PostgreSQL, is not installed (catalog/server)")
    server = Postgresql(tmp_path_factory.mktemp("postgresql"))
    server.start()
    server.ask("CREATE ROLE reader LOGIN PASSWORD 'doc'")
    server.ask(
        "CREATE TABLE public.tram (ma text, so numeric(10,3), luc timestamptz, ngay date, mo boolean, tep bytea, kieu jsonb, gia float8)"
    )
    server.ask(
        "INSERT INTO tram SELECT 't' || n, n + 0.5, timestamptz '2025-07-03 07:00+07' + n * interval '1 hour', date '2025-07-03',"
        """ n % 2 = 0, '\\x00ff', '{"b": 1, "a": "Hà Nội"}', n / 10.0 FROM generate_series(1, 251) n"""
    )
    server.ask("CREATE TABLE kin (ma text)")
    server.ask("GRANT SELECT, INSERT, DELETE ON tram TO reader")
    server.ask("CREATE FUNCTION xoa() RETURNS text LANGUAGE sql AS 'DELETE FROM tram RETURNING ma'")
    yield server
    server.remove()


def large(home: Home, postgresql: Postgresql, reading: str = "csv", **more: Any) -> Contract:
    home.secret("tram-db", "reader:doc")
    given = {
        "host": str(Path(postgresql.told["socket"]).parent),
        "table": "public.tram",
        "columns": ["ma", "so", "luc", "ngay", "mo", "tep", "kieu", "gia"],
        "key": ["ma"],
    } | more
    given = {name: value for name, value in given.items() if value is not None}
    return declared(reading, kind="sql", engine="postgresql", database="postgres", secret="tram-db", **given)


def test_postgresql_is_read_in_batches_as_texts_that_lose_nothing(
    home: Home, postgresql: Postgresql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "_ROWS", 100)
    [content] = home.contents(home.deliver(large(home, postgresql))).values()
    lines = content.decode().splitlines()
    assert len(lines) == 252
    assert lines[1] == 't1,1.500,2025-07-03T01:00:00+00:00,2025-07-03,false,00ff,"{""a"": ""Hà Nội"", ""b"": 1}",0.1'
    assert len({line.partition(",")[0] for line in lines}) == 252
    [content] = home.contents(home.deliver(large(home, postgresql, "jsonl"))).values()
    first = json.loads(content.splitlines()[0], parse_float=Decimal)
    assert (first["ma"], first["so"], first["mo"], first["kieu"]) == (
        "t1",
        Decimal("1.500"),
        False,
        {"a": "Hà Nội", "b": 1},
    )


def test_postgresql_is_only_read(home: Home, postgresql: Postgresql) -> None:
    asked = {"table": None, "columns": None}
    for text in ("SELECT xoa() AS ma", "SELECT set_config('transaction_read_only', 'off', false) AS ma"):
        with pytest.raises(PlaceBroken, match="SQLSTATE 25"):
            home.deliver(large(home, postgresql, query=text, **asked))
    assert postgresql.ask("SELECT count(*) FROM tram") == [(251,)]


def test_postgresql_refusals_are_understood(
    home: Home, postgresql: Postgresql, caplog: pytest.LogCaptureFixture
) -> None:
    asked = {"table": None, "columns": None}
    with pytest.raises(PlaceDenied, match="42501"):
        home.deliver(large(home, postgresql, query="SELECT ma FROM kin", **asked))
    with pytest.raises(PlaceMissing, match="42P01"):
        home.deliver(large(home, postgresql, query="SELECT ma FROM khac", **asked))
    with pytest.raises(PlaceUnreachable, match="max_seconds"):
        home.deliver(large(home, postgresql, query="SELECT pg_sleep(30)::text AS ma", max_seconds=1, **asked))
    with pytest.raises(PlaceBroken, match="two columns are called"):
        home.deliver(large(home, postgresql, query="SELECT ma, so AS kieu, kieu FROM tram", **asked))
    with pytest.raises(PlaceBroken, match="22P02") as error:
        home.deliver(large(home, postgresql, query="SELECT CAST(ma AS int) AS ma FROM tram WHERE 7 % 2 = 1", **asked))
    assert "t1" not in str(error.value) + caplog.text, "a message that quotes the data is not passed on"
    contract = large(home, postgresql)
    home.secret("tram-db", "reader:sai")
    with pytest.raises(PlaceDenied, match="'tram-db'"):
        home.deliver(contract)


@pytest.fixture
def relayed(postgresql: Postgresql) -> Iterator[int]:
    """A port of this machine behind which the server's socket is."""

    class Relay(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.socket(socket.AF_UNIX) as server:
                server.connect(postgresql.told["socket"])
                back = threading.Thread(target=self.copy, args=(server, self.request))
                back.start()
                self.copy(self.request, server)
                back.join()

        def copy(self, giving: socket.socket, taking: socket.socket) -> None:
            with contextlib.suppress(OSError):
                while piece := giving.recv(65536):
                    taking.sendall(piece)
                taking.shutdown(socket.SHUT_WR)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Relay) as relay:
        thread = threading.Thread(target=relay.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield relay.server_address[1]
        relay.shutdown()
        thread.join()


def test_a_server_is_reached_over_the_network_and_must_speak_tls_unless_the_contract_says_otherwise(
    home: Home, postgresql: Postgresql, relayed: int
) -> None:
    asked = {"host": "127.0.0.1", "port": relayed, "columns": ["ma"]}
    with pytest.raises(PlaceUnreachable, match="SSL"):
        home.deliver(large(home, postgresql, **asked))
    found = home.contents(home.deliver(large(home, postgresql, tls=False, **asked)))
    assert found["rows.csv"].count(b"\n") == 252


def test_a_day_is_bound_as_a_date(home: Home, postgresql: Postgresql) -> None:
    text = "SELECT count(*) AS n FROM tram WHERE ngay = :date AND ma LIKE 't%' AND 7 % 2 = 1 AND extract(year FROM ngay) = CAST(:year AS int)"
    asked = large(home, postgresql, query=text, table=None, columns=None, key=["n"])
    assert list(home.contents(home.deliver(asked, dt.date(2025, 7, 3))).values()) == [b"n\n251\n"]
    assert list(home.contents(home.deliver(asked, dt.date(2025, 7, 4))).values()) == [b"n\n0\n"]


def test_a_host_that_may_not_be_reached_is_not(home: Home) -> None:
    home.secret("db", "u:p")
    asked = declared(
        kind="sql",
        engine="postgresql",
        host="169.254.10.10",
        database="x",
        secret="db",
        table="t",
        columns=["a"],
        key=["a"],
    )
    with pytest.raises(PlaceForbidden, match=r"169\.254\.10\.10"):
        home.deliver(asked)
