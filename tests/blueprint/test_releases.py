"""Releasing: the version fits the changes, a break is announced, and nothing is ever released half."""

import datetime as dt
import json
import shutil
import subprocess
import sys
import threading

import pytest
import yaml

from blueprint import blueprint, released, releases
from blueprint.changelog import Notice, Release, as_yaml, changelog, entry_file, from_yaml, served
from blueprint.errors import BlueprintError
from blueprint.load import ROOT, load
from tests.blueprint.drafts import DAY, ROUTES, STOPS, copy, draft, terms

COLOUR = ("columns:\n", "columns:\n  - {name: colour, concept: route-name@1, title: {vi: Màu, en: Colour}}\n")
WITHOUT_NAME = (
    "  - {name: route_long_name, concept: route-name@1, title: {vi: Tên dài, en: Long name}, required: true}\n",
    "",
)
MORE = ("maximum: 400000", "maximum: 500000")


@pytest.fixture
def root(tmp_path):
    return copy(tmp_path)


def refused(root, subject, **given):
    before = {p: p.read_bytes() for p in root.rglob("*") if p.is_file()}
    with pytest.raises(BlueprintError) as caught:
        releases.release(subject, root, terms(**given))
    assert {p: p.read_bytes() for p in root.rglob("*") if p.is_file()} == before, "a refusal changes nothing"
    assert caught.value.vi != caught.value.en
    return caught.value.en


def test_every_released_version_of_the_repository_has_its_entry():
    lock = released.recorded()
    entries = {e.ref: e for e in changelog()}
    for entry in entries.values():
        assert set(entry.files) <= lock.keys()
        assert entry_file(entry.subject, entry.version) in lock
    assert sum(len(e.files) for e in entries.values()) == sum(not f.startswith("changelog/") for f in lock)
    first = entries["bus-routes@1.0.0"]
    assert (first.bump, first.date, first.notice) == ("initial", dt.date(2026, 11, 21), None)


def test_an_added_column_is_a_minor_release(root):
    file = draft(root, ROUTES, "1.1.0", COLOUR)
    entry = releases.release("bus-routes", root, terms())
    assert (entry.ref, entry.bump, entry.date, entry.files) == ("bus-routes@1.1.0", "minor", DAY, (file,))
    assert [c.rule for c in entry.changes] == ["column-added-optional"]
    assert changelog(root)[0] == entry
    released.verify(root)
    assert load(root).contract("bus-routes").version == "1.1.0"


def test_the_entry_is_a_file_that_people_read(root):
    draft(root, ROUTES, "1.1.0", COLOUR)
    entry = releases.release("bus-routes", root, terms())
    text = (root / "changelog/bus-routes/1.1.0.yaml").read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    assert (content["date"], content["bump"]) == (DAY, "minor")
    assert "thêm cột" in text
    assert from_yaml(root / "changelog/bus-routes/1.1.0.yaml") == entry
    assert as_yaml(entry) == text


@pytest.mark.parametrize(
    ("version", "edit", "right"),
    [("1.0.1", COLOUR, "1.1.0"), ("1.1.0", WITHOUT_NAME, "2.0.0"), ("1.0.1", WITHOUT_NAME, "2.0.0")],
)
def test_a_version_that_is_too_small_is_refused_with_the_right_one(root, version, edit, right):
    draft(root, ROUTES, version, edit)
    assert right in refused(root, "bus-routes")


def test_a_larger_version_than_needed_is_taken(root):
    draft(root, ROUTES, "1.7.0", ("en: Mode}", "en: Mode of transport}"))
    assert releases.release("bus-routes", root, terms()).bump == "minor"


def test_a_break_gives_notice_to_those_concerned(root):
    draft(root, ROUTES, "2.0.0", WITHOUT_NAME)
    entry = releases.release("bus-routes", root, terms())
    notice = entry.notice
    assert entry.bump == "major"
    assert notice is not None
    assert (notice.former, notice.effective, notice.former_until) == ("1.0.0", DAY, DAY + dt.timedelta(days=90))
    assert notice.concerned == ("bus-routes", "bus-trips"), "bus-trips refers to its key"
    assert notice.columns == ("bus-routes.route_long_name",)
    assert notice.organisations == ("so-xay-dung",)
    assert "Hanoi Department of Construction" in notice.en
    assert "served through 2027-02-21" in notice.en
    assert "21/02/2027" in notice.vi
    assert "Sở Xây dựng" in notice.vi


