"""Runs datacontract-cli over a folder, in its own environment: ``python judge.py FOLDER`` prints one JSON object.

Every ``lint/NAME.yaml`` is linted; every ``pairs/NAME/old.yaml`` is compared with the ``new.yaml`` beside it; every
``data/NAME/contract.yaml`` is tested against the Parquet file beside it.
"""
# pyright: reportMissingImports=false

import contextlib
import json
import logging
import sys
import time
from pathlib import Path

from datacontract.data_contract import DataContract
from datacontract.model.breaking import Perspective
from open_data_contract_standard.model import OpenDataContractStandard


def lint(file: Path) -> list[str]:
    """The reasons for which ``file`` fails; none where it passes."""
    run = DataContract(data_contract_file=str(file), all_errors=True).lint()
    told = [f"{check.name}: {check.reason}" for check in run.checks if check.result != "passed"]
    return told or ([] if run.result == "passed" else [str(run.result)])


def breaking(pair: Path) -> dict[str, dict[str, list[str]]]:
    """Perspective -> level -> the rules that say so."""
    found: dict[str, dict[str, list[str]]] = {}
    # Read without the JSON Schema, whose own check takes half a second each time; the lint above is what holds to it.
    read = [OpenDataContractStandard.from_file(str(pair / name)) for name in ("old.yaml", "new.yaml")]
    for perspective in Perspective:
        old, new = (DataContract(data_contract=model.model_copy(deep=True)) for model in read)
        entries = old.breaking(new, perspective=perspective).entries
        levels = found.setdefault(perspective.value, {})
        for entry in entries:
            levels.setdefault(entry.level.value, []).append(f"{entry.rule_id} {entry.path}")
    return found


def failed(folder: Path) -> list[str]:
    """The checks that the Parquet file in ``folder`` fails: by quality rule or by column."""
    with contextlib.chdir(folder):
        run = DataContract(data_contract_file="contract.yaml").test()
    # "warning" is a check that the tool does not offer for Parquet, such as that of types.
    return [f"{c.type} {c.field or c.name}" for c in run.checks if c.result not in ("passed", "warning", None)]


def main(folder: Path) -> None:
    logging.disable(logging.CRITICAL)
    start = time.monotonic()
    lints = {file.stem: lint(file) for file in sorted((folder / "lint").glob("*.yaml"))}
    linted = time.monotonic()
    pairs = {pair.name: breaking(pair) for pair in sorted((folder / "pairs").iterdir())}
    compared = time.monotonic()
    data = {case.name: failed(case) for case in sorted((folder / "data").iterdir())}
    seconds = {"lint": linted - start, "breaking": compared - linted, "data": time.monotonic() - compared}
    told = {"lint": lints, "breaking": pairs, "data": data, "seconds": seconds}
    (folder / "verdicts.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
