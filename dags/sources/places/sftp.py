"""SFTP, through the client of OpenSSH: started without a shell, for a server whose key the contract states."""

import datetime as dt
import os
import re
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from blueprint import Source
from blueprint.places import SftpSource
from dags.sources.places.access import Access
from dags.sources.places.errors import PlaceForbidden, denied, missing, shown, too_large, unreachable
from dags.sources.places.patience import patiently
from dags.sources.places.place import PIECE, Mark, RemoteFile, Transfer
from dags.sources.places.search import Found, Search

_LIST_SECONDS = 120
_WATCH_SECONDS = 0.2
_ENTRY = re.compile(r"-[-rwxsStT]{9}[+.@]?\s+\S+\s+\S+\s+\S+\s+(\d+)\s+\S+\s+\d+\s+\S+ (.+)")
_WILD = frozenset("*?[")


def find(search: Search) -> Found:
    """The files that match; each folder is listed once."""
    listed: dict[str, dict[str, int]] = {}

    def look(source: Source, pattern: str, _: dt.date | None) -> Sequence[RemoteFile]:
        server = Server(cast(SftpSource, source), search.access)
        folder, slash, name = pattern.rpartition("/")
        if folder + slash not in listed:
            listed[folder + slash] = server.sizes(folder + slash)
        here = listed[folder + slash]
        found = sorted(n for n in here if fnmatchcase(n, name)) if _WILD & set(name) else [name] * (name in here)
        return [
            SftpFile(n, server.shown(f"{folder}{slash}{n}"), path=f"{folder}{slash}{n}", size=here[n], server=server)
            for n in found
        ]

    server = Server(cast(SftpSource, search.source), search.access)
    looked = tuple(server.shown(pattern) for source in search.at for pattern in source.files)
    return Found(search.gather(look), server.shown(""), looked)


@dataclass(frozen=True)
class SftpFile(RemoteFile):
    """One file on an SFTP server."""

    path: str = field(kw_only=True)
    size: int = field(kw_only=True)
    server: "Server" = field(kw_only=True)

    @contextmanager
    def open(self, known: Mark | None = None) -> Iterator[Transfer]:  # noqa: ARG002 - the protocol has no mark of a file
        if self.size > self.server.access.max_bytes:
            yield Transfer(iter(()), size=self.size)
            return
        with TemporaryDirectory(prefix="hanoi-sftp-") as folder:
            target = Path(folder) / "file"
            self.server.fetch(self.path, target, self.location)
            with target.open("rb") as file:
                yield Transfer(iter(lambda: file.read(PIECE), b""), size=target.stat().st_size)


