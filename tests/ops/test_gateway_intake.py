"""What the gateway does with a delivery that is whole: it goes through ``hanoi ingest``, and its reports lie beside it."""

import hashlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook

from blueprint import blueprint
from dags.gateway.bundles import Bundle, Bundles
from dags.gateway.uploads import Upload, Uploads
from dags.marked.summary import TITLE
from dags.sources.deliveries import DeliveryStore
from dags.sources.places import by_hand
from dags.steps import reports, steps
from dags.steps.conform import conform
from dags.steps.records import RunRecord
from ops.gateway import Intake
from ops.settings import Settings, settings_for
from ops.simulator.server import deliveries
from quality.verdict import Check, Verdict

INGEST = """#!{python}
import json, pathlib, sys
said = pathlib.Path({folder!r})
with (said / "calls.jsonl").open("a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\\n")
print((said / "answer.json").read_text())
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home, and in place of ``hanoi`` a program that writes down how it was called and answers as it is told."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "hanoi").write_text(INGEST.format(python=sys.executable, folder=str(tmp_path)), encoding="utf-8")
    (folder / "hanoi").chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    return settings_for(tmp_path / "home")


@pytest.fixture
def stores(settings: Settings) -> Iterator[tuple[Uploads, Bundles, Intake]]:
    uploads = Uploads(settings.home, 10**7)
    bundles = Bundles(settings.home, uploads)
    intake = Intake(settings, uploads, bundles)
    intake.start()
    yield uploads, bundles, intake
    intake.stop()


def answer(folder: Path, state: str, error: dict[str, str] | None = None) -> None:
    result = {"state": state, "error": error, "rows_accepted": 5, "rows_quarantined": 1, "version": "1-0a1b2c3d"}
    (folder / "answer.json").write_text(json.dumps({"datasets": [result]}), encoding="utf-8")


def whole(uploads: Uploads, name: str, content: bytes, delivery: str | None = None) -> Upload:
    upload = uploads.begin("papi", "papi", name, len(content), delivery=delivery)
    uploads.file(upload).write_bytes(content)
    return uploads._finish(upload)


def closed(uploads: Uploads, bundles: Bundles) -> Bundle:
    bundle = bundles.begin("papi", "papi")
    for path in sorted(p for p in deliveries() if "papi" in p)[:2]:
        content, name = deliveries()[path], Path(path).name
        assert isinstance(content, bytes)
        bundles.add(bundle, name, len(content), lambda n=name, c=content: whole(uploads, n, c, bundle.id))
    return bundles.close(bundle)[0]


def settled(bundles: Bundles, bundle: Bundle) -> Bundle:
    end = time.monotonic() + 60
    while (found := bundles.find(bundle.id, bundle.agency)).state in ("received", "running"):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


def judge(home: Path, folder: Path) -> None:
    """Leave what the DAG leaves of a delivery that the gate refused."""
    plan = blueprint()
    contract, store = plan.contract("papi"), DeliveryStore(home, 10**7)
    delivery = store.keep(contract, by_hand(contract, [folder]), "test")
    found = conform(contract, plan, delivery, store, home / "staging")
    few = Check("row-count", None, "error", False, None, "Phải có 882 dòng.", "There must be 882 rows.")
    verdict = Verdict(False, "papi", contract.ref, found.rows_accepted, found.rows_in, 0, (few,))
    reports.keep_judged(home, contract, plan, delivery, found, verdict)
    record = RunRecord(home, "papi")
    record.start("test")
    record.note("gate", gate="failed")


def test_a_closed_delivery_is_ingested_as_one_and_its_reports_are_kept(
    settings: Settings, stores: tuple[Uploads, Bundles, Intake], tmp_path: Path
) -> None:
    uploads, bundles, intake = stores
    bundle = closed(uploads, bundles)
    judge(settings.home, bundles.file(bundle))
    answer(tmp_path, "failed", {"vi": "Cổng chất lượng từ chối.", "en": "The gate refused it."})
    intake.add(bundle)
    found = settled(bundles, bundle)
    assert (found.state, found.said) == ("refused", {"vi": "Cổng chất lượng từ chối.", "en": "The gate refused it."})
    (call,) = map(json.loads, (tmp_path / "calls.jsonl").read_text().splitlines())
    assert call[:4] == ["ingest", "papi", "--json", "--file"]
    assert Path(call[4]) == bundles.file(bundle)
    assert "Phải có 882 dòng." in bundles.report(bundle).read_text(encoding="utf-8")
    book = load_workbook(bundles.report(bundle, "xlsx"))
    assert book.sheetnames == [TITLE, "2011.csv", "2012.csv"]
    assert {bundles.report(bundle, form).stat().st_mode & 0o77 for form in ("html", "xlsx")} <= {0, 0o44}


def test_an_upload_by_itself_is_ingested_and_one_of_several_is_not(
    settings: Settings, stores: tuple[Uploads, Bundles, Intake], tmp_path: Path
) -> None:
    uploads, bundles, _ = stores
    alone = whole(uploads, "2011.csv", b"abc")
    bundle = bundles.begin("papi", "papi")
    part = bundles.add(bundle, "2012.csv", 3, lambda: whole(uploads, "2012.csv", b"abc", bundle.id))
    answer(tmp_path, "success")
    RunRecord(settings.home, "papi").start("test")
    again = Intake(settings, uploads, bundles)
    again.start()  # as after a restart
    end = time.monotonic() + 60
    while uploads.find(alone.id, "papi").state != "accepted":
        assert time.monotonic() < end
        time.sleep(0.02)
    again.stop()
    assert uploads.find(part.id, "papi").state == "received"
    assert len((tmp_path / "calls.jsonl").read_text().splitlines()) == 1
    assert uploads.find(alone.id, "papi").said == {
        "vi": "Đã nhận 5 dòng, cách ly 1 dòng.",
        "en": "5 rows accepted, 1 quarantined.",
    }
    assert hashlib.sha256(b"abc").hexdigest() == alone.sha256


def test_the_dag_fetches_the_folder_as_the_delivery_that_was_closed(
    settings: Settings, stores: tuple[Uploads, Bundles, Intake], monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads, bundles, _ = stores
    bundle = closed(uploads, bundles)
    monkeypatch.setenv("HANOI_HOME", str(settings.home))
    assert steps.fetch("papi", "test", str(bundles.file(bundle)))["id"] == bundle.sha256
