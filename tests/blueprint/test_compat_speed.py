"""Comparing runs over a large Blueprint, and loads nothing heavy; how long it takes is told by ``hanoi bench blueprint``."""

import subprocess
import sys

from blueprint import Contract, Rule
from blueprint.compat import diff
from tests.blueprint.compat_builders import column, concept, contract, plan, text

CONTRACTS, COLUMNS = 200, 20
HEAVY = ("duckdb", "pyarrow", "pandas", "great_expectations", "airflow", "sqlalchemy")


def pairs() -> list[tuple[Contract, Contract]]:
    """Contracts of 20 columns and five rules, each with a next version in which a quarter of the columns changed."""
    found = []
    for i in range(CONTRACTS):
        columns = [column(f"c{j}", f"n{(i + j) % 60}@1", required=j % 3 == 0) for j in range(COLUMNS)]
        rules = tuple(
            Rule(id=f"r{k}", sql=f"c{k} >= 0 AND c{k + 1} <= 100", columns=(f"c{k}",), message=text("r"))
            for k in range(5)
        )
        more = {"dataset": f"set-{i}", "key": ("c0",), "rules": rules}
        changed = [
            c.model_copy(update={"concept": c.concept.replace("@1", "@2")}) if j % 4 == 3 else c
            for j, c in enumerate(columns)
        ]
        found.append((contract(*columns, **more), contract(*changed[1:], changed[0], version="1.1.0", **more)))
    return found


def test_200_contracts_are_compared_column_by_column():
    known = plan(*(concept(f"n{i}@{v}", "double", minimum=0, maximum=100 * v) for i in range(60) for v in (1, 2)))
    versions = pairs()
    reports = [diff(old, new, known) for old, new in versions]
    assert all({f.number for f in r.findings} == {0, 7, 29} for r in reports)


def test_importing_it_loads_nothing_heavy():
    code = f"import sys, blueprint.compat; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
