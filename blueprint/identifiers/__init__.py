"""Identifiers of Viet Nam: how far each can be checked, in Python and in DuckDB SQL with the same verdict.

A verdict here never says that a person, an enterprise or a telephone exists: that takes the register that issues the
number. ``Verdict.level`` says how far the check went. Personal numbers are joined through ``join_token`` only,
and whole columns of them through ``blueprint.identifiers.columns``, which imports pyarrow and DuckDB.

>>> from blueprint.identifiers import identify
>>> identify("tax-code", "0100109106").level.value
'checksum'
"""

from blueprint.identifiers.joining import JoinKey, JoinKeyError, NotJoinable, join_token
from blueprint.identifiers.model import Form, Identifier, Level, Verdict
from blueprint.identifiers.registry import IDENTIFIERS, UnknownIdentifier, explain, identifier_of, identify
from blueprint.identifiers.sql import form_sql, good_sql, normal_sql, register, sql, subject_sql

__all__ = [
    "IDENTIFIERS",
    "Form",
    "Identifier",
    "JoinKey",
    "JoinKeyError",
    "Level",
    "NotJoinable",
    "UnknownIdentifier",
    "Verdict",
    "explain",
    "form_sql",
    "good_sql",
    "identifier_of",
    "identify",
    "join_token",
    "normal_sql",
    "register",
    "sql",
    "subject_sql",
]
