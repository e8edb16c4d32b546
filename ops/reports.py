"""Writing a quality report to a file, in the form that the file's name asks for."""

import json
from collections.abc import Sequence
from pathlib import Path

from blueprint.errors import HanoiError
from lake.folders import replacing
from quality.report import QualityResult, html

ENDINGS = (".html", ".json")


class UnknownForm(HanoiError):
    """A report was asked for in a form that there is none of."""


def write(path: Path, result: QualityResult, *, history: Sequence[QualityResult] = (), link: str | None = None) -> None:
    """Write ``result`` to ``path``: a page in both languages for ``.html``, the result itself for ``.json``.

    Raises:
        UnknownForm: another ending, or no folder to write into.
    """
    require(path)
    page = path.suffix == ".html"
    content = html(result, history=history, link=link) if page else json.dumps(result.to_json(), ensure_ascii=False)
    with replacing(path) as part:
        part.write_text(content, encoding="utf-8")


def require(path: Path) -> None:
    """Raise UnknownForm unless a report can be written to ``path``."""
    if path.suffix not in ENDINGS:
        raise UnknownForm(
            f"Không biết ghi báo cáo dạng {path.suffix or path.name!r}; tệp phải có đuôi {' hoặc '.join(ENDINGS)}.",
            f"A report cannot be written as {path.suffix or path.name!r}; the file must end in {' or '.join(ENDINGS)}.",
        )
    if not path.absolute().parent.is_dir():
        raise UnknownForm(
            f"Không có thư mục {path.parent} để ghi báo cáo {path.name}. Hãy tạo thư mục trước.",
            f"There is no folder {path.parent} to write the report {path.name} into. Make it first.",
        )
