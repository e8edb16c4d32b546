"""``hanoi publish``: where datasets stand, a withdrawal and its way back, and what is refused; ``hanoi catalog`` passes refusals on."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import ops.published
from catalog.publisher import Catalogue
from ops.catalog_commands import catalog
from ops.publish_commands import publish
from tests.catalog.paper import Paper
from tests.catalog.test_withdrawing import Office

WHY = ("--reason-vi", " Sai đơn vị đo ", "--reason-en", "Wrong unit")


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office") / "home")


@pytest.fixture
def office(furnished: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    made = furnished.copy(shutil.copytree(furnished.home, tmp_path / "home"))
    monkeypatch.setattr("blueprint.blueprint", lambda *_: made.plan)
    monkeypatch.setattr(ops.published, "Catalogue", lambda *_: made.paper)
    monkeypatch.delenv("HANOI_HOME", raising=False)
    return made


def hanoi(office: Office, *arguments: str) -> Result:
    return CliRunner().invoke(publish, [*arguments, "--home", str(office.home)])


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_withdrawal_and_its_way_back(office: Office) -> None:
    first, second, third = office.ids
    [standing] = told(hanoi(office, "list", "--json"))
    assert (standing["state"], standing["shown"], standing["newest"]) == ("published", third, third)

    done = told(hanoi(office, "withdraw", f"{office.dataset}@{third}", *WHY, "--json"))
    assert done == {"dataset": office.dataset, "withdrawn": third, "shown": second}
    [standing] = told(hanoi(office, "list", "--json"))
    assert (standing["state"], standing["shown"], standing["withdrawn"]) == ("behind", second, 1)
    gone = told(hanoi(office, "show", office.dataset, "--json"))["versions"][0]["withdrawn"]
    assert (gone["reason"], gone["by"]) == ({"vi": "Sai đơn vị đo", "en": "Wrong unit"}, office.contract.agency)
    shown = hanoi(office, "show", office.dataset).stdout
    assert "Sai đơn vị đo / Wrong unit" in shown.replace("\n", " ")

    assert "withdrawn" in hanoi(office, "withdraw", office.dataset, *WHY, "--by", "so-khac").stderr
    [standing] = told(hanoi(office, "list", "--json"))
    assert (standing["state"], standing["shown"]) == ("withdrawn", None)
    assert "đã thu hồi" in hanoi(office, "list").stdout

    assert told(hanoi(office, "restore", office.dataset, "--json"))["shown"] == second
    assert told(hanoi(office, "restore", f"{office.dataset}@{third}", "--json"))["shown"] == third
    assert office.paper.seen(office.dataset) == third
    assert first in {v["id"] for v in office.index()["versions"]}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("withdraw", "{dataset}@9-00000000", *WHY), "chưa từng công bố"),
        (("withdraw", "{dataset}", "--reason-vi", " ", "--reason-en", "x"), "cả hai thứ tiếng"),
        (("withdraw", "{dataset}", *WHY, "--successor", "{dataset}@9-00000000"), "dùng thay"),
        (("withdraw", "nothing-here", *WHY), "nothing-here"),
        (("restore", "{dataset}"), "không ở trạng thái đã thu hồi"),
    ],
)
def test_what_is_refused_changes_nothing(office: Office, arguments: tuple[str, ...], said: str) -> None:
    result = hanoi(office, *(a.format(dataset=office.dataset) for a in arguments))
    assert result.exit_code == 1
    assert said in result.stderr
    assert office.served() == set(office.ids)


def test_files_are_gone_though_the_catalogue_is_down(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ops.published, "Catalogue", lambda *_: Catalogue("http://127.0.0.1:1", office.home / "token"))
    (office.home / "token").write_text("x")
    result = hanoi(office, "withdraw", office.dataset, *WHY)
    assert result.exit_code == 1
    assert "hanoi up" in result.stderr
    assert office.served() == set()
    monkeypatch.setattr(ops.published, "Catalogue", lambda *_: office.paper)
    assert told(hanoi(office, "withdraw", office.dataset, *WHY, "--json"))["shown"] is None
    assert isinstance(office.paper, Paper)
    assert office.paper.seen(office.dataset) is None


def test_the_servers_refusals_are_told_in_both_languages(tmp_path: Path) -> None:
    runner, home = CliRunner(), str(tmp_path / "home")
    nothing = runner.invoke(catalog, ["backup", str(tmp_path / "b.tar.gz"), "--home", home])
    assert nothing.exit_code == 1
    assert "no catalogue in" in nothing.stderr
    (tmp_path / "wrong.tar.gz").write_text("no backup")
    wrong = runner.invoke(catalog, ["restore", str(tmp_path / "wrong.tar.gz"), "--home", home])
    assert wrong.exit_code == 1
    assert "damaged" in wrong.stderr
    assert "đã hỏng" in wrong.stderr
    assert runner.invoke(catalog, ["restore", "--home", home]).exit_code == 2
