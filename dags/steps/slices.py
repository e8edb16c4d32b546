"""What one run of a dataset takes: one delivery, or several that stand by themselves, each a file or a date."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from blueprint import Contract
from blueprint.errors import HanoiError

MOST = 366
"""Deliveries that one run takes at most; a longer range is asked for in several runs."""


class WrongRequest(HanoiError):
    """A run was asked for what its dataset cannot give."""


@dataclass(frozen=True)
class Slice:
    """One delivery of a run. ``key`` names it among those of the dataset; None where it is the run's only one."""

    key: str | None = None
    day: date | None = None
    file: Path | None = None

    def to_json(self) -> dict[str, Any]:
        """Small values that another process can read.

        >>> Slice.of(Slice("2026-01-31", date(2026, 1, 31)).to_json()).day
        datetime.date(2026, 1, 31)
        """
        return {
            "key": self.key,
            "day": self.day.isoformat() if self.day else None,
            "file": str(self.file) if self.file else None,
        }

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> "Slice":
        day, file = content.get("day"), content.get("file")
        return cls(content.get("key"), date.fromisoformat(day) if day else None, Path(file) if file else None)


def is_dated(contract: Contract) -> bool:
    """Whether a source of ``contract`` has a place of its own for each date."""
    return any(source.dated for source in contract.sources)


def is_sliceable(contract: Contract) -> bool:
    """Whether several deliveries may be taken side by side: each brings partitions of its own and leaves the others."""
    return contract.partition is not None


def slices(contract: Contract, asked: Mapping[str, Any], today: date) -> list[Slice]:
    """The deliveries that a run with the parameters ``asked`` takes, in order.

    Args:
        contract: that of the dataset.
        asked: ``file`` (one path or several), ``date``, ``date_from`` and ``date_to`` (ISO 8601), each of them optional.
        today: the run's own day, which counts where a dated dataset is run without a date.

    Raises:
        WrongRequest: a date of a dataset without dated sources, a range that is none, or more than can be taken at once.
    """
    files = _files(asked.get("file"))
    first, last = _day(contract, asked, "date_from"), _day(contract, asked, "date_to")
    day = _day(contract, asked, "date")
    if files:
        return _of_files(contract, files, day)
    if first or last:
        return [Slice(day.isoformat(), day) for day in days(contract, first or last, last or first)]
    if day is None and is_dated(contract):
        day = today
    return [Slice(day.isoformat(), day) if day else Slice()]


def days(contract: Contract, first: date | None, last: date | None) -> list[date]:
    """Every day from ``first`` to ``last``, both included.

    Raises:
        WrongRequest: ``contract`` has no dated source, the range is empty or longer than ``MOST`` days.
    """
    require_dated(contract)
    if first is None or last is None or last < first:
        raise WrongRequest(
            f"{contract.dataset}: khoảng ngày từ {first} đến {last} không có ngày nào. Hãy đổi chỗ hai ngày.",
            f"{contract.dataset}: no day lies from {first} to {last}. Swap the two dates.",
        )
    many = (last - first).days + 1
    if many > MOST:
        raise WrongRequest(
            f"{contract.dataset}: {many} ngày trong một lần chạy; nhiều nhất là {MOST}. Hãy chia thành nhiều khoảng.",
            f"{contract.dataset}: {many} days in one run; {MOST} at most. Ask for several ranges.",
        )
    return [first + timedelta(n) for n in range(many)]


def require_dated(contract: Contract) -> None:
    """Raise WrongRequest unless a source of ``contract`` has a place of its own for each date."""
    if not is_dated(contract):
        raise WrongRequest(
            f"{contract.dataset}: nguồn của bộ dữ liệu này không có tệp theo từng ngày, nên không chạy theo ngày được. "
            "Hãy bỏ ngày, hoặc khai {date} trong sources của hợp đồng.",
            f"{contract.dataset}: the sources of this dataset have no files of single days, so it cannot be run for a date. "
            "Leave the date out, or write {date} in the contract's sources.",
        )


def _of_files(contract: Contract, files: list[Path], day: date | None) -> list[Slice]:
    if len(files) == 1:
        return [Slice(day.isoformat() if day else None, day, files[0])]
    if not is_sliceable(contract):
        raise WrongRequest(
            f"{contract.dataset}: mỗi lần gửi thay toàn bộ bảng, nên chỉ nhận một tệp một lần; đã nhận {len(files)} tệp.",
            f"{contract.dataset}: each delivery replaces the whole table, so one file is taken at a time; {len(files)} came.",
        )
    if len(files) > MOST:
        raise WrongRequest(
            f"{contract.dataset}: {len(files)} tệp trong một lần chạy; nhiều nhất là {MOST}.",
            f"{contract.dataset}: {len(files)} files in one run; {MOST} at most.",
        )
    return [Slice(_key(file), day, file) for file in files]


def _files(given: Any) -> list[Path]:
    found = [given] if isinstance(given, str | Path) else given or []
    return [Path(path) for path in found]


def _key(file: Path) -> str:
    """A name for a file's delivery that stays the same and is safe as a file name."""
    safe = re.sub(r"[^A-Za-z0-9]+", "-", file.stem).strip("-")[:40]
    return f"{safe}-{hashlib.sha256(str(file).encode()).hexdigest()[:8]}"


def _day(contract: Contract, asked: Mapping[str, Any], name: str) -> date | None:
    text = asked.get(name)
    if not text:
        return None
    try:
        day = date.fromisoformat(str(text))
    except ValueError:
        raise WrongRequest(
            f"{contract.dataset}: {name} = {text!r} không phải ngày; hãy viết như 2026-01-31.",
            f"{contract.dataset}: {name} = {text!r} is no date; write it as 2026-01-31.",
        ) from None
    require_dated(contract)
    return day
