"""Open Data Contract Standard 3.2: what other contract tools read.

https://bitol-io.github.io/open-data-contract-standard/v3.2.0/
"""

from collections.abc import Iterator
from typing import Any

import yaml

from blueprint.compile.fields import Field, fields
from blueprint.compile.gx import least_rows
from blueprint.compile.regex import anchored
from blueprint.contract import Contract
from blueprint.load import Blueprint
from blueprint.rules import RowRule, row_rules
from blueprint.types import NUMERIC

API_VERSION = "v3.2.0"
VENDOR = "hanoi-cloud"
CUSTOM = "hanoiDeclaration"
"""The custom property that holds what a declaration says and the standard has no place for."""
CONCEPT = "urn:hanoi:concept:"
IN_CONTRACT = frozenset({"dataset", "version", "columns", "key", "partition"})
"""The parts of a contract that the standard's own fields hold and an import reads from there."""
IN_COLUMN = frozenset({"name", "concept", "required"})
"""The same of a column."""
_LOGICAL: dict[str, tuple[str, str | None]] = {
    "string": ("string", None),
    "integer": ("integer", "i64"),
    "int32": ("integer", "i32"),
    "decimal": ("number", None),
    "double": ("number", "f64"),
    "float": ("number", "f32"),
    "boolean": ("boolean", None),
    "date": ("date", None),
    "timestamp": ("timestamp", None),
    "timestamp_local": ("timestamp", None),
}
_Part = dict[str, Any]


def contract_standard(contract: Contract, plan: Blueprint) -> _Part:
    """``contract`` as the content of a data contract of the standard.

    Every column has its classification and names its concept and version as an authoritative definition; codes are an
    ``enum``; rules of the contract are SQL that counts the rows against them. What the standard has no place for is kept
    under the custom property ``hanoiDeclaration``, from which ``blueprint.compile.odcs_import`` reads it back.

    >>> from blueprint import blueprint
    >>> contract_standard(blueprint().contract("bus-routes"), blueprint())["apiVersion"]
    'v3.2.0'
    """
    keywords = {word for words in contract.keywords.values() for word in words}
    return _said(
        kind="DataContract",
        apiVersion=API_VERSION,
        id=contract.dataset,
        version=contract.version,
        name=contract.title.vi,
        status="active",
        tenant="Hà Nội",
        domain=contract.theme,
        tags=sorted(keywords),
        description=_said(
            purpose=f"{contract.description.vi}\n{contract.description.en}",
            usage=f"{contract.licence}\n{contract.source_note.vi}\n{contract.source_note.en}",
            limitations="\n".join(f"{flaw.vi}\n{flaw.en}" for flaw in contract.known_flaws),
        ),
        servers=[_said(server="parquet", type="local", path=f"./{contract.dataset}.parquet", format="parquet")],
        schema=[_table(contract, plan)],
        team=_team(contract, plan),
        slaProperties=list(_service(contract)),
        customProperties=[
            _custom(CUSTOM, contract.model_dump(mode="json", exclude=set(IN_CONTRACT), exclude_defaults=True))
        ],
    )


def text(contract: Contract, plan: Blueprint) -> str:
    content = contract_standard(contract, plan)
    return yaml.dump(content, Dumper=_Lines, sort_keys=False, allow_unicode=True, width=120)


