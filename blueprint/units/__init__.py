"""Administrative units in time: a code read as of a day, and tables moved from one era to another.

>>> from datetime import date
>>> import pyarrow as pa
>>> from blueprint.units import translate
>>> people = pa.table({"ward": ["00001", "00004"], "people": [22000, 7500]})
>>> moved = translate(people, "ward", date(2025, 6, 30), date(2025, 7, 1), measures=["people"])
>>> moved.table.select(["ward", "people", "estimated"]).to_pylist()
[{'ward': '00097', 'people': 22000, 'estimated': False}, {'ward': '00004', 'people': 7500, 'estimated': False}]
"""

from blueprint.units.eras import Eras, History, Part, eras, unit_lists
from blueprint.units.errors import UnitsError
from blueprint.units.names import explain, name_holds, name_holds_sql
from blueprint.units.sql import export, register
from blueprint.units.translate import Report, Translation, translate

__all__ = [
    "Eras",
    "History",
    "Part",
    "Report",
    "Translation",
    "UnitsError",
    "eras",
    "explain",
    "export",
    "name_holds",
    "name_holds_sql",
    "register",
    "translate",
    "unit_lists",
]
