"""Released contracts as a schema registry numbers them: versions 1 to n of a subject, and one id for each schema."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from blueprint.compile import export
from blueprint.contract import Contract
from blueprint.errors import BlueprintError
from blueprint.load import canonical
from blueprint.registry.holdings import Holdings
from blueprint.subjects import file_of


@dataclass(frozen=True)
class Registered:
    """One released version of a contract.

    ``version`` counts from 1 in the order of release; ``id`` and ``guid`` come from the hash of the declaration's content,
    so they stay the same wherever it is served and however it is compiled.
    """

    contract: Contract
    version: int
    id: int
    guid: str

    @property
    def subject(self) -> str:
        return self.contract.dataset


class Schemas:
    """Every released contract version by subject, id and text. Drafts have no number, for they still change."""

    def __init__(self, holdings: Holdings) -> None:
        self.plan = holdings.plan
        self.subjects: dict[str, tuple[Registered, ...]] = {}
        self.ids: dict[int, Registered] = {}
        for dataset in sorted(holdings.plan.contracts):
            versions = holdings.plan.contract_versions.get(dataset, (holdings.plan.contracts[dataset],))
            released = [c for c in versions if holdings.released(c)]
            if released:
                numbered = [_registered(c, n, holdings.lock) for n, c in enumerate(released, start=1)]
                self.subjects[dataset] = tuple(numbered)
                for one in numbered:
                    self._take(one)
        self._texts: dict[str, str] = {}

    def _take(self, one: Registered) -> None:
        other = self.ids.setdefault(one.id, one)
        if other is not one:
            raise BlueprintError(
                f"{one.contract.ref} và {other.contract.ref} có cùng số lược đồ {one.id}; hãy sửa lời của bản chưa công bố.",
                f"{one.contract.ref} and {other.contract.ref} have one schema id, {one.id}; reword the one not published yet.",
            )

    @cached_property
    def guids(self) -> Mapping[str, Registered]:
        return {one.guid: one for one in self.ids.values()}

    def text(self, one: Registered) -> str:
        """The compiled JSON Schema, compiled once."""
        if one.contract.ref not in self._texts:
            content = json.loads(export(one.contract, self.plan, "jsonschema"))
            self._texts[one.contract.ref] = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        return self._texts[one.contract.ref]

    def same(self, subject: str, schema: Any) -> Registered | None:
        """The newest version of the subject whose schema has the content of ``schema``."""
        wanted = canonical(schema)
        return next(
            (o for o in reversed(self.subjects[subject]) if canonical(json.loads(self.text(o))) == wanted), None
        )


def _registered(contract: Contract, version: int, lock: Mapping[str, str]) -> Registered:
    digest = hashlib.sha256(lock[file_of(contract)].encode()).digest()
    number = int.from_bytes(digest[:4], "big") & 0x7FFFFFFF
    return Registered(contract, version, number or 1, str(UUID(bytes=digest[4:20], version=5)))
