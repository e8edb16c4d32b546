"""Wall time of ``hanoi blueprint lint`` as a process, with the diff of every draft against its released version.

Run: ``.venv/bin/python benchmarks/blueprint_lint.py [--contracts 200] [--runs 5]``. A temporary folder gets that many
contracts, copies of the real ones under new names: each dataset once released and once as a draft with one more column.
Prints the times in seconds and the heavy modules that the process imported; exit code 1 where the median reaches 2 s.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from blueprint import released, releases
from blueprint.changelog import today
from blueprint.load import ROOT, read

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


def copies(root: Path, contracts: int) -> None:
    """A Blueprint under ``root`` with ``contracts`` contract versions: half of them released, half drafts."""
    for file in released.recorded():
        if not file.startswith(("contracts/", "changelog/")):
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_bytes((ROOT / file).read_bytes())
    newest = [c for c in read(ROOT, lambda _: None).contracts.values() if c.dataset != "stated-figures"]
    for i in range(contracts // 2):
        source = newest[i % len(newest)]
        text = (ROOT / f"contracts/{source.agency}/{source.dataset}/{source.version}.yaml").read_text(encoding="utf-8")
        name = f"bench-{i:03}"
        text = re.sub(r"^dataset: .*$", f"dataset: {name}", text, count=1, flags=re.MULTILINE)
        folder = root / f"contracts/{source.agency}/{name}"
        folder.mkdir(parents=True)
        for version, body in (("1.0.0", text), ("1.1.0", text.replace("columns:\n", COLUMN, 1))):
            written = re.sub(r"^version: .*$", f"version: {version}", body, count=1, flags=re.MULTILINE)
            (folder / f"{version}.yaml").write_text(written, encoding="utf-8")
    lock = {file: digest for file, digest in released.declared(root).items() if not file.endswith("1.1.0.yaml")}
    released.add(root, lock)
    releases.complete(root, today())


def lint(root: Path) -> tuple[float, float, str, dict[str, Any]]:
    """One run of the command: wall and CPU seconds, the heavy modules that it imported, and what it said."""
    command = [sys.executable, "-c", CODE % (HEAVY,), "blueprint", "lint", "--json", "--root", str(root)]
    before, start = os.times(), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - start, os.times()
    if not done.stdout:
        raise SystemExit(done.stderr)
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, cpu, done.stderr.strip().splitlines()[-1], json.loads(done.stdout)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contracts", type=int, default=200)
    parser.add_argument("--runs", type=int, default=5)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        copies(Path(folder), chosen.contracts)
        runs = [lint(Path(folder)) for _ in range(chosen.runs)]
    walls, cpus = [run[0] for run in runs], [run[1] for run in runs]
    *_, heavy, said = runs[-1]
    sys.stdout.write(
        f"{said['contracts']} contracts, {said['drafts']} of them drafts held against their released version: "
        f"{said['errors']} errors; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n"
        f"wall: {', '.join(f'{t:.2f}' for t in walls)}; median {statistics.median(walls):.2f} s\n"
        f"CPU: median {statistics.median(cpus):.2f} s; heavy modules: {heavy}\n"
    )
    return 0 if statistics.median(walls) < LIMIT and heavy == "[]" else 1


if __name__ == "__main__":
    raise SystemExit(main())