@dataclass(frozen=True)
class Server:
    """The server of one source, and the way in."""

    source: SftpSource
    access: Access

    def shown(self, path: str) -> str:
        return f"sftp://{self.source.user}@{self.source.host}:{self.source.port}/{path.lstrip('/')}"

    def sizes(self, folder: str) -> dict[str, int]:
        """The plain files in ``folder`` and their sizes in bytes; none where there is no such folder."""
        commands = [f"cd {_quoted(folder)}"] if folder else []
        try:
            said = self._run([*commands, "ls -lan"], self.shown(folder), _LIST_SECONDS)
        except ConnectionError as error:
            raise unreachable(self.shown(folder), error) from error
        if said is None:
            return {}
        entries = (_ENTRY.fullmatch(line) for line in said.splitlines())
        return {entry[2]: int(entry[1]) for entry in entries if entry}

    def fetch(self, path: str, target: Path, where: str) -> None:
        """Copy the file at ``path`` to ``target``. Raises DeliveryError."""
        try:
            said = self._run([f"get {_quoted(path)} {_quoted(str(target))}"], where, self.access.max_seconds, target)
        except ConnectionError as error:
            raise unreachable(where, error) from error
        if said is None or not target.is_file():
            raise missing(where, "SFTP")

    @patiently
    def _run(self, commands: list[str], where: str, seconds: float, target: Path | None = None) -> str | None:
        """What the client shows for ``commands``; ``None`` where a file or folder is not there.

        Raises:
            ConnectionError: the server is not to be reached just now.
            DeliveryError: it will not be reached like this.
        """
        program = shutil.which("sftp")
        if program is None:
            raise PlaceForbidden(
                "Máy này chưa có chương trình sftp của OpenSSH. Hãy cài gói openssh-client.",
                "This host lacks the program sftp of OpenSSH. Install the package openssh-client.",
            )
        try:
            address = self.access.addresses(self.source.host)[0]
        except OSError as error:
            raise ConnectionError(str(error)) from error
        with TemporaryDirectory(prefix="hanoi-sftp-") as folder:
            arguments, environment = self._way_in(Path(folder), address)
            (Path(folder) / "batch").write_text("".join(f"{c}\n" for c in commands), encoding="utf-8")
            output, errors = Path(folder) / "output", Path(folder) / "errors"
            with output.open("wb") as out, errors.open("wb") as err:
                process = subprocess.Popen(  # noqa: S603 - a list of arguments, each of which the contract's model has checked
                    [program, *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment
                )
                try:
                    self._watch(process, where, seconds, target)
                finally:
                    if process.poll() is None:
                        process.kill()
                        process.wait()
            said = errors.read_text(encoding="utf-8", errors="replace")
            if process.returncode == 0:
                return output.read_text(encoding="utf-8", errors="replace")
        return self._told(said, where)

    def _watch(self, process: "subprocess.Popen[bytes]", where: str, seconds: float, target: Path | None) -> None:
        end = time.monotonic() + seconds
        while True:
            try:
                process.wait(_WATCH_SECONDS)
                return
            except subprocess.TimeoutExpired:
                if time.monotonic() > end:
                    raise ConnectionError(f"{seconds:.0f} s") from None
            if target and target.exists() and target.stat().st_size > self.access.max_bytes:
                limit = self.access.max_bytes
                raise too_large(where, f"{limit} byte", f"{limit} bytes")

    def _way_in(self, folder: Path, address: str) -> tuple[list[str], dict[str, str]]:
        """Arguments and environment that let in with the contract's secret, and with nothing else of this host's user."""
        secret = self.access.secret(self.source.secret)
        known = folder / "known_hosts"
        known.write_text(f"{self.source.host} {self.source.host_key}\n", encoding="utf-8")
        options = {
            "HostName": address,
            "HostKeyAlias": self.source.host,
            "UserKnownHostsFile": str(known),
            "GlobalKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "yes",
            "CheckHostIP": "no",
            "UpdateHostKeys": "no",
            "IdentityAgent": "none",
            "IdentitiesOnly": "yes",
            "ClearAllForwardings": "yes",
            "ConnectTimeout": "10",
            "ServerAliveInterval": "10",
            "NumberOfPasswordPrompts": "1",
            "LogLevel": "ERROR",
        }
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "HOME": str(folder)}
        private = folder / "secret"
        private.touch(0o600)
        private.write_text(f"{secret}\n", encoding="utf-8")
        if self.source.login == "key":
            options |= {"IdentityFile": str(private), "PreferredAuthentications": "publickey", "BatchMode": "yes"}
        else:
            teller = folder / "tell"
            teller.write_text(f"#!/bin/sh\nexec cat '{private}'\n", encoding="utf-8")
            teller.chmod(stat.S_IRWXU)
            environment |= {"SSH_ASKPASS": str(teller), "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":"}
            options |= {
                "IdentityFile": "none",
                "PreferredAuthentications": "password,keyboard-interactive",
                "BatchMode": "no",
            }
        # The first value of an option counts, so that these stand before the one that -b sets by itself.
        given = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
        place = f"{self.source.user}@{self.source.host}"
        return [
            "-F",
            "none",
            *given,
            "-P",
            str(self.source.port),
            "-b",
            str(folder / "batch"),
            place,
        ], environment

    def _told(self, said: str, where: str) -> None:
        """Raise what the client's complaint means; return where a file is not there."""
        low = said.lower()
        if "host key verification failed" in low or "host identification has changed" in low:
            raise PlaceForbidden(
                f"{where}: khóa của máy chủ khác với host_key trong hợp đồng. Đừng gửi gì; hãy hỏi cơ quan xem khóa có đổi thật không.",
                f"{where}: the server's key is not the host_key of the contract. Send nothing; ask the agency whether it was changed.",
            )
        if "no such file" in low or "not found" in low:
            return
        if "permission denied" in low or "invalid format" in low or "error in libcrypto" in low:
            raise denied(where, self.source.secret, shown(said.strip().rsplit("\n", 1)[-1], 120))
        raise ConnectionError(shown(said, 200) or "sftp")


def _quoted(path: str) -> str:
    """A path as one argument of the client's own command language, in which nothing of it is a pattern or an option."""
    return ("./" if path.startswith("-") else "") + re.sub(r"([^\w/.@:-])", r"\\\1", path)
