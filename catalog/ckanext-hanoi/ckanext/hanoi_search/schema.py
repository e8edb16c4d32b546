"""The tables of the search, in a schema of their own.

`document` holds a row for each dataset, `value` the numbers under which it keeps the values that facets count. `phrase` counts,
for the words and the pairs of neighbouring words of the datasets that everybody may see, in how many of them each stands;
`trace` leads from a mistyped word to its words. What others may not see is not counted, so no correction can tell of it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import sqlalchemy as sa

from .layout import LAYOUT

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

log = logging.getLogger(__name__)

SCHEMA = "hanoi_search"
TABLE = f"{SCHEMA}.document"
VALUE, PHRASE, TRACE = f"{SCHEMA}.value", f"{SCHEMA}.phrase", f"{SCHEMA}.trace"
# The number that every document has among those of its facets' values, so that one pass counts the documents too.
EVERY = 0
_LOCK = 0x48414E4F49

COLUMNS = {
    "index_id": "text PRIMARY KEY",
    "seq": f"bigint NOT NULL DEFAULT nextval('{SCHEMA}.seq')",
    "id": "text", "name": "text", "site_id": "text", "entity_type": "text", "dataset_type": "text",
    "capacity": "text", "state": "text", "organization": "text", "temporal_from": "text", "temporal_to": "text",
    "metadata_created": "timestamptz", "metadata_modified": "timestamptz", "indexed_ts": "timestamptz",
    "permission_labels": "text[] NOT NULL",
    "name_ngram": "text NOT NULL", "title_ngram": "text NOT NULL", "title_string": 'text COLLATE "C" NOT NULL',
    "vector": "tsvector NOT NULL", "words": "jsonb NOT NULL", "fields": "jsonb NOT NULL",
    "facets": "int[] NOT NULL", "phrases": "text[] NOT NULL",
    "data_dict": "text", "validated_data_dict": "text", "stored": "jsonb NOT NULL",
}  # fmt: skip
CASTS = {"vector": "tsvector", "words": "jsonb", "fields": "jsonb", "stored": "jsonb", "permission_labels": "text[]",
         "facets": "int[]", "phrases": "text[]"}  # fmt: skip
_BESIDE = {"words", "fields", "phrases", "data_dict", "validated_data_dict", "stored"}
_SEARCHED = [
    name for name, kind in COLUMNS.items() if name not in _BESIDE and kind.startswith(("text", "tsvector", "int["))
]
_INDEXES = [
    "(id)", "(name)", "(organization)", '(temporal_from COLLATE "C")', '(temporal_to COLLATE "C")', "(seq)", "(metadata_created DESC NULLS LAST, seq)",
    "(metadata_modified DESC NULLS LAST, seq)", "(title_string, seq)",
    "USING gin (permission_labels)", "USING gin (facets)", "USING gin (vector)", "USING gin (fields jsonb_path_ops)",
]  # fmt: skip


def layout(connection: Connection) -> str | None:
    """Return the number of the layout of the tables that are there, or None where there are none."""
    known = "SELECT obj_description(to_regclass(:table), 'pg_class')"
    return connection.execute(sa.text(known), {"table": TABLE}).scalar()


def lock(connection: Connection) -> None:
    """Wait until no other transaction makes or fills the tables; the lock ends with the transaction."""
    connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def create(connection: Connection) -> None:
    """Make the tables where they are missing or of another layout."""
    if layout(connection) == LAYOUT:
        return
    lock(connection)
    if layout(connection) == LAYOUT:
        return
    log.info("Making the search index in the schema %s", SCHEMA)
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    statements = [
        f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}",
        f"DROP TABLE IF EXISTS {TABLE}, {VALUE}, {PHRASE}, {TRACE}",
        f"CREATE SEQUENCE IF NOT EXISTS {SCHEMA}.seq",
        # What only answers is kept apart from what is searched, so that a search reads few pages.
        f"CREATE TABLE {TABLE} ({columns}) WITH (toast_tuple_target = 256)",
        *(f"ALTER TABLE {TABLE} ALTER COLUMN {name} SET STORAGE MAIN" for name in _SEARCHED),
        *(f"CREATE INDEX ON {TABLE} {index}" for index in _INDEXES),
        f"CREATE TABLE {VALUE} (code int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, field text, value text, UNIQUE (field, value))",
        f'CREATE TABLE {PHRASE} (shown text COLLATE "C" PRIMARY KEY, folded text COLLATE "C" NOT NULL, documents int NOT NULL)',
        f"CREATE INDEX ON {PHRASE} (folded)",
        f'CREATE TABLE {TRACE} (trace text COLLATE "C", word text COLLATE "C", PRIMARY KEY (trace, word))',
        f"COMMENT ON TABLE {TABLE} IS '{LAYOUT}'",
    ]
    for statement in statements:
        connection.execute(sa.text(statement))
