"""Twelve faults of agencies: each ends in the state that it should, with words for an officer, and readers see nothing of it.

``HANOI_HEAVY_FAULTS=1`` takes a workbook that unpacks to more than a gigabyte and a header line of 400 MB instead of small
ones against lower limits.
"""

import os
import re
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from blueprint import blueprint
from dags.errors import DeliveryUnreadable
from dags.settings import PipelineSettings
from dags.sources.deliveries import DeliveryStore
from dags.sources.places import by_hand
from dags.steps import steps
from dags.steps.conform import conform
from lake import Lake
from ops.simulator import damage, faults
from ops.simulator.faults import FAULTS, Endless
from ops.simulator.server import simulating
from tests.dags.faulty import City, Shelf

HEAVY = bool(os.environ.get("HANOI_HEAVY_FAULTS"))
MEGABYTE = 1024 * 1024
PROGRAMMERS = re.compile(
    r"Traceback|Exception|\w+Error\b|\bNone\b|NoneType|<class|object at|\berrno\b|\bNaN\b|\.py\b|codec|KeyError|\bdict\b|b'|not a zip|field limit",
    re.I,
)
"""What only a programmer understands."""
NEXT = re.compile(r"[Hh]ãy |gửi lại|[Ss]end |[Aa]sk |Fetch |Raise |Set |Delete |Save ")
GATE_VI, GATE_EN = "cổng chất lượng từ chối", "the quality gate refused"
# fault -> the step that refuses it, and what is said of it: in text files, and in workbooks where that differs
TEXT = {
    "late": ("fetch", "không tìm thấy tệp", "are not there"),
    "duplicate": ("gate", GATE_VI, GATE_EN),
    "truncated": ("conform", "bị cắt", "cut off"),
    "renamed-column": ("conform", "không có cột", "has no column"),
    "moved-header": ("conform", "nhưng lại ở dòng", "but is in row"),
    "shifted-units": ("gate", GATE_VI, GATE_EN),
    "wrong-encoding": ("conform", "UTF-8", "UTF-8"),
    "empty-file": ("fetch", "rỗng (0 byte)", "is empty (0 bytes)"),
    "html-error-page": ("conform", "trang báo lỗi", "error page"),
    "zip-bomb": ("conform", "sổ tính Excel", "Excel workbook"),
    "endless-header": ("fetch", "lớn hơn", "is over"),
}
BOOK = TEXT | {
    "truncated": ("conform", "không mở được sổ tính", "does not open"),
    "wrong-encoding": ("conform", "không mở được sổ tính", "does not open"),
    "zip-bomb": ("conform", "quá mức", "unfolds to"),
}
CASES = [
    *(("bus-stops", fault, *said) for fault, said in TEXT.items()),
    *(("administrative-procedures", fault, *said) for fault, said in BOOK.items() if fault != "shifted-units"),
    ("pci", "shifted-units", *TEXT["shifted-units"]),
    ("pci", "wrong-era-codes", "gate", GATE_VI, GATE_EN),
    ("papi", "duplicate", *TEXT["duplicate"]),
    ("papi", "truncated", *TEXT["truncated"]),
]
DATASETS = sorted({dataset for dataset, *_ in CASES})


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A platform that holds one good version of every dataset of ``CASES``."""
    home, shelf = tmp_path_factory.mktemp("home"), Shelf()
    with pytest.MonkeyPatch.context() as patch, simulating() as url:
        patch.setenv("HANOI_HOME", str(home))
        patch.setenv("HANOI_MAX_DELIVERY_BYTES", str(24 * MEGABYTE))
        patch.setattr(steps, "_catalogue", lambda _: shelf)
        if not HEAVY:
            patch.setenv("HANOI_MAX_WORKBOOK_BYTES", str(32 * MEGABYTE))
            patch.setattr(faults, "_bomb", lambda: damage.bomb(40))
        city = City(home, shelf, url, lambda sources: patch.setenv("HANOI_SOURCES", sources))
        for dataset in DATASETS:
            found, refused_by = city.run(dataset)
            assert (found.state, refused_by) == ("success", None), found.error
        yield city


def test_there_are_twelve_and_each_is_tried() -> None:
    assert len(FAULTS) == 12
    assert {fault for _, fault, *_ in CASES} == set(FAULTS)


@pytest.mark.parametrize(("dataset", "fault", "step", "vi", "en"), CASES, ids=lambda v: str(v).replace(" ", "-")[:24])
def test_a_fault_ends_well(city: City, dataset: str, fault: str, step: str, vi: str, en: str) -> None:
    served, versions = city.shelf.served[dataset], Lake(city.home).versions(dataset)
    before = city.deliveries(dataset)
    found, refused_by = city.run(dataset, fault)

    assert (found.state, refused_by) == ("failed", step), found.error
    assert found.version is None
    assert (found.gate == "failed") is (step == "gate")
    assert (found.rows_quarantined is not None) is (step == "gate")
    assert found.error is not None
    assert vi in found.error["vi"], found.error["vi"]
    assert en in found.error["en"], found.error["en"]
    names = [Path(p).name for source in blueprint().contract(dataset).sources for p in source.files]
    for said in found.error.values():
        assert not (word := PROGRAMMERS.search(said)), f"{word} in {said}"
        stems = [name.partition("*")[0].partition("20")[0] or "20" for name in names]
        assert any(stem in said for stem in stems), f"no file is named in {said}"
        assert said.endswith("."), said
        assert NEXT.search(said), f"nothing to do next in {said}"
        assert len(said) < 1500

    assert Lake(city.home).versions(dataset) == versions, "no new version"
    assert city.shelf.served[dataset] == served, "the last good version is still served"
    assert city.deliveries(dataset) - before <= (fault not in ("late", "endless-header"))
    assert list((city.home / "staging").glob(f"{dataset}--*")) == [] or step == "gate"
    if step == "gate":
        assert found.rows_in == (found.rows_accepted or 0) + (found.rows_quarantined or 0)


def test_the_good_delivery_is_taken_again_after_all_faults(city: City) -> None:
    served = dict(city.shelf.served)
    found, _ = city.run("bus-stops")
    assert (found.state, found.new_version, found.version) == ("success", False, served["bus-stops"])


def test_a_line_without_end_is_given_up_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file below the limit of a delivery; memory stays below what the line would take twice."""
    megabytes = 400 if HEAVY else 80
    file = tmp_path / "stops-enriched.txt"
    with file.open("wb") as target:
        for piece in Endless(megabytes * MEGABYTE).pieces():
            target.write(piece)
    contract = blueprint().contract("bus-stops")
    store = DeliveryStore(tmp_path / "home", megabytes * MEGABYTE)
    delivery = store.keep(contract, by_hand(contract, [file]), "test")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DeliveryUnreadable) as caught:
        conform(contract, blueprint(), delivery, store, tmp_path / "out")
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 300
    assert not PROGRAMMERS.search(caught.value.vi + caught.value.en)
    assert "stops-enriched.txt, dòng 1" in caught.value.vi


