"""Records of JSON documents and of JSON Lines, their nested fields by names joined with points."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from blueprint import Reading
from dags.errors import DeliveryUnreadable, WrongEncoding
from dags.sources.encodings import IN_UTF_8, LABELS, settled
from dags.sources.formats.json_text import Document, compact
from dags.sources.formats.records import Record, Records, Typed, refuse_font
from dags.sources.tables import Table
from dags.sources.texts import inspect, pieces

EACH = "*"
_PARENT = "../"
_DEEPEST = 64
_LISTED = 20
VALUE = "value"
"""The header of the values of an object that holds no records but a value by each id."""


def read_json(path: Path, name: str, reading: Reading) -> Table:
    """The table of the records that ``reading`` finds in the JSON document at ``path``.

    Raises:
        DeliveryUnreadable: no JSON, no records where they should be, or a record that has two meanings.
        DeliveryTruncated, WrongEncoding, DeliveryEmpty: as their names say.
    """
    return table_of(path, name, reading, lambda document: _Found(document, reading).records())


def read_json_lines(path: Path, name: str, reading: Reading) -> Table:
    """The table of JSON values one after another, as in JSON Lines; raises what ``read_json`` does."""
    return table_of(path, name, reading, _one_after_another)


def table_of(path: Path, name: str, reading: Reading, records_in: Callable[[Document], Iterator[Record]]) -> Table:
    """The table of the records that ``records_in`` reads out of the JSON text at ``path``."""
    encoding, evidence = settled(path, name, reading.encoding)
    inspect(path, name, encoding)
    records = Records(name, lambda: records_in(Document(letters(path, name, encoding), name)), reading.may_lack)
    refuse_font(records.texts(), name)
    return Table(name, "", records.header, records.blocks(), evidence, header_row=0, first_row=1)


def _one_after_another(document: Document) -> Iterator[Record]:
    number = 0
    while document.peek():
        number += 1
        yield record_of(document.value(), document.name, number)


def letters(path: Path, name: str, encoding: str) -> Iterator[bytes]:
    """The text of a JSON file as UTF-8 bytes.

    Raises:
        WrongEncoding: letters of a legacy font that are written as ``\\u`` and their number, which no font turns into others.
    """
    for piece in pieces(path, encoding):
        if encoding in IN_UTF_8 and b"\\u" in piece:
            raise WrongEncoding(
                f"{name}: tệp ở {LABELS[encoding]} có chữ viết dạng \\uXXXX, không biết chữ ấy thuộc phông nào. "
                "Hãy chuyển sang Unicode rồi gửi lại.",
                f"{name}: the file is in {LABELS[encoding]} and has letters written as \\uXXXX, with no telling of which font "
                "they are. Convert it to Unicode and send it again.",
            )
        yield piece


def record_of(value: Any, name: str, number: int, more: Mapping[str, str] | None = None) -> Record:
    """The fields of one record by their names; ``more`` are put before them.

    Raises:
        DeliveryUnreadable: it is no object, two of its fields have one name, or it is nested too deep.
    """
    found = dict(more or {})
    if not isinstance(value, dict):
        raise _no_record(name, number, value)
    put_fields(value, "", found, name, number)
    return found


def put_fields(value: Mapping[str, Any], prefix: str, into: dict[str, str], name: str, number: int) -> None:
    """Put the fields of ``value`` ``into`` a record, nested ones by their names joined with points, lists as JSON text."""
    if prefix.count(".") > _DEEPEST:
        raise DeliveryUnreadable(
            f"{name}, bản ghi {number}: lồng nhau quá {_DEEPEST} tầng. Hãy xuất lại dữ liệu ở dạng phẳng hơn.",
            f"{name}, record {number}: nested over {_DEEPEST} levels deep. Export the data in a flatter form.",
        )
    for field, held in value.items():
        header = prefix + field
        if isinstance(held, dict):
            put_fields(held, f"{header}.", into, name, number)
        elif header in into:
            raise DeliveryUnreadable(
                f"{name}, bản ghi {number}: hai trường cùng mang tên {header!r}. Hãy đổi tên một trường.",
                f"{name}, record {number}: two fields bear the name {header!r}. Rename one of them.",
            )
        else:
            into[header] = held if isinstance(held, str) else text_of(held)


def text_of(value: Any) -> str:
    """One value as text: null is empty, lists are JSON text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return Typed("true" if value else "false")
    return compact(value)