def test_the_days_of_a_notice_are_chosen_and_checked(root):
    draft(root, ROUTES, "2.0.0", WITHOUT_NAME)
    january, june = dt.date(2027, 1, 1), dt.date(2027, 6, 30)
    assert "2026-11-20" in refused(root, "bus-routes", effective=dt.date(2026, 11, 20))
    assert "2027-01-01" in refused(root, "bus-routes", effective=june, former_until=january)
    entry = releases.release("bus-routes", root, terms(effective=january, former_until=june))
    assert entry.notice is not None
    assert (entry.notice.effective, entry.notice.former_until) == (january, june)


def test_the_former_major_is_served_until_its_end(root):
    draft(root, ROUTES, "2.0.0", WITHOUT_NAME)
    effective, until = dt.date(2027, 1, 1), dt.date(2027, 6, 30)
    releases.release("bus-routes", root, terms(effective=effective, former_until=until))
    plan = load(root)

    def on(year, month, day):
        return [c.version for c in served(plan, "bus-routes", dt.date(year, month, day))]

    assert on(2026, 11, 20) == []
    assert on(2026, 11, 24) == ["1.0.0"]
    assert on(2026, 12, 31) == ["1.0.0"]
    assert on(2027, 1, 1) == ["1.0.0", "2.0.0"]
    assert on(2027, 6, 30) == ["1.0.0", "2.0.0"]
    assert on(2027, 7, 1) == ["2.0.0"]


def test_the_newest_of_a_major_is_served_and_drafts_are_not(root):
    draft(root, ROUTES, "1.1.0", COLOUR)
    releases.release("bus-routes", root, terms())
    draft(root, ROUTES, "1.2.0")
    assert [c.version for c in served(load(root), "bus-routes", DAY)] == ["1.1.0"]
    assert [c.version for c in served(load(root), "bus-routes", DAY - dt.timedelta(days=1))] == ["1.0.0"]


def test_after_a_break_the_next_version_answers_to_its_own_major(root):
    draft(root, ROUTES, "2.0.0", WITHOUT_NAME)
    releases.release("bus-routes", root, terms())
    draft(root, "contracts/so-xay-dung/bus-routes/2.0.0.yaml", "2.1.0", COLOUR)
    assert releases.release("bus-routes", root, terms()).bump == "minor"


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ((("agency: so-xay-dung", "agency: so-noi-vu"),), "subject-changed"),
        (
            (
                ("- {name: route_short_name, concept: route-name@1", "- {name: short, field: short, concept: route-name@1"),
                ("- {name: route_long_name, concept: route-name@1", "- {name: route_short_name, field: long, concept: route-name@1"),
            ),
            "name-reused",
        ),
    ],
)  # fmt: skip
def test_what_no_version_may_do_is_refused(root, edits, said):
    file = draft(root, ROUTES, "2.0.0", *edits)
    if said == "subject-changed":
        target = root / "contracts/so-noi-vu/bus-routes/2.0.0.yaml"
        target.parent.mkdir(parents=True)
        shutil.move(root / file, target)
    assert said in refused(root, "bus-routes")


def test_a_code_is_never_taken_out_of_a_published_list(root):
    for suffix in ("yaml", "csv"):
        shutil.copy(root / f"codelists/unit-levels/1.{suffix}", root / f"codelists/unit-levels/2.{suffix}")
    head, table = root / "codelists/unit-levels/2.yaml", root / "codelists/unit-levels/2.csv"
    head.write_text(head.read_text(encoding="utf-8").replace("version: 1", "version: 2"), encoding="utf-8")
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    table.write_text("".join(lines[:-1]), encoding="utf-8")
    assert "code-deleted" in refused(root, "codelist:unit-levels")


def test_a_concept_counts_by_one_and_may_not_break(root):
    draft(root, "concepts/area/1.yaml", "3")
    assert "what follows 1 is 2" in refused(root, "concept:area")
    (root / "concepts/area/3.yaml").unlink()
    draft(root, "concepts/area/1.yaml", "2", ("unit: 'km2'", "unit: 'ha'"))
    assert "unit-changed" in refused(root, "concept:area")
    draft(root, "concepts/area/1.yaml", "2", ("en: Land area", "en: Area of land"))
    assert releases.release("concept:area", root, terms()).ref == "concept:area@2"