def test_a_file_without_end_is_given_up_at_the_limit(city: City, tmp_path: Path) -> None:
    assert PipelineSettings().max_delivery_bytes < Endless().size
    _, step = city.run("bus-stops", "endless-header")
    assert step == "fetch"
    kept = sum(p.stat().st_size for p in (city.home / "deliveries").rglob("*") if p.is_file())
    assert kept < 200 * MEGABYTE
    assert not list((city.home / "deliveries").glob(".part-*"))


@pytest.mark.parametrize("fault", ["wrong-era-codes"])
def test_old_codes_of_wards_are_quarantined(fault: str, tmp_path: Path) -> None:
    from blueprint import blueprint as real
    from tests.quality import defects

    plan = defects.plan_with(real())
    good = defects.clean(1, plan).content()
    (content,) = FAULTS[fault]({"clinics.csv": good}).values()
    assert isinstance(content, bytes)
    (tmp_path / "clinics.csv").write_bytes(content)
    store = DeliveryStore(tmp_path / "home", 10**7)
    delivery = store.keep(defects.CONTRACT, by_hand(defects.CONTRACT, [tmp_path / "clinics.csv"]), "test")
    found = conform(defects.CONTRACT, plan, delivery, store, tmp_path / "out")
    assert found.rules["ward_code-code"] == found.rows_in == found.rows_quarantined
