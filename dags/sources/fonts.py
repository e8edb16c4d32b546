"""Workbooks typed in a legacy Vietnamese font: each cell is Unicode text that only this font shows rightly."""

from collections.abc import Collection
from dataclasses import dataclass

from dags.errors import WrongEncoding
from dags.sources.encodings import AUTO, IN_UTF_8, LABELS, Evidence, is_vietnamese, weighed
from dags.sources.legacy import TCVN3, VNI, in_font, legacy_name

_LOST = "\ufffd"
"""Put behind a text that could be in the font or not, which makes it unclear."""


@dataclass(frozen=True)
class Font:
    """The ``encoding`` of a sheet's font; ``mixed`` where some of its cells are in Unicode all the same."""

    encoding: str
    mixed: bool


def settled_font(texts: Collection[str], name: str, declared: str) -> tuple[Font | None, Evidence | None]:
    """The legacy font of a sheet with these ``texts``, and what speaks for it.

    ``declared`` is the reading's encoding: ``tcvn3``, ``vni``, ``auto``, or any other for Unicode.

    Raises:
        WrongEncoding: the texts are in a legacy font that the contract does not declare.
    """
    font = legacy_name(declared)
    if not texts:
        return None, None
    if font in (TCVN3, VNI):
        return Font(font, any(_only_unicode(text, font) for text in texts)), None
    found = weighed("\n".join([*sorted(texts), ""]).encode())
    if found.encoding not in IN_UTF_8:
        return None, found
    font = IN_UTF_8[found.encoding]
    if declared == AUTO:
        return Font(font, any(_only_unicode(text, font) for text in texts)), found
    raise WrongEncoding(
        f"{name}: chữ trong sổ tính được gõ bằng phông {LABELS[font]} ({found}), không phải Unicode. "
        f"Hãy chuyển sang Unicode rồi gửi lại, hoặc khai báo `encoding: {font}` trong hợp đồng dữ liệu.",
        f"{name}: the workbook's text is typed in a font of {LABELS[font]} ({found}), not in Unicode. "
        f"Convert it to Unicode and send it again, or declare `encoding: {font}` in the contract.",
    )


def shown_in(font: Font, text: str) -> str:
    """What a cell of a sheet in ``font`` shows; a cell that can only be Unicode stays as it is.

    >>> shown_in(Font(TCVN3, mixed=False), "B\u00e9 T\u00b5i ch\u00ddnh")
    'Bộ Tài chính'
    """
    try:
        shown = in_font(text, font.encoding)
    except UnicodeError:
        return text
    if not font.mixed or not is_vietnamese(text):
        return shown
    return text + _LOST if is_vietnamese(shown) else text


def _only_unicode(text: str, font: str) -> bool:
    try:
        return is_vietnamese(text) and not is_vietnamese(in_font(text, font))
    except UnicodeError:
        return True
