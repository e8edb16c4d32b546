"""The service does what its OpenAPI description says, for requests that fit it and for requests that do not."""

from pathlib import Path

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from starlette.testclient import TestClient

from blueprint.registry.app import create_app
from tests.blueprint.registry_service import evolved

_FAST = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
_JUDGED = settings(_FAST, max_examples=2)  # each of these starts a process


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    return create_app(evolved(tmp_path_factory.mktemp("registry")))


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_schemathesis_finds_no_failure(app: FastAPI, mode: GenerationMode) -> None:
    described = schemathesis.openapi.from_asgi("/openapi.json", app)
    failures: list[str] = []
    seen = 0
    for result in described.get_all_operations():
        operation = result.ok()
        examples = operation.get_strategies_from_examples() if mode is GenerationMode.POSITIVE else []
        for strategy in [operation.as_strategy(generation_mode=mode), *examples]:

            @given(case=strategy)
            @(_JUDGED if operation.method.upper() == "POST" else _FAST)
            def run(case: Case) -> None:
                nonlocal seen
                seen += 1
                case.call_and_validate()

            try:
                run()
            except Unsatisfiable:
                continue  # nothing about this operation can be wrong
            except (Exception, BaseExceptionGroup) as error:
                failures.append(f"{operation.method.upper()} {operation.path}: {str(error)[:1500]}")
    assert not failures, "\n\n".join(failures)
    assert seen > 150


def test_the_description_names_every_route_in_both_languages(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert all(operation["summary"].partition(" / ")), f"{method} {path}"
            assert set(operation["responses"]) - {"200"} or path in ("/api/changelog",), f"{method} {path}"
            assert "HTTPValidationError" not in str(operation), f"{method} {path}"


def test_it_writes_nothing(tmp_path: Path) -> None:
    app = create_app(evolved(tmp_path))
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    with TestClient(app) as client:
        for method in ("PUT", "DELETE", "PATCH"):
            for path in ("/subjects/bus-routes", "/config", "/contracts/bus-routes/1.0.0", "/concepts/instant"):
                refused = client.request(method, path)
                assert refused.status_code == 405
                assert "git" in refused.text
        assert client.post("/subjects/bus-routes/versions", json={"schema": "{}"}).status_code == 405
        text = next(tmp_path.rglob("bus-routes/2.1.0.yaml")).read_text(encoding="utf-8")
        assert client.post("/api/proposals", json={"declaration": text}).json()["accepted"] is True
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
