"""Random contracts in which whatever belongs to a column that is not open bears a mark, to be looked for in what is published."""

import datetime as dt
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from blueprint import Blueprint, CodeEntry, CodeList, Concept, Contract
from blueprint.changelog import Notice, Release
from blueprint.sql import ident, literal
from lake import Version
from quality.report import QualityResult
from tests.dags.builders import TEXT, concept, contract

CLASSES = ("open", "open", "shared", "restricted", "personal")
TYPES = ("string", "integer", "date", "double")
ROWS = 3
_SOME_DAY = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@dataclass
class Drawn:
    """One random dataset: its contracts, one version, what the platform knows of it, and the marks that may not leave."""

    contract: Contract
    plan: Blueprint
    version: Version
    result: QualityResult
    releases: list[Release]
    rows: str
    open_names: list[str]
    marks: list[str] = field(default_factory=list)


class Shelf:
    """The lake as the publisher asks it, with all columns of the version in it."""

    def __init__(self, drawn: Drawn) -> None:
        self._drawn = drawn

    def versions(self, dataset: str) -> list[Version]:
        return [self._drawn.version]

    def select(self, version: Version, columns: list[str]) -> str:
        return f"SELECT {', '.join(map(ident, columns))} FROM ({self._drawn.rows})"


class Draw:
    """Draws datasets from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - the draw must be the same every time
        self.marks: list[str] = []

    def dataset(self) -> Drawn:
        """A dataset of one to six columns, whose contract may have changed since the version was made."""
        some = self.random
        size = some.randint(1, 6)
        concepts: dict[str, Concept] = {}
        lists: dict[str, CodeList] = {}
        pairs = [
            (self._concept(f"k{i}", concepts, lists), self._concept(f"k{i}", concepts, lists)) for i in range(size)
        ]
        changed = some.random() < 0.4
        pairs = [(then, now if changed and some.random() < 0.5 else then) for then, now in pairs]
        secret = [not (concepts[a].classification == "open" == concepts[b].classification) for a, b in pairs]
        names = [f"zq{self._mark()}" if s else f"open_{i}" for i, s in enumerate(secret)]
        former = self._contract("1.0.0", names, [then for then, _ in pairs], secret, concepts)
        newest = self._contract("2.0.0", names, [now for _, now in pairs], secret, concepts) if changed else former
        return Drawn(
            newest,
            Blueprint(Path(), concepts, lists, {"air-test": newest}, contract_versions={"air-test": (former, newest)}),
            self._version(former, any(secret)),
            self._result(former, names, secret),
            self._releases(names, secret),
            self._rows(names, secret, [concepts[then].type for then, _ in pairs]),
            [n for n, s in zip(names, secret, strict=True) if not s],
            self.marks,
        )

    def _mark(self) -> str:
        found = f"{self.random.getrandbits(48):012x}"
        self.marks.append(found)
        return found

    def _words(self, secret: bool) -> dict[str, str]:
        return {"vi": f"bí mật {self._mark()}", "en": f"secret {self._mark()}"} if secret else TEXT.model_dump()

    def _concept(self, name: str, concepts: dict[str, Concept], lists: dict[str, CodeList]) -> str:
        """One more version of a concept, open or not; its type stays."""
        some, version = self.random, 1 + sum(c.concept == name for c in concepts.values())
        kind = next((c.type for c in concepts.values() if c.concept == name), some.choice(TYPES))
        classification = some.choice(CLASSES)
        secret = classification != "open"
        more: dict[str, Any] = {"title": self._words(secret), "definition": self._words(secret)}
        if secret:
            more |= {"source": self._mark(), "examples": (self._mark(),), "unit": self._mark()}
            if kind == "string" and some.random() < 0.3:
                listed = f"list-{len(lists)}"
                words = self._words(True)
                entry = CodeEntry(code=self._mark(), valid_from=dt.date(2020, 1, 1), **words)
                lists[listed] = CodeList(
                    codelist=listed, version=1, title=TEXT, definition=TEXT, source="test", entries=(entry,)
                )
                more["codelist"] = listed
        made = concept(name, kind, **{"classification": classification, "version": version, **more})
        concepts[made.ref] = made
        return made.ref

    def _contract(
        self, version: str, names: list[str], refs: list[str], secret: list[bool], concepts: dict[str, Concept]
    ) -> Contract:
        some = self.random
        columns = []
        for name, ref, hidden in zip(names, refs, secret, strict=True):
            column: dict[str, Any] = {"name": name, "concept": ref, "title": self._words(hidden)}
            other = some.choice(names)
            if some.random() < 0.3 and other != name:
                column["deprecated"] = {"since": "2026-01-01", "use": other, **TEXT.model_dump()}
                if not hidden and other in names and secret[names.index(other)]:
                    column["deprecated"] |= self._words(True)
            if hidden:
                column |= {"header": self._mark(), "synonyms": [self._mark()], "constant": self._mark()}
                column |= {"description": self._words(True), "values": {self._mark(): self._mark()}}
            if some.random() < 0.3:
                column |= {"as_of": other, "names": other}
            columns.append(column)
        picked = sorted(some.sample(range(len(names)), some.randint(1, len(names))))
        rules = [
            {"id": f"rule-{self._mark() if secret[i] else i}", "sql": "true", "columns": [names[i]],
             "message": self._words(secret[i])}
            for i in picked
        ]  # fmt: skip
        more: dict[str, Any] = {}
        if some.random() < 0.5:
            more["freshness"] = {"rhythm": "P1D", "column": names[picked[0]], "by": [names[i] for i in picked[1:]]}
        return contract(
            columns=columns,
            key=[names[i] for i in picked],
            version=version,
            rules=rules,
            unique=[[names[i] for i in picked]],
            references=[{"columns": [names[0]], "dataset": "other", "to": [names[0]]}],
            **more,
        )

    def _version(self, made_by: Contract, secret: bool) -> Version:
        content = f"{self._mark():0<64}" if secret else "c" * 64
        delivery = f"{self._mark():0<64}" if secret else "d" * 64
        return Version(
            dataset=made_by.dataset, id=f"1-{self.random.getrandbits(32):08x}", number=1, snapshot_id=1,
            committed_at=_SOME_DAY, contract=made_by.ref, delivery=delivery, run_id="r", gate="passed", rows=ROWS,
            rows_in=ROWS, rows_quarantined=0, content_hash=content, simulated=False, code_version="0", new=True,
        )  # fmt: skip

    def _result(self, made_by: Contract, names: list[str], secret: list[bool]) -> QualityResult:
        """What the gate said: a fault for some columns, with the value that came, and the freshness."""
        some = self.random
        faults = []
        for _ in range(some.randint(0, 3)):
            picked = some.sample(range(len(names)), some.randint(0, len(names)))
            hidden = any(secret[i] for i in picked) or (not picked and any(secret))
            cause = {"file": self._mark(), "sheet": None, "column": 1, "came": self._mark(), "masked": False, "rows": 1,
                     "spans": [{"first": 2, "last": 2}], "last": 2}  # fmt: skip
            faults.append(
                {"rule": f"{self._mark() if hidden else 'open'}-type", "severity": "error", "dimension": "validity",
                 "columns": [{"name": names[i], "title": TEXT.model_dump(), "header": None} for i in picked],
                 **self._words(hidden), "example": self._mark(), "rows": 1, "causes": [cause]}
            )  # fmt: skip
        promise = made_by.freshness
        judged = [*filter(None, [promise.column]), *promise.by] if promise else []
        late = any(secret[names.index(n)] for n in judged)
        return QualityResult.from_json(
            {
                "dataset": made_by.dataset, "title": TEXT.model_dump(), "agency": made_by.agency, "contract": made_by.ref,
                "delivery": {"id": "d" * 64, "files": [{"name": self._mark(), "sha256": "a" * 64, "bytes": 1}]},
                "version": None, "judged_at": "2026-01-01T00:00:00+00:00",
                "rows": {"received": ROWS, "accepted": ROWS, "quarantined": 0},
                "marks": {"validity": "passed", "freshness": {"state": "fresh", "newest": _SOME_DAY, **self._words(late)}},
                "score": {"value": 99.5, "measures": []}, "verdict": None, "faults": faults,
            }
        )  # fmt: skip

    def _releases(self, names: list[str], secret: list[bool]) -> list[Release]:
        found = []
        for number in range(self.random.randint(0, 2)):
            picked = self.random.sample(range(len(names)), self.random.randint(0, len(names)))
            words = self._words(any(secret[i] for i in picked))
            notice = Notice(
                former="1", effective=dt.date(2026, 2, 1), former_until=dt.date(2026, 5, 1), concerned=("air-test",),
                columns=tuple(f"air-test.{names[i]}" for i in picked), **words,
            )  # fmt: skip
            subject = self.random.choice(("air-test", "concept:k0"))
            found.append(
                Release(subject=subject, version=str(number + 2), date=dt.date(2026, 1, 1), bump="major",
                        files=("a.yaml",), notice=notice)
            )  # fmt: skip
        return found

    def _rows(self, names: list[str], secret: list[bool], kinds: list[str]) -> str:
        rows = []
        for at in range(ROWS):
            cells = [f"{self._cell(h, k, at)} AS {ident(n)}" for n, h, k in zip(names, secret, kinds, strict=True)]
            rows.append(f"SELECT {', '.join(cells)}")
        return " UNION ALL ".join(rows)

    def _cell(self, secret: bool, kind: str, at: int) -> str:
        if kind == "string":
            return literal(f"người {self._mark()}" if secret else f"mở {at}")
        if kind == "date":
            day = (
                dt.date(1500, 1, 1) + dt.timedelta(self.random.randrange(100_000))
                if secret
                else dt.date(2025, 1, 1 + at)
            )
            self.marks += [day.isoformat()] if secret else []
            return f"DATE {literal(day.isoformat())}"
        number = self.random.randrange(10**14, 10**15) if secret else at
        self.marks += [str(number)] if secret else []
        return f"CAST({number} AS {'BIGINT' if kind == 'integer' else 'DOUBLE'})"
