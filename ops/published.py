"""What is published of each dataset, read from the home alone, and the desk at which that is changed."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from blueprint import Blueprint
from blueprint.errors import HanoiError
from catalog.publisher import INDEX, Catalogue, Desk, read_index
from ops.catalogue import running
from ops.settings import Settings

State = Literal["published", "behind", "withdrawn", "lake-only", "none"]
_LONGEST = 1000


@dataclass(frozen=True)
class Standing:
    """Where a dataset stands: ``shown`` is the version that readers see, ``newest`` the newest one of the lake.

    ``state``: published; behind, where the lake has a newer version that readers do not see; withdrawn; lake-only, where the
    contract keeps versions within the lake; none, where nothing was published yet.
    """

    dataset: str
    title: str
    state: State
    shown: str | None
    newest: str | None
    versions: int
    withdrawn: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def index(settings: Settings, dataset: str) -> dict[str, Any]:
    """The index of the published versions of ``dataset``; one without versions where nothing was published."""
    return read_index(settings.home / "published" / dataset / INDEX)


def standings(settings: Settings, plan: Blueprint) -> Iterator[Standing]:
    """Where each dataset of ``plan`` stands, in the order of their names."""
    for name, contract in sorted(plan.contracts.items()):
        versions = index(settings, name)["versions"]
        left = [v["id"] for v in versions if not v.get("withdrawn")]
        current = settings.lake.current(name)
        newest, shown = current.id if current else None, left[0] if left else None
        state: State = "published" if shown == newest else "behind"
        if not contract.publish and not versions:
            state = "lake-only"
        elif not left:
            state = "withdrawn" if versions else "none"
        yield Standing(name, contract.title.vi, state, shown, newest, len(versions), len(versions) - len(left))


def desk(settings: Settings, plan: Blueprint, dataset: str) -> Desk:
    """The desk of ``dataset``, at the catalogue of this home where it runs."""
    found = running(settings.home)
    url = str(found["url"]) if found else settings.catalogue_url
    return Desk(settings.home, Catalogue(url, settings.token_file), plan.contract(dataset), plan, settings.lake)


def require_successor(settings: Settings, plan: Blueprint, successor: str) -> str:
    """``successor``, a dataset or one of its versions that is published and not withdrawn.

    Raises:
        HanoiError: readers would be sent to nothing.
    """
    dataset, _, version = successor.partition("@")
    plan.contract(dataset)
    left = [v["id"] for v in index(settings, dataset)["versions"] if not v.get("withdrawn")]
    if not left or (version and version not in left):
        raise HanoiError(
            f"{successor}: không có bản công bố nào như vậy để dùng thay. Đang công bố: {', '.join(left) or 'không có'}.",
            f"{successor}: nothing of that name is published to use instead. Published: {', '.join(left) or 'nothing'}.",
        )
    return successor


def reasons(vi: str, en: str) -> tuple[str, str]:
    """Both reasons without blanks around them.

    Raises:
        HanoiError: one is empty or too long to stand on a page.
    """
    found = vi.strip(), en.strip()
    if not all(found) or max(map(len, found)) > _LONGEST:
        raise HanoiError(
            f"Cần lý do bằng cả hai thứ tiếng, mỗi lý do từ 1 đến {_LONGEST} ký tự: --reason-vi và --reason-en.",
            f"A reason is needed in both languages, of 1 to {_LONGEST} characters each: --reason-vi and --reason-en.",
        )
    return found
