"""Records of XML: an element that is repeated, its attributes and the texts of what is in it as columns.

Documents with a DOCTYPE are refused, and with it every entity and everything from outside that XML can ask for.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from blueprint import Reading
from dags.errors import DeliveryTruncated, DeliveryUnreadable
from dags.sources.encodings import settled
from dags.sources.formats.records import LONGEST, Record, Records, refuse_font
from dags.sources.tables import Table
from dags.sources.texts import PIECE, inspect, pieces

TEXT = "text()"
"""The header of the text that stands in the record itself."""
_DEEPEST = 64
_MOST_PARTS = 500_000
"""Elements and attributes of one record."""
_CUT = {
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
}
_LISTED = 10


def read_xml(path: Path, name: str, reading: Reading) -> Table:
    """The table of the elements at ``reading.records`` in the XML document at ``path``.

    An attribute has the header ``@ma``, the text of an element ``DiaChi/Phuong``; an element that a record repeats is a JSON
    list. Prefixes of namespaces are left out. Whatever the XML declaration says, the encoding is the reading's.

    Raises:
        DeliveryUnreadable: no XML, a DOCTYPE, no such elements, or a record of no reasonable size.
        DeliveryTruncated, WrongEncoding, DeliveryEmpty: as their names say.
    """
    encoding, evidence = settled(path, name, reading.encoding)
    inspect(path, name, encoding)

    def opened() -> Iterator[Record]:
        return _Found(name, reading.records).records(pieces(path, encoding))

    records = Records(name, opened, reading.may_lack)
    refuse_font(records.texts(), name)
    return Table(name, "", records.header, records.blocks(), evidence, header_row=0, first_row=1)


@dataclass
class _Element:
    name: str
    attributes: dict[str, str]
    inside: "list[_Element]" = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.texts).strip()

    def fields(self, prefix: str = "") -> dict[str, str]:
        """The attributes and texts of this element and of all in it, by their paths."""
        found = {f"{prefix}@{name}": value for name, value in self.attributes.items()}
        repeated = Counter(element.name for element in self.inside)
        for element in self.inside:
            header = prefix + element.name
            if repeated[element.name] > 1:
                if header not in found:
                    alike = [one.value() for one in self.inside if one.name == element.name]
                    found[header] = json.dumps(alike, ensure_ascii=False, separators=(",", ":"))
            elif element.inside or element.attributes:
                found |= element.fields(f"{header}/")
                if element.text:
                    found[header] = element.text
            else:
                found[header] = element.text
        return found

    def value(self) -> "str | dict[str, str]":
        """The element as a member of a JSON list."""
        if not self.inside and not self.attributes:
            return self.text
        return {**self.fields(), **({TEXT: self.text} if self.text else {})}


class _Found:
    """The elements on a path in one document, told by expat as it reads."""

    def __init__(self, name: str, path: str) -> None:
        self.name, self.path = name, [step for step in path.split("/") if step]
        self.parser = expat.ParserCreate("utf-8")  # in which the pieces come, whatever the document says
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.around: list[str] = []
        """The names of the elements that are open outside of a record."""
        self.open: list[_Element] = []
        """Those of the record, itself first."""
        self.done: list[Record] = []
        self.number = 0
        self.size = 0
        self.parts = 0
        self.seen: dict[str, None] = {}

    def records(self, content: Iterator[bytes]) -> Iterator[Record]:
        fed = 0
        for piece in content:
            for at in range(0, len(piece), LONGEST):
                self._parse(piece[at : at + LONGEST])
            fed += len(piece)
            if fed - self.parser.CurrentByteIndex > LONGEST + PIECE:
                self._refuse_long()
            yield from self.done
            self.done = []
        self._parse(b"", last=True)
        if not self.number:
            raise self._nowhere()

    def _parse(self, piece: bytes, *, last: bool = False) -> None:
        try:
            self.parser.Parse(piece, last)
        except expat.ExpatError as error:
            raise self._cut_off(error) if last and error.code in _CUT else self._broken(error) from error

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        held = {key.rpartition(":")[2]: value for key, value in attributes.items() if not key.startswith("xmlns")}
        if len(self.around) + len(self.open) >= _DEEPEST:
            self._refuse(
                f"lồng nhau quá {_DEEPEST} tầng. Hãy xuất lại dữ liệu ở dạng phẳng hơn",
                f"elements are nested over {_DEEPEST} levels deep. Export the data in a flatter form",
            )
        if self.open:
            element = _Element(name, held)
            self.open[-1].inside.append(element)
            self.open.append(element)
        elif [*self.around, name] == self.path:
            self.size = self.parts = 0
            self.open.append(_Element(name, held))
        else:
            self.around.append(name)
            if len(self.seen) < _LISTED:
                self.seen["/".join(self.around)] = None
        if self.open:
            self.parts += 1 + len(held)
            self.size += sum(map(len, held.values()))
            if self.parts > _MOST_PARTS or self.size > LONGEST:
                self._refuse_long()

    def _end(self, tag: str) -> None:  # noqa: ARG002 - as expat calls it
        if not self.open:
            self.around.pop()
        elif len(self.open) > 1:
            self.open.pop()
        else:
            element = self.open.pop()
            self.number += 1
            self.done.append({**element.fields(), **({TEXT: element.text} if element.text else {})})

    def _text(self, text: str) -> None:
        if self.open:
            self.size += len(text)
            if self.size > LONGEST:
                self._refuse_long()
            self.open[-1].texts.append(text)

    def _doctype(self, *_: object) -> None:
        self._refuse(
            "tệp XML có khai báo DOCTYPE, không được nhận vì lý do an toàn. Hãy xuất lại không có DOCTYPE",
            "the XML document has a DOCTYPE, which is not taken for safety. Export it without one",
        )

    def _refuse_long(self) -> NoReturn:
        self._refuse(
            f"bản ghi {self.number + 1} dài hơn {LONGEST} ký tự. Hãy kiểm tra `records` và tệp",
            f"record {self.number + 1} is longer than {LONGEST} characters. Check `records` and the file",
        )

    def _refuse(self, vi: str, en: str) -> NoReturn:
        line = self.parser.CurrentLineNumber
        raise DeliveryUnreadable(f"{self.name}, dòng {line}: {vi}.", f"{self.name}, line {line}: {en}.")

    def _broken(self, error: expat.ExpatError) -> DeliveryUnreadable:
        why = expat.ErrorString(error.code)
        return DeliveryUnreadable(
            f"{self.name}, dòng {error.lineno}: không đúng cú pháp XML ({why}). Hãy xuất lại tệp từ phần mềm, không sửa tay.",
            f"{self.name}, line {error.lineno}: not readable as XML ({why}). Export the file again; do not edit it by hand.",
        )

    def _cut_off(self, error: expat.ExpatError) -> DeliveryTruncated:
        return DeliveryTruncated(
            f"{self.name}: tệp bị cắt giữa chừng ở dòng {error.lineno}. Hãy gửi lại toàn bộ tệp.",
            f"{self.name}: the file is cut off in the middle, at line {error.lineno}. Send the whole file again.",
        )

    def _nowhere(self) -> DeliveryUnreadable:
        wanted, listed = "/".join(self.path), ", ".join(map(repr, self.seen)) or "–"
        return DeliveryUnreadable(
            f"{self.name}: không có phần tử nào ở {wanted!r}. Các phần tử đầu tiên trong tệp: {listed}. "
            "Cấu trúc tệp đã đổi; hãy khai báo lại `records` trong hợp đồng dữ liệu.",
            f"{self.name}: there is no element at {wanted!r}. The first elements in the file: {listed}. "
            "The structure moved; declare `records` anew in the contract.",
        )
