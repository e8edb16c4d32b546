"""The same verdicts as DuckDB SQL, for columns of any size; no Python runs per row."""

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from blueprint.identifiers.model import Checksum, Form, Identifier
from blueprint.identifiers.registry import IDENTIFIERS, identifier_of
from blueprint.sql import literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def sql(kind: str, expression: str) -> str:
    """A predicate that is true where ``expression`` is an identifier of ``kind``, false where not, null for null.

    ``expression`` is SQL: a quoted column name, most often. Anything but text is read as text. The predicate is one
    expression without subquery or lambda, so that it also serves in a ``CHECK`` constraint. Raises UnknownIdentifier.

    >>> import duckdb
    >>> duckdb.sql(f"SELECT {sql('procedure-code', 'code')} FROM (VALUES ('1.004194'), ('1.4194'), (NULL)) t(code)").fetchall()
    [(True,), (False,), (None,)]
    """
    identifier = identifier_of(kind)
    return _branches(identifier, expression, lambda compact: _any(identifier, compact), otherwise="false")


def good_sql(identifier: str, column_expression: str) -> str:
    """The predicate of a row rule: true for good values and for null, false otherwise, never null."""
    return f"coalesce({sql(identifier, column_expression)}, true)"


def normal_sql(kind: str, expression: str) -> str:
    """The one way of writing an identifier of ``kind``; null for null and for what is none.

    Two columns that hold the same numbers in different writings join on this.
    """
    return _by_form(kind, expression, lambda form, compact: _written(form, compact, form.normal))


def form_sql(kind: str, expression: str) -> str:
    """The name of the form that a value has, such as ``branch``; null for null and for what is none."""
    return _by_form(kind, expression, lambda form, _: literal(form.name))


def subject_sql(kind: str, expression: str) -> str:
    """What two data sets are joined by: the kind of number, a colon, and its normal form; null for what is none."""
    return _by_form(
        kind,
        expression,
        lambda form, compact: (
            f"{literal(f'{form.joins_as or kind}:')} || {_written(form, compact, form.joins_on or form.normal)}"
        ),
    )


def register(connection: "DuckDBPyConnection") -> None:
    """Create, for every identifier, the macros ``hanoi_is_…``, ``hanoi_normal_…`` and ``hanoi_form_…`` of one text.

    They are temporary: they serve this connection, and databases that are open for reading only.

    >>> import duckdb
    >>> with duckdb.connect() as connection:
    ...     register(connection)
    ...     connection.sql("SELECT hanoi_normal_phone('024 3000 0000'), hanoi_is_tax_code(NULL)").fetchone()
    ('+842430000000', None)
    """
    for name in IDENTIFIERS:
        snake = name.replace("-", "_")
        for prefix, expression in (("is", sql), ("normal", normal_sql), ("form", form_sql)):
            connection.execute(f"CREATE OR REPLACE TEMP MACRO hanoi_{prefix}_{snake}(x) AS ({expression(name, 'x')})")


def _branches(identifier: Identifier, expression: str, of: Callable[[str], str], otherwise: str) -> str:
    """``of`` the value without its marks, where it is written as this identifier is."""
    text = f"CAST({expression} AS VARCHAR)"
    compact = f"regexp_replace({text}, {literal(f'[{re.escape(identifier.marks)}]')}, '', 'g')"
    # DuckDB shares no subexpression inside CASE or AND; most values carry no marks and are spared their removal.
    return (
        f"CASE WHEN regexp_full_match({text}, {literal(identifier.bare)}) THEN {of(text)} "
        f"WHEN regexp_full_match({text}, {literal(identifier.written)}) "
        f"THEN {of(compact)} "
        f"WHEN {text} IS NOT NULL THEN {otherwise} END"
    )


def _by_form(kind: str, expression: str, of: Callable[[Form, str], str]) -> str:
    identifier = identifier_of(kind)

    def first(compact: str) -> str:
        whens = " ".join(f"WHEN {_is([form], compact)} THEN {of(form, compact)}" for form in identifier.forms)
        return f"CASE {whens} END"

    return _branches(identifier, expression, first, otherwise="NULL")


def _any(identifier: Identifier, compact: str) -> str:
    alike: dict[tuple[str, ...], list[Form]] = {}
    for form in identifier.forms:
        alike.setdefault(_conditions(form, compact), []).append(form)
    return " OR ".join(f"({_is(forms, compact)})" for forms in alike.values())


def _is(forms: Sequence[Form], compact: str) -> str:
    """Whether the value has one of ``forms``, which all have the same conditions."""
    pattern = "|".join(form.pattern for form in forms)
    return " AND ".join([f"regexp_full_match({compact}, {literal(pattern)})", *_conditions(forms[0], compact)])


def _conditions(form: Form, compact: str) -> tuple[str, ...]:
    conditions: list[str] = []
    if form.longest is not None:
        conditions.append(f"length({compact}) <= {form.longest}")
    if form.serial is not None:
        start, end = form.serial
        conditions.append(f"substring({compact}, {start + 1}, {end - start}) <> {literal('0' * (end - start))}")
    if form.checksum is not None:
        conditions.append(_holds(form.checksum, compact))
    return tuple(conditions)


def _holds(checksum: Checksum, compact: str) -> str:
    places = len(checksum.weights)
    number = f"TRY_CAST(left({compact}, {places + 1}) AS BIGINT)"
    weighted = " + ".join(
        f"{weight} * mod({number} // {10 ** (places - place)}, 10)" for place, weight in enumerate(checksum.weights)
    )
    return f"mod({number}, 10) = 10 - mod({weighted}, {checksum.modulus})"


def _written(form: Form, compact: str, template: str | None) -> str:
    pattern = literal(f"^(?:{form.pattern})$")
    text = compact if template is None else f"regexp_replace({compact}, {pattern}, {literal(template)})"
    return f"upper({text})" if form.upper else text
