"""Places that hold whole files or tables: the web, folders, object stores, SFTP servers and SQL databases.

A contract names places and secrets; what a secret is and which hosts may be reached, the settings of the platform say.
"""

import re
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from blueprint.dated import NAMES, Dated, is_dated
from blueprint.source import SecretName, Source, inside

_HOST = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
_CREDENTIAL = re.compile(r"(?i)(?:access_?|auth_?)?token|api_?key|passw(?:or)?d|secret|signature|sig")
BIND = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")
"""What a query wants bound: a colon and a name."""
_CAST = re.compile(r"(?<![:\w\\]):(\w+)::(\w+)")


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write an address that begins with https:// (or http://) and a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address holds no user or password; name a secret instead")
    if is_dated(parts.netloc):
        raise ValueError("the host of an address holds no place for a date")
    if parts.fragment:
        raise ValueError("an address ends before its #")
    if shown := next((name for name, _ in parse_qsl(parts.query) if _CREDENTIAL.fullmatch(name)), None):
        raise ValueError(f"the credential {shown!r} is in the address; name a secret instead")
    return url


def _host(name: str) -> str:
    if not _HOST.fullmatch(name):
        raise ValueError("write the name or IPv4 address of a host")
    return name


WebAddress = Annotated[Dated, AfterValidator(_web_address)]
"""An http(s) address without credentials."""
Host = Annotated[str, AfterValidator(_host)]
Inside = Annotated[Dated, AfterValidator(inside)]
"""A path that stays within the folder it starts from."""
Port = Annotated[int, Field(ge=1, le=65535)]


class WebSource(Source):
    """What places on the web share: which secret is sent with a request, and how."""

    kind: Any
    secret: SecretName | None = None
    """Sent to the origin that the contract names, and to no other that it leads to."""
    sent_as: Literal["bearer", "basic", "plain"] = "bearer"
    """``bearer`` puts the word Bearer in front; ``basic`` sends ``user:password``; ``plain`` sends the secret as it is."""
    header: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,60}$")] = "Authorization"


class HttpSource(WebSource):
    """Files at addresses. A file that has not changed since it was last fetched is not sent again."""

    kind: Literal["http"]
    files: tuple[WebAddress, ...]

    @field_validator("files")
    @classmethod
    def _names_differ(cls, files: tuple[str, ...]) -> tuple[str, ...]:
        names = [urlsplit(url).path.rsplit("/", 1)[-1] for url in files]
        if repeated := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"two files of one delivery cannot both be called {repeated!r}")
        return files


class FolderSource(Source):
    """Files in a folder of this host or one that is mounted there; the setting ``HANOI_FOLDERS`` says below which folders."""

    of_date: ClassVar[tuple[str, ...]] = ("files", "folder")
    kind: Literal["folder"]
    folder: Inside = "."
    files: tuple[Inside, ...]


class ObjectStoreSource(Source):
    """Objects in a bucket that speaks the S3 protocol. The secret is ``access key:secret key``; without one it is read openly."""

    kind: Literal["object-store"]
    endpoint: WebAddress
    bucket: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    region: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")] = "us-east-1"
    secret: SecretName | None = None
    files: tuple[Inside, ...]


class SftpSource(Source):
    """Files on an SFTP server whose key the contract states. The secret is a private key, or a password where so stated."""

    kind: Literal["sftp"]
    host: Host
    port: Port = 22
    user: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$")]
    host_key: Annotated[
        str, StringConstraints(pattern=r"^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+={0,2}$")
    ]
    """The server's public key, as ``ssh-keyscan`` shows it after the host."""
    secret: SecretName
    login: Literal["key", "password"] = "key"
    files: tuple[Dated, ...]
    """Paths, absolute or from the folder that one comes in at; the last part may be a glob."""

    @field_validator("files")
    @classmethod
    def _paths_are_plain(cls, files: tuple[str, ...]) -> tuple[str, ...]:
        for path in files:
            folder, _, name = path.rpartition("/")
            if not name or not path.isprintable() or ".." in path.split("/"):
                raise ValueError(f"{path!r} must be the path of a file, without ..")
            if re.search(r"[*?\[]", folder):
                raise ValueError(f"{path!r}: only the last part may be a glob")
        return files


class SqlSource(Source):
    """Rows of a database: a table with its columns, or one SELECT. They are read in the order of ``key``, in a transaction
    that cannot write, and delivered as CSV or JSON Lines, whichever the reading says.

    A query may name ``:date`` and ``:next`` (dates) and ``:year``, ``:month`` and ``:day`` (numbers), which are bound.
    """

    kind: Literal["sql"]
    engine: Literal["postgresql", "sqlite"]
    database: Annotated[str, StringConstraints(min_length=1)]
    """The database's name; for SQLite its file, below a folder of the setting ``HANOI_FOLDERS``."""
    host: str | None = None
    """The server, or the folder of its socket where it begins with /."""
    port: Port = 5432
    tls: bool = True
    """Whether the server must show a certificate that this host trusts."""
    secret: SecretName | None = None
    """``user:password``."""
    table: Annotated[str, StringConstraints(min_length=1)] | None = None
    """A table or view, with its schema in front where it is not in the usual one."""
    columns: tuple[str, ...] = ()
    query: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)] | None = None
    key: Annotated[tuple[str, ...], Field(min_length=1)]
    """Columns of the result that no two rows share; the rows are ordered by them."""
    max_rows: Annotated[int, Field(ge=1)] = 5_000_000
    max_seconds: Annotated[int, Field(ge=1, le=86_400)] = 600
    files: tuple[Inside] = ("rows",)
    """The name that the rows are delivered under; its ending tells nothing."""

    @property
    def dated(self) -> bool:
        return super().dated or bool(self.binds)

    @property
    def binds(self) -> frozenset[str]:
        """What the query wants bound."""
        return frozenset(BIND.findall(self.query or ""))

    @model_validator(mode="after")
    def _is_one_question(self) -> Self:
        if (self.query is None) == (self.table is None):
            raise ValueError("a database is asked for a table with its columns or by one query")
        if self.query is not None:
            if self.columns:
                raise ValueError("the query itself names the columns")
            if ";" in self.query or not re.match(r"(?i)(?:select|with)\b", self.query):
                raise ValueError("the query is one SELECT (or WITH … SELECT) without a semicolon")
            if cast := _CAST.search(self.query):
                raise ValueError(f"write CAST(:{cast[1]} AS {cast[2]}) instead of {cast[0]}")
            if unknown := self.binds - set(NAMES):
                raise ValueError(f":{min(unknown)} cannot be bound; there are {', '.join(f':{n}' for n in NAMES)}")
        elif not self.columns:
            raise ValueError("name the columns of the table")
        elif missing := set(self.key) - set(self.columns):
            raise ValueError(f"the key column {min(missing)!r} is none of the columns")
        if self.reading.format not in ("csv", "jsonl"):
            raise ValueError("rows of a database are delivered as csv or jsonl; say so in reading.format")
        return self

    @model_validator(mode="after")
    def _is_at_one_place(self) -> Self:
        if self.engine == "sqlite":
            inside(self.database)
            if self.host is not None or self.secret is not None:
                raise ValueError("SQLite has no host and no secret")
        elif self.host is None or self.secret is None:
            raise ValueError("PostgreSQL needs a host and a secret (user:password)")
        elif not self.host.startswith("/"):
            _host(self.host)
        return self
