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

import httpx
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
    assert "access-control-allow-origin" not in server.page("/user/login").headers

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


# Run by the server's Python: who reaches PostgreSQL with a wrong password or none, and whom its own rules let in without one.
AS_NOBODY = """
import pathlib, sys
import psycopg2
base = pathlib.Path(sys.argv[1]).resolve()
sockets = base / "run" if (base / "run").is_dir() else pathlib.Path(sys.argv[2])
for user, password in (("postgres", None), ("postgres", "wrong"), ("ckan", ""), ("root", None)):
    try:
        psycopg2.connect(host=str(sockets), dbname="ckan", user=user, password=password).close(); print("connected")
    except psycopg2.OperationalError:
        print("refused")
rules = [line.split() for line in (base / "data/pg_hba.conf").read_text().splitlines() if line[:1] not in ("", "#")]
print(*{rule[-1] for rule in rules})
print(oct(sockets.stat().st_mode)[-3:], oct(next(sockets.glob(".s.PGSQL.*")).stat().st_mode)[-3:])
"""


def test_postgres_is_reachable_by_its_owner_alone(server: Server) -> None:
    command = [str(PYTHON), "-c", AS_NOBODY, str(server.root / "postgres"), str(server.root / "run")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert said == ["refused"] * 4 + ["scram-sha-256", "700", "700"]


def test_health_says_one_word_to_strangers_and_more_to_an_administrator(server: Server) -> None:
    for path in ("/-/health", "/-/health/ready"):
        answer = server.page(path)
        assert (answer.status_code, answer.json(), answer.headers["cache-control"]) == (
            200,
            {"status": "ok"},
            "no-store",
        )
    token = {"Authorization": (server.root / "api_token").read_text().strip()}
    told = httpx.get(f"{server.url}/-/health/ready", headers=token, timeout=60).json()
    assert told["parts"] == dict.fromkeys(("database", "search", "valkey", "published", "disk"), "ok")
    stranger = httpx.get(f"{server.url}/-/health/ready", headers={"Authorization": "x.y.z"}, timeout=60).json()
    assert stranger == {"status": "ok"}


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


UPLOADED = b"%PDF-1.4 a small document"


def told(server: Server) -> dict[str, object]:
    """What the catalogue says of everything that a backup must bring back."""

    def ask(name: str, **data: object) -> object:
        return server.action(name, data, token=True).json()["result"]

    packages = [ask("package_show", id=name) for name in ask("package_list")]
    users = [{k: v for k, v in user.items() if k != "last_active"} for user in ask("user_list")]
    return {
        "packages": packages,
        "resources": [resource for package in packages for resource in package["resources"]],
        "found": ask("package_search", q="khong khi", fl=["name"])["results"],
        "organisations": [ask("organization_show", id=name, include_users=True) for name in ask("organization_list")],
        "users": users,
        "tokens": [{k: t[k] for k in ("id", "name", "user_id")} for t in ask("api_token_list", user_id="hanoi-admin")],
    }


@pytest.fixture(scope="module")
def backed_up(server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """A backup of the running server, and what the server said when it was made."""
    token = (server.root / "api_token").read_text().strip()
    resource = {"package_id": "khong-khi", "name": "Tài liệu", "url": "tai-lieu.pdf", "format": "PDF"}
    uploaded = httpx.post(
        f"{server.url}/api/3/action/resource_create",
        data=resource,
        files={"upload": ("tai-lieu.pdf", UPLOADED)},
        headers={"Authorization": token},
        timeout=60,
    )
    assert uploaded.status_code == 200, uploaded.text
    user = {"name": "bien-tap", "email": "bien-tap@example.vn", "password": "m" * 24, "fullname": "Biên tập"}
    assert server.action("user_create", user, token=True).status_code == 200
    member = {"id": "so-nnmt", "username": "bien-tap", "role": "editor"}
    assert server.action("organization_member_create", member, token=True).status_code == 200
    own = server.action("api_token_create", {"user": "bien-tap", "name": "kho"}, token=True).json()["result"]["token"]
    published = server.home / "published" / "khong-khi"
    published.mkdir(parents=True, mode=0o700)
    (published / "1-0a1b2c3d.csv").write_text("a\n1\n")
    file = tmp_path_factory.mktemp("backup") / "sao lưu.tar.gz"
    made = server.call("backup", str(file))
    assert made.returncode == 0, made.stderr
    assert mode(file) == 0o600
    return {
        "file": file,
        "told": told(server),
        "token": token,
        "editor": own,
        "manifest": json.loads(made.stdout),
    }


def test_a_backup_is_made_while_the_server_runs_and_overwrites_nothing(
    server: Server, backed_up: dict[str, object]
) -> None:
    counts = backed_up["manifest"]["counts"]
    assert (counts["datasets"], counts["files"], counts["organisations"]) == (1, 1, 2)
    again = server.call("backup", str(backed_up["file"]))
    assert again.returncode == 1
    assert "exists" in again.stderr
    refused = server.call("restore", str(backed_up["file"]), "--replace")
    assert refused.returncode == 3
    assert "already running" in refused.stderr


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


def test_a_backup_restores_everything_into_a_fresh_home(
    server: Server, backed_up: dict[str, object], tmp_path: Path
) -> None:
    fresh = Server(tmp_path / "home", server.port)
    done = fresh.call("restore", str(backed_up["file"]))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["kept"] is None
    fresh.start()
    try:
        assert told(fresh) == backed_up["told"]
        [resource] = backed_up["told"]["resources"]
        path = f"/dataset/khong-khi/resource/{resource['id']}/download/{resource['url'].rpartition('/')[2]}"
        assert fresh.page(path).content == UPLOADED
        assert (fresh.home / "published" / "khong-khi" / "1-0a1b2c3d.csv").read_text() == "a\n1\n"
        # Both the administrator's token and that of another user still open what they opened.
        for token, name in ((backed_up["token"], "hanoi-admin"), (backed_up["editor"], "bien-tap")):
            headers = {"Authorization": str(token)}
            shown = httpx.post(f"{fresh.url}/api/3/action/user_show", json={}, headers=headers, timeout=60)
            assert shown.json()["result"]["name"] == name
        inside = [path for path in fresh.home.rglob("*") if not path.is_symlink() and not path.is_socket()]
        assert [str(path) for path in inside if mode(path) & 0o077] == []
    finally:
        fresh.call("stop")
        fresh.process.wait(10)
