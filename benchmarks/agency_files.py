"""Files as agencies write them, in many encodings and number formats, whose truth is known: none may be read wrong in silence.

``python -m benchmarks.agency_files [FILES]`` prints the result as JSON. A value counts as wrong where its row was accepted
and it differs from what the file's author meant; rows that are quarantined and files that are refused say that they were
not understood. What is understood must be much: a reader that refuses everything would never be wrong.
"""

import csv
import io
import json
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from benchmarks import sensors
from benchmarks.measure import Result, at_most, report
from blueprint import Blueprint, Column, Contract, Gate, Reading, Source
from blueprint.errors import HanoiError
from dags.sources.deliveries import DeliveryStore
from dags.sources.legacy import encode, legacy_name
from dags.sources.places import by_hand
from dags.steps.conform import conform

FILES, ROWS = 100, 120
LEAST_ACCEPTED = 0.7
"""Share of the rows that a reader must understand at least."""
_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "tcvn3", "vni", "viscii", "windows-1258")
_STYLES = ("vi", "en", "plain", "blank", "mixed")
_WORDS = (
    *(
        "Phường Ngọc Hà",
        "Xã Đông Anh",
        "Trường Tiểu học Nguyễn Trãi",
        "Trạm y tế Kim Liên",
        "Chợ Đồng Xuân",
        "Hồ Hoàn Kiếm",
    ),
    *(
        "Đường Bưởi",
        "Thủ Lệ",
        "Khu tập thể Thành Công",
        "Quỳnh Mai, ngõ 12",
        'Nhà hát "Lớn"',
        "Bến xe Yên Nghĩa",
        "Hòa Bình",
    ),
)
_NULLS = ("", "N/A", "-")
_NONSENSE = ("#NAME?", "#REF!", "không rõ", "12,3,4", "1.2.3")
_MINUS: tuple[Callable[[str], str], ...] = (lambda t: f"-{t}", lambda t: f"\u2212{t}", lambda t: f"({t})")
WRONG = object()
"""The truth of a cell that means nothing: no value that is read there is right."""


@dataclass(frozen=True)
class Written:
    """A file: its name, its bytes, how a contract would declare it, and what each row means, by its code."""

    name: str
    content: bytes
    reading: dict[str, Any]
    truth: dict[str, dict[str, Any]]


@dataclass
class Tally:
    """What became of the values of some files; ``wrong`` describes each that was read wrong."""

    files: int = 0
    refused: int = 0
    rows: int = 0
    accepted: int = 0
    values: int = 0
    wrong: list[str] = field(default_factory=list[str])


_CONCEPTS = (
    sensors.concept("code", "string"),
    sensors.concept("name", "string"),
    sensors.concept("amount", "double"),
    sensors.concept("money", "decimal", precision=18, scale=0),
    sensors.concept("share", "double", minimum=0, maximum=100, unit="%"),
    sensors.concept("count", "integer"),
    sensors.concept("day", "date"),
)


def contract(reading: dict[str, Any]) -> Contract:
    """The contract of all files, which are read by ``reading``."""
    form = ("%d/%m/%Y", "%Y-%m-%d")
    dated = {"day": {"date_formats": form}}
    names = [c.concept for c in _CONCEPTS]
    return Contract(
        dataset="agency-files",
        version="1.0.0",
        agency="benchmark",
        title=sensors.text("files"),
        description=sensors.text("files"),
        theme="GOVE",
        licence="cc-by-4.0",
        source_note=sensors.text("generated"),
        frequency="IRREG",
        keywords={"vi": ("tệp",), "en": ("files",)},
        key=("code",),
        sources=(Source(files=("file.csv",), reading=Reading(null_values=_NULLS, **reading)),),
        columns=tuple(
            Column.model_validate({"name": n, "concept": f"{n}@1", "title": sensors.text(n), **dated.get(n, {})})
            for n in names
        ),
        gate=Gate(),
    )


def write(seed: int, rows: int = ROWS) -> Written:
    """One file of ``rows`` rows; the same seed gives the same file."""
    random = Random(seed)  # noqa: S311 - made-up data need no secrets
    style = _STYLES[seed % len(_STYLES)]
    if seed % 4 == 3:
        return _workbook(random, seed, style, rows)
    encoding = random.choice(_ENCODINGS)
    delimiter = random.choice(",;\t|")
    table, truth = _table(random, style, rows)
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=random.choice(("\n", "\r\n"))).writerows(table)
    form = "NFD" if encoding.startswith("utf-8") and random.random() < 0.3 else "NFC"
    content = unicodedata.normalize(form, text.getvalue())
    # Pages of one byte have neither the minus of mathematics nor a blank that does not break.
    legacy = legacy_name(encoding)
    plain = content.replace("\u2212", "-").replace("\u00a0", " ")
    data = encode(plain, legacy) if legacy else content.encode(encoding)
    declared = {"format": "csv", "delimiter": delimiter, "encoding": random.choice(("auto", encoding))}
    return Written(f"{seed:03d}-{style}-{encoding}.csv", data, declared | _sign(random, style), truth)


def _workbook(random: Random, seed: int, style: str, rows: int) -> Written:
    """A workbook in which some numbers and dates are values, and others texts as people type them."""
    from openpyxl import Workbook

    table, truth = _table(random, style, rows)
    book = Workbook()
    sheet = book.worksheets[0]
    for row in table:
        sheet.append(row)
    for at, meant in enumerate(truth.values(), start=2):
        for column, concept in enumerate(_CONCEPTS, start=1):
            value = meant[concept.concept]
            if isinstance(value, Decimal | date) and random.random() < 0.6:
                number = int(value) if isinstance(value, Decimal) and concept.type == "integer" else value
                sheet.cell(at, column).value = float(number) if isinstance(number, Decimal) else number
            elif isinstance(cell := sheet.cell(at, column).value, str):
                sheet.cell(at, column).value = cell
                sheet.cell(at, column).data_type = "s"
    output = io.BytesIO()
    book.save(output)
    return Written(f"{seed:03d}-{style}.xlsx", output.getvalue(), {"format": "excel"} | _sign(random, style), truth)


