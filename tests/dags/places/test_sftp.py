"""SFTP, held against asyncssh's server; the client is that of OpenSSH."""

import asyncio
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from blueprint import Contract
from dags.errors import DeliveryMissing, DeliveryUnreadable
from dags.sources.places.errors import PlaceDenied, PlaceForbidden, PlaceMissing, PlaceUnreachable
from tests.dags.places.builders import DAY, Home, declared

asyncssh = pytest.importorskip("asyncssh", reason="asyncssh is not installed (test dependency)")
if shutil.which("sftp") is None:
    pytest.skip("OpenSSH's sftp is not installed (Debian package openssh-client)", allow_module_level=True)


@dataclass
class Sftp:
    """A running server: its port, key, files, and the key that lets the user ``so`` in."""

    port: int
    host_key: str
    root: Path
    user_key: str


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sftp]:
    root = tmp_path_factory.mktemp("sftp")
    own, user = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")

    class Doors(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            return True

        def public_key_auth_supported(self) -> bool:
            return True

        def validate_public_key(self, username: str, key: Any) -> bool:
            return username == "so" and key.public_data == user.public_data

        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return (username, password) == ("so", "mật khẩu $1")

    loop = asyncio.new_event_loop()

    async def listen() -> Any:
        return await asyncssh.create_server(
            Doors,
            "127.0.0.1",
            0,
            server_host_keys=[own],
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(root)),
        )

    acceptor = loop.run_until_complete(listen())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    public = " ".join(own.export_public_key().decode().split()[:2])
    yield Sftp(acceptor.sockets[0].getsockname()[1], public, root, user.export_private_key().decode())

    async def end() -> None:
        acceptor.close()
        await acceptor.wait_closed()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    asyncio.run_coroutine_threadsafe(end(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture
def files(server: Sftp) -> Iterator[Path]:
    """The server's folder, empty at first."""
    yield server.root
    for path in server.root.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def there(server: Sftp, *files: str, **more: Any) -> Contract:
    given = {
        "host": "127.0.0.1",
        "port": server.port,
        "user": "so",
        "host_key": server.host_key,
        "secret": "sftp",
    } | more
    return declared(kind="sftp", files=files, **given)


@pytest.fixture
def key(home: Home, server: Sftp) -> None:
    home.secret("sftp", server.user_key)


@pytest.mark.usefixtures("key")
def test_files_are_found_by_patterns_and_by_name(home: Home, server: Sftp, files: Path) -> None:
    folder = files / "gửi đi"
    (folder / "x.csv").mkdir(parents=True)
    for name in ("b 1.csv", "a.csv", "c.txt", 'q"[1]*.txt'):
        (folder / name).write_text(name)
    found = home.deliver(there(server, "/gửi đi/*.csv", '/gửi đi/q"[[]1]*.txt'))
    assert home.contents(found) == {"a.csv": b"a.csv", "b 1.csv": b"b 1.csv", 'q"[1]*.txt': b'q"[1]*.txt'}
    with pytest.raises(DeliveryMissing, match=r"d\.csv"):
        home.deliver(there(server, "gửi đi/d.csv"))
    with pytest.raises(DeliveryMissing, match="khac"):
        home.deliver(there(server, "khac/*.csv"))


@pytest.mark.usefixtures("key")
def test_the_files_of_a_window_of_days_are_one_delivery(home: Home, server: Sftp, files: Path) -> None:
    (files / "2025-07-01.csv").write_bytes(b"1")
    (files / "2025-07-03.csv").write_bytes(bytes(3_000_000))
    found = home.deliver(there(server, "{date}.csv", last="3 days"), DAY)
    assert {name: len(content) for name, content in home.contents(found).items()} == {
        "2025-07-01.csv": 1,
        "2025-07-03.csv": 3_000_000,
    }


def test_a_password_lets_in_as_well_and_a_wrong_one_does_not(home: Home, server: Sftp, files: Path) -> None:
    (files / "a.csv").write_text("a")
    home.secret("sftp", "mật khẩu $1")
    assert home.contents(home.deliver(there(server, "a.csv", login="password"))) == {"a.csv": b"a"}
    home.secret("sftp", "sai")
    with pytest.raises(PlaceDenied, match="'sftp'"):
        home.deliver(there(server, "a.csv", login="password"))
    with pytest.raises(PlaceDenied):
        home.deliver(there(server, "a.csv"))


@pytest.mark.usefixtures("key")
def test_a_server_with_another_key_is_not_talked_to(home: Home, server: Sftp, files: Path) -> None:
    (files / "a.csv").write_text("a")
    other = " ".join(asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().split()[:2])
    with pytest.raises(PlaceForbidden, match="host_key"):
        home.deliver(there(server, "a.csv", host_key=other))


@pytest.mark.usefixtures("key")
def test_a_file_over_the_limit_is_not_fetched(
    tmp_path_factory: pytest.TempPathFactory, server: Sftp, files: Path
) -> None:
    (files / "a.csv").write_bytes(bytes(2000))
    small = Home(tmp_path_factory.mktemp("home"), max_bytes=1000)
    small.secret("sftp", server.user_key)
    with pytest.raises(DeliveryUnreadable, match="HANOI_MAX_DELIVERY_BYTES"):
        small.deliver(there(server, "a.csv"))


@pytest.mark.usefixtures("key")
def test_a_file_that_is_gone_and_a_server_that_is_down_are_told(home: Home, server: Sftp, files: Path) -> None:
    from dags.sources.places import locate

    (files / "a.csv").write_text("a")
    contract = there(server, "a.csv")
    place = locate(contract, None, access=home.access)
    (files / "a.csv").unlink()
    with pytest.raises(PlaceMissing):
        home.store.keep(contract, place, "run")
    with pytest.raises(PlaceUnreachable, match="refused"):
        home.deliver(there(server, "a.csv", port=1))
    with pytest.raises(PlaceForbidden, match="HANOI_PRIVATE_NETWORKS"):
        home.deliver(there(server, "a.csv", host="10.9.8.7"))
