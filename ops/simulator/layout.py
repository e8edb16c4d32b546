"""Laying rows out the way a contract reads them: the agency's headers, sheets, positions and spellings."""

import csv
import io
import json
from collections.abc import Mapping, Sequence

from blueprint import Column, Contract, Reading
from dags.sources.formats.geojson import FEATURE_ID
from dags.sources.formats.geometry import GEOMETRY

Row = Mapping[str, str]
"""Column name -> the text in the file."""

_TITLE = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"


def lay_out(contract: Contract, reading: Reading, rows: Sequence[Row]) -> bytes:
    """The bytes of one delivered file that ``reading`` finds ``rows`` in."""
    columns = [c for c in contract.columns if not c.from_file_name and c.name not in reading.constants]
    places = {c.name: reading.positions.get(c.name, index) for index, c in enumerate(columns, start=1)}
    width = max(places.values())
    head = [""] * width
    for column in columns:
        head[places[column.name] - 1] = reading.headers.get(column.name) or _header(column, reading)
    body = []
    for row in rows:
        cells = [""] * width
        for column in columns:
            cells[places[column.name] - 1] = _spelling(column, row.get(column.name, ""))
        body.append(cells)
    return _LAID_OUT[reading.format](head, body, reading)


def _header(column: Column, reading: Reading) -> str:
    return "" if column.name in reading.headers else column.header or column.name


def _spelling(column: Column, text: str) -> str:
    """The source's first spelling of a code, where it has its own."""
    return next((theirs for theirs, ours in column.values.items() if ours == text), text)


def _csv(head: list[str], body: list[list[str]], reading: Reading) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=reading.delimiter, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(body)
    return text.getvalue().encode(reading.encoding)


def _json(head: list[str], body: list[list[str]], reading: Reading) -> bytes:
    records = [dict(zip(head, cells, strict=True)) for cells in body]
    return json.dumps(records, ensure_ascii=False, indent=1).encode(reading.encoding)


def _geojson(head: list[str], body: list[list[str]], reading: Reading) -> bytes:
    features = []
    for cells in body:
        properties = dict(zip(head, cells, strict=True))
        feature = {
            "type": "Feature",
            "id": properties.pop(FEATURE_ID),
            "geometry": json.loads(properties.pop(GEOMETRY)),
        }
        features.append(feature | {"properties": properties})
    collection = {"type": "FeatureCollection", "features": features}
    return json.dumps(collection, ensure_ascii=False).encode(reading.encoding)


def _workbook(head: list[str], body: list[list[str]], reading: Reading) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.worksheets[0]
    if isinstance(reading.sheet, int):
        for _ in range(reading.sheet):
            sheet = book.create_sheet()
    else:
        sheet.title = reading.sheet[:31]
    header_row = max(reading.header_rows)
    if header_row > 1:
        sheet.cell(1, 1, _TITLE)
    first = reading.first_row or header_row + 1
    for number, cells in [(header_row, head), *enumerate(body, start=first)]:
        for position, text in enumerate(cells, start=1):
            if text:
                sheet.cell(number, position, _number(text))
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def _number(text: str) -> str | float:
    """Scores as numbers, as spreadsheets hold them; codes such as 1.000005 stay text."""
    whole, _, fraction = text.partition(".")
    return float(text) if whole.isdigit() and len(fraction) == 2 and fraction.isdigit() else text


_LAID_OUT = {"csv": _csv, "excel": _workbook, "geojson": _geojson, "json": _json}