class _Lines(yaml.SafeDumper):
    """Writes text of several lines as a block, the way a person would, and no anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        return True

    def represent_str(self, data: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", data, style="|" if "\n" in data else None)  # pyright: ignore[reportUnknownMemberType]


_Lines.add_representer(str, _Lines.represent_str)


def _said(**parts: Any) -> _Part:
    """``parts`` without those that say nothing."""
    return {name: value for name, value in parts.items() if value not in (None, [], {}, "")}


def _custom(name: str, value: Any) -> _Part:
    return {"property": name, "value": value, "vendor": VENDOR}


def _table(contract: Contract, plan: Blueprint) -> _Part:
    return _said(
        name=contract.dataset,
        physicalName=contract.dataset,
        physicalType="table",
        logicalType="object",
        businessName=contract.title.vi,
        description=f"{contract.description.vi}\n{contract.description.en}",
        properties=[_property(f, contract) for f in fields(contract, plan)],
        quality=list(_quality(contract, plan)),
        relationships=[
            {"type": "foreignKey", "from": _end(contract.dataset, r.columns), "to": _end(r.dataset, r.to)}
            for r in contract.references
        ],
    )


def _end(dataset: str, columns: tuple[str, ...]) -> str | list[str]:
    named = [f"{dataset}.{column}" for column in columns]
    return named[0] if len(named) == 1 else named


def _property(field: Field, contract: Contract) -> _Part:
    column, name = field.column, field.name
    measured = {**field.meaning, **({"codelist": field.codelist.ref} if field.codelist else {})}
    return _said(
        name=name,
        physicalName=name,
        businessName=column.title.vi,
        description=f"{field.description.vi}\n{field.description.en}",
        logicalType=_LOGICAL[field.type][0],
        logicalTypeOptions=_options(field),
        # Tools read a physical type as one word; that of an instant is several, so its logical type stands alone.
        physicalType=field.duckdb_type if " " not in field.duckdb_type else None,
        required=field.required,
        unique=True if (name,) in contract.unique or contract.key == (name,) else None,
        primaryKey=True if field.key else None,
        primaryKeyPosition=contract.key.index(name) + 1 if field.key else None,
        partitioned=True if contract.partition == name else None,
        partitionKeyPosition=1 if contract.partition == name else None,
        classification=field.classification.value,
        deprecated=True if column.deprecated else None,
        synonyms=[{"synonym": column.title.en, "locale": "en"}],
        examples=list(field.examples),
        enum=[{"value": field.json(e.code), "label": e.vi, "description": e.en} for e in field.entries or ()],
        authoritativeDefinitions=[
            {
                "url": f"{CONCEPT}{column.concept}",
                "type": "glossary",
                "description": f"{field.concept.title.vi} / {field.concept.title.en}. {field.concept.source}",
            }
        ],
        customProperties=[
            _custom(CUSTOM, column.model_dump(mode="json", exclude=set(IN_COLUMN), exclude_defaults=True)),
            *(_custom(key, value) for key, value in measured.items()),
        ],
    )


def _options(field: Field) -> _Part:
    numeric = field.type in NUMERIC
    return _said(
        minLength=field.min_length or None,
        maxLength=field.max_length,
        pattern=anchored(field.patterns[0]) if field.patterns else None,
        minimum=field.low if numeric else None,
        maximum=field.high if numeric else None,
        format=_LOGICAL[field.type][1],
        timezone=field.type == "timestamp" if field.type.startswith("timestamp") else None,
    )


def _quality(contract: Contract, plan: Blueprint) -> Iterator[_Part]:
    held = {f.name: f for f in fields(contract, plan)}
    for rule in row_rules(contract, plan):
        if rule.kind == "damaged-letters":
            continue  # how a file was read is for whoever reads it, and no promise of the contract
        if _needs_sql(rule, held.get(rule.column or "")):
            yield {
                "id": rule.id,
                "name": rule.id,
                "description": f"{rule.vi} / {rule.en}",
                "type": "sql",
                "query": f"SELECT count(*) FROM ${{table}} WHERE NOT {rule.good}",
                "mustBe": 0,
                "severity": rule.severity,
                "dimension": "conformity",
            }
    least, most = least_rows(contract), contract.gate.max_rows
    if most is None:
        count: _Part = {"mustBeGreaterOrEqualTo": least}
    else:
        count = {"mustBe": most} if most == least else {"mustBeBetween": [least, most]}
    yield {"id": "row-count", "metric": "rowCount", **count, "severity": "error", "dimension": "completeness"}
    for columns in [c for c in dict.fromkeys([contract.key, *contract.unique]) if len(c) > 1]:
        yield {
            "id": f"unique-{'-'.join(columns)}",
            "metric": "duplicateValues",
            "arguments": {"properties": list(columns)},
            "mustBe": 0,
            "severity": "error",
            "dimension": "uniqueness",
        }


def _needs_sql(rule: RowRule, field: Field | None) -> bool:
    """Whether ``rule`` says more than the types, options and enums of the standard can."""
    if field is None or rule.kind == "contract":
        return True
    return {
        "required": False,
        "range": False,
        "length": False,
        "pattern": len(field.patterns) > 1,
        "code": field.dated_by is not None,
    }.get(rule.kind, True)


def _team(contract: Contract, plan: Blueprint) -> _Part:
    agency = plan.codelists["organisations"].find(contract.agency) if "organisations" in plan.codelists else None
    return _said(name=contract.agency, description=f"{agency.vi} / {agency.en}" if agency else None)


def _service(contract: Contract) -> Iterator[_Part]:
    cron = {"scheduler": "cron", "schedule": contract.schedule} if contract.schedule else {}
    yield {"property": "frequency", "value": contract.frequency, "description": "EU frequency list", **cron}
    if contract.gate.max_age_days is not None:
        yield {"property": "latency", "value": contract.gate.max_age_days, "unit": "d"}