def test_a_higher_classification_takes_an_approval_and_names_who_gave_it(root):
    new = draft(root, "concepts/stop-name/1.yaml", "2", ("classification: open", "classification: shared"))
    path = root / new
    path.write_text(path.read_text(encoding="utf-8") + "compatibility: BACKWARD\n", encoding="utf-8")
    assert "--approved-by" in refused(root, "concept:stop-name")
    entry = releases.release("concept:stop-name", root, terms(approved_by=("Nguyễn Văn A",)))
    assert entry.approved_by == ("Nguyễn Văn A",)
    assert entry.notice is not None
    assert "bus-stops.stop_name" in entry.notice.columns
    assert all(name.endswith(".stop_name") for name in entry.notice.columns)


def test_a_draft_that_rests_on_a_draft_waits_for_it(root):
    draft(root, "concepts/area/1.yaml", "2", ("en: Land area", "en: Area of land"))
    draft(root, "contracts/so-noi-vu/wards/1.0.0.yaml", "1.0.1", ("concept: area@1", "concept: area@2"))
    assert "hanoi blueprint release concept:area" in refused(root, "wards")
    done = releases.release_all(root, terms())
    assert [e.ref for e in done] == ["concept:area@2", "wards@1.0.1"]
    assert releases.release_all(root, terms()) == ()


def test_a_draft_that_refers_to_the_rows_of_a_draft_waits_for_it(root):
    refers = "references:\n  - {columns: [route_id], dataset: bus-lines, to: [route_id]}\ngate:\n"
    for name, more in (("bus-fares", refers), ("bus-lines", "gate:\n")):
        text = (root / ROUTES).read_text(encoding="utf-8").replace("dataset: bus-routes", f"dataset: {name}")
        file = root / "contracts/so-xay-dung" / name / "1.0.0.yaml"
        file.parent.mkdir()
        file.write_text(text.replace("gate:\n", more), encoding="utf-8")
    assert "hanoi blueprint release bus-lines" in refused(root, "bus-fares")
    assert [e.ref for e in releases.release_all(root, terms())] == ["bus-lines@1.0.0", "bus-fares@1.0.0"]


def test_a_subject_without_a_draft_and_an_unknown_one_are_refused(root):
    assert "1.0.0 is released" in refused(root, "bus-routes")
    assert "no subject 'bus-route'" in refused(root, "bus-route")


def test_a_draft_that_lint_refuses_is_not_released(root):
    file = draft(root, ROUTES, "1.1.0", ("licence: not-stated", "license: not-stated"))
    text = refused(root, "bus-routes")
    assert f"{file}:" in text
    assert "license" in text


def test_another_broken_draft_does_not_stand_in_the_way(root):
    draft(root, STOPS, "1.1.0", ("licence: not-stated", "license: not-stated"))
    draft(root, ROUTES, "1.1.0", COLOUR)
    assert releases.release("bus-routes", root, terms()).ref == "bus-routes@1.1.0"


def test_an_edited_release_stops_every_release(root):
    draft(root, ROUTES, "1.1.0", COLOUR)
    table = root / "codelists/unit-levels/1.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("Commune", "Village"), encoding="utf-8")
    assert "codelists/unit-levels/1.csv" in refused(root, "bus-routes")


@pytest.mark.parametrize("file", ["changelog/bus-routes/1.1.0.yaml", "contracts/so-xay-dung/bus-routes/1.1.0.yaml"])
def test_what_was_released_and_its_entry_cannot_be_edited_afterwards(root, file):
    draft(root, ROUTES, "1.1.0", COLOUR)
    releases.release("bus-routes", root, terms())
    path = root / file
    path.write_text(
        path.read_text(encoding="utf-8").replace("colour", "color").replace("2026", "2025"), encoding="utf-8"
    )
    with pytest.raises(released.ReleasedChanged, match=file):
        released.verify(root)


def test_a_file_that_changes_during_the_release_is_refused(root):
    file = draft(root, ROUTES, "1.1.0", COLOUR)
    proposal = releases.propose("bus-routes", root, terms())
    path = root / file
    path.write_text(path.read_text(encoding="utf-8").replace("Colour", "Color"), encoding="utf-8")
    with pytest.raises(releases.ReleaseRefused, match="changed during the release"):
        releases.commit(proposal)
    assert file not in released.recorded(root)


