"""A proposal is checked and answered with file, line, what came and what is allowed; nothing is kept."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.testclient import TestClient

from blueprint import Blueprint
from blueprint.registry import judge
from blueprint.registry.app import create_app
from tests.blueprint.registry_service import evolved

YAML = {"content-type": "application/yaml"}


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Blueprint:
    return evolved(tmp_path_factory.mktemp("registry"))


@pytest.fixture(scope="module")
def client(plan: Blueprint) -> Iterator[TestClient]:
    with TestClient(create_app(plan)) as client:
        yield client


@pytest.fixture(scope="module")
def draft(plan: Blueprint) -> str:
    return next(plan.root.glob("contracts/*/bus-routes/2.1.0.yaml")).read_text(encoding="utf-8")


def as_json(text: str) -> dict[str, Any]:
    """The declaration as JSON holds it, dates as text."""
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


def asked(client: TestClient, text: str) -> dict[str, Any]:
    answer = client.post("/api/proposals", content=text.encode(), headers=YAML)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_good_proposal_in_each_of_its_forms(client: TestClient, draft: str) -> None:
    for arguments in (
        {"json": {"declaration": draft}},
        {"json": {"declaration": as_json(draft)}},
        {"content": draft.encode(), "headers": YAML},
        {"files": {"declaration": ("2.1.0.yaml", draft.encode())}},
    ):
        answer = client.post("/api/proposals", **arguments)  # type: ignore[arg-type]
        assert answer.status_code == 200
        found = answer.json()
        assert found["accepted"] is True, found["problems"]
        assert (found["subject"], found["version"], found["next_version"]) == ("bus-routes", "2.1.0", "2.1.0")
        assert found["report"]["findings"][0]["rule"] == "column-added-optional"


def test_what_is_wrong_is_told_with_its_line(client: TestClient, draft: str) -> None:
    wrong = draft.replace("concept: free-text@1", "concept: free-txt@1", 1)
    found = asked(client, wrong)
    assert found["accepted"] is False
    problem = found["problems"][0]
    assert problem["came"] == "free-txt@1"
    assert wrong.splitlines()[problem["line"] - 1].strip().endswith("free-txt@1")
    assert "free-text@1" in problem["vi"]
    assert problem["file"] == "contracts/so-xay-dung/bus-routes/2.1.0.yaml"
    bare = client.post("/api/proposals", json={"declaration": as_json(wrong)}).json()["problems"][0]
    assert (bare["line"], bare["path"]) == (None, problem["path"])


def test_an_unknown_field_and_a_broken_text(client: TestClient, draft: str) -> None:
    unknown = asked(client, draft.replace("frequency:", "frequencyy:"))["problems"]
    assert any(p["came"] or "frequencyy" in p["vi"] for p in unknown)
    assert {p["path"] for p in unknown} >= {"frequency", "frequencyy"}
    broken = asked(client, "dataset: [1, 2\nversion: x")
    assert broken["problems"][0]["rule"] == "yaml"
    assert broken["problems"][0]["line"] is not None


def test_a_number_that_is_too_small_and_one_that_is_released(client: TestClient, draft: str) -> None:
    small = asked(client, draft.replace("version: 2.1.0", "version: 2.0.1"))
    assert small["accepted"] is False
    assert small["next_version"] == "2.1.0"
    assert [p["rule"] for p in small["problems"]] == ["version"]
    taken = asked(client, draft.replace("version: 2.1.0", "version: 2.0.0"))
    assert "released" in [p["rule"] for p in taken["problems"]]
    assert taken["accepted"] is False


def test_a_code_list_with_its_table(client: TestClient, plan: Blueprint) -> None:
    old = plan.codelist_versions["licences"][-1]
    folder = plan.root / "codelists" / "licences"
    head = folder.joinpath(f"{old.version}.yaml").read_text(encoding="utf-8")
    head = head.replace(f"version: {old.version}", f"version: {old.version + 1}")
    table = folder.joinpath(f"{old.version}.csv").read_text(encoding="utf-8")
    fine = client.post("/api/proposals", json={"declaration": head, "table": table}).json()
    assert fine["accepted"] is True, fine["problems"]
    fewer = "".join(table.splitlines(keepends=True)[:-1])
    gone = client.post("/api/proposals", files={"declaration": ("l.yaml", head), "table": ("l.csv", fewer)}).json()
    assert gone["accepted"] is False
    assert gone["report"]["compatible"] is False
    torn = client.post("/api/proposals", json={"declaration": head, "table": table + "x,y\n"}).json()
    assert torn["accepted"] is False
    assert torn["problems"][0]["line"] == len(table.splitlines()) + 1


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 400),
        ({"content": b"[" * 100_000, "headers": {"content-type": "application/json"}}, 400),
        ({"content": b"\xff\xfe", "headers": YAML}, 400),
        ({"json": {}}, 422),
        ({"json": {"declaration": "a: 1", "more": 1}}, 422),
        ({"json": {"declaration": 5}}, 422),
        ({"json": {"declaration": "x" * 900_001}}, 422),
        ({"files": {"table": ("t.csv", b"a")}}, 422),
        ({"files": {"declaration": ("a", b"a"), "table": ("b", b"b"), "third": ("c", b"c")}}, 400),
        ({"content": b"a: 1", "headers": {"content-type": "text/plain"}}, 415),
        ({"content": b"x" * 1_000_001, "headers": YAML}, 413),
    ],
)
def test_what_is_no_proposal_is_refused(client: TestClient, arguments: dict[str, Any], status: int) -> None:
    answer = client.post("/api/proposals", **arguments)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["vi"] != answer.json()["en"]


def test_texts_that_unfold_or_nest_without_end_are_refused(client: TestClient) -> None:
    laughs = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
    )
    assert asked(client, laughs)["problems"][0]["rule"] == "yaml-alias"
    assert asked(client, "a: " + "[" * 5000)["problems"][0]["rule"] == "yaml-size"
    deep: Any = "x"
    for _ in range(60):
        deep = [deep]
    assert client.post("/api/proposals", json={"declaration": {"dataset": deep}}).json()["accepted"] is False


def test_a_pattern_that_never_ends_is_stopped(plan: Blueprint, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = {
        "concept": "endless",
        "version": 1,
        "title": {"vi": "Không dứt", "en": "Endless"},
        "definition": {"vi": "Thử.", "en": "A trial."},
        "type": "string",
        "classification": "open",
        "pattern": "^(a+)+$",
        "examples": ["a" * 60 + "!"],
        "source": "test",
    }
    with TestClient(create_app(plan)) as client:
        answer = client.post("/api/proposals", json={"declaration": endless})
        assert answer.status_code == 422
        assert "pattern" in answer.json()["vi"]
        assert client.get("/subjects").status_code == 200


def test_too_many_at_once_are_put_off(client: TestClient, monkeypatch: pytest.MonkeyPatch, draft: str) -> None:
    class Full:
        def acquire(self, timeout: float) -> bool:
            return False

    monkeypatch.setattr(judge, "_AT_ONCE", Full())
    answer = client.post("/api/proposals", json={"declaration": draft})
    assert answer.status_code == 503
    assert json.loads(answer.text)["status"] == 503


def test_no_proposal_reaches_beyond_its_own_folder(client: TestClient, draft: str, tmp_path: Path) -> None:
    climbing = "../" * 12 + str(tmp_path / "elsewhere").lstrip("/")
    for agency in (climbing, str(tmp_path / "absolute")):
        found = asked(client, draft.replace("agency: so-xay-dung", f"agency: {agency}"))
        assert found["accepted"] is False
        assert found["problems"][0]["path"] == "agency"
    assert list(tmp_path.iterdir()) == []
