"""Two versions held against each other by the compatibility rules, and the words for what they say."""

from blueprint import compat
from blueprint.concept import Mode
from blueprint.load import Blueprint
from blueprint.registry.faults import Fault, shown
from blueprint.subjects import Declaration
from blueprint.text import Bilingual

BUMPS = {
    "initial": Bilingual(vi="bản đầu", en="first"),
    "patch": Bilingual(vi="sửa nhỏ", en="patch"),
    "minor": Bilingual(vi="bổ sung", en="minor"),
    "major": Bilingual(vi="phá vỡ", en="major"),
    "never": Bilingual(vi="không được phép", en="never"),
}
VERDICTS = {
    "allowed": Bilingual(vi="được phép", en="allowed"),
    "refused": Bilingual(vi="bị từ chối", en="refused"),
    "undetermined": Bilingual(vi="chưa xác định", en="undetermined"),
}


def a_mode(text: str | None) -> Mode | None:
    """The compatibility mode of that name; ``None`` for no name. Raises Fault 422."""
    if not text:
        return None
    try:
        return Mode(text)
    except ValueError:
        listed = ", ".join(m.value for m in Mode)
        raise Fault(
            422,
            f"Không có chế độ {shown(text)!r}; các chế độ: {listed}.",
            f"There is no mode {shown(text)!r}; the modes are {listed}.",
        ) from None


def compared(old: Declaration, new: Declaration, plan: Blueprint, mode: str | None) -> compat.Report:
    """What the mode, or the one that ``new`` states, says to the step from ``old`` to ``new``."""
    return compat.diff(old, new, plan, a_mode(mode))
