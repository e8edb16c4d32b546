"""What a stated share of rows means: for an error the delivery is refused besides, for a warning it is raised only then."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blueprint import Contract, Gate, Rule, blueprint
from blueprint.checks import problems
from blueprint.compat.contracts import of_contract
from blueprint.compile.gx import expectations
from blueprint.load import DeclarationError, load
from blueprint.rules import comply, severities
from dags.steps.conform import conform
from quality.gate import GateError, gate
from tests.blueprint.compat_builders import plan as compat_plan
from tests.dags.builders import TEXT, Bench, contract, plan_of
from tests.quality.builders import BLUEPRINT, GOOD, STOCK, good_rows, write

HEAD = "Mã trạm,Thời điểm,AQI\n"
CALM = Rule(id="calm", sql="aqi < 100", columns=("aqi",), severity="warning", message=TEXT)


def declared(**mostly: float) -> Contract:
    """The contract of the tests, with shares by rule id; underscores stand for hyphens."""
    shares = {rule.replace("_", "-"): share for rule, share in mostly.items()}
    return contract(rules=(CALM,), gate=Gate(max_quarantined=1, mostly=shares))


def judged(folder: Path, of: Contract, values: list[int], *, told: bool = True) -> Any:
    """The conformed rows and the verdict of a delivery of ``values``."""
    bench = Bench(folder)
    lines = "".join(f"A,2025-01-{1 + n // 24:02d} {n % 24:02d}:00,{value}\n" for n, value in enumerate(values))
    delivery = bench.deliver(of, (HEAD + lines).encode())
    found = conform(of, plan_of(of), delivery, bench.store, folder / "out")
    verdict = gate(
        of,
        plan_of(of),
        Path(found.accepted),
        rows_in=found.rows_in,
        rows_quarantined=found.rows_quarantined,
        refused=found.rules if told else None,
    )
    return found, verdict


@pytest.mark.parametrize(("bad", "passed"), [(0, True), (1, True), (2, False)])
def test_an_error_quarantines_every_bad_row_and_refuses_below_the_share(tmp_path: Path, bad: int, passed: bool) -> None:
    found, verdict = judged(tmp_path, declared(aqi_range=0.95), [900] * bad + [5] * (20 - bad))
    assert (found.rows_accepted, found.rows_quarantined) == (20 - bad, bad)
    assert verdict.passed is passed
    (share,) = [c for c in verdict.checks if c.id == "aqi-range-mostly"]
    assert (share.severity, share.passed, share.unexpected) == ("error", passed, bad)
    if not passed:
        assert share.en == "At least 95% of the rows received must comply with the rule aqi-range. 2 of 20 rows do not."
        assert share.vi.startswith("Ít nhất 95 % số dòng nhận được phải đạt quy tắc aqi-range.")


def test_the_share_of_each_rule_counts_its_own_rows_only(tmp_path: Path) -> None:
    _, verdict = judged(
        tmp_path, declared(aqi_range=0.8, aqi_type=1.0, row_width=1.0), [900, 900, 5, 5, 5, 5, 5, 5, 5, 5]
    )
    assert {c.id: c.passed for c in verdict.checks if c.id.endswith("-mostly")} == {
        "aqi-range-mostly": True,
        "aqi-type-mostly": True,
        "row-width-mostly": True,
    }
    assert verdict.passed


@pytest.mark.parametrize(
    ("share", "warm", "raised"), [(None, 1, True), (0.9, 2, False), (0.9, 3, True), (1.0, 1, True)]
)
def test_a_warning_keeps_its_rows_and_is_raised_below_the_share(
    tmp_path: Path, share: float | None, warm: int, raised: bool
) -> None:
    found, verdict = judged(
        tmp_path, declared(**({} if share is None else {"calm": share})), [200] * warm + [5] * (20 - warm)
    )
    assert (found.rows_accepted, found.warnings) == (20, {"calm": warm})
    assert verdict.passed
    assert [c.id for c in verdict.warnings] == (["calm"] if raised else [])
    (check,) = [c for c in verdict.checks if c.id == "calm"]
    assert (check.severity, check.unexpected) == ("warning", warm)
    assert f"{warm} rows do not comply" in check.en
    assert not [c for c in verdict.checks if c.id == "calm-mostly"]


def test_the_share_of_a_warning_is_of_the_accepted_rows(tmp_path: Path) -> None:
    _, verdict = judged(tmp_path, declared(calm=0.5), [900] * 8 + [200] * 2 + [5])
    assert [c.id for c in verdict.warnings] == ["calm"]


def test_a_share_is_not_taken_on_trust_where_the_counts_are_missing(tmp_path: Path) -> None:
    _, verdict = judged(tmp_path, declared(aqi_range=0.1), [900, 5, 5], told=False)
    assert [c.id for c in verdict.failed] == ["aqi-range-mostly"]
    assert "could not be evaluated" in verdict.failed[0].en
    (tmp_path / "more").mkdir()
    assert judged(tmp_path / "more", declared(aqi_range=0.1), [5, 5], told=False)[1].passed


def test_the_gate_proves_the_accepted_rows_whatever_the_share_and_the_counts_say(tmp_path: Path) -> None:
    of = STOCK.model_copy(update={"gate": STOCK.gate.model_copy(update={"mostly": {"id-range": 0.1}})})
    path = write(tmp_path / "x.parquet", [*good_rows(3), {**GOOD, "id": 101}])
    verdict = gate(of, BLUEPRINT, path, rows_in=4, rows_quarantined=0, refused={})
    assert [c.id for c in verdict.failed] == ["id-range"]


def test_counts_that_contradict_each_other_are_told(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet", good_rows(3))
    with pytest.raises(GateError, match="id-range: 2"):
        gate(STOCK, BLUEPRINT, path, rows_in=4, rows_quarantined=1, refused={"id-range": 2})


def test_the_exported_suite_says_the_share_of_a_warning() -> None:
    of = declared(calm=0.995, aqi_range=0.5)
    said = {e["meta"]["rule"]: e for e in expectations(of, plan_of(of))}
    assert said["calm"]["kwargs"]["mostly"] == 0.995
    assert said["calm"]["meta"]["vi"].endswith("Cảnh báo khi dưới 99,5 % số dòng đạt.")
    assert "mostly" not in said["aqi-range"]["kwargs"]


@settings(max_examples=200)
@given(rows=st.integers(1, 10_000), against=st.integers(0, 10_000), percent=st.integers(0, 100))
def test_a_share_that_is_just_met_is_met(rows: int, against: int, percent: int) -> None:
    against = min(against, rows)
    assert comply(rows, against, percent / 100) is ((rows - against) * 100 >= percent * rows)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.sampled_from([5, 200, 900]), min_size=1, max_size=40), share=st.sampled_from([0.3, 0.5, 0.9]))
def test_verdict_and_counts_agree(tmp_path_factory: pytest.TempPathFactory, values: list[int], share: float) -> None:
    found, verdict = judged(tmp_path_factory.mktemp("mostly"), declared(aqi_range=share, calm=share), values)
    bad, warm = values.count(900), values.count(200)
    assert (found.rules.get("aqi-range", 0), found.warnings.get("calm", 0)) == (bad, warm)
    state = {c.id: c.passed for c in verdict.checks}
    assert state["aqi-range-mostly"] is comply(len(values), bad, share)
    assert state["calm"] is comply(len(values) - bad, warm, share)
    assert verdict.passed is (state["aqi-range-mostly"] and bad < len(values))


def test_a_rule_that_is_none_is_told_with_its_line_and_the_known_ones() -> None:
    plan = blueprint()
    of = plan.contract("air-quality-hourly")
    known = severities(of, plan)
    assert {"row-width", "aqi-type", "aqi-range", "on-the-hour", "key-conflict"} < set(known)
    wrong = of.model_copy(update={"gate": of.gate.model_copy(update={"mostly": {"aqi-ranges": 0.9, "aqi-range": 0.9}})})
    changed = type(plan)(
        plan.root,
        plan.concepts,
        plan.codelists,
        {**plan.contracts, of.dataset: wrong},
        plan.crosswalks,
        plan.codelist_versions,
    )
    (found,) = [p for p in problems(changed) if p.path.startswith("gate.mostly")]
    assert (found.path, found.came, found.rule) == ("gate.mostly.aqi-ranges", "aqi-ranges", "unknown")
    assert "on-the-hour" in found.en
    assert "aqi-range" in found.vi.rpartition("Gần giống:")[2]


def test_the_file_and_line_of_a_wrong_share_are_told(tmp_path: Path) -> None:
    root = blueprint().root
    for folder in ("concepts", "codelists", "crosswalks"):
        (tmp_path / folder).symlink_to(root / folder)
    source = root / "contracts/so-xay-dung/bus-routes/1.0.0.yaml"
    path = tmp_path / "contracts/so-xay-dung/bus-routes/1.0.0.yaml"
    path.parent.mkdir(parents=True)
    content = yaml.safe_load(source.read_text(encoding="utf-8"))
    content["gate"] = {**content.get("gate", {}), "mostly": {"row-widths": 0.9}}
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
    path.write_text(text, encoding="utf-8")
    line = 1 + text.splitlines().index("    row-widths: 0.9")
    with pytest.raises(DeclarationError) as caught:
        load(tmp_path)
    (found,) = caught.value.problems
    assert found.place.startswith(f"contracts/so-xay-dung/bus-routes/1.0.0.yaml:{line}:")


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_is_between_none_and_all(share: float) -> None:
    with pytest.raises(ValueError, match="mostly"):
        Gate(mostly={"a-range": share})


def test_a_stricter_share_of_an_error_is_a_tighter_threshold() -> None:
    from blueprint.compat.change import Context

    def kinds(old: Contract, new: Contract) -> list[tuple[int, str]]:
        return [(c.kind.number, c.path) for c in of_contract(old, new, Context.of(compat_plan()))]

    assert kinds(declared(), declared(aqi_range=0.5)) == [(27, "gate.mostly.aqi-range")]
    assert kinds(declared(aqi_range=0.9), declared(aqi_range=0.5)) == [(28, "gate.mostly.aqi-range")]
    assert kinds(declared(), declared(calm=0.5)) == [(23, "gate.mostly.calm")]
    assert kinds(declared(aqi_range=0.9), declared(aqi_range=0.9)) == []
