"""``hanoi blueprint lint`` as a process, with the diff of every draft against its released version.

A folder gets many contracts, copies of the real ones under new names: each dataset once released and once as a draft with
one more column.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.measure import Result, at_most
from blueprint import Contract, released, releases
from blueprint.changelog import today
from blueprint.load import ROOT, read
from blueprint.subjects import file_of

LIMIT = 2.0
HEAVY = ("great_expectations", "airflow", "pandas", "pyarrow", "sqlalchemy")
COLUMN = "columns:\n  - {name: bench_note, concept: sentence@1, title: {vi: Ghi chú, en: Note}}\n"
CODE = """
import sys
from hanoi_cloud._cli import main
try:
    main()
finally:
    print([m for m in %r if m in sys.modules], file=sys.stderr)
"""


def _alone(contract: Contract) -> bool:
    """Whether a copy of ``contract`` under another name needs no other dataset beside it, nor files of its own."""
    return contract.dataset != "stated-figures" and not contract.references and not contract.after


def copies(root: Path, contracts: int) -> None:
    """A Blueprint under ``root`` with ``contracts`` contract versions: half of them released, half drafts."""
    lock = released.recorded()
    for file in lock:
        folder, subject = file.split("/")[:2]
        # Indicators rest on datasets under their own names, which are not copied.
        alone = folder not in ("contracts", "indicators") and not subject.startswith("indicator.")
        if alone and (folder != "changelog" or "." in subject):
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_bytes((ROOT / file).read_bytes())
    plan = read(ROOT, lambda _: None)
    held = [[c for c in many if file_of(c) in lock] for many in plan.contract_versions.values()]
    newest = [many[-1] for many in held if many and _alone(many[-1])]
    for i in range(contracts // 2):
        source = newest[i % len(newest)]
        text = (ROOT / file_of(source)).read_text(encoding="utf-8")
        name = f"bench-{i:03}"
        text = re.sub(r"^dataset: .*$", f"dataset: {name}", text, count=1, flags=re.MULTILINE)
        folder = root / f"contracts/{source.agency}/{name}"
        folder.mkdir(parents=True)
        for version, body in (("1.0.0", text), ("1.1.0", text.replace("columns:\n", COLUMN, 1))):
            written = re.sub(r"^version: .*$", f"version: {version}", body, count=1, flags=re.MULTILINE)
            (folder / f"{version}.yaml").write_text(written, encoding="utf-8")
    copied = {file: digest for file, digest in released.declared(root).items() if not file.endswith("1.1.0.yaml")}
    released.add(root, copied)
    releases.complete(root, today())


def lint(root: Path) -> tuple[float, float, str, dict[str, Any]]:
    """One run of the command: wall and CPU seconds, the heavy modules that it imported, and what it said."""
    command = [sys.executable, "-c", CODE % (HEAVY,), "blueprint", "lint", "--json", "--root", str(root)]
    before, start = os.times(), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - an argument list
    wall, after = time.perf_counter() - start, os.times()
    if not done.stdout:
        raise SystemExit(done.stderr)
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, cpu, done.stderr.strip().splitlines()[-1], json.loads(done.stdout)


def bench(folder: Path, rows: int | None = None, times: int = 3) -> list[Result]:
    """Lint and diff of ``rows`` contracts, 200 where absent, against two seconds."""
    contracts, root = rows or 200, folder / f"blueprint-{rows or 200}"
    if not root.exists():
        copies(root, contracts)
    runs = [lint(root) for _ in range(times)]
    for _, _, heavy, said in runs:
        if heavy != "[]" or said["errors"]:
            raise RuntimeError(f"lint imported {heavy} and found {said['errors']} errors")
    wall = statistics.median(seconds for seconds, _, _, _ in runs)
    work = f"lint of {contracts} contracts, {contracts // 2} of them drafts held against their released version"
    return [at_most(work, "the time that an author waits", wall, LIMIT, "s", 1.0)]
