"""Subjects: the names under which declarations are compared, released and served.

A contract's subject is its dataset, ``air-quality-hourly``; the others bear their kind: ``concept:instant``,
``codelist:licences``, ``crosswalk:ha-noi-wards-2025-07``, ``indicator:bus-stops-by-ward``.
``SUBJECT@VERSION`` names one version: ``bus-stops@1.0.0``.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from blueprint import reading
from blueprint.checks import contract_file
from blueprint.codelist import CodeList
from blueprint.concept import Concept
from blueprint.contract import Contract
from blueprint.crosswalk import Crosswalk
from blueprint.errors import BlueprintError
from blueprint.indicator import Indicator
from blueprint.load import Blueprint, DeclarationError, with_codes
from blueprint.problems import Problem, near

Declaration = Concept | CodeList | Crosswalk | Contract | Indicator
Numbered = Contract | Indicator
"""What bears a version of three parts, and may break with the version before by announcing it."""


def subject_of(declaration: Declaration) -> str:
    """The subject that ``declaration`` is a version of.

    >>> from blueprint import blueprint
    >>> subject_of(blueprint().concept("instant@1"))
    'concept:instant'
    """
    match declaration:
        case Concept():
            return f"concept:{declaration.concept}"
        case CodeList():
            return f"codelist:{declaration.codelist}"
        case Crosswalk():
            return f"crosswalk:{declaration.crosswalk}"
        case Indicator():
            return f"indicator:{declaration.indicator}"
        case Contract():
            return declaration.dataset


def version_of(declaration: Declaration) -> str:
    """The version as text: ``1`` for a concept or a list, ``1.0.0`` for a contract or an indicator."""
    return str(declaration.version)


def file_of(declaration: Declaration) -> str:
    """The file that declares it, relative to the Blueprint's folder."""
    if isinstance(declaration, Contract):
        return contract_file(declaration)
    kind, name = subject_of(declaration).split(":")
    return f"{kind}s/{name}/{declaration.version}.yaml"


def subjects(plan: Blueprint) -> Mapping[str, tuple[Declaration, ...]]:
    """Every subject -> its versions, oldest first; contracts come first."""
    found: dict[str, list[Declaration]] = {}
    for contract in plan.every_contract():
        found.setdefault(contract.dataset, []).append(contract)
    rest: list[Sequence[Declaration]] = [
        tuple(plan.concepts.values()),
        *plan.codelist_versions.values(),
        *plan.crosswalk_versions.values(),
        *plan.indicator_versions.values(),
    ]
    for versions in rest:
        for declaration in versions:
            found.setdefault(subject_of(declaration), []).append(declaration)
    return {subject: tuple(versions) for subject, versions in found.items()}


def find(name: str, plan: Blueprint) -> Declaration:
    """The declaration ``SUBJECT@VERSION``, or the newest version of ``SUBJECT``.

    >>> from blueprint import blueprint
    >>> find("concept:instant@1", blueprint()).title.en
    'Instant'
    """
    subject, _, version = name.partition("@")
    known = subjects(plan)
    if subject not in known:
        bare = [s for s in known if s.partition(":")[2] == subject]
        vi, en = (
            (f" Gần giống: {', '.join(bare)}.", f" Close to it: {', '.join(bare)}.") if bare else near(subject, known)
        )
        raise BlueprintError(f"Không có chủ thể {subject!r}.{vi}", f"There is no subject {subject!r}.{en}")
    if not version:
        return known[subject][-1]
    for declaration in known[subject]:
        if version_of(declaration) == version:
            return declaration
    versions = ", ".join(map(version_of, known[subject]))
    raise BlueprintError(
        f"{subject} không có phiên bản {version!r}; các phiên bản: {versions}.",
        f"{subject} has no version {version!r}; its versions: {versions}.",
    )


def from_file(path: Path, plan: Blueprint | None = None) -> Declaration:
    """The declaration in ``path``, whatever its kind; tables are read from the CSV file beside it.

    With ``plan`` the code lists that rules of a contract name are written out, as loading does.

    Raises DeclarationError with every problem of the file and its line.
    """
    wrong: list[Problem] = []
    file = path.name
    head = _kind(path)
    extra: dict[str, object] = {}
    if head in (CodeList, Crosswalk):
        row, field = (reading.entry, "entries") if head is CodeList else (reading.pair, "pairs")
        extra[field] = reading.table(path.with_suffix(".csv"), path.with_suffix(".csv").name, row, wrong.append)
    found = reading.declaration(path, file, head, wrong.append, extra)
    if wrong or found is None:
        raise DeclarationError(wrong)
    if plan is not None and isinstance(found, Contract):
        return with_codes(found, plan.codelists, plan.crosswalks)
    return found


def _kind(path: Path) -> type[Declaration]:
    """The model that the first key of the file names; a contract where none does."""
    try:
        keys = {line.partition(":")[0] for line in path.read_text(encoding="utf-8").splitlines() if line[:1].isalpha()}
    except (OSError, UnicodeError) as error:
        raise BlueprintError(f"Không đọc được {path}: {error}", f"{path} cannot be read: {error}") from error
    models: tuple[tuple[str, type[Declaration]], ...] = (
        ("indicator", Indicator),
        ("concept", Concept),
        ("crosswalk", Crosswalk),
        ("codelist", CodeList),
    )
    return next((model for key, model in models if key in keys), Contract)
