"""Tables in files: CSV, Parquet and Excel in, CSV and Parquet out, whole or not at all."""

import csv
import os
from codecs import getincrementaldecoder
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from blueprint.sql import file_literal, ident, literal, parquet
from blueprint.units.errors import FileRefused

if TYPE_CHECKING:
    import pyarrow as pa

READ = (".csv", ".parquet", ".xlsx")
WRITTEN = (".csv", ".parquet")
_DELIMITERS = (",", ";", "\t", "|")
_BOM = b"\xef\xbb\xbf"
_MAX_HEADER = 1_000_000


@dataclass(frozen=True)
class Read:
    """A table from a file. ``text`` says that its cells are text so far, ``bom`` that the file began with a mark."""

    table: "pa.Table"
    text: bool = False
    delimiter: str = ","
    bom: bool = False


def read(path: Path, sheet: str | None = None) -> Read:
    """The table in ``path``; the cells of a CSV file stay text, so that no code loses its zeros.

    Raises FileRefused where the file is missing, of another kind, or broken.
    """
    suffix = path.suffix.lower()
    if suffix not in READ:
        raise FileRefused(
            f"{path}: không đọc được tệp kiểu {suffix or 'không có đuôi'}; các kiểu đọc được: {', '.join(READ)}.",
            f"{path}: files of the kind {suffix or 'without suffix'} cannot be read; these can: {', '.join(READ)}.",
        )
    if not path.is_file():
        raise FileRefused(f"Không có tệp {path}.", f"There is no file {path}.")
    try:
        if suffix == ".csv":
            return _csv(path)
        return _parquet(path) if suffix == ".parquet" else _excel(path, sheet)
    except OSError as error:
        raise FileRefused(f"{path}: không đọc được: {error}.", f"{path}: cannot be read: {error}.") from error


def _csv(path: Path) -> Read:
    import duckdb

    with path.open("rb") as opened:
        start = opened.read(_MAX_HEADER)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileRefused(
            f"{path}: tệp là UTF-16; hãy lưu lại là CSV UTF-8.", f"{path}: the file is UTF-16; save it as CSV UTF-8."
        )
    try:
        head = getincrementaldecoder("utf-8-sig")().decode(start, final=len(start) < _MAX_HEADER)
    except UnicodeDecodeError as error:
        raise FileRefused(
            f"{path}: byte {error.start} không phải UTF-8; hãy lưu lại là CSV UTF-8.",
            f"{path}: byte {error.start} is not UTF-8; save it as CSV UTF-8.",
        ) from error
    first = head.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    header = next(csv.reader(head.splitlines(keepends=True), delimiter=delimiter), [])
    _header(path, header)
    columns = "{" + ", ".join(f"{literal(name)}: 'VARCHAR'" for name in header) + "}"
    with duckdb.connect() as db:
        try:
            table = db.sql(
                f"SELECT * FROM read_csv({file_literal(path)}, auto_detect = false, header = true, columns = {columns}, "
                f"delim = {literal(delimiter)}, quote = '\"', escape = '\"', strict_mode = true)"
            ).to_arrow_table()
        except duckdb.Error as error:
            told = str(error).partition("\n\n")[0].strip()
            raise FileRefused(f"{path}: tệp CSV hỏng: {told}", f"{path}: the CSV file is broken: {told}") from error
    return Read(table, text=True, delimiter=delimiter, bom=start.startswith(_BOM))


def _header(path: Path, header: list[str]) -> None:
    if not header or any(not name.strip() for name in header):
        raise FileRefused(
            f"{path}: dòng đầu phải là tên cột, không cột nào để trống; dòng đầu là {header}.",
            f"{path}: the first line must name every column; it is {header}.",
        )
    lower = [name.lower() for name in header]
    if twice := sorted({name for name in header if lower.count(name.lower()) > 1}):
        raise FileRefused(
            f"{path}: các cột trùng tên: {', '.join(twice)}.",
            f"{path}: columns have the same name: {', '.join(twice)}.",
        )


def _parquet(path: Path) -> Read:
    import duckdb

    with duckdb.connect() as db:
        try:
            return Read(db.sql(f"SELECT * FROM {parquet(path)}").to_arrow_table())
        except duckdb.Error as error:
            raise FileRefused(
                f"{path}: không phải Parquet đọc được: {error}", f"{path}: no Parquet that can be read: {error}"
            ) from error


