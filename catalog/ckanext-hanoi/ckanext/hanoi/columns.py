"""What a page says of a version's columns, from its data dictionary, in the language of the page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ckanext.hanoi_datastore.table import NUMBERS

from . import localise

if TYPE_CHECKING:
    from ckanext.hanoi_datastore.table import Table

# UCUM codes that people write otherwise. A mere annotation such as {index} is no unit to show.
_UNITS = {
    "Cel": "°C", "deg": "°", "km2": "km²", "m2": "m²", "m3": "m³", "ug/m3": "µg/m³", "MJ/m2": "MJ/m²", "W/m2": "W/m²",
    "kW.h": "kWh", "1": "", "d{working}": "d", "/(1000.{person})": "‰", "{person}/km2": "/km²", "{vehicle}/h": "/h",
    "dB[SPL]": "dB", "a": "",
}  # fmt: skip
_MOMENTS = {"date": "date", "timestamp": "local", "timestamptz": "moment"}


@dataclass(frozen=True)
class Column:
    """One column: what it is called and means, how its values are written, and what it is bound to.

    `form` says how a value is written: `number` (with separators), `plain` (a year or a code without them), `date`, `moment` (in
    Hanoi's time), `local` (a time without zone), `yesno` or `text`. `codes` are the labels of its codes, `as_of` the day that
    they are read on.
    """

    name: str
    title: str
    description: str = ""
    type: str = ""
    form: str = "text"
    unit: str = ""
    concept: str = ""
    codelist: str = ""
    classification: str = ""
    as_of: str = ""
    example: str = ""
    required: bool = False
    key: bool = False
    codes: dict[str, str] = field(default_factory=dict, compare=False)

    @property
    def numeric(self) -> bool:
        """Whether its values are numbers that stand to the right."""
        return self.form in ("number", "plain")

    @property
    def drawn(self) -> bool:
        """Whether its values are shapes, which a map shows and a table does not."""
        return self.concept_name == "geometry"

    @property
    def concept_name(self) -> str:
        """The concept without its version."""
        return self.concept.partition("@")[0]

    def label(self, value: Any) -> str:
        """What a code stands for; nothing where it is no code that the dictionary knows."""
        return self.codes.get(str(value), "") if self.codes else ""


def of_dictionary(dictionary: dict[str, Any] | None, kinds: dict[str, str] | None = None) -> list[Column]:
    """Return the columns that a data dictionary describes, in its order.

    :param kinds: the types of the columns by the names of the DataStore, where the file is at hand
    """
    lang = localise.language()
    key = (dictionary or {}).get("key") or []
    described = [
        each for each in (dictionary or {}).get("columns") or [] if isinstance(each, dict) and each.get("name")
    ]
    return [_column(each, lang, each["name"] in key, (kinds or {}).get(each["name"])) for each in described]


def of_table(table: Table, dictionary: dict[str, Any] | None) -> list[Column]:
    """Return the columns of a table in the order of its file, also those that no dictionary describes."""
    kinds = {name: kind for name, kind in table.types.items() if name != "_id"}
    known = {column.name: column for column in of_dictionary(dictionary, kinds)}
    return [known.get(name) or Column(name, name, form=_form(kind, "")) for name, kind in kinds.items()]


def _column(said: dict[str, Any], lang: str, key: bool, kind: str | None) -> Column:
    def text(of: Any) -> str:
        return (of.get(lang) or of.get("vi") or "") if isinstance(of, dict) else str(of or "")

    codes = said.get("codes") if isinstance(said.get("codes"), dict) else None
    unit = str(said.get("unit") or "")
    return Column(
        name=said["name"],
        title=text(said.get("title")) or said["name"],
        description=text(said.get("description")),
        type=str(said.get("type") or ""),
        form=_form(kind or _stock(str(said.get("type") or "")), unit),
        unit=shown_unit(unit),
        concept=str(said.get("concept") or ""),
        codelist=str(said.get("codelist") or ""),
        classification=str(said.get("classification") or ""),
        as_of=str(said.get("as_of") or ""),
        example=str(said.get("example") or ""),
        required=bool(said.get("required")),
        key=key,
        codes={code: text(label) for code, label in (codes or {}).items()},
    )


def _stock(kind: str) -> str:
    """The DataStore's name of a type of the dictionary."""
    return {
        "integer": "int8", "int32": "int4", "decimal": "numeric", "double": "float8", "float": "float4", "boolean": "bool",
        "date": "date", "timestamp": "timestamptz", "timestamp_local": "timestamp",
    }.get(kind, "text")  # fmt: skip


def _form(kind: str, unit: str) -> str:
    if kind in _MOMENTS:
        return _MOMENTS[kind]
    if kind == "bool":
        return "yesno"
    if kind in NUMBERS:
        # Whole numbers without a unit, and years, are codes rather than quantities: no separators.
        return "plain" if kind.startswith("int") and unit in ("", "a") else "number"
    return "text"


def shown_unit(code: str) -> str:
    """Return a UCUM code as people write it; nothing for a mere annotation.

    >>> shown_unit("ug/m3"), shown_unit("{index}"), shown_unit("hPa")
    ('µg/m³', '', 'hPa')
    """
    return _UNITS[code] if code in _UNITS else "" if code.startswith("{") and code.endswith("}") else code
