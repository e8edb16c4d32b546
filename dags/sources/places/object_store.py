"""Object stores that speak the S3 protocol, through obstore."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, urlsplit

from blueprint import Source
from blueprint.places import ObjectStoreSource
from dags.errors import DeliveryError
from dags.sources.places.access import Access
from dags.sources.places.errors import denied, missing, too_large, unreachable
from dags.sources.places.place import RemoteFile
from dags.sources.places.search import Found, Search
from dags.sources.places.web import Caller, HttpFile, is_there

if TYPE_CHECKING:
    from obstore.store import S3Store

_MOST_OBJECTS = 10_000
_SIGNED_FOR = dt.timedelta(minutes=5)
_WILD = frozenset("*?[")


def find(search: Search) -> Found:
    """The objects that match, in the order of their keys; within a pattern ``*`` does not reach beyond a slash."""
    sure = search.alone and len(search.days) <= 1
    store = _store(cast(ObjectStoreSource, search.source), search.access)

    def look(source: Source, pattern: str, _: dt.date | None) -> Sequence[RemoteFile]:
        asked = cast(ObjectStoreSource, source)
        caller = Caller(search.access, secret=asked.secret)

        def stored(key: str) -> StoredObject:
            where = f"{asked.endpoint} s3://{asked.bucket}/{key}"
            return StoredObject(key.rsplit("/", 1)[-1], where, caller=caller, key=key, store=store, source=asked)

        if _WILD & set(pattern):
            return [stored(key) for key in _matching(store, pattern, f"s3://{asked.bucket}/{pattern}", asked.secret)]
        file = stored(pattern)
        return [file] if sure or is_there(file) else []

    bucket = cast(ObjectStoreSource, search.source).bucket
    looked = tuple(f"s3://{bucket}/{pattern}" for source in search.at for pattern in source.files)
    return Found(search.gather(look), f"s3://{bucket}", looked)


@dataclass(frozen=True)
class StoredObject(HttpFile):
    """One object of a bucket, fetched as any file on the web is, at an address that is signed for some minutes."""

    key: str = field(kw_only=True)
    store: "S3Store" = field(kw_only=True, repr=False)
    source: ObjectStoreSource = field(kw_only=True)

    def url(self, method: str = "GET") -> str:
        import obstore

        if self.source.secret is None:
            return f"{self.source.endpoint.rstrip('/')}/{self.source.bucket}/{quote(self.key)}"
        return str(obstore.sign(self.store, cast(Any, method), self.key, _SIGNED_FOR))


def _store(source: ObjectStoreSource, access: Access) -> "S3Store":
    from obstore.store import S3Store

    access.addresses(str(urlsplit(source.endpoint).hostname))
    # Both names of the endpoint are given, so that no AWS_… variable of the host takes the place of the contract.
    config: dict[str, Any] = {
        "bucket": source.bucket,
        "region": source.region,
        "endpoint": source.endpoint,
        "aws_endpoint_url_s3": source.endpoint,
    }
    given: dict[str, Any] = {}
    if source.secret is None:
        config["skip_signature"] = True
    else:
        key, _, secret = access.secret(source.secret).partition(":")
        given["credential_provider"] = lambda: {
            "access_key_id": key,
            "secret_access_key": secret,
            "token": None,
            "expires_at": None,
        }
    return S3Store(
        config=config,
        client_options={
            "allow_http": source.endpoint.startswith("http://"),
            "connect_timeout": "10s",
            "timeout": "60s",
        },
        retry_config={"max_retries": 3, "retry_timeout": dt.timedelta(seconds=60)},
        **given,
    )


def _matching(store: "S3Store", pattern: str, where: str, secret: str | None) -> list[str]:
    import obstore

    parts = pattern.split("/")
    wild = next(n for n, part in enumerate(parts) if _WILD & set(part))
    found: list[str] = []
    try:
        for batch in obstore.list(store, prefix="/".join(parts[:wild]) or None):
            for entry in batch:
                names = entry["path"].split("/")
                if len(names) == len(parts) and all(map(fnmatchcase, names, parts)):
                    found.append(entry["path"])
            if len(found) > _MOST_OBJECTS:
                raise too_large(where, f"{_MOST_OBJECTS} tệp", f"{_MOST_OBJECTS} files")
    except _failures() as error:
        raise _told(error, where, secret) from error
    return sorted(found)


def _failures() -> tuple[type[Exception], ...]:
    from obstore.exceptions import BaseError

    return BaseError, OSError, ValueError


def _told(error: Exception, where: str, secret: str | None) -> DeliveryError:
    from obstore.exceptions import PermissionDeniedError, UnauthenticatedError

    if isinstance(error, OSError) and not isinstance(error, FileNotFoundError | PermissionError):
        return unreachable(where, error)
    if isinstance(error, PermissionDeniedError | UnauthenticatedError | PermissionError):
        return denied(where, secret, type(error).__name__)
    if isinstance(error, FileNotFoundError):
        return missing(where, "404")
    return unreachable(where, error)
