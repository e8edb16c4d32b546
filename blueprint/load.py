"""Loading the declarations under ``blueprint/`` into typed, checked objects. Nothing here touches a network."""

import csv
import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from blueprint.codelist import CodeEntry, CodeList
from blueprint.concept import Classification, Concept
from blueprint.contract import Column, Contract
from blueprint.errors import BlueprintError, UnknownDataset

ROOT = Path(__file__).parent
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Model = TypeVar("_Model", bound=BaseModel)
_ENTRY_FIELDS = {"code", "vi", "en", "valid_from", "valid_to", "legal_basis"}
_ORDER = list(Classification)
_REFERENCES = {"agency": "organisations", "licence": "licences", "frequency": "frequencies", "theme": "themes"}
_CODELIST_IN_SQL = re.compile(r"\{codelist:([a-z0-9-]+)\}")


def _declaration(path: Path, model: type[_Model], extra: Mapping[str, Any] | None = None) -> _Model:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe loader, in C where it is built
        return model.model_validate({**content, **(extra or {})})
    except (yaml.YAMLError, ValidationError, TypeError) as error:
        where = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        raise BlueprintError(
            f"Khai báo {where} không hợp lệ: {error}", f"The declaration {where} is wrong: {error}"
        ) from error


def _entries(path: Path) -> Iterator[CodeEntry]:
    line = 1
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for line, row in enumerate(csv.DictReader(file), start=2):  # noqa: B007 - the except clause names it
                yield CodeEntry(
                    code=row["code"],
                    vi=row["vi"],
                    en=row["en"],
                    valid_from=date.fromisoformat(row["valid_from"]),
                    valid_to=date.fromisoformat(row["valid_to"]) if row.get("valid_to") else None,
                    legal_basis=row.get("legal_basis", ""),
                    attributes={k: v for k, v in row.items() if k not in _ENTRY_FIELDS and v},
                )
    except (OSError, KeyError, ValueError) as error:
        where = "/".join(path.parts[-3:])
        raise BlueprintError(
            f"Danh mục {where}, dòng {line}: {error}", f"The code list {where}, line {line}: {error}"
        ) from error


@dataclass(frozen=True)
class Blueprint:
    """All declarations of one folder. ``contracts`` holds the newest version of each dataset."""

    root: Path
    concepts: Mapping[str, Concept]
    codelists: Mapping[str, CodeList]
    contracts: Mapping[str, Contract]

    def concept(self, ref: str) -> Concept:
        try:
            return self.concepts[ref]
        except KeyError:
            raise BlueprintError(f"Không có khái niệm {ref!r}.", f"There is no concept {ref!r}.") from None

    def codelist(self, name: str) -> CodeList:
        try:
            return self.codelists[name]
        except KeyError:
            raise BlueprintError(f"Không có danh mục {name!r}.", f"There is no code list {name!r}.") from None

    def contract(self, dataset: str) -> Contract:
        try:
            return self.contracts[dataset]
        except KeyError:
            raise UnknownDataset(dataset, self.contracts) from None

    def concept_of(self, column: Column) -> Concept:
        return self.concept(column.concept)

    def open_columns(self, contract: Contract) -> tuple[Column, ...]:
        """The columns that may leave: those bound to an open concept, and no others."""
        return tuple(c for c in contract.columns if self.concept_of(c).classification is Classification.OPEN)

    def classification(self, contract: Contract) -> Classification:
        """The narrowest classification among the columns."""
        return max((self.concept_of(c).classification for c in contract.columns), key=_ORDER.index)

    def check(self) -> None:
        """Refuse declarations that point at nothing, naming the file that does."""
        for concept in self.concepts.values():
            if concept.codelist and concept.codelist not in self.codelists:
                raise _unknown(
                    f"concepts/{concept.concept}/{concept.version}.yaml", "codelist", concept.codelist, self.codelists
                )
        for contract in self.contracts.values():
            where = f"contracts/{contract.agency}/{contract.dataset}/{contract.version}.yaml"
            for column in contract.columns:
                self._check_column(where, column)
            for field, codelist in _REFERENCES.items():
                known = self.codelist(codelist).codes()
                if getattr(contract, field) not in known:
                    raise _unknown(where, field, getattr(contract, field), known)

    def _check_column(self, where: str, column: Column) -> None:
        if column.concept not in self.concepts:
            raise _unknown(where, f"{column.name}.concept", column.concept, self.concepts)
        concept = self.concept_of(column)
        if concept.codelist and self.codelist(concept.codelist).dated and column.as_of is None:
            raise BlueprintError(
                f"{where}, cột {column.name}: danh mục {concept.codelist} chỉ đọc theo ngày; hãy khai báo as_of.",
                f"{where}, column {column.name}: code list {concept.codelist} is only read as of a date; declare as_of.",
            )