def test_of_two_releases_at_once_one_is_made(root):
    draft(root, ROUTES, "1.1.0", COLOUR)
    draft(root, STOPS, "1.0.1", ("en: Stop id", "en: Id of the stop"))
    proposals = [releases.propose(s, root, terms()) for s in ("bus-routes", "bus-routes", "bus-stops")]
    told: list[str] = []

    def commit(proposal):
        try:
            told.append(releases.commit(proposal).ref)
        except releases.ReleaseRefused:
            told.append("refused")

    threads = [threading.Thread(target=commit, args=(p,)) for p in proposals]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert sorted(told) == ["bus-routes@1.1.0", "bus-stops@1.0.1", "refused"]
    assert {e.ref for e in changelog(root)} > {"bus-routes@1.1.0", "bus-stops@1.0.1"}
    released.verify(root)


KILLED_AT = """
import os, sys
left = [int(sys.argv[2])]
def counted(call):
    def run(*args, **named):
        left[0] -= 1
        if left[0] == 0:
            os._exit(9)  # as a power cut: nothing is cleaned up
        done = call(*args, **named)
        return done
    return run
for name in ("replace", "fsync", "open"):
    setattr(os, name, counted(getattr(os, name)))
import datetime as dt
from pathlib import Path
from blueprint import releases
releases.release("bus-routes", Path(sys.argv[1]), releases.Terms(day=dt.date(2026, 11, 23)))
"""


def test_a_release_that_is_killed_anywhere_leaves_nothing_half_and_is_completed_by_the_next(tmp_path_factory):
    outcomes = []
    for step in range(1, 40):
        root = copy(tmp_path_factory.mktemp("killed"))
        draft(root, ROUTES, "1.1.0", COLOUR)
        lock = root / released.LOCK
        before = lock.read_bytes()
        code = subprocess.run(
            [sys.executable, "-c", KILLED_AT, str(root), str(step)], cwd=ROOT.parent, check=False
        ).returncode
        made = lock.read_bytes() != before
        outcomes.append((code, made))
        released.verify(root)
        assert made == ("bus-routes@1.1.0" in {e.ref for e in changelog(root)})
        if code == 0:
            break
        assert code == 9
        if not made:
            assert releases.release("bus-routes", root, terms()).ref == "bus-routes@1.1.0"
        assert "bus-routes@1.1.0" in {e.ref for e in changelog(root)}
        assert not [p for p in releases.linting.lint(root).errors if p.file.startswith("changelog")]
    assert outcomes[-1] == (0, True)
    assert (9, False) in outcomes
    assert (9, True) in outcomes, "the kill also fell between the lock's rename and the end"


def test_first_versions_from_before_the_changelog_get_their_entries(root):
    lock = {f: d for f, d in released.recorded(root).items() if not f.startswith("changelog/")}
    (root / released.LOCK).write_text(json.dumps(lock), encoding="utf-8")
    shutil.rmtree(root / "changelog")
    done = releases.complete(root, dt.date(2026, 11, 21))
    assert {(e.bump, e.date) for e in done} == {("initial", dt.date(2026, 11, 21))}
    assert released.recorded(root) == released.declared(root)
    figures = next(e for e in done if e.subject == "stated-figures")
    assert "contracts/so-khcn/stated-figures/stated-figures.csv" in figures.files
    assert releases.complete(root, dt.date(2026, 11, 22)) == ()


def test_an_entry_without_its_notice_is_no_entry():
    whole = {"subject": "x", "version": "2.0.0", "date": DAY, "bump": "major", "files": ("f",)}
    with pytest.raises(ValueError, match="needs a notice"):
        Release(**whole)
    with pytest.raises(ValueError, match="is before effective"):
        Notice(former="1.0.0", effective=DAY, former_until=DAY - dt.timedelta(days=1), vi="a", en="b")


def test_an_orphan_entry_of_a_broken_off_release_does_not_count(root):
    entry = Release(subject="bus-routes", version="9.0.0", date=DAY, bump="minor", files=("f",))
    (root / "changelog/bus-routes/9.0.0.yaml").write_text(as_yaml(entry), encoding="utf-8")
    assert "bus-routes@9.0.0" not in {e.ref for e in changelog(root)}
    assert [c.version for c in served(load(root), "bus-routes", DAY)] == ["1.0.0"]


def test_nothing_is_served_of_what_is_not_known():
    assert served(blueprint(), "no-such-dataset", DAY) == ()