def _excel(path: Path, sheet: str | None) -> Read:
    import pyarrow as pa

    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ModuleNotFoundError as error:
        raise FileRefused(
            f"{path}: đọc Excel cần python-calamine: pip install python-calamine.",
            f"{path}: reading Excel needs python-calamine: pip install python-calamine.",
        ) from error
    try:
        book = CalamineWorkbook.from_path(str(path))
        name = sheet or book.sheet_names[0]
        if name not in book.sheet_names:
            known = ", ".join(book.sheet_names)
            raise FileRefused(
                f"{path}: không có trang tính {name!r}; có: {known}.", f"{path}: no sheet {name!r}; there are: {known}."
            )
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=True)
    except CalamineError as error:
        raise FileRefused(f"{path}: không phải Excel đọc được: {error}.", f"{path}: no Excel file: {error}.") from error
    header = [str(cell).strip() for cell in rows[0]] if rows else []
    _header(path, header)
    cells = zip(*rows[1:], strict=True) if len(rows) > 1 else [()] * len(header)
    return Read(pa.table([_column(list(column)) for column in cells], names=header))


def _column(cells: list[Any]) -> Any:
    import pyarrow as pa

    values = [None if cell == "" else cell for cell in cells]
    kinds = {type(value) for value in values if value is not None}
    if kinds and kinds <= {int, float}:
        whole = all(value is None or float(value).is_integer() for value in values)
        return pa.array([None if v is None else int(v) if whole else float(v) for v in values])
    if len(kinds) == 1 and kinds.isdisjoint({str}):
        return pa.array(values)
    return pa.array([None if v is None else _text(v) for v in values], pa.string())


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def writable(path: Path, *, force: bool) -> None:
    """Raise FileRefused unless ``path`` can be written: a known suffix, a folder that is there, nothing overwritten."""
    if path.suffix.lower() not in WRITTEN:
        raise FileRefused(
            f"{path}: không ghi được tệp kiểu {path.suffix or 'không có đuôi'}; các kiểu ghi được: {', '.join(WRITTEN)}.",
            f"{path}: files of the kind {path.suffix or 'without suffix'} cannot be written; these can: {', '.join(WRITTEN)}.",
        )
    if not path.parent.is_dir():
        raise FileRefused(
            f"Không có thư mục {path.parent}; hãy tạo trước.", f"There is no folder {path.parent}; make it first."
        )
    if path.is_dir() or (path.exists() and not force):
        raise FileRefused(
            f"Đã có {path}; thêm --force để ghi đè, hoặc chọn tên khác.",
            f"{path} exists; add --force to overwrite it, or choose another name.",
        )


def write(table: "pa.Table", path: Path, *, force: bool = False, bom: bool = False) -> None:
    """Write ``table`` to ``path`` by its suffix; the file appears whole or not at all.

    A CSV file is UTF-8 with commas; ``bom`` puts the mark in front by which spreadsheets know UTF-8.
    """
    import duckdb

    writable(path, force=force)
    part = path.with_name(f".{path.name}.{token_hex(6)}.part")
    try:
        with duckdb.connect() as db:
            db.execute("SET TimeZone = 'Asia/Ho_Chi_Minh'")
            db.register("result", table)
            kind = "FORMAT parquet" if path.suffix.lower() == ".parquet" else "FORMAT csv, HEADER"
            columns = ", ".join(ident(name) for name in table.column_names)
            db.execute(f"COPY (SELECT {columns} FROM result) TO {literal(str(part))} ({kind})")
        if bom and path.suffix.lower() == ".csv":
            content = part.with_name(part.name + "2")
            with part.open("rb") as plain, content.open("wb") as marked:
                marked.write(_BOM)
                while block := plain.read(1 << 20):
                    marked.write(block)
            content.replace(part)
        with part.open("rb") as done:
            os.fsync(done.fileno())
        writable(path, force=force)
        part.replace(path)
    except (OSError, duckdb.Error) as error:
        raise FileRefused(f"Không ghi được {path}: {error}.", f"Cannot write {path}: {error}.") from error
    finally:
        part.unlink(missing_ok=True)
        part.with_name(part.name + "2").unlink(missing_ok=True)