class _Found:
    """The records of one document on the path of one reading."""

    def __init__(self, document: Document, reading: Reading) -> None:
        self.document, self.name, self.id_header = document, document.name, reading.id_header
        self.path = [step for step in reading.records.split(".") if step]
        self.number = 0
        self.places = 0
        """How many lists or objects of records were found."""
        self.seen: dict[str, None] = {}
        """The names on the outermost level, for the error that the path leads nowhere."""

    def records(self) -> Iterator[Record]:
        yield from self._from(self.path, outermost=True)
        self.document.end()
        if not self.places:
            raise self._nowhere()

    def _from(self, path: Sequence[str], *, outermost: bool = False) -> Iterator[Record]:
        document = self.document
        first = document.peek()
        if not path:
            yield from self._here(first)
        elif path[0] == EACH and first == "[":
            for _ in document.elements():
                yield from self._inside(document.value(), path[1:], ())
        elif first == "{" and path[0] != EACH:
            for member in document.members():
                if outermost and len(self.seen) < _LISTED and not member.isdigit():
                    self.seen[member] = None
                if member == path[0]:
                    yield from self._from(path[1:])
                else:
                    document.skip()
        else:
            document.skip()

    def _here(self, first: str) -> Iterator[Record]:
        """The records of the value that comes next."""
        self._count_place()
        if first == "[":
            for _ in self.document.elements():
                yield self._record(self.document.value())
        elif first == "{" and self.id_header:
            for id_ in self.document.members():
                yield self._keyed(id_, self.document.value())
        else:
            yield self._record(self.document.value())

    def _inside(self, value: Any, path: Sequence[str], above: tuple[Mapping[str, Any], ...]) -> Iterator[Record]:
        """The records on the rest of the path, in a value that is read whole; with the fields of what they are in."""
        if path and path[0] == EACH:
            for element in value if isinstance(value, list) else ():
                yield from self._inside(element, path[1:], above)
        elif path:
            if isinstance(value, dict) and path[0] in value:
                yield from self._inside(value[path[0]], path[1:], (value, *above))
        else:
            self.places += 1
            more = {
                _PARENT * level + field: text_of(held)
                for level, outer in enumerate(above, start=1)
                for field, held in outer.items()
                if not isinstance(held, dict | list)
            }
            if isinstance(value, dict) and self.id_header:
                for id_, held in value.items():
                    yield self._keyed(id_, held, more)
            else:
                for element in value if isinstance(value, list) else [value]:
                    yield self._record(element, more)

    def _keyed(self, id_: str, value: Any, more: Mapping[str, str] | None = None) -> Record:
        fields = value if isinstance(value, dict) else {VALUE: value}
        return self._record(fields, {**(more or {}), str(self.id_header): id_})

    def _record(self, value: Any, more: Mapping[str, str] | None = None) -> Record:
        self.number += 1
        return record_of(value, self.name, self.number, more)

    def _count_place(self) -> None:
        self.places += 1
        if self.places > 1:
            raise DeliveryUnreadable(
                f"{self.name}: có hai chỗ mang tên {'.'.join(self.path)!r}, không biết lấy chỗ nào. Hãy xuất lại tệp.",
                f"{self.name}: there are two places {'.'.join(self.path)!r}, and no telling which is meant. Export the file again.",
            )

    def _nowhere(self) -> DeliveryUnreadable:
        listed = ", ".join(map(repr, self.seen)) or "–"
        wanted = ".".join(self.path)
        return DeliveryUnreadable(
            f"{self.name}: không có bản ghi ở {wanted!r}. Các tên ở ngoài cùng của tệp: {listed}. "
            "Cấu trúc tệp đã đổi; hãy khai báo lại `records` trong hợp đồng dữ liệu.",
            f"{self.name}: there are no records at {wanted!r}. The outermost names in the file: {listed}. "
            "The structure moved; declare `records` anew in the contract.",
        )


def _no_record(name: str, number: int, value: Any) -> DeliveryUnreadable:
    vi, en = _called(value)
    return DeliveryUnreadable(
        f"{name}, bản ghi {number}: cần một đối tượng có các trường {{...}}, nhưng nội dung là {vi}. Hãy kiểm tra `records` và tệp.",
        f"{name}, record {number}: an object of fields {{...}} is needed, but the content is {en}. Check `records` and the file.",
    )


def _called(value: Any) -> tuple[str, str]:
    if value is None:
        return "null", "null"
    if isinstance(value, list):
        return "một danh sách", "a list"
    if isinstance(value, Typed | bool):
        return "một số hoặc true/false", "a number, true or false"
    return "một đoạn chữ", "a text"
