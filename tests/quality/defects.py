"""Classes of defect as agencies make them, put into valid deliveries one at a time.

``clean`` makes the valid rows of a small register that is bound to the real concepts and code lists; each function of
``DEFECTS`` spoils such a delivery in one way that a seed decides, and says which rows of the file must be found.
"""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from blueprint import Blueprint, Column, Contract, Gate, Rule
from blueprint.contract import Reading, Source
from blueprint.identifiers import identify
from tests.quality.builders import text

ROWS = 240
FIRST, LAST = date(2026, 1, 1), date(2026, 3, 31)
DATASET = "clinic-days"
HEADERS = {
    "tax_code": "Mã số thuế",
    "clinic": "Tên cơ sở",
    "level": "Cấp",
    "reported_on": "Ngày báo cáo",
    "ward_code": "Mã phường xã",
    "ward": "Phường xã",
    "latitude": "Vĩ độ",
    "longitude": "Kinh độ",
    "floor_area": "Diện tích sàn (m²)",
    "beds": "Số giường",
    "patients": "Số lượt khám",
}
COLUMNS = tuple(HEADERS)
AT = {name: position for position, name in enumerate(COLUMNS)}


def _column(name: str, concept: str, **more: object) -> Column:
    return Column(
        name=name, concept=f"{concept}@1", title=text(HEADERS[name]), header=HEADERS[name], required=True, **more
    )


CONTRACT = Contract(
    dataset=DATASET,
    version="1.0.0",
    agency="so-y-te",
    title=text("Báo cáo ngày của cơ sở khám chữa bệnh"),
    description=text("Báo cáo ngày"),
    theme="HEAL",
    licence="cc-by-4.0",
    source_note=text("Dữ liệu thử"),
    frequency="DAILY",
    keywords={"vi": ("y tế",), "en": ("health",)},
    key=("tax_code", "reported_on"),
    sources=(Source(files=("clinics.csv",), reading=Reading(format="csv")),),
    columns=(
        _column("tax_code", "enterprise-code"),
        _column("clinic", "hospital-name"),
        _column("level", "care-level", values={"Ban đầu": "initial", "Cơ bản": "basic", "Chuyên sâu": "specialised"}),
        _column("reported_on", "date", date_formats=("%d/%m/%Y",)),
        _column("ward_code", "administrative-unit-code", as_of="reported_on"),
        _column("ward", "administrative-unit-name", names="ward_code"),
        _column("latitude", "latitude", minimum=20.5, maximum=21.5),
        _column("longitude", "longitude", minimum=105.2, maximum=106.2),
        _column("floor_area", "floor-area", minimum=20, maximum=50_000),
        _column("beds", "bed-count"),
        _column("patients", "count"),
    ),
    rules=(
        Rule(
            id="in-the-quarter",
            sql="reported_on BETWEEN DATE '2026-01-01' AND DATE '2026-03-31'",
            columns=("reported_on",),
            message=text("Báo cáo thuộc quý I năm 2026."),
        ),
        Rule(
            id="patients-per-bed",
            sql="patients <= 40 * beds",
            columns=("patients", "beds"),
            message=text("Số lượt khám không quá 40 lần số giường."),
        ),
    ),
    gate=Gate(min_rows=ROWS - 20, max_quarantined=0.05),
)


@dataclass(frozen=True)
class Delivery:
    """A table before it is written: ``rows`` of cells, then the bytes where these are no longer those of the rows."""

    rows: list[list[str]]
    wrong: frozenset[int] = frozenset()
    """Row numbers in the file that must be found."""
    whole: bool = False
    """True where no row is wrong but the delivery as a whole, which must then be refused."""
    cut: int | None = None

    def content(self) -> bytes:
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADERS.values())
        writer.writerows(self.rows)
        return file.getvalue().encode()[: self.cut]


def plan_with(plan: Blueprint) -> Blueprint:
    """The Blueprint with the register's contract."""
    return replace(plan, contracts={**plan.contracts, DATASET: CONTRACT})


