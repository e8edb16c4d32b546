"""Judging what a stranger sent, in a process of its own with little time and memory: ``python -m blueprint.registry.judge``.

Patterns and texts of a proposal are executed while they are checked, and some of them never end; a process can be
stopped where a thread cannot. It reads one JSON question from its input and writes one JSON answer.
"""

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import yaml

from blueprint import checks, compat, judging, released
from blueprint.codelist import CodeList
from blueprint.concept import Concept
from blueprint.contract import Contract
from blueprint.crosswalk import Crosswalk
from blueprint.indicator import Indicator
from blueprint.lint import Places
from blueprint.lint_indicators import of_indicators
from blueprint.lint_rules import of_declaration
from blueprint.load import Blueprint, DeclarationError, load
from blueprint.problems import Problem
from blueprint.subjects import Declaration, file_of, from_file, subject_of, version_of

SECONDS = 5
MEMORY = 2_000_000_000
_AT_ONCE = BoundedSemaphore(2)
_DEPTH, _NODES = 30, 200_000
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_events: Any = getattr(yaml, "parse")  # noqa: B009 - its types are unknown


class Busy(Exception):
    """Two proposals are being judged already."""


class TooLong(Exception):
    """The judgement took more time or memory than it may."""


def judged(question: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to ``question``, from a process of its own. Raises Busy or TooLong."""
    if not _AT_ONCE.acquire(timeout=SECONDS):
        raise Busy
    try:
        done = subprocess.run(
            [sys.executable, "-m", "blueprint.registry.judge"],
            input=json.dumps(question).encode(),
            capture_output=True,
            timeout=SECONDS * 2,
            check=False,
            cwd=Path(__file__).resolve().parents[2],
        )
    except subprocess.TimeoutExpired as error:
        raise TooLong from error
    finally:
        _AT_ONCE.release()
    if done.returncode:
        raise TooLong(done.stderr.decode(errors="replace")[-2000:])
    return json.loads(done.stdout)


def proposal(question: Mapping[str, Any], plan: Blueprint) -> dict[str, Any]:
    """What stands against a declaration: its problems with file and line, what it changes, and the version it needs."""
    with _laid_out(question) as (path, plain):
        if wrong := _too_deep(plain):
            return _refused([wrong])
        try:
            draft = from_file(path, plan)
        except DeclarationError as error:
            return _refused(_in_place(p, plain) for p in error.problems)
        root, file = path.parent, file_of(draft)
        if not (root / file).resolve().is_relative_to(root.resolve()):  # an agency may be any text
            vi, en = "agency: không phải mã của một cơ quan.", "agency: is not the code of an organisation."
            return _refused([Problem("declaration.yaml", "place", vi, en, path="agency")])
        (root / file).parent.mkdir(parents=True)
        path.rename(root / file)
        if path.with_suffix(".csv").exists():
            path.with_suffix(".csv").rename((root / file).with_suffix(".csv"))
        overlay = replace(_with(draft, plan), root=root)
        places = Places(root)
        lock = released.recorded(plan.root)
        found = [p for p in checks.problems(overlay) if p.file in (file, f"{file.removesuffix('yaml')}csv")]
        resolved = not any(p.severity == "error" for p in found)
        report = None
        if resolved:
            found += of_declaration(draft, overlay, places.at)
            found += of_indicators([draft] if isinstance(draft, Indicator) else [], overlay, places.at)
            found += judging.judged(draft, overlay, lock, places.at)
            report = judging.checked(draft, overlay, lock)
        if file in lock and released.digest(root / file) != lock[file]:
            vi = f"{file} đã phát hành và không bao giờ đổi; hãy đánh số phiên bản tiếp theo."
            found.append(
                Problem(file, "released", vi, f"{file} is released and never changes; give it the next version.")
            )
        problems = list(dict.fromkeys(found))
        return {
            "subject": subject_of(draft),
            "version": version_of(draft),
            "file": file,
            "accepted": resolved and not any(p.severity == "error" for p in problems),
            "problems": [_in_place(p, plain).to_json() for p in problems],
            "report": report.to_json() if report else None,
            "next_version": report.next_version if report else None,
        }


def _refused(problems: "Iterator[Problem] | list[Problem]") -> dict[str, Any]:
    listed = [p.to_json() for p in problems]
    empty = dict.fromkeys(("subject", "version", "file", "report", "next_version"))
    return {**empty, "accepted": False, "problems": listed}


def _in_place(problem: Problem, plain: str | None) -> Problem:
    """A problem of a declaration that came as JSON has a path but no line, for there was no file."""
    return replace(problem, line=None, column=None) if plain is None else problem


@contextmanager
def _laid_out(question: Mapping[str, Any]) -> Generator[tuple[Path, str | None]]:
    """The declaration and its table as files, and its text where it came as text."""
    came = question["declaration"]
    plain = came if isinstance(came, str) else None
    with tempfile.TemporaryDirectory(prefix="hanoi-proposal-") as folder:
        path = Path(folder) / "declaration.yaml"
        text = plain if plain is not None else yaml.safe_dump(came, allow_unicode=True, sort_keys=False)
        path.write_text(text, encoding="utf-8")
        if question.get("table") is not None:
            path.with_suffix(".csv").write_text(question["table"], encoding="utf-8")
        yield path, plain


def _too_deep(text: str | None) -> Problem | None:
    """What makes a YAML text unfit to be read at all: aliases, which can unfold without end, depth and sheer number."""
    depth = nodes = 0
    try:
        for event in _events(text or "", Loader=_LOADER):
            nodes += 1
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                return _at(
                    event,
                    "yaml-alias",
                    "Không dùng neo và bí danh (& và *).",
                    "Anchors and aliases (& and *) are not taken.",
                )
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEPTH or nodes > _NODES:
                vi = f"Lồng quá {_DEPTH} tầng hoặc quá {_NODES} phần tử."
                return _at(event, "yaml-size", vi, f"Nested deeper than {_DEPTH} or more than {_NODES} elements.")
    except yaml.YAMLError:
        return None  # reading tells it with its line
    return None


def _at(event: Any, rule: str, vi: str, en: str) -> Problem:
    return Problem("declaration.yaml", rule, vi, en, event.start_mark.line + 1, event.start_mark.column + 1)


def _with(draft: Declaration, plan: Blueprint) -> Blueprint:
    """``plan`` with ``draft`` among its declarations, the newest where its version is."""
    match draft:
        case Concept():
            return replace(plan, concepts={**plan.concepts, draft.ref: draft})
        case CodeList():
            old = [c for c in plan.codelist_versions.get(draft.codelist, ()) if c.version != draft.version]
            lists = tuple(sorted([*old, draft], key=lambda c: c.version))
            return replace(
                plan,
                codelists={**plan.codelists, draft.codelist: lists[-1]},
                codelist_versions={**plan.codelist_versions, draft.codelist: lists},
            )
        case Crosswalk():
            former = [w for w in plan.crosswalk_versions.get(draft.crosswalk, ()) if w.version != draft.version]
            walks = tuple(sorted([*former, draft], key=lambda w: w.version))
            return replace(
                plan,
                crosswalks={**plan.crosswalks, draft.crosswalk: walks[-1]},
                crosswalk_versions={**plan.crosswalk_versions, draft.crosswalk: walks},
            )
        case Indicator():
            before = [i for i in plan.indicator_versions.get(draft.indicator, ()) if i.version != draft.version]
            indicators = tuple(sorted([*before, draft], key=lambda i: i.number))
            return replace(
                plan,
                indicators={**plan.indicators, draft.indicator: indicators[-1]},
                indicator_versions={**plan.indicator_versions, draft.indicator: indicators},
            )
        case Contract():
            earlier = [c for c in plan.contract_versions.get(draft.dataset, ()) if c.version != draft.version]
            contracts = tuple(sorted([*earlier, draft], key=lambda c: c.number))
            return replace(
                plan,
                contracts={**plan.contracts, draft.dataset: contracts[-1]},
                contract_versions={**plan.contract_versions, draft.dataset: contracts},
            )


def schema(question: Mapping[str, Any], plan: Blueprint) -> dict[str, Any]:
    """Whether a JSON Schema may follow versions of a contract, and what was found, in Vietnamese and English."""
    from blueprint.registry import candidates

    told: list[str] = []
    compatible = True
    versions = {c.version: c for c in plan.contract_versions[question["dataset"]]}
    for version in question["against"]:
        base = versions[version]
        candidate = candidates.read(question["schema"], base, plan)
        mode = compat.Mode(question["mode"])
        reports = [compat.diff(base, candidate.contract, candidate.plan, mode)]
        reports += [compat.diff(old, new, plan, mode) for old, new in candidate.codelists]
        refused = [f for r in reports for f in r.findings if f.number and f.verdict is not compat.Verdict.ALLOWED]
        told += [f"{f.vi} → {f.hint_vi}. / {f.en} → {f.hint_en}." for one in refused for f in _reasons(one)]
        told += [f"{vi} / {en}" for vi, en in candidate.unread] if mode is not compat.Mode.NONE else []
        compatible = compatible and not refused and (mode is compat.Mode.NONE or not candidate.unread)
    return {"is_compatible": compatible, "messages": list(dict.fromkeys(told))}


def _reasons(finding: compat.Finding) -> Iterator[compat.Finding]:
    """The finding, or what it inherits from: that is what a client can mend."""
    refused = [c for c in finding.causes if c.verdict is not compat.Verdict.ALLOWED]
    for cause in refused:
        yield from _reasons(cause)
    if not refused:
        yield finding


def contract(question: Mapping[str, Any], plan: Blueprint) -> dict[str, Any]:
    """Whether a contract may follow versions of its subject."""
    found = proposal(question, plan)
    told = [f"{p['vi']} / {p['en']}" for p in found["problems"] if p["severity"] == "error"]
    if found["subject"] not in (None, question["dataset"]):
        told.append(f"chủ thể là {found['subject']} / the subject is {found['subject']}")
    return {"is_compatible": not told, "messages": told}


def main() -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    question = json.load(sys.stdin)
    plan = load(Path(question["root"]))
    answer = {"proposal": proposal, "schema": schema, "contract": contract}[question["kind"]](question, plan)
    json.dump(answer, sys.stdout, ensure_ascii=False, default=str)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
