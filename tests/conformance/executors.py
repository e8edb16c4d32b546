"""Each executable target, run over a list of rows: which of them does it accept?"""

import contextlib
import json
import logging
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from blueprint import Blueprint, Contract
from blueprint.compile import arrow, gx, json_schema, pydantic_model, table_schema
from blueprint.compile.duckdb import create_table
from blueprint.sql import ident, literal
from blueprint.types import duckdb_type
from tests.conformance.corpus import Row, cell

Accepts = Callable[[Contract, Blueprint, list[Row]], list[bool]]


def by_duckdb(contract: Contract, plan: Blueprint, rows: list[Row]) -> list[bool]:
    names = [c.name for c in contract.columns]
    marks = ", ".join(f"${i + 1}" for i in range(len(names)))
    accepted: list[bool] = []
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.execute(create_table(contract, plan, name="t"))
        db.execute(f"PREPARE put AS INSERT INTO t ({', '.join(map(ident, names))}) VALUES ({marks})")
        for row in rows:
            if unknown := set(row) - set(names):
                with pytest.raises(duckdb.BinderException):
                    db.execute(f"INSERT INTO t ({ident(unknown.pop())}) VALUES ('x')")
                accepted.append(False)
                continue
            db.execute("BEGIN")
            try:
                db.execute(f"EXECUTE put({', '.join(literal(cell(row.get(n))) for n in names)})")
                accepted.append(True)
            except duckdb.Error:
                accepted.append(False)
            finally:
                db.execute("ROLLBACK")
    return accepted


def by_pydantic(contract: Contract, plan: Blueprint, rows: list[Row]) -> list[bool]:
    from pydantic import ValidationError

    model = pydantic_model.model(contract, plan)

    def accepts(row: Row) -> bool:
        try:
            model.model_validate_json(json.dumps(row))
        except ValidationError:
            return False
        return True

    return [accepts(row) for row in rows]


def by_json_schema(contract: Contract, plan: Blueprint, rows: list[Row], *, formats: bool = True) -> list[bool]:
    from jsonschema import Draft202012Validator, FormatChecker

    schema = json_schema.schema(contract, plan)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=FormatChecker() if formats else None)
    return [validator.is_valid(row) for row in rows]


def by_table_schema(contract: Contract, plan: Blueprint, rows: list[Row]) -> list[bool]:
    from frictionless import Resource, Schema

    schema = Schema.from_descriptor(table_schema.schema(contract, plan))
    names = [c.name for c in contract.columns]
    table = [names] + [
        [cell(row.get(n)) for n in names] + [v for n, v in row.items() if n not in names] for row in rows
    ]
    report = Resource(data=table, schema=schema).validate(limit_errors=10**6)
    wrong: set[int] = set()
    for task in report.tasks:
        wrong |= {e.row_number for e in task.errors if e.type != "primary-key"}  # type: ignore[attr-defined]
    return [number not in wrong for number in range(2, len(rows) + 2)]


def by_arrow(contract: Contract, plan: Blueprint, rows: list[Row]) -> list[bool]:
    import pyarrow as pa

    schema = arrow.schema(contract, plan)

    def accepts(row: Row) -> bool:
        if set(row) != set(schema.names):
            return False
        text = pa.table({n: pa.array([cell(row[n])], pa.string()) for n in schema.names})
        try:
            text.cast(schema)
        except (pa.ArrowInvalid, ValueError):
            return False
        return True

    return [accepts(row) for row in rows]


BY_ROW: dict[str, Accepts] = {
    "duckdb": by_duckdb,
    "pydantic": by_pydantic,
    "jsonschema": by_json_schema,
    "table-schema": by_table_schema,
    "arrow": by_arrow,
}


def suite_counts(contract: Contract, plan: Blueprint, rows: list[Row]) -> dict[str, int | None]:
    """Rule id -> rows that the compiled suite finds against it, read by Great Expectations from its JSON."""
    with quiet(), tempfile.TemporaryDirectory() as folder:
        from great_expectations import ExpectationSuite, ValidationDefinition

        from quality.engine import ephemeral_context

        suite = ExpectationSuite(**json.loads(gx.text(contract, plan)))
        context = ephemeral_context()
        source = context.data_sources.add_duckdb("rows")
        try:
            asset = source.add_parquet_asset("rows", parquet(Path(folder) / "rows.parquet", contract, plan, rows))
            definition = context.validation_definitions.add(
                ValidationDefinition(
                    name="rows", data=asset.add_batch_definition_whole_table("all"), suite=context.suites.add(suite)
                )
            )
            results = definition.run(result_format={"result_format": "BASIC", "partial_unexpected_count": 0}).results
        finally:
            source.close()
    assert not [r.exception_info for r in results if r.exception_info.get("raised_exception")]
    return {r.expectation_config.meta["rule"]: r.result.get("unexpected_count") for r in results}


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Great Expectations imports modules that Python renamed, and sends all warnings to its log."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            yield
        finally:
            logging.captureWarnings(False)


def parquet(file: Path, contract: Contract, plan: Blueprint, rows: list[Row]) -> Path:
    """``rows`` as a Parquet file of the contract's typed columns."""
    types = {c.name: duckdb_type(plan.concept_of(c)) for c in contract.columns}
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.execute(f"CREATE TABLE t ({', '.join(f'{ident(n)} {kind}' for n, kind in types.items())})")
        marks = ", ".join("?" * len(types))
        db.executemany(f"INSERT INTO t VALUES ({marks})", [[cell(row.get(n)) for n in types] for row in rows])
        db.execute(f"COPY t TO '{file}' (FORMAT parquet)")
    return file