def _unknown(where: str, field: str, value: str, known: Iterable[str]) -> BlueprintError:
    near = difflib.get_close_matches(value, sorted(known), n=3)
    vi = f" Gần giống: {', '.join(near)}." if near else ""
    en = f" Close to it: {', '.join(near)}." if near else ""
    return BlueprintError(
        f"{where}: {field} {value!r} chưa được khai báo.{vi}", f"{where}: {field} {value!r} is not declared.{en}"
    )


def _in_place(path: Path, *parts: str) -> None:
    """Refuse a declaration whose place does not say what it holds, for references are resolved by place."""
    if path.with_suffix("").parts[-len(parts) :] != parts:
        raise BlueprintError(
            f"Khai báo {'/'.join(path.parts[-len(parts) :])} phải nằm ở {'/'.join(parts)}{path.suffix}.",
            f"The declaration {'/'.join(path.parts[-len(parts) :])} belongs at {'/'.join(parts)}{path.suffix}.",
        )


def _with_codes(contract: Contract, codelists: Mapping[str, CodeList]) -> Contract:
    """Write out ``{codelist:name}`` in rules as the codes of that list, so that a rule can hold a pair of columns against it."""
    where = f"contracts/{contract.agency}/{contract.dataset}/{contract.version}.yaml"

    def codes(found: re.Match[str]) -> str:
        if found[1] not in codelists:
            raise _unknown(where, "codelist", found[1], codelists)
        if codelists[found[1]].dated:
            raise BlueprintError(
                f"{where}: danh mục {found[1]} chỉ đọc theo ngày, không dùng được trong quy tắc.",
                f"{where}: code list {found[1]} is only read as of a date and cannot stand in a rule.",
            )
        return (
            "(" + ", ".join("'" + code.replace("'", "''") + "'" for code in sorted(codelists[found[1]].codes())) + ")"
        )

    rules = tuple(r.model_copy(update={"sql": _CODELIST_IN_SQL.sub(codes, r.sql)}) for r in contract.rules)
    return contract.model_copy(update={"rules": rules})


def _newest(contracts: Iterator[Contract]) -> dict[str, Contract]:
    def order(contract: Contract) -> tuple[int, ...]:
        return tuple(map(int, contract.version.split(".")))

    newest: dict[str, Contract] = {}
    for contract in contracts:
        if contract.dataset not in newest or order(contract) > order(newest[contract.dataset]):
            newest[contract.dataset] = contract
    return dict(sorted(newest.items()))


def load(root: Path = ROOT) -> Blueprint:
    """Read every declaration under ``root``. Raises BlueprintError naming the file that is wrong."""
    concepts: dict[str, Concept] = {}
    for path in sorted((root / "concepts").glob("*/*.yaml")):
        concept = _declaration(path, Concept)
        _in_place(path, concept.concept, str(concept.version))
        concepts[concept.ref] = concept
    codelists: dict[str, CodeList] = {}
    for path in sorted((root / "codelists").glob("*/*.yaml"), key=lambda p: (p.parent.name, int(p.stem))):
        codelist = _declaration(path, CodeList, {"entries": tuple(_entries(path.with_suffix(".csv")))})
        _in_place(path, codelist.codelist, str(codelist.version))
        codelists[codelist.codelist] = codelist  # the newest version, for it holds every entry of the older ones
    contracts: list[Contract] = []
    for path in sorted((root / "contracts").glob("*/*/*.yaml")):
        contract = _declaration(path, Contract)
        _in_place(path, contract.agency, contract.dataset, contract.version)
        contracts.append(_with_codes(contract, codelists))
    loaded = Blueprint(root, concepts, codelists, _newest(iter(contracts)))
    loaded.check()
    return loaded


@cache
def blueprint() -> Blueprint:
    """The Blueprint of this repository, read once."""
    return load()


def content(path: Path) -> str:
    """The declaration at ``path`` as canonical JSON, for hashing."""
    return json.dumps(yaml.safe_load(path.read_text(encoding="utf-8")), ensure_ascii=False, sort_keys=True, default=str)
