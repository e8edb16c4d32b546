"""From ODCS to a draft contract: our own exports come back as they were, others with what they lack named."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import yaml
from pydantic import ValidationError

from blueprint.compile.odcs import CONCEPT, CUSTOM
from blueprint.contract import Contract
from blueprint.errors import BlueprintError

_Part = Mapping[str, Any]


class OdcsRefused(BlueprintError):
    """The text is no data contract of the standard, or no contract can be drafted from it yet."""


def declaration(text: str) -> dict[str, Any]:
    """The draft as the content of a contract file; what the standard does not say is absent and left to be filled in.

    Names, order, concepts, required cells, keys and the partition are read from the standard's own fields, the rest from
    the custom property of our exports. Columns of other tools lack a concept where no authoritative definition of ours
    names one. Raises OdcsRefused where ``text`` is not one contract with one table.
    """
    held = _read(text)
    tables = _parts(held, "schema")
    if len(tables) != 1:
        raise OdcsRefused(
            f"Tệp ODCS có {len(tables)} bảng; một hợp đồng của Blueprint là một bảng. Hãy tách mỗi bảng thành một tệp.",
            f"The ODCS file has {len(tables)} tables; a contract of the Blueprint is one table. Split it, one file a table.",
        )
    properties = _parts(tables[0], "properties")
    keys = sorted((p.get("primaryKeyPosition") or 0, i) for i, p in enumerate(properties) if p.get("primaryKey"))
    partition = next((p.get("name") for p in properties if p.get("partitioned")), None)
    return {
        "dataset": held.get("id"),
        "version": held.get("version"),
        **_plain(held),
        **_ours(held),
        "key": [properties[i].get("name") for _, i in keys],
        "columns": [_column(p) for p in properties],
        **({"partition": partition} if partition else {}),
    }


def from_odcs(text: str) -> Contract:
    """The draft as a Contract, with defaults where it says nothing.

    Raises OdcsRefused naming every part that is missing or wrong.
    """
    try:
        return Contract.model_validate(declaration(text))
    except ValidationError as error:
        places = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'contract'}: {e['msg']}" for e in error.errors())
        raise OdcsRefused(
            f"Chưa đủ để thành hợp đồng: {places}. Hãy điền các mục này vào bản khai.",
            f"Not yet a contract: {places}. Fill these in.",
        ) from error


def _read(text: str) -> _Part:
    try:
        content: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        came = str(error).replace("\n", " ")
        raise _no_contract(came) from error
    if not isinstance(content, dict):
        raise _no_contract(type(content).__name__)
    held = cast(_Part, content)
    if held.get("kind") != "DataContract":
        raise _no_contract(f"kind: {held.get('kind')!r}")
    return held


def _no_contract(came: str) -> OdcsRefused:
    return OdcsRefused(
        f"Đây không phải hợp đồng dữ liệu ODCS ({came}); cần YAML với kind: DataContract và apiVersion v3.",
        f"This is no ODCS data contract ({came}); it takes YAML with kind: DataContract and apiVersion v3.",
    )


def _parts(of: _Part, name: str) -> Sequence[_Part]:
    found: Any = of.get(name)
    return (
        [cast(_Part, part) for part in cast(list[Any], found) if isinstance(part, dict)]
        if isinstance(found, list)
        else []
    )


def _plain(held: _Part) -> dict[str, Any]:
    """What a contract of another tool says of itself in fields that ours has too."""
    said: dict[str, Any] = {}
    description: Any = held.get("description")
    if held.get("name"):
        said["title"] = {"vi": held["name"], "en": held["name"]}
    purpose = cast(_Part, description).get("purpose") if isinstance(description, dict) else description
    if purpose:
        said["description"] = {"vi": purpose, "en": purpose}
    return said


def _ours(of: _Part) -> dict[str, Any]:
    kept = [p.get("value") for p in _parts(of, "customProperties") if p.get("property") == CUSTOM]
    return dict(cast(_Part, kept[0])) if kept and isinstance(kept[0], dict) else {}


def _column(of: _Part) -> dict[str, Any]:
    title = of.get("businessName") or of.get("name")
    urls = [str(d.get("url")) for d in _parts(of, "authoritativeDefinitions")]
    concepts = [url.removeprefix(CONCEPT) for url in urls if url.startswith(CONCEPT)]
    return {
        "name": of.get("name"),
        **({"concept": concepts[0]} if concepts else {}),
        "title": {"vi": title, "en": title},
        "required": bool(of.get("required")),
        **_ours(of),
    }
