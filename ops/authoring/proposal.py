"""A proposed contract for a file: what can be read out of it, and what only its owner can say."""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from blueprint import Blueprint
from blueprint.days import today
from blueprint.text import unaccented
from blueprint.types import DATED
from ops.authoring.binding import Binder, Bound
from ops.authoring.doubts import Doubt
from ops.authoring.grid import Grid, UnreadableSample
from ops.authoring.layout import Layout, layout
from ops.authoring.profile import Profile, column_names, profile

_KEY_COLUMNS = 8
"""Columns among which a key is looked for, and how many it may join."""
_KEY_WIDTH = 3
_THEME = "http://publications.europa.eu/resource/authority/data-theme/GOVE"
_RHYTHMS = ((2 / 24, "HOURLY"), (1.5, "DAILY"), (8, "WEEKLY"), (32, "MONTHLY"), (100, "QUARTERLY"), (400, "ANNUAL"))
"""Days between neighbouring dates up to which a frequency is meant."""


@dataclass(frozen=True)
class Proposal:
    """A contract in the form of its YAML file, and the doubts that its author should settle."""

    contract: dict[str, Any]
    doubts: tuple[Doubt, ...]

    @property
    def dataset(self) -> str:
        return str(self.contract["dataset"])

    @property
    def path(self) -> Path:
        """Where the contract belongs below the Blueprint's folder."""
        return Path("contracts", self.contract["agency"], self.dataset, f"{self.contract['version']}.yaml")

    def yaml(self) -> str:
        """The contract as a YAML file, each doubt as a comment where it arises."""
        about: dict[str | None, list[Doubt]] = {}
        for doubt in self.doubts:
            about.setdefault(doubt.column, []).append(doubt)
        head = {k: v for k, v in self.contract.items() if k not in ("columns", "gate")}
        lines = [*_comments(about.get(None, ())), _dumped(head, flow=None), "columns:\n"]
        for column in self.contract["columns"]:
            lines += [f"  {line}" for line in _comments(about.get(column["name"], ()))]
            lines.append(f"  - {_dumped(column, flow=True)}")
        return "".join([*lines, _dumped({"gate": self.contract["gate"]}, flow=False)])

    def to_json(self) -> dict[str, Any]:
        return {"contract": self.contract, "doubts": [d.to_json() for d in self.doubts]}


