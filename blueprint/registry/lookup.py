"""Finding declarations by the parts of an address, and codes by their date."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeVar

from blueprint.codelist import CodeEntry, CodeList
from blueprint.concept import Concept
from blueprint.contract import Contract
from blueprint.crosswalk import Crosswalk, Pair
from blueprint.indicator import Indicator
from blueprint.problems import near
from blueprint.registry.faults import Fault, shown, unknown
from blueprint.registry.holdings import Holdings
from blueprint.subjects import Declaration, version_of
from blueprint.text import unaccented

Show = Literal["current", "retired", "all"]
_KIND = {
    "concepts": "concept:",
    "codelists": "codelist:",
    "crosswalks": "crosswalk:",
    "indicators": "indicator:",
    "contracts": "",
}
_WORDS = {
    "concepts": ("khái niệm", "concept"),
    "codelists": ("danh mục", "code list"),
    "crosswalks": ("bảng chuyển đổi", "crosswalk"),
    "indicators": ("chỉ số", "indicator"),
    "contracts": ("bộ dữ liệu", "dataset"),
}
_Model = TypeVar("_Model", bound=Declaration)


def page_of(subject: str, version: str | None = None) -> str:
    """The path of the page of a subject, without the language.

    >>> page_of("codelist:licences", "1")
    '/codelists/licences/1'
    """
    kind, _, name = subject.rpartition(":")
    path = f"/{kind}s/{name}" if kind else f"/contracts/{name}"
    return f"{path}/{version}" if version else path


def declared(holdings: Holdings, kind: str, name: str, version: str | None, model: type[_Model]) -> _Model:
    """The declaration at ``/kind/name/version``, the one that stands for it where no version is given. Raises Fault 404."""
    subject = _KIND[kind] + name
    versions = holdings.subjects.get(subject)
    vi, en = _WORDS[kind]
    if versions is None:
        known = [s.removeprefix(_KIND[kind]) for s in holdings.subjects if (":" in s) == bool(_KIND[kind])]
        vi_near, en_near = near(name, known)
        raise unknown(f"Không có {vi} {shown(name)!r}.{vi_near}", f"There is no {en} {shown(name)!r}.{en_near}")
    for one in versions if version else (holdings.newest(subject),):
        if version in (None, version_of(one)) and isinstance(one, model):
            return one
    listed = ", ".join(map(version_of, versions))
    raise unknown(
        f"{name} không có phiên bản {shown(version)!r}; các phiên bản: {listed}.",
        f"{name} has no version {shown(version)!r}; its versions: {listed}.",
    )


def found(holdings: Holdings, ref: str) -> Declaration:
    """The declaration ``SUBJECT@VERSION``. Raises Fault 404."""
    subject, _, version = ref.partition("@")
    kind, _, name = subject.rpartition(":")
    plural = f"{kind}s" if kind else "contracts"
    models: dict[str, type[Declaration]] = {
        "concepts": Concept,
        "codelists": CodeList,
        "crosswalks": Crosswalk,
        "indicators": Indicator,
        "contracts": Contract,
    }
    if plural not in models:
        raise unknown(
            f"Không có chủ thể {shown(subject)!r}; hãy viết như concept:instant@1 hoặc bus-stops@1.0.0.",
            f"There is no subject {shown(subject)!r}; write it like concept:instant@1 or bus-stops@1.0.0.",
        )
    return declared(holdings, plural, name, version or None, models[plural])


def a_day(text: str) -> date:
    """The day that ``text`` names. Raises Fault 422."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else _no_day(text)
    except ValueError:
        return _no_day(text)


def _no_day(text: str) -> date:
    raise Fault(
        422,
        f"{shown(text)!r} không phải một ngày; hãy viết như 2025-07-01.",
        f"{shown(text)!r} is not a day; write it like 2025-07-01.",
    )


def entries(codelist: CodeList, day: date, question: str = "", show: Show = "current") -> list[CodeEntry]:
    """The entries of a list as seen on ``day``: those that hold, those retired before, or all."""
    words = unaccented(question).split()
    return [
        e
        for e in codelist.entries
        if (show == "all" or (e.holds_on(day) if show == "current" else e.valid_to is not None and e.valid_to < day))
        and all(w in unaccented(f"{e.code} {e.vi} {e.en}") for w in words)
    ]


def eras(codelist: CodeList, most: int = 8) -> list[date]:
    """The days on which the list changed, the newest ``most`` of them."""
    return sorted({e.valid_from for e in codelist.entries})[-most:]


@dataclass(frozen=True)
class Move:
    """What became of a unit, or where it came from: pairs of one crosswalk seen from one of its sides."""

    crosswalk: Crosswalk
    onward: bool
    pairs: tuple[Pair, ...]


def moves(walks: Mapping[str, Crosswalk], codelist: str, entry: CodeEntry) -> Iterator[Move]:
    """The crosswalk pairs at the end and at the start of the entry's span."""
    for walk in walks.values():
        if walk.codelist != codelist:
            continue
        if entry.holds_on(walk.present) and (came := [p for p in walk.pairs if p.new_code == entry.code]):
            yield Move(walk, False, tuple(came))
        if entry.holds_on(walk.former) and (goes := [p for p in walk.pairs if p.old_code == entry.code]):
            yield Move(walk, True, tuple(goes))


def paged(listed: Sequence[object], page: int, size: int) -> tuple[Sequence[object], int, int]:
    """The rows of one page, the page that is shown and the number of pages; a page too far is the last."""
    pages = max(1, -(-len(listed) // size))
    page = min(max(1, page), pages)
    return listed[(page - 1) * size : page * size], page, pages