def _sign(random: Random, style: str) -> dict[str, Any]:
    """The decimal sign, as half of the contracts declare it; of files that mix both none can."""
    sign = {"vi": ",", "blank": ",", "en": ".", "plain": "."}.get(style)
    return {"decimal": sign} if sign and random.random() < 0.5 else {}


def _table(random: Random, style: str, rows: int) -> tuple[list[list[str]], dict[str, dict[str, Any]]]:
    table = [[c.concept for c in _CONCEPTS]]
    truth: dict[str, dict[str, Any]] = {}
    dates = random.choice(("%d/%m/%Y", "%Y-%m-%d", None))
    for number in range(rows):
        code = f"A{number:04d}"
        meant: dict[str, Any] = {
            "code": code,
            "name": random.choice(_WORDS),
            "amount": _drawn(random, 3),
            "money": Decimal(random.randrange(-(10 ** random.randint(1, 12)), 10 ** random.randint(1, 12))),
            "share": Decimal(random.randint(0, 1000)) / 10,
            "count": Decimal(random.randrange(10 ** random.randint(1, 7))),
            "day": date(2020, 1, 1) + timedelta(days=random.randrange(2000)),
        }
        if style == "mixed" and number < 2:  # such a file shows that it mixes both
            meant["amount"] = Decimal("1234.56")
        row = [code, meant["name"]]
        for name in ("amount", "money", "share", "count"):
            how = style if style != "mixed" else ("vi", "en")[number] if number < 2 else random.choice(("vi", "en"))
            text = _number(random, meant[name], how)
            row.append(f"{text}{random.choice((' %', '%', ''))}" if name == "share" else text)
        row.append(meant["day"].strftime(dates or random.choice(("%d/%m/%Y", "%Y-%m-%d"))))
        if number > 1 and random.random() < 0.15:
            _spoil(random, row, meant)
        table.append(row)
        truth[code] = meant
    return table, truth


def _drawn(random: Random, places: int) -> Decimal:
    whole = random.randrange(10 ** random.randint(1, 8))
    part = random.randint(0, places)
    value = Decimal(whole) + Decimal(random.randrange(10**part)) / 10**part
    return -value if random.random() < 0.15 else value


def _number(random: Random, value: Decimal, style: str) -> str:
    """The number as people of this habit write it."""
    group, sign = {"vi": (".", ","), "en": (",", "."), "plain": ("", "."), "blank": ("\u00a0", ",")}[style]
    text = f"{abs(value):,f}".replace(",", "\0").replace(".", sign).replace("\0", group)
    return random.choice(_MINUS)(text) if value < 0 else text


def _spoil(random: Random, row: list[str], meant: dict[str, Any]) -> None:
    """Leave one cell out, or write something there that means nothing."""
    at = random.randrange(2, len(row))
    empty = random.random() < 0.6
    row[at] = random.choice(_NULLS if empty else _NONSENSE)
    meant[list(meant)[at]] = None if empty else WRONG


def judge(files: Sequence[Written], folder: Path) -> Tally:
    """Conform every file and hold what was accepted against what was meant."""
    import pyarrow.parquet as pq

    tally = Tally()
    for number, file in enumerate(files):
        declared = contract(file.reading)
        plan = Blueprint(Path(), {c.ref: c for c in _CONCEPTS}, {}, {declared.dataset: declared})
        path = folder / file.name
        path.write_bytes(file.content)
        store = DeliveryStore(folder / "home", 1 << 30)
        tally.files += 1
        tally.rows += len(file.truth)
        try:
            delivery = store.keep(declared, by_hand(declared, [path]), "bench")
            found = conform(declared, plan, delivery, store, folder / f"out-{number}")
        except HanoiError:
            tally.refused += 1
            continue
        for row in pq.read_table(found.accepted).to_pylist():
            tally.accepted += 1
            meant = file.truth.get(row["code"], {})
            for name, value in row.items():
                tally.values += 1
                if not _same(value, meant.get(name, WRONG)):
                    tally.wrong.append(f"{file.name}, {row['code']}, {name}: {value!r} for {meant.get(name)!r}")
    return tally


def _same(value: Any, meant: Any) -> bool:
    if meant is WRONG or value is None or meant is None:
        return value is None and meant is None
    return float(value) == float(meant) if isinstance(meant, Decimal) else bool(value == meant)


def bench(folder: Path, rows: int | None = None, times: int = 1) -> list[Result]:  # noqa: ARG001 - benches have one signature
    """``rows`` files, 100 where not said: values that were read wrong in silence, and rows that were not understood."""
    number = rows or FILES
    tally = judge([write(seed) for seed in range(number)], folder)
    for line in tally.wrong[:20]:
        sys.stderr.write(f"{line}\n")
    work = f"{number} files in mixed encodings and number formats"
    return [
        at_most(f"{work}: silent mis-parses", "values accepted", len(tally.wrong), tally.values, "values", 0),
        at_most(
            f"{work}: rows not understood", "rows", tally.rows - tally.accepted, tally.rows, "rows", 1 - LEAST_ACCEPTED
        ),
    ]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="bench-files-") as temporary:
        found = bench(Path(temporary), *map(int, sys.argv[1:2]))
        sys.stdout.write(json.dumps(report(found), ensure_ascii=False, indent=1) + "\n")
