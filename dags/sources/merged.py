"""Merged ranges of workbooks, whose text is meant for every cell of theirs."""

from dags.errors import DeliveryUnreadable
from dags.sources.workbooks import Cells, Ranges


def filled(cells: Cells, ranges: Ranges, name: str, most: int, until: int | None = None) -> Cells:
    """``cells`` with the value of each merged range in all of its cells, down to the row ``until`` (from 1).

    Raises DeliveryUnreadable where the ranges of the file ``name`` cover more than ``most`` cells together.
    """
    found = [list(row) for row in cells]
    height, width = min(len(found), until or len(found)), max(map(len, found), default=0)
    covered = 0
    for top, bottom, left, right in ranges:
        bottom, right = min(bottom, height - 1), min(right, width - 1)
        if top > bottom or left > right:
            continue
        covered += (bottom - top + 1) * (right - left + 1)
        if covered > most:
            raise DeliveryUnreadable(
                f"{name}: các ô gộp phủ hơn {most} ô (HANOI_MAX_WORKBOOK_CELLS). Hãy bỏ gộp ô ngoài bảng.",
                f"{name}: the merged ranges cover over {most} cells (HANOI_MAX_WORKBOOK_CELLS). Unmerge those outside the table.",
            )
        value = found[top][left]
        for row in found[top : bottom + 1]:
            row[left : right + 1] = [value] * (right - left + 1)
    return found
