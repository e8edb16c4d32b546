"""Steps whose contract is published or kept, and publishing once more; the catalogue is played."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from catalog.publisher import CatalogueDown
from dags.errors import NotPublished
from dags.notices import Notice, Outbox
from dags.quarantine.replay import replay
from dags.settings import PipelineSettings
from dags.steps import running, steps
from dags.steps.records import RunRecord
from dags.steps.running import Call, run_step
from tests.dags.builders import contract
from tests.dags.quarantine_builders import HEAD, LAX, Home, plan_of
from tests.dags.test_slices import TODAY

ROWS = HEAD + "T1,2026-01-01T00:00:00Z,50\nT2,2026-01-01T00:00:00Z,60\n"


class Catalogue:
    """A catalogue that takes what is published, and says so."""

    def __init__(self) -> None:
        self.up = True
        self.published: list[str] = []

    def require(self) -> None:
        if not self.up:
            raise CatalogueDown("không trả lời", "does not answer")

    def publish(self, of: Any, version: Any) -> Any:
        self.published.append(version.id)
        return SimpleNamespace(url=f"http://127.0.0.1/dataset/{of.dataset}", changed=True)


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    found = Catalogue()
    monkeypatch.setattr(steps, "_catalogue", lambda _: found)
    monkeypatch.setattr(steps, "publish_version", lambda _, to, of, __, ___, version: to.publish(of, version))
    return found


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    return declare(Home(tmp_path), monkeypatch)


def declare(home: Home, monkeypatch: pytest.MonkeyPatch, **more: Any) -> Home:
    home.versions = (contract(**LAX, **more),)
    monkeypatch.setenv("HANOI_HOME", str(home.settings.home))
    for module in (steps, running):
        monkeypatch.setattr(module, "blueprint", lambda: plan_of(*home.versions))
    return home


def run_whole(home: Home, monkeypatch: pytest.MonkeyPatch, run_id: str = "r1") -> dict[str, Any]:
    """The steps of one run one after another, with the gate passed."""
    file = home.folder / "air.csv"
    file.write_text(ROWS, encoding="utf-8")

    def call(step: str, **given: Any) -> Any:
        return run_step(Call(step, "air-test", run_id, {"file": str(file)}, TODAY, given))

    delivery = call("fetch")
    conformed = call("conform", delivery=delivery)
    verdict = {"passed": True, "checks": [], "part": None}
    committed = call("commit", conformed=conformed, verdict=verdict)
    return call("publish", committed=committed) if home.contract.publish else committed


def test_a_published_contract_ends_in_the_catalogue(place, catalogue, monkeypatch) -> None:
    Outbox(place.settings.home).tell(_notice())
    told = run_whole(place, monkeypatch)
    version = place.settings.lake.current("air-test")
    assert version is not None
    assert catalogue.published == [version.id]
    assert told["catalogue_url"].endswith("/dataset/air-test")
    assert RunRecord(place.settings.home, "air-test").read()["state"] == "success"
    assert Outbox(place.settings.home).notices() == [], "what was told of is over"


def test_a_catalogue_that_is_down_stops_the_commit_of_what_is_published_and_of_nothing_else(
    place, catalogue, monkeypatch
) -> None:
    catalogue.up = False
    with pytest.raises(CatalogueDown):
        run_whole(place, monkeypatch)
    assert place.settings.lake.current("air-test") is None
    record = RunRecord(place.settings.home, "air-test").read()
    assert (record["state"], record["step"], record["error"]["en"]) == ("failed", "commit", "does not answer")
    declare(place, monkeypatch, publish=False)
    kept = run_whole(place, monkeypatch, "r2")
    assert kept["new_version"]
    record = RunRecord(place.settings.home, "air-test").read()
    assert (record["state"], record["step"]) == ("success", "commit")
    assert list((place.settings.home / "staging").iterdir()) == []


def test_what_is_kept_is_published_by_no_way(place, catalogue, monkeypatch) -> None:
    declare(place, monkeypatch, publish=False)
    committed = run_whole(place, monkeypatch)
    with pytest.raises(NotPublished, match="publish: false"):
        steps.publish("air-test", "r1", committed)
    with pytest.raises(NotPublished):
        steps.republish("air-test")
    delivery = place.store.deliveries("air-test")[0]
    told = replay(place.settings, place.plan, "air-test", delivery.id, force=True, catalogue=catalogue)
    assert (told.passed, told.published, catalogue.published) == (True, False, [])


def test_the_newest_version_is_published_once_more(place, catalogue, monkeypatch) -> None:
    assert steps.republish("air-test")["version"] is None
    run_whole(place, monkeypatch)
    told = steps.republish("air-test")
    assert catalogue.published == [told["version"]] * 2
    assert PipelineSettings().lake.current("air-test").id == told["version"]


def _notice() -> Notice:
    text = {"vi": "a", "en": "b"}
    given = {"agency": "test", "dataset": "air-test", "title": text, "said": text, "next": text, "fault": "x"}
    return Notice(kind="failed", step="fetch", for_agency=True, **given)
