"""Tokens of agencies: issued once, kept as hashes only."""

import hashlib
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from blueprint.errors import HanoiError
from dags.gateway.errors import Unauthorised
from lake.folders import private_folder, write_private


class UnknownToken(HanoiError):
    """No token bears this name."""


@dataclass(frozen=True)
class Token:
    """What is kept of a token: its name, its agency and its SHA-256. ``datasets`` narrows it; empty means all of the agency."""

    name: str
    agency: str
    sha256: str
    issued_at: str
    datasets: tuple[str, ...] = ()
    revoked_at: str | None = None

    def covers(self, dataset: str) -> bool:
        """Whether ``dataset`` is not beyond what the token was narrowed to."""
        return not self.datasets or dataset in self.datasets


class Tokens:
    """The tokens of one home, in the private file ``gateway/tokens.json``.

    >>> from tempfile import mkdtemp
    >>> tokens = Tokens(Path(mkdtemp()))
    >>> secret = tokens.issue("so-xay-dung")
    >>> tokens.of(secret).agency
    'so-xay-dung'
    """

    def __init__(self, home: Path) -> None:
        self._folder = private_folder(home / "gateway")
        self._file = self._folder / "tokens.json"

    def all(self) -> tuple[Token, ...]:
        """Every token that was issued, oldest first."""
        try:
            content = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return ()
        return tuple(Token(**{**found, "datasets": tuple(found["datasets"])}) for found in content)

    def issue(self, agency: str, datasets: tuple[str, ...] = ()) -> str:
        """A new token of ``agency``. It is returned once and cannot be read again."""
        secret = f"hanoi_{secrets.token_urlsafe(32)}"
        with self._alone():
            known = self.all()
            name = f"{agency}-{len(known) + 1}"
            self._write((*known, Token(name, agency, _hash(secret), _now(), datasets)))
        return secret

    def revoke(self, name: str) -> Token:
        """Take the token's power away from now on. Raises UnknownToken, which lists the names."""
        with self._alone():
            known = self.all()
            found = next((t for t in known if t.name == name), None)
            if found is None:
                listed = ", ".join(t.name for t in known) or "—"
                raise UnknownToken(
                    f"Không có mã {name!r}. Các mã: {listed}.", f"There is no token {name!r}. Tokens: {listed}."
                )
            revoked = Token(**{**asdict(found), "revoked_at": found.revoked_at or _now()})
            self._write(tuple(revoked if t.name == name else t for t in known))
        return revoked

    def of(self, secret: str) -> Token:
        """The token that ``secret`` is. Raises Unauthorised for any other text and for a revoked one."""
        wanted = _hash(secret)
        found = None
        for token in self.all():
            if secrets.compare_digest(token.sha256, wanted):
                found = token
        if found is None or found.revoked_at:
            raise Unauthorised
        return found

    def _alone(self) -> FileLock:
        return FileLock(self._folder / "tokens.lock", timeout=10, mode=0o600)

    def _write(self, tokens: tuple[Token, ...]) -> None:
        write_private(self._file, json.dumps([asdict(t) for t in tokens], ensure_ascii=False, indent=1))


def _hash(secret: str) -> str:
    """The secret has 256 random bits, so one plain hash is as hard to turn back as a slow one."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
