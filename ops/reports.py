"""Writing a quality report to a file, in the form that the file's name asks for."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from blueprint.errors import HanoiError
from dags.marked import Sent, write_marked
from lake.folders import replacing
from quality.report import QualityResult, html

ENDINGS = (".html", ".json", ".xlsx")


class UnknownForm(HanoiError):
    """A report was asked for in a form that there is none of."""


def write(
    path: Path,
    result: QualityResult,
    sent: Callable[[], Sent],
    *,
    history: Sequence[QualityResult] = (),
    link: str | None = None,
) -> None:
    """Write ``result`` to ``path``, in the form that its name ends in.

    ``.html`` is a page in both languages, ``.json`` the result itself, ``.xlsx`` the agency's own file with its wrong cells
    marked. That one shows what the agency sent, so that only its owner may read it.

    Args:
        path: the file to write.
        result: what was found.
        sent: where the judged delivery is; asked for an .xlsx alone.
        history: other results of the dataset, newest first.
        link: address of the dataset's page in the catalogue.

    Raises:
        UnknownForm: another ending, or no folder to write into.
        NothingToMark: an .xlsx is wanted of a delivery whose raw files are gone.
    """
    require(path)
    if path.suffix == ".xlsx":
        write_marked(path, result, sent())
        return
    page = path.suffix == ".html"
    content = html(result, history=history, link=link) if page else json.dumps(result.to_json(), ensure_ascii=False)
    with replacing(path) as part:
        part.write_text(content, encoding="utf-8")


def require(path: Path) -> None:
    """Raise UnknownForm unless a report can be written to ``path``."""
    if path.suffix not in ENDINGS:
        raise UnknownForm(
            f"Không biết ghi báo cáo dạng {path.suffix or path.name!r}; tệp phải có đuôi {_listed('hoặc')}.",
            f"A report cannot be written as {path.suffix or path.name!r}; the file must end in {_listed('or')}.",
        )
    if not path.absolute().parent.is_dir():
        raise UnknownForm(
            f"Không có thư mục {path.parent} để ghi báo cáo {path.name}. Hãy tạo thư mục trước.",
            f"There is no folder {path.parent} to write the report {path.name} into. Make it first.",
        )


def _listed(joined: str) -> str:
    return f"{', '.join(ENDINGS[:-1])} {joined} {ENDINGS[-1]}"
