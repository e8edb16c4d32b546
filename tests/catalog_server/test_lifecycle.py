"""The life of one catalogue server: first start, use, crashes, restart, stop. The tests build on each other, in order."""

import configparser
import json
import os
import re
import socket
import stat
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from tests.catalog_server.conftest import ORGANISATIONS, PYTHON, Server, processes_of

pytestmark = pytest.mark.platform


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_first_start(server: Server, organisations: Path) -> None:
    parents = {parent: mode(parent) for parent in server.home.parents}
    server.start("--organisations", str(organisations))

    announced = json.loads((server.root / "server.json").read_text())
    assert announced["url"] == server.url
    assert announced["port"] == server.port
    assert announced["ready"] is True
    assert server.action("status_show").json()["result"]["ckan_version"].startswith("2.12")
    assert server.status()["ready"] is True

    assert '<html lang="vi"' in server.page("/").text
    assert '<html lang="en"' in server.page("/en/").text

    # No folder above the home was opened, and nothing inside it is anybody else's to read.
    assert {parent: mode(parent) for parent in server.home.parents} == parents
    assert mode(server.home) == mode(server.root) == 0o700
    inside = [path for path in server.root.rglob("*") if not path.is_symlink() and not path.is_socket()]
    assert [str(path) for path in inside if mode(path) & 0o077] == []
    for name in ("ckan.ini", "api_token", "admin_password", "secrets.json"):
        assert mode(server.root / name) == 0o600


def test_secrets_are_independent(server: Server) -> None:
    ini = configparser.ConfigParser()
    ini.optionxform = str
    ini.read(server.root / "ckan.ini")
    app = ini["app:main"]
    password = re.search(r"//ckan:([^@]+)@", app["sqlalchemy.url"])[1]
    reader = re.search(r"//datastore_reader:([^@]+)@", app["ckan.datastore.read_url"])[1]
    secrets = [app["SECRET_KEY"], app["WTF_CSRF_SECRET_KEY"], app["api_token.jwt.encode.secret"], password, reader]
    assert len({secret.removeprefix("string:") for secret in secrets}) == len(secrets)
    assert min(len(secret) for secret in secrets) >= 40


def test_servers_listen_on_loopback_only_and_postgres_is_not_root(server: Server) -> None:
    services = server.status()["services"]
    assert all(services.values())
    pids = {server.process.pid, *(pid for found in services.values() for pid in found)}
    sockets = [found for found in psutil.net_connections("inet") if found.pid in pids]
    listening = {found.laddr for found in sockets if found.status == psutil.CONN_LISTEN}
    assert listening == {("127.0.0.1", server.port)}
    assert [found for found in sockets if found.type == socket.SOCK_DGRAM] == []

    data = (server.root / "postgres").resolve() / "data"
    assert mode(data) == 0o700
    assert data.stat().st_uid == psutil.Process(services["postgres"][0]).uids().effective
    assert data.stat().st_uid != 0
    if os.geteuid() != 0:
        assert data.is_relative_to(server.root)


def test_the_token_may_publish_and_a_stranger_may_not(server: Server) -> None:
    dataset = {"name": "khong-khi", "title": "Không khí", "owner_org": "so-nnmt"}
    assert server.action("package_create", dataset).status_code == 403
    assert server.action("organization_create", {"name": "so-gia"}).status_code == 403
    assert server.action("user_create", {"name": "x", "email": "x@x.vn", "password": "x" * 12}).status_code == 403
    assert server.page("/user/register").status_code == 403
    assert "access-control-allow-origin" not in server.page("/api/3/action/status_show").headers

    created = server.action("package_create", dataset, token=True)
    assert created.status_code == 200
    assert server.action("package_show", {"id": "khong-khi"}).json()["result"]["title"] == "Không khí"


# Run by the server's Python, which has a client for PostgreSQL: what the DataStore's reader is refused.
AS_READER = """
import configparser, sys
import psycopg2
ini = configparser.RawConfigParser(); ini.optionxform = str; ini.read(sys.argv[1])
url = ini["app:main"]["ckan.datastore.read_url"].replace("%%", "%")
for statement in ("SELECT count(*) FROM _table_metadata", "CREATE TABLE t (i int)", "DELETE FROM _table_stats"):
    connection = psycopg2.connect(url)
    try:
        connection.cursor().execute(statement); print("done")
    except psycopg2.Error as error:
        print(type(error).__name__)
    connection.close()
try:
    psycopg2.connect(url.replace("/datastore?", "/ckan?")); print("connected")
except psycopg2.OperationalError:
    print("refused")
"""


def test_the_datastores_reader_reads_and_does_nothing_else(server: Server) -> None:
    command = [str(PYTHON), "-c", AS_READER, str(server.root / "ckan.ini")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert said == ["done", "InsufficientPrivilege", "InsufficientPrivilege", "refused"]


def test_organisations_are_there(server: Server) -> None:
    for wanted in ORGANISATIONS:
        found = server.action("organization_show", {"id": wanted["name"]}).json()["result"]
        assert (found["title"], found["description"]) == (wanted["title"], wanted["description"])
        assert {"key": "title_en", "value": wanted["title_en"]} in found["extras"]


def test_a_second_server_on_the_same_home_is_refused(server: Server) -> None:
    refused = server.run()
    assert refused.returncode == 3
    assert "đang chạy" in refused.stderr
    assert "already running" in refused.stderr
    assert server.action("status_show").status_code == 200


def test_crashed_services_come_back(server: Server) -> None:
    before = server.status()["services"]
    server.kill(*before["postgres"], *before["valkey"], *before["web"])
    end = time.monotonic() + 60
    while not (now := server.status())["ready"]:
        assert time.monotonic() < end
        time.sleep(0.5)
    assert not set(before["postgres"]) & set(now["services"]["postgres"])
    assert server.action("package_show", {"id": "khong-khi"}).status_code == 200


def test_kill_then_restart(server: Server, organisations: Path) -> None:
    token = (server.root / "api_token").read_text()
    services = server.status()["services"]
    # The supervisor and the database die at once; the web server and Valkey live on and hold the port and the socket.
    server.kill(server.process.pid, services["postgres"][0])
    changed = [ORGANISATIONS[0] | {"title": "Sở Môi trường"}, ORGANISATIONS[1]]
    organisations.write_text(json.dumps(changed))

    server.start("--organisations", str(organisations))
    assert "left-over" in server.errors.read_text()
    assert (server.root / "api_token").read_text() == token
    assert server.action("package_show", {"id": "khong-khi"}).status_code == 200
    assert server.action("organization_show", {"id": "so-nnmt"}).json()["result"]["title"] == "Sở Môi trường"
    mine = server.action("api_token_list", {"user_id": "hanoi-admin"}, token=True).json()["result"]
    assert len(mine) == 1


def test_stop_leaves_nothing_running(server: Server) -> None:
    assert processes_of(server.home)
    began = time.monotonic()
    assert server.call("stop").returncode == 0
    assert time.monotonic() - began < 25
    assert server.process.wait(1) == 0
    assert processes_of(server.home) == []
    assert not (server.root / "server.json").exists()
    assert server.call("status", "--json").returncode == 1
    assert server.call("stop").returncode == 0
