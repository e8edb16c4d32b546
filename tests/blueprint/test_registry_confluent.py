"""The stock Confluent client works against the running service, unmodified."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext, SerializationError

from blueprint import Blueprint
from blueprint import compile as compiled
from blueprint.errors import BlueprintError
from blueprint.load import load
from blueprint.registry import schemas
from blueprint.registry.holdings import Holdings
from tests.blueprint.registry_service import evolved, running

ROW = {
    "route_id": "01_1",
    "route_short_name": "01",
    "route_long_name": "Gia Lâm - Yên Nghĩa",
    "route_type": 3,
    "note": "a",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("registry")
    evolved(home)
    return home


@pytest.fixture(scope="module")
def plan(home: Path) -> Blueprint:
    return load(home)


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    with running(home) as url:
        yield url


@pytest.fixture
def client(address: str) -> Iterator[SchemaRegistryClient]:
    with SchemaRegistryClient({"url": address}) as client:
        yield client


def changed(schema: Schema, change: Callable[[dict[str, Any]], object]) -> Schema:
    content = json.loads(schema.schema_str or "")
    change(content)
    return Schema(json.dumps(content), "JSON")


def test_subjects_and_versions(client: SchemaRegistryClient, plan: Blueprint) -> None:
    assert client.get_subjects() == sorted(plan.contracts)
    buses = [name for name in sorted(plan.contracts) if name.startswith("bus-")]
    assert {"bus-routes", "bus-stops"} <= set(buses)
    assert client.get_subjects(subject_prefix="bus-") == buses
    assert client.get_subjects(offset=1, limit=2) == sorted(plan.contracts)[1:3]
    assert client.get_versions("bus-routes") == [1, 2, 3], "the draft has no number"


def test_a_version_holds_the_compiled_json_schema(client: SchemaRegistryClient, plan: Blueprint) -> None:
    latest = client.get_latest_version("bus-routes")
    contract = plan.contract_versions["bus-routes"][2]
    assert (latest.subject, latest.version, latest.schema.schema_type) == ("bus-routes", 3, "JSON")
    assert json.loads(latest.schema.schema_str or "") == json.loads(compiled.export(contract, plan, "jsonschema"))
    assert client.get_version("bus-routes", 3).schema_id == latest.schema_id
    assert client.get_version("bus-routes", 1).schema_id != latest.schema_id
    assert client.get_referenced_by("bus-routes", 1) == []


def test_a_schema_by_its_id_and_guid(client: SchemaRegistryClient) -> None:
    latest = client.get_latest_version("bus-routes")
    assert latest.schema_id is not None
    assert 0 < latest.schema_id < 2**31
    assert client.get_schema(latest.schema_id).schema_str == latest.schema.schema_str
    assert client.get_schema_by_guid(latest.guid or "").schema_str == latest.schema.schema_str
    assert client.get_subjects_by_schema_id(latest.schema_id) == ["bus-routes"]
    found = client.get_schema_versions(latest.schema_id)
    assert [(v.subject, v.version) for v in found] == [("bus-routes", 3)]
    assert client.get_schema_types() == ["JSON"]


def test_ids_are_those_of_the_content_wherever_it_is_served(plan: Blueprint, tmp_path: Path) -> None:
    here, there = schemas.Schemas(Holdings(plan, ())), schemas.Schemas(Holdings(evolved(tmp_path), ()))
    assert {o.contract.ref: (o.id, o.guid) for o in here.ids.values()} == {
        o.contract.ref: (o.id, o.guid) for o in there.ids.values()
    }
    assert len(here.ids) == sum(map(len, here.subjects.values()))


def test_two_schemas_of_one_id_are_refused(plan: Blueprint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "_registered", lambda c, n, lock: schemas.Registered(c, n, 7, c.ref))
    with pytest.raises(BlueprintError, match="one schema id, 7"):
        schemas.Schemas(Holdings(plan, ()))


def test_lookup(client: SchemaRegistryClient) -> None:
    for number in (1, 2, 3):
        schema = client.get_version("bus-routes", number).schema
        assert client.lookup_schema("bus-routes", Schema(schema.schema_str, "JSON")).version == number
        spaced = Schema(json.dumps(json.loads(schema.schema_str or ""), indent=4), "JSON")
        assert client.lookup_schema("bus-routes", spaced).version == number
    with pytest.raises(SchemaRegistryError) as refused:
        client.lookup_schema("bus-routes", Schema('{"type": "object"}', "JSON"))
    assert (refused.value.http_status_code, refused.value.error_code) == (404, 40403)


def test_the_version_of_a_contract_is_found_by_its_metadata(client: SchemaRegistryClient) -> None:
    assert client.get_latest_with_metadata("bus-routes", {"version": "1.1.0"}).version == 2
    assert client.get_latest_with_metadata("bus-routes", {"classification": "open"}).version == 3
    with pytest.raises(SchemaRegistryError) as refused:
        client.get_latest_with_metadata("bus-routes", {"version": "8.0.0"})
    assert refused.value.error_code == 40402


def test_config_and_mode(client: SchemaRegistryClient) -> None:
    assert client.get_compatibility() == client.get_compatibility("bus-routes") == "FULL_TRANSITIVE"
    assert client.get_global_mode() == client.get_mode("bus-routes") == "READONLY"
    assert client.get_contexts() == ["."]


@pytest.mark.parametrize(
    ("call", "status", "code"),
    [
        (lambda c: c.get_versions("nothing"), 404, 40401),
        (lambda c: c.get_latest_version("nothing"), 404, 40401),
        (lambda c: c.get_version("bus-routes", 4), 404, 40402),
        (lambda c: c.get_version("bus-routes", 0), 422, 42202),
        (lambda c: c.get_version("bus-routes", "1.0.0"), 422, 42202),
        (lambda c: c.get_schema(1), 404, 40403),
        (lambda c: c.register_schema("bus-routes", Schema("{}", "JSON")), 405, 405),
        (lambda c: c.set_compatibility("bus-routes", "NONE"), 405, 405),
        (lambda c: c.set_compatibility(level="NONE"), 405, 405),
        (lambda c: c.delete_subject("bus-routes"), 405, 405),
        (lambda c: c.delete_version("bus-routes", 1), 405, 405),
    ],
)
def test_refusals(
    client: SchemaRegistryClient, call: Callable[[SchemaRegistryClient], object], status: int, code: int
) -> None:
    with pytest.raises(SchemaRegistryError) as refused:
        call(client)
    assert (refused.value.http_status_code, refused.value.error_code) == (status, code)
    if status == 405:
        assert "git" in str(refused.value)


@pytest.mark.parametrize(
    ("compatible", "change", "told"),
    [
        (True, lambda s: s.update(title="Khác", description="Khác"), ""),
        (True, lambda s: s["properties"].update(extra={"type": ["string", "null"]}), ""),
        (True, lambda s: s["properties"].update(sorted(s["properties"].items(), reverse=True)), ""),
        (False, lambda s: s["properties"].pop("note") and s["required"].remove("note"), "columns.note"),
        (
            False,
            lambda s: (s["properties"].update(extra={"type": "string"}), s["required"].append("extra")),
            "columns.extra",
        ),
        (False, lambda s: s["properties"]["note"].update(maxLength=5), "max_length"),
        (False, lambda s: s["properties"]["note"].update(type="integer"), "type"),
        (False, lambda s: s["properties"]["route_id"].update(pattern="^x$"), "pattern"),
        (False, lambda s: s["properties"]["note"].update({"not": {"const": "a"}}), "$.properties.note.not"),
        (False, lambda s: s.update(dependentRequired={"note": ["route_id"]}), "$.dependentRequired"),
        (False, lambda s: s.pop("properties"), "$.properties"),
    ],
)
def test_compatibility_of_a_json_schema(
    client: SchemaRegistryClient, address: str, compatible: bool, change: Callable[[dict[str, Any]], object], told: str
) -> None:
    proposed = changed(client.get_latest_version("bus-routes").schema, change)
    assert client.test_compatibility("bus-routes", proposed) is compatible
    answer = httpx.post(
        f"{address}/compatibility/subjects/bus-routes/versions/latest?verbose=true",
        json={"schema": proposed.schema_str, "schemaType": "JSON"},
        timeout=30,
    ).json()
    assert answer["is_compatible"] is compatible
    assert bool(answer["messages"]) is not compatible
    assert all(" / " in message for message in answer["messages"]), "each message stands in both languages"
    assert told in " ".join(answer["messages"])


def test_the_latest_schema_and_the_contract_itself_are_compatible(client: SchemaRegistryClient, home: Path) -> None:
    schema = client.get_latest_version("wards").schema
    assert client.test_compatibility("wards", schema)
    assert client.test_compatibility_all_versions("wards", schema)
    draft = next(home.glob("contracts/*/bus-routes/2.1.0.yaml")).read_text(encoding="utf-8")
    assert client.test_compatibility_all_versions("bus-routes", Schema(draft, "JSON"))
    assert not client.test_compatibility(
        "bus-routes", Schema(draft.replace("version: 2.1.0", "version: 2.0.1"), "JSON")
    )
    assert not client.test_compatibility("wards", Schema(draft, "JSON")), "a contract of another dataset"
    assert not client.test_compatibility("bus-routes", Schema("not: [a schema", "JSON"))


def test_codes_that_go_are_refused_and_codes_that_come_are_judged(client: SchemaRegistryClient) -> None:
    schema = client.get_latest_version("air-quality-hourly").schema
    assert "enum" in json.loads(schema.schema_str or "")["properties"]["station_id"]
    assert not client.test_compatibility(
        "air-quality-hourly", changed(schema, lambda s: s["properties"]["station_id"]["enum"].pop())
    )
    assert not client.test_compatibility(
        "air-quality-hourly", changed(schema, lambda s: s["properties"]["station_id"].pop("enum"))
    )


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({}, True),
        ({"route_id": None}, False),
        ({"route_type": "three"}, False),
        ({"surplus": 1}, False),
        ({"note": "ghi chú"}, True),
    ],
)
def test_the_clients_deserializer_judges_a_row_as_the_contract_does(
    client: SchemaRegistryClient, change: dict[str, Any], fits: bool
) -> None:
    latest = client.get_latest_version("bus-routes")
    context = SerializationContext("bus-routes", MessageField.VALUE)
    settings = {"auto.register.schemas": False, "use.latest.version": True, "validate": False}
    message = JSONSerializer(latest.schema, client, conf=settings)({**ROW, **change}, context)
    assert message is not None
    assert int.from_bytes(message[1:5], "big") == latest.schema_id
    read = JSONDeserializer(None, schema_registry_client=client)
    if fits:
        assert read(message, context) == {**ROW, **change}
    else:
        with pytest.raises(SerializationError):
            read(message, context)