def propose(grid: Grid, agency: str, plan: Blueprint, dataset: str | None = None) -> Proposal:
    """Propose the contract of ``dataset`` for the table in ``grid``; its id comes from the file's name where not given.

    Raises:
        UnreadableSample: there is no table in the grid.
    """
    found = layout(grid)
    names = column_names(found.header)
    profiles = {
        position: profile(header, names[position], [row[position] for row in found.rows])
        for position, header in enumerate(found.header)
        if header and found.header.count(header) == 1
    }
    if not profiles:
        raise UnreadableSample(
            f"{grid.name}: không cột nào có tên riêng. Hãy đặt tên cho từng cột.",
            f"{grid.name}: no column has a name of its own. Name each column.",
        )
    binder = Binder(plan)
    bound = [binder.bind(p) for p in profiles.values()]
    key, key_doubts = _key(profiles, found)
    stem = dataset or re.sub(r"[^a-z0-9]+", "-", unaccented(Path(grid.name).stem)).strip("-") or "dataset"
    title = Path(grid.name).stem.replace("_", " ").replace("-", " ").strip()
    frequency, frequency_doubt = _frequency(bound)
    owner = plan.codelist("organisations").find(agency)
    nulls = sorted({text for p in profiles.values() for text in p.nulls})
    columns, column_doubts = _columns(bound, key, plan)
    contract = {
        "dataset": stem,
        "version": "1.0.0",
        "agency": agency,
        "title": {"vi": title, "en": title},
        "description": {"vi": title, "en": title},
        "theme": _THEME,
        "licence": "not-stated",
        "source_note": {"vi": owner.vi if owner else agency, "en": owner.en if owner else agency},
        "frequency": frequency,
        "keywords": {"vi": [title], "en": [title]},
        "key": list(key),
        "sources": [{"files": [f"{agency}/{grid.name}"], "reading": _reading(grid, found, nulls)}],
        "columns": columns,
        "gate": {"min_rows": max(1, len(found.rows) // 2)},
    }
    doubts = (
        *_about_dataset(owner is not None, agency),
        *found.doubts,
        *([_is_sample(len(found.rows))] if grid.more else []),
        frequency_doubt,
        *key_doubts,
        *(d for b in bound for d in b.doubts),
        *column_doubts,
    )
    return Proposal(contract, doubts)


def _comments(doubts: Iterable[Doubt]) -> list[str]:
    return [line for doubt in doubts for line in (f"# ? {doubt.vi}\n", f"#   {doubt.en}\n")]


def _dumped(content: Any, *, flow: bool | None) -> str:
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=10_000, default_flow_style=flow)


def _reading(grid: Grid, found: Layout, nulls: Sequence[str]) -> dict[str, Any]:
    if grid.reading:
        return grid.reading | ({"null_values": ["", *nulls]} if nulls else {})
    said: dict[str, Any] = {"format": grid.format}
    if grid.format == "excel":
        said["sheet"] = grid.sheet
    else:
        said |= {"encoding": grid.encoding} if grid.encoding != "utf-8-sig" else {}
        said |= {"delimiter": grid.delimiter} if grid.delimiter != "," else {}
    if found.header_rows != (1,):
        said["header_rows"] = list(found.header_rows)
    if found.first_row != max(found.header_rows) + 1:
        said["first_row"] = found.first_row
    if nulls:
        said["null_values"] = ["", *nulls]
    return said


def _columns(bound: Sequence[Bound], key: Sequence[str], plan: Blueprint) -> tuple[list[dict[str, Any]], list[Doubt]]:
    dated = next((b.profile.name for b in bound if b.concept.type in DATED and b.profile.required), None)
    columns, doubts = [], []
    for b in bound:
        said: dict[str, Any] = {"name": b.profile.name, "concept": b.concept.ref, "title": b.title.model_dump()}
        if b.profile.required or b.profile.name in key:
            said["required"] = True
        if b.profile.header != b.profile.name:
            said["header"] = b.profile.header
        if b.profile.formats:
            said["date_formats"] = [b.profile.formats[0]]
            if len(b.profile.formats) > 1:
                doubts.append(_is_ambiguous(b.profile))
        if b.profile.decimal_comma:
            said["decimal"] = ","
        if b.concept.codelist and plan.codelist(b.concept.codelist).dated:
            said["as_of"] = dated or today().isoformat()
            doubts.append(_is_dated(b, said["as_of"], from_column=dated is not None))
        columns.append(said)
    return columns, doubts


def _key(profiles: Mapping[int, Profile], found: Layout) -> tuple[tuple[str, ...], list[Doubt]]:
    """The fewest columns that tell all rows apart; identifiers, codes and dates before measured values."""
    position = {p.name: n for n, p in profiles.items()}
    full = sorted((p for p in profiles.values() if p.required), key=lambda p: (p.kind == "double", position[p.name]))
    best, most = (full or list(profiles.values()))[:1], 0
    for width in range(1, _KEY_WIDTH + 1):
        for chosen in itertools.combinations(full[:_KEY_COLUMNS], width):
            seen = len({tuple(row[position[p.name]] for p in chosen) for row in found.rows})
            if seen == len(found.rows):
                names = tuple(p.name for p in chosen)
                return names, [_is_key(names)]
            if seen > most:
                best, most = list(chosen), seen
    names = tuple(p.name for p in best)
    listed = ", ".join(names)
    return names, [
        Doubt(
            None,
            f"Không nhóm nào đến {_KEY_WIDTH} cột phân biệt được mọi dòng; tạm lấy {listed} làm khóa, {len(found.rows) - most} dòng trùng.",
            f"No {_KEY_WIDTH} columns together tell all rows apart; {listed} is the key for now, {len(found.rows) - most} rows repeat it.",
        )
    ]


def _frequency(bound: Sequence[Bound]) -> tuple[str, Doubt]:
    """The frequency by the usual distance between the dates in the file."""
    for b in bound:
        if b.concept.type in DATED and b.profile.formats:
            days = sorted({day for v in b.profile.values if (day := _moment(v, b.profile.formats[0]))})
            steps = sorted((after - before).total_seconds() / 86400 for before, after in itertools.pairwise(days))
            if steps:
                usual = steps[len(steps) // 2]
                found = next((code for limit, code in _RHYTHMS if usual <= limit), "IRREG")
                return found, Doubt(
                    None,
                    f"Tần suất {found} suy từ cột {b.profile.name}; hãy ghi tần suất cơ quan cam kết.",
                    f"The frequency {found} comes from the dates in {b.profile.name}; state what the agency promises.",
                )
    return "IRREG", Doubt(
        None,
        "Tệp không cho biết tần suất cập nhật; tạm ghi IRREG.",
        "The file does not tell how often it is updated; IRREG for now.",
    )


def _moment(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)
    except ValueError:
        return None


def _about_dataset(known_agency: bool, agency: str) -> Iterator[Doubt]:
    if not known_agency:
        yield Doubt(
            None,
            f"{agency!r} không có trong danh mục organisations; hãy thêm cơ quan vào đó trước.",
            f"{agency!r} is not in the code list organisations; add the agency there first.",
        )
    yield Doubt(
        None,
        "Hãy ghi tiêu đề, mô tả, chủ đề, từ khóa và giấy phép bằng cả hai ngôn ngữ; bản đề xuất chỉ lấy tên tệp.",
        "State title, description, theme, keywords and licence in both languages; the proposal only has the file's name.",
    )


def _is_sample(rows: int) -> Doubt:
    return Doubt(
        None,
        f"Chỉ đọc {rows:,} dòng đầu; hãy chạy hanoi check trên cả tệp.",
        f"Only the first {rows:,} rows were read; run hanoi check on the whole file.",
    )


def _is_key(names: Sequence[str]) -> Doubt:
    listed = ", ".join(names)
    return Doubt(
        None,
        f"Khóa {listed}: không dòng nào trùng trong tệp này. Có luôn như vậy không?",
        f"The key {listed}: no two rows of this file share it. Will that always hold?",
    )


def _is_ambiguous(column: Profile) -> Doubt:
    listed = ", ".join(column.formats)
    return Doubt(
        column.name,
        f"Ngày đọc được theo nhiều cách ({listed}); tạm lấy {column.formats[0]}.",
        f"Dates read in several ways ({listed}); {column.formats[0]} is taken for now.",
    )


def _is_dated(bound: Bound, as_of: str, *, from_column: bool) -> Doubt:
    vi = f"cột {as_of}" if from_column else f"ngày {as_of}, tức hôm nay"
    en = f"the date in {as_of}" if from_column else f"{as_of}, which is today"
    return Doubt(
        bound.profile.name,
        f"Mã được đọc theo {vi}. Hãy xác nhận mã thuộc thời kỳ nào.",
        f"Codes are read as of {en}. Confirm the era that they belong to.",
    )
