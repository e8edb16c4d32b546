"""Another CKAN harvests the catalogue, by DCAT and by CKAN's API, and follows what changes in it.

It takes half a minute, so it runs where the variable HANOI_HARVEST is set.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from . import versions
from .conftest import PRIVATE, SERVER_PYTHON

pytestmark = [
    pytest.mark.platform,
    pytest.mark.skipif(not os.environ.get("HANOI_HARVEST"), reason="runs where HANOI_HARVEST is set"),
]

LEVELS = versions.DATASET["id"]


class Harvester:
    """The other CKAN."""

    def __init__(self, log: Path) -> None:
        self.log = log
        with log.open("wb") as messages:
            self.process = subprocess.Popen(
                [str(SERVER_PYTHON), str(Path(__file__).with_name("harvesting.py"))],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=messages, text=True,
            )  # fmt: skip
        assert self._answer() == {"ready": True}

    def _answer(self) -> dict[str, Any]:
        line = self.process.stdout.readline()
        assert line, self.log.read_text("utf-8", "replace")[-4000:]
        return json.loads(line)

    def order(self, **order: Any) -> dict[str, Any]:
        """Give an order and return its answer."""
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def harvest(self, source: str) -> dict[str, str]:
        """Harvest a source without any error, and return how each dataset fared."""
        done = self.order(run=source)
        assert done["errors"] == [], done
        assert [d["errors"] for d in done["datasets"].values() if d["errors"]] == [], done
        return {guid: dataset["status"] for guid, dataset in done["datasets"].items()}

    def held(self, source: str) -> dict[str, dict[str, Any]]:
        """Return the datasets that are held from a source, by what the catalogue calls them."""
        packages = self.order(list=source)["packages"]
        # CKAN's harvester keeps our fields, and DCAT our URI; a name may have been taken there.
        return {
            extra(package, "hanoi_contract").partition("@")[0] or extra(package, "uri").rpartition("/")[2]: package
            for package in packages
        }

    def end(self) -> None:
        """End it and wait until it has gone."""
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def described(catalogue):
    """The catalogue with one more dataset, which has two versions."""
    with versions.two(catalogue) as filled:
        yield filled


@pytest.fixture(scope="module")
def harvester(described, tmp_path_factory):
    """Another CKAN that knows the catalogue as a source of two kinds."""
    other = Harvester(tmp_path_factory.mktemp("harvest") / "log")
    try:
        # Small pages, so that the way from page to page is walked.
        other.order(source="dcat", url=f"{described.url}/catalog.jsonld?limit=2", type="dcat_rdf")
        other.order(source="ckan", url=described.url, type="ckan")
        yield other
    finally:
        other.end()


def public(catalogue) -> dict[str, dict[str, Any]]:
    """Return the public datasets of the catalogue by their names."""
    return {d["name"]: d for d in catalogue.action("package_search", rows=100)["result"]["results"]}


def extra(package: dict[str, Any], key: str) -> str:
    return next((e["value"] for e in package["extras"] if e["key"] == key), "")


def test_another_ckan_harvests_and_follows_a_change_and_a_deletion(described, harvester):
    wanted = public(described)
    assert len(wanted) >= 3
    for source in ("dcat", "ckan"):
        assert set(harvester.harvest(source).values()) == {"added"}
        found = harvester.held(source)
        assert set(found) == set(wanted)
        assert PRIVATE not in json.dumps(found)
        ours, theirs = wanted[LEVELS], found[LEVELS]
        assert {tag["name"] for tag in theirs["tags"]} == {tag["name"] for tag in ours["tags"]}
        files = {r["hash"]: r.get("download_url") or r["url"] for r in theirs["resources"] if r.get("hash")}
        assert files == {r["hash"]: r["url"] for r in ours["resources"]}
    about = harvester.held("dcat")[LEVELS]
    # The other CKAN is an English one.
    assert about["title"] == versions.DATASET["title"]["en"]
    assert extra(about, "publisher_name") == "Department of Agriculture and Environment"
    assert extra(about, "frequency").endswith("/HOURLY")
    assert about["version"] == extra(wanted[LEVELS], "hanoi_version")

    versions.show(described, 3)
    newest = extra(public(described)[LEVELS], "hanoi_version")
    assert newest.startswith("3-")
    for source in ("dcat", "ckan"):
        assert "updated" in harvester.harvest(source).values()
    assert harvester.held("dcat")[LEVELS]["version"] == newest
    assert extra(harvester.held("ckan")[LEVELS], "hanoi_version") == newest

    described.action("package_delete", signed_in=True, id=LEVELS)
    # CKAN's own harvester never asks what is gone; the one by DCAT does.
    assert harvester.harvest("dcat")[f"{described.url}/dataset/{LEVELS}"] == "deleted"
    assert set(harvester.held("dcat")) == set(public(described)) == set(wanted) - {LEVELS}
