"""The published versions of a dataset, and which of them a call means."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ckanext.hanoi import published
from ckanext.hanoi import withdrawn as gone
from ckanext.hanoi_datastore import tables

from .columns import Column
from .problems import Problem, bad_value, brief

if TYPE_CHECKING:
    from pathlib import Path

    from .parameters import Parameters

FORMAT = 1
_ID = re.compile(r"[0-9]{1,18}-[0-9a-f]{8}")
_HANOI = timezone(timedelta(hours=7))


@dataclass(frozen=True)
class Version:
    """One published version whose rows are there."""

    dataset: str
    id: str
    entry: dict[str, Any]
    path: Path

    @property
    def number(self) -> int:
        """Its place among the versions of the dataset, from 1."""
        return int(self.id.partition("-")[0])

    @property
    def committed_at(self) -> datetime | None:
        """When it was made."""
        return moment(self.entry.get("committed_at"))

    @property
    def major(self) -> int | None:
        """The first number of its contract's version."""
        first = str(self.entry.get("contract") or "").rpartition("@")[2].partition(".")[0]
        return int(first) if first.isdigit() else None

    @property
    def columns(self) -> dict[str, Column]:
        """Its columns by their names, in the order of the file; none where the file cannot be read."""
        table = tables.read(self.path, self.dataset, self.id)
        return {n: Column(n, k, table.described.get(n) or {}) for n, k in table.kinds.items()} if table else {}

    @property
    def rows(self) -> int:
        """The number of its rows."""
        table = tables.read(self.path, self.dataset, self.id)
        return table.rows if table else 0


def index(dataset: str) -> dict[str, Any]:
    """Return the index of a dataset's published versions, an empty one where there is none."""
    path = published.index(dataset)
    if path is None:
        return {"versions": [], "notices": []}
    try:
        return _read(str(path), path.stat().st_mtime_ns)
    except OSError:
        return {"versions": [], "notices": []}


@lru_cache(maxsize=512)
def _read(path: str, _changed: int) -> dict[str, Any]:
    from pathlib import Path

    try:
        content = json.loads(Path(path).read_text("utf-8"))
    except ValueError:
        content = None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        return {"versions": [], "notices": []}
    return content


def all_of(dataset: str, package: dict[str, Any]) -> list[Version]:
    """Return the versions of a dataset whose rows are there, newest first.

    A dataset without an index has the one version that the catalogue's entry names.
    """
    entries = list(index(dataset)["versions"]) or _of_package(package)
    found = [
        Version(dataset, entry["id"], entry, path)
        for entry in entries
        if isinstance(entry, dict) and (path := published.find(dataset, str(entry.get("id")), "parquet"))
    ]
    return sorted(found, key=lambda version: version.number, reverse=True)


def _of_package(package: dict[str, Any]) -> list[dict[str, Any]]:
    said = {extra["key"]: extra["value"] for extra in package.get("extras") or []}
    if not said.get("hanoi_version"):
        return []
    entry = {"id": said["hanoi_version"], "contract": said.get("hanoi_contract"), "gate": said.get("hanoi_gate"),
             "committed_at": said.get("hanoi_committed_at"), "delivery": said.get("hanoi_delivery"),
             "content_hash": said.get("hanoi_content_hash"), "simulated": said.get("hanoi_simulated") == "true",
             "rows": _whole(said.get("hanoi_rows")), "rows_quarantined": _whole(said.get("hanoi_rows_quarantined")),
             "number": _whole(said.get("hanoi_version_number"))}  # fmt: skip
    return [entry]