def clean(seed: int, plan: Blueprint) -> Delivery:
    """``ROWS`` valid rows, in the order of a register: day by day, clinic by clinic."""
    random = Random(seed)  # noqa: S311 - made-up data need no secrets
    wards = [e for e in plan.codelist("ha-noi-wards").entries if e.holds_on(FIRST)]
    clinics = []
    for number in range(8):
        ward = random.choice(wards)
        clinics.append(
            [
                _tax_code(random),
                f"Trạm y tế {ward.vi}, cơ sở {number + 1}",
                random.choice(["Ban đầu", "Cơ bản", "Chuyên sâu"]),
                "",
                ward.code,
                ward.vi,
                f"{random.uniform(20.9, 21.2):.6f}",
                f"{random.uniform(105.6, 105.9):.6f}",
                f"{random.uniform(120, 4000):.1f}",
                str(random.randint(4, 60)),
            ]
        )
    days = sorted(random.sample(range((LAST - FIRST).days + 1), ROWS // len(clinics)))
    rows = []
    for day in days:
        written = f"{FIRST + timedelta(day):%d/%m/%Y}"
        for clinic in clinics:
            patients = random.randint(0, 40 * int(clinic[AT["beds"]]))
            rows.append([*clinic[: AT["reported_on"]], written, *clinic[AT["reported_on"] + 1 :], str(patients)])
    return Delivery(rows)


def _tax_code(random: Random) -> str:
    while True:
        code = f"01{random.randrange(10**8):08}"
        if identify("tax-code", code).ok:
            return code


Defect = Callable[[Delivery, Random, Blueprint], Delivery]
DEFECTS: dict[str, Defect] = {}


def defect(function: Defect) -> Defect:
    DEFECTS[function.__name__.replace("_", " ")] = function
    return function


def _spoilt(delivery: Delivery, index: int, **cells: str) -> Delivery:
    rows = [list(row) for row in delivery.rows]
    for name, value in cells.items():
        rows[index][AT[name]] = value
    return replace(delivery, rows=rows, wrong=frozenset({_line(index)}))


def _line(index: int) -> int:
    return index + 2  # row 1 holds the header


def _any(random: Random) -> int:
    return random.randrange(ROWS)


@defect
def missing_value(delivery: Delivery, random: Random, plan: Blueprint) -> Delivery:
    return _spoilt(delivery, _any(random), **{random.choice(COLUMNS): random.choice(["", "  "])})


@defect
def wrong_type(delivery: Delivery, random: Random, plan: Blueprint) -> Delivery:
    name = random.choice(["latitude", "longitude", "floor_area", "beds", "patients", "reported_on"])
    return _spoilt(delivery, _any(random), **{name: random.choice(["không rõ", "12,5", "1.234,5", "1 2", "#N/A", "-"])})


@defect
def out_of_range(delivery: Delivery, random: Random, plan: Blueprint) -> Delivery:
    name, value = random.choice([("latitude", "12.34"), ("longitude", "10.58"), ("beds", "-3"), ("patients", "-1")])
    return _spoilt(delivery, _any(random), **{name: value})


@defect
def wrong_check_digit(delivery: Delivery, random: Random, plan: Blueprint) -> Delivery:
    index, at = _any(random), random.randrange(2, 10)
    code = delivery.rows[index][AT["tax_code"]]
    other = random.choice([d for d in "0123456789" if d != code[at]])
    return _spoilt(delivery, index, tax_code=code[:at] + other + code[at + 1 :])


@defect
def unknown_code(delivery: Delivery, random: Random, plan: Blueprint) -> Delivery:
    name, value = random.choice([("level", "Tuyến tỉnh"), ("level", "Cap co ban"), ("ward_code", "99999")])
    return _spoilt(delivery, _any(random), **{name: value})


@defect
def right_code_of_another_era(delivery: Delivery, random: Random, plan: Blueprint) -> Delivery:
    entries = plan.codelist("ha-noi-wards").entries
    current = {(e.code, e.vi) for e in entries if e.holds_on(FIRST)}
    former = [e for e in entries if e.valid_to and (e.code, e.vi) not in current]
    unit = random.choice(former)
    return _spoilt(delivery, _any(random), ward_code=unit.code, ward=unit.vi)


@defect
def repeated_row(delivery: Delivery, random: Random, plan: Blueprint) -> Delivery:
    index = _any(random)
    return replace(delivery, rows=[*delivery.rows, list(delivery.rows[index])], wrong=frozenset({_line(ROWS)}))


@defect
def contradicting_rows(delivery: Delivery, random: Random, plan: Blueprint) -> Delivery:
    index = _any(random)
    other = list(delivery.rows[index])
    other[AT["patients"]] = "1" if other[AT["patients"]] != "1" else "2"
    return replace(delivery, rows=[*delivery.rows, other], wrong=frozenset({_line(index), _line(ROWS)}))


@defect
def shifted_cells(delivery: Delivery, random: Random, plan: Blueprint) -> Delivery:
    index, at = _any(random), random.randrange(len(COLUMNS) - 1)
    row = delivery.rows[index]
    moved = [*row[:at], *row[at + 1 :], ""] if random.random() < 0.5 else [*row[:at], "", *row[at:-1]]
    return _spoilt(delivery, index, **dict(zip(COLUMNS, moved, strict=True)))


@defect
def unit_by_a_factor(delivery: Delivery, random: Random, plan: Blueprint) -> Delivery:
    index = _any(random)
    name, factor = random.choice(
        [("floor_area", 10_000.0), ("floor_area", 1e-4), ("latitude", 1e6), ("longitude", 3600.0)]
    )
    return _spoilt(delivery, index, **{name: f"{float(delivery.rows[index][AT[name]]) * factor:.6f}"})


@defect
def day_and_month_exchanged(delivery: Delivery, random: Random, plan: Blueprint) -> Delivery:
    while True:
        index = _any(random)
        day, month, year = delivery.rows[index][AT["reported_on"]].split("/")
        if day != month:
            return _spoilt(delivery, index, reported_on=f"{month}/{day}/{year}")


@defect
def date_out_of_time(delivery: Delivery, random: Random, plan: Blueprint) -> Delivery:
    index = _any(random)
    written = delivery.rows[index][AT["reported_on"]]
    return _spoilt(delivery, index, reported_on=written[:6] + random.choice(["2062", "2062", "2016", "0026", "2027"]))


@defect
def damaged_letters(delivery: Delivery, random: Random, plan: Blueprint) -> Delivery:
    index, name = _any(random), random.choice(["ward", "level", "clinic"])
    damaged = delivery.rows[index][AT[name]].encode().decode("cp1252", "replace")
    return _spoilt(delivery, index, **{name: damaged})


@defect
def cut_file(delivery: Delivery, random: Random, plan: Blueprint) -> Delivery:
    size = len(delivery.content())
    return replace(delivery, cut=random.randrange(size // 4, size - 40), whole=True)
