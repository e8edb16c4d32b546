"""Small declarations for tests: a Blueprint of one contract, and a delivery of given bytes."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from blueprint import Bilingual, Blueprint, CodeEntry, CodeList, Concept, Contract
from dags.sources.deliveries import Delivery, DeliveryStore
from dags.sources.places import locate
from dags.steps.conform import Conformed, conform

TEXT = Bilingual(vi="Cột", en="Column")


def concept(name: str, kind: str, **more: Any) -> Concept:
    return Concept.model_validate(
        {
            "concept": name,
            "version": 1,
            "title": TEXT,
            "definition": TEXT,
            "type": kind,
            "classification": "open",
            "source": "test",
        }
        | more
    )


CONCEPTS = {
    c.ref: c
    for c in (
        concept("station", "string"),
        concept("instant", "timestamp"),
        concept("aqi", "integer", minimum=0, maximum=500),
        concept("measure", "double"),
        concept("count", "integer"),
        concept("day", "date"),
        concept("unit-code", "string", codelist="units"),
        concept("citizen", "string", classification="personal"),
    )
}
UNITS = CodeList(
    codelist="units",
    version=1,
    title=TEXT,
    definition=TEXT,
    source="test",
    dated=True,
    entries=(
        CodeEntry(code="00001", vi="Phúc Xá", en="Phuc Xa", valid_from=date(2008, 8, 1), valid_to=date(2025, 6, 30)),
        CodeEntry(code="00004", vi="Ba Đình", en="Ba Dinh", valid_from=date(2025, 7, 1)),
    ),
)


def column(name: str, ref: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "concept": f"{ref}@1", "title": TEXT, **more}


STATION_COLUMNS = (
    column("station_id", "station", required=True, header="Mã trạm"),
    column("observed_at", "instant", required=True, header="Thời điểm", synonyms=("Giờ đo",)),
    column("aqi", "aqi", header="AQI"),
)


def contract(
    columns: Any = STATION_COLUMNS, key: Any = ("station_id", "observed_at"), reading: Any = None, **more: Any
) -> Contract:
    return Contract.model_validate(
        {
            "dataset": "air-test",
            "version": "1.0.0",
            "agency": "test",
            "title": TEXT,
            "description": TEXT,
            "theme": "ENVI",
            "licence": "cc-by-4.0",
            "source_note": TEXT,
            "frequency": "hourly",
            "keywords": {"vi": ["không khí"], "en": ["air"]},
            "key": key,
            "sources": [
                {"files": ["air.csv"], "reading": {"format": "csv", "null_values": ["N/A"], **(reading or {})}}
            ],
            "columns": columns,
        }
        | more
    )


def plan_of(declared: Contract) -> Blueprint:
    return Blueprint(Path(), CONCEPTS, {"units": UNITS}, {declared.dataset: declared})


@dataclass(frozen=True)
class Bench:
    """A folder in which deliveries are kept and conformed."""

    folder: Path

    @property
    def store(self) -> DeliveryStore:
        return DeliveryStore(self.folder, 10_000_000)

    def deliver(self, declared: Contract, content: bytes, name: str = "air.csv") -> Delivery:
        file = self.folder / name
        file.write_bytes(content)
        return self.store.keep(declared, locate(declared, None, file), "test-run")

    def conform(self, declared: Contract, content: str | bytes, name: str = "air.csv") -> Conformed:
        data = content.encode() if isinstance(content, str) else content
        delivery = self.deliver(declared, data, name)
        return conform(declared, plan_of(declared), delivery, self.store, self.folder / "out")


def accepted_of(result: Conformed) -> list[tuple[Any, ...]]:
    """The accepted rows, as Python values."""
    import pyarrow.parquet as pq

    return [tuple(row.values()) for row in pq.read_table(result.accepted).to_pylist()]


def refused_of(result: Conformed) -> dict[int, list[str]]:
    """The quarantined rows of a delivery of one file: row number -> rule ids."""
    import pyarrow.parquet as pq

    table = pq.read_table(result.quarantined, columns=["row", "rules"])
    return dict(zip(table["row"].to_pylist(), table["rules"].to_pylist(), strict=True))