def choose(dataset: str, package: dict[str, Any], asked: Parameters) -> Version:
    """Return the version that a call means: the newest, or the one that `version`, `as_of` and `major` name.

    :raises Problem: there is none, with the reason
    """
    version, until, major = asked.get("version"), _until(asked.get("as_of")), asked.get("major")
    if version is not None and not _ID.fullmatch(version):
        raise bad_value(
            "version", version, "Mã phiên bản có dạng 3-0a1b2c3d.", "The id of a version looks like 3-0a1b2c3d."
        )
    if major is not None and not (major.isascii() and major.isdigit() and len(major) < 7):
        raise bad_value("major", major, "Nhận một số nguyên, ví dụ 1.", "A whole number is taken, for example 1.")
    found = all_of(dataset, package)
    if version is not None and (tombstone := gone.of_version(dataset, version)):
        raise withdrawn(f"{dataset}@{version}", tombstone)
    if not found:
        raise no_rows(dataset, package)
    for one in found:
        if version is not None and one.id != version:
            continue
        if until is not None and (one.committed_at is None or one.committed_at >= until):
            continue
        if major is None or one.major == int(major):
            return one
    wanted = ", ".join(f"{name}={brief(asked.get(name))}" for name in ("version", "as_of", "major") if asked.get(name))
    known = [one.id for one in found[:20]]
    raise Problem(
        "unknown-version",
        f"Bộ dữ liệu {dataset} không có phiên bản nào ứng với {wanted}. Các phiên bản mới nhất: {', '.join(known)}.",
        f"The dataset {dataset} has no version for {wanted}. The newest are: {', '.join(known)}.",
        received=wanted,
        allowed=known,
    )


def withdrawn(dataset: str, tombstone: dict[str, Any]) -> Problem:
    """Return the problem of a dataset or a version that was withdrawn, with what its tombstone says."""
    reason = tombstone.get("reason") or {}
    successor = tombstone.get("successor")
    use_vi = f" Hãy dùng {successor} thay thế." if successor else ""
    use_en = f" Use {successor} in its place." if successor else ""
    return Problem(
        "withdrawn",
        f"{dataset} đã được thu hồi ngày {str(tombstone.get('at'))[:10]}: {reason.get('vi', '')}.{use_vi}",
        f"{dataset} was withdrawn on {str(tombstone.get('at'))[:10]}: {reason.get('en', '')}.{use_en}",
        reason="withdrawn",
        withdrawn=tombstone,
    )


def no_rows(dataset: str, package: dict[str, Any]) -> Problem:
    """Return why a dataset has no rows to serve, for a reader and, as `reason`, for a program."""
    named = next((e["value"] for e in package.get("extras") or [] if e["key"] == "hanoi_version"), None)
    if named:
        return Problem(
            "no-rows",
            f"Bộ dữ liệu {dataset} đã công bố phiên bản {named} nhưng tệp dữ liệu không có ở đây. Hãy thử lại sau.",
            f"The dataset {dataset} has published version {named}, but its file of rows is not here. Try again later.",
            reason="file-missing",
        )
    return Problem(
        "no-rows",
        f"Bộ dữ liệu {dataset} có trong danh mục nhưng chưa công bố phiên bản nào dưới dạng bảng. Hãy tải tệp từ trang của bộ "
        "dữ liệu.",
        f"The dataset {dataset} is in the catalogue, but no version of it was published as a table. Download its files from "
        "its page.",
        reason="not-published-as-table",
        page=f"/dataset/{dataset}",
    )


def moment(text: Any) -> datetime | None:
    """Return a moment that an index names, None where it names none."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def _until(as_of: str | None) -> datetime | None:
    """Return the moment before which a version was there: the end of a day in Hà Nội, or just after a moment."""
    if as_of is None:
        return None
    try:
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", as_of):
            return datetime.combine(date.fromisoformat(as_of) + timedelta(days=1), time(), _HANOI)
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,15}(Z|[+ -][0-9]{2}:[0-9]{2})?", as_of):
            raise ValueError
        found = datetime.fromisoformat(re.sub(r" ([0-9]{2}:[0-9]{2})$", r"+\1", as_of))
        return (found if found.tzinfo else found.replace(tzinfo=_HANOI)) + timedelta(microseconds=1)
    except (ValueError, OverflowError):
        raise bad_value(
            "as_of", as_of, "Nhận một ngày dạng 2025-07-01 hoặc một thời điểm theo ISO 8601.",
            "A day like 2025-07-01 or a moment by ISO 8601 is taken.",
        ) from None  # fmt: skip


def _whole(text: Any) -> int | None:
    return int(text) if isinstance(text, str) and text.isdigit() else None


def dictionary(version: Version) -> dict[str, Any]:
    """Return the data dictionary of a version, an empty one where it cannot be read."""
    return published.schema(version.dataset, version.id) or {}
