"""The notice that a breaking version gives: what changes, from when, until when the former is served, who is concerned."""

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from blueprint import impact
from blueprint.changelog import Notice
from blueprint.contract import Contract
from blueprint.errors import BlueprintError
from blueprint.indicator import Indicator
from blueprint.load import Blueprint
from blueprint.subjects import Declaration, subject_of, version_of

if TYPE_CHECKING:
    from blueprint.compat import Finding

NOTICE_DAYS = 90
"""Days for which the former version goes on being served where nobody said otherwise."""


def notice(
    draft: Declaration,
    former: Declaration,
    plan: Blueprint,
    findings: Sequence["Finding"],
    today: dt.date,
    effective: dt.date | None = None,
    former_until: dt.date | None = None,
) -> Notice:
    """The notice of ``draft``, which breaks with ``former``.

    Raises BlueprintError for days in the past or in the wrong order.
    """
    start = effective or today
    end = former_until or start + dt.timedelta(days=NOTICE_DAYS)
    if start < today or end < start:
        raise BlueprintError(
            f"Ngày hiệu lực {start} và ngày kết thúc {end} phải từ hôm nay ({today}) và theo thứ tự đó.",
            f"The effective day {start} and the end {end} must lie in that order, from today ({today}) on.",
        )
    found = impact.of([former, draft], plan)
    broken = [f for f in findings if f.verdict.value != "allowed"]
    columns = tuple(dict.fromkeys(f"{u.dataset}.{u.column}" for u in found.columns))
    if isinstance(draft, Contract):
        named = dict.fromkeys(f.path.split(".")[1] for f in broken if f.path.startswith("columns."))
        columns = tuple(f"{draft.dataset}.{name}" for name in named)
    concerned = tuple(dict.fromkeys([*found.datasets, *found.referring]))
    subject, old, new = subject_of(draft), version_of(former), version_of(draft)
    names = found.organisations
    figures = tuple(ref for ref in found.indicators if not isinstance(draft, Indicator))
    told = ", ".join(figures)
    vi_what, en_what = "; ".join(f.vi.rstrip(".") for f in broken), "; ".join(f.en.rstrip(".") for f in broken)
    vi = (
        f"{draft.title.vi} ({subject}): phiên bản {new} có hiệu lực từ ngày {start:%d/%m/%Y} và không tương thích với {old}. "
        f"Phiên bản {old} vẫn được phục vụ đến hết ngày {end:%d/%m/%Y}. Thay đổi: {vi_what or 'do cơ quan quyết định'}. "
        f"Liên quan: {', '.join(concerned) or 'chưa bộ dữ liệu nào'}"
        + (f"; chỉ số: {told}" if told else "")
        + (f"; cơ quan: {', '.join(name for _, name, _ in names)}." if names else ".")
    )
    en = (
        f"{draft.title.en} ({subject}): version {new} holds from {start.isoformat()} and is not compatible with {old}. "
        f"Version {old} is served through {end.isoformat()}. Changes: {en_what or 'decided by the agency'}. "
        f"Concerned: {', '.join(concerned) or 'no dataset yet'}"
        + (f"; indicators: {told}" if told else "")
        + (f"; agencies: {', '.join(name for _, _, name in names)}." if names else ".")
    )
    return Notice(
        former=old,
        effective=start,
        former_until=end,
        concerned=concerned,
        columns=columns,
        indicators=figures,
        organisations=tuple(code for code, _, _ in names),
        vi=vi,
        en=en,
    )
