"""Writing a marked copy: notes, copy, marks, and the sheet in front."""

from pathlib import Path

from dags.marked.cells import mark
from dags.marked.copies import blank, copied
from dags.marked.sent import Sent
from dags.marked.summary import add_summary
from dags.sources.arranging import made_columns
from lake.folders import replacing
from quality.report import QualityResult
from quality.report.notes import notes

MOST_NOTES = 2_000
"""Notes that a copy holds: more than people mend by hand, and what any spreadsheet opens at once."""


def write_marked(path: Path, result: QualityResult, sent: Sent, most: int = MOST_NOTES) -> int:
    """Write the copy of ``sent`` with at most ``most`` notes to ``path``, an .xlsx for its owner alone; returns how many.

    It shows the agency its own text, so that it is for the agency alone; notes and lists show no personal value.
    """
    if result.marks.validity == "unreadable":
        copy, told = blank(), []
    else:
        noted = notes(result, sent.contract, sent.plan, sent.refused, sent.warned, most)
        rows = result.rows.received + result.rows.out_of_scope
        copy = copied(sent, noted, rows * len(sent.contract.columns))
        made = {file.name: len(made_columns(sent.reading(file.name))) for file in sent.delivery.files}
        told = mark(copy, noted, made)
    add_summary(copy, result, told, most)
    with replacing(path) as part:
        part.touch(0o600)
        copy.book.save(part)
    return len(told)
