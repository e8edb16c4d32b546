"""Keeping a proposed contract as a draft in the Blueprint's folder."""

from pathlib import Path

from blueprint.errors import HanoiError
from blueprint.released import recorded
from lake.folders import replacing
from ops.authoring.proposal import Proposal


class DraftExists(HanoiError):
    """There is a contract already where the proposal belongs."""


def keep(proposal: Proposal, root: Path, *, force: bool = False) -> Path:
    """Write the proposal to its place below ``root``; a draft that is there is replaced only with ``force``.

    Raises:
        DraftExists: a draft is there and ``force`` is not given, or the dataset has a released version.
    """
    path = root / proposal.path
    ref = f"{proposal.dataset}@{proposal.contract['version']}"
    if proposal.path.as_posix() in recorded(root):
        raise DraftExists(
            f"{ref} đã phát hành và không đổi được nữa. Hãy chọn mã khác bằng --id, hoặc viết phiên bản tiếp theo.",
            f"{ref} is released and never changes. Choose another id with --id, or write the next version.",
        )
    if path.exists() and not force:
        raise DraftExists(
            f"Đã có bản nháp {path}. Hãy sửa nó, chọn mã khác bằng --id, hoặc ghi đè bằng --force.",
            f"There is a draft {path} already. Edit it, choose another id with --id, or replace it with --force.",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part:
        part.write_text(proposal.yaml(), encoding="utf-8")
    return path
