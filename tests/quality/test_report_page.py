"""The page of a quality result: both languages, every place, nothing from elsewhere, no value that becomes markup."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blueprint.errors import HanoiError
from quality.report import QualityResult, html, judged, unreadable
from quality.report.model import Cause, Fresh, Marks
from quality.report.page import seen
from tests.quality.defects import CONTRACT
from tests.quality.reports import ATTACK, NOW, Conformed, Delivered, check, plan_for, verdict, workbook_result


@pytest.fixture(scope="module")
def workbook(tmp_path_factory) -> QualityResult:
    return workbook_result(tmp_path_factory.mktemp("workbook"))


class Outline(HTMLParser):
    """The elements of a page with their attributes' names, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action", "srcset")]

    def handle_data(self, data: str) -> None:
        self.text += data


def with_value(result: QualityResult, came: str) -> QualityResult:
    """The result with ``came`` in every place where words from outside can stand."""

    def cause(of: Cause) -> Cause:
        return of.model_copy(update={"came": came, "file": came, "sheet": came})

    faults = tuple(
        f.model_copy(
            update={
                "causes": tuple(map(cause, f.causes)),
                "columns": tuple(c.model_copy(update={"header": came}) for c in f.columns),
            }
        )
        for f in result.faults
    )
    files = tuple(f.model_copy(update={"name": came}) for f in result.delivery.files)
    delivery = result.delivery.model_copy(update={"files": files})
    return result.model_copy(update={"faults": faults, "delivery": delivery, "agency": came})


def test_the_page_names_each_cell_what_came_and_what_would_be_right(workbook: QualityResult) -> None:
    found = Outline(html(workbook)).text
    for words in ("C15–C62", "G6, G10, G93", "Tuyến tỉnh", "D104", "31/01/2026", "(trống)", "(empty)", "J103"):
        assert words in found, words
    for words in ("Việc cần làm", "What to do next", "hanoi check FILE --dataset clinic-days", "bị từ chối", "refused"):
        assert words in found, words


def test_the_page_asks_nobody_for_anything_and_runs_nothing(workbook: QualityResult) -> None:
    page = html(workbook)
    outline = Outline(page)
    assert outline.addresses == []
    assert {tag for tag, _ in outline.elements}.isdisjoint({"script", "img", "iframe", "link", "object", "form", "svg"})
    assert not any(name.startswith("on") or name == "style" for _, names in outline.elements for name in names)
    assert "default-src 'none'" in page
    assert "url(" not in page
    assert "@import" not in page


def test_an_attack_in_a_cell_is_text(workbook: QualityResult) -> None:
    page = html(workbook)
    assert ATTACK not in page
    assert ATTACK in Outline(page).text


@settings(deadline=None, max_examples=40)
@given(st.text(st.characters(exclude_categories=()), min_size=1, max_size=80) | st.sampled_from([
    "\"><img src=x onerror=alert(1)>", "</style><script>", "{{ 7*7 }}", "{% raw %}", "<!--", "]]>", "&lt;", "\u202e<b>"
]))  # fmt: skip
def test_no_value_becomes_markup(workbook: QualityResult, came: str) -> None:
    harmless, found = html(with_value(workbook, "x")), html(with_value(workbook, came))
    assert Outline(found).elements == Outline(harmless).elements
    assert " ".join(seen(came).split()) in " ".join(Outline(found).text.split())
    found.encode("utf-8")


def test_values_that_nobody_sees_are_made_visible() -> None:
    assert seen("a\0b\u202ec\nd\u200b") == "a\ufffdb\ufffdc⏎d\ufffd"


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_page_opens_in_the_asked_language_and_holds_both(workbook: QualityResult, lang) -> None:
    page = html(workbook, lang)
    assert f'<html lang="{lang}">' in page
    assert f'id="show-{lang}" checked>' in page
    assert page.count("checked>") == 1
    assert workbook.title.vi in page
    assert workbook.title.en in page


def test_every_outcome_has_a_page() -> None:
    plan = plan_for(CONTRACT)
    passed = judged(CONTRACT, plan, Delivered(simulated=True), Conformed(), verdict(), now=NOW)
    page = html(passed)
    assert "Không cần làm gì thêm." in page
    assert "Dữ liệu mô phỏng" in page
    assert "Lỗi cần sửa" not in page
    warned = judged(CONTRACT, plan, Delivered(), Conformed(), verdict(check("calm", "warning", 2)), now=NOW)
    assert "Check calm." in html(warned)
    broken = html(unreadable(CONTRACT, Delivered(), HanoiError("Tệp <b>cắt</b>.", "File <b>cut</b>."), now=NOW))
    assert "File &lt;b&gt;cut&lt;/b&gt;." in broken
    assert "Sửa tệp theo lý do nêu trên." in broken


def test_both_marks_and_the_history_are_shown() -> None:
    result = judged(CONTRACT, plan_for(CONTRACT), Delivered(), Conformed(), verdict(), now=NOW)
    late = Fresh(state="late", vi="Trễ 2 ngày.", en="Late by 2 d.")
    marked = result.model_copy(update={"marks": Marks(validity="passed", freshness=late)})
    other = result.model_copy(
        update={"delivery": result.delivery.model_copy(update={"id": "b" * 64}), "version": "7-0a1b2c3d"}
    )
    page = html(marked, history=[marked, other], link="https://data.example.vn/dataset/clinic-days")
    assert "trễ hạn" in page
    assert "Late by 2 d." in page
    assert Outline(page).text.count("7-0a1b2c3d") == 2, "once in each language, and not the page itself"
    assert set(Outline(page).addresses) == {"https://data.example.vn/dataset/clinic-days"}
    assert Outline(html(marked, link="javascript:alert(1)")).addresses == []


def test_the_package_ships_its_templates() -> None:
    import quality.report

    folder = Path(quality.report.__file__).parent / "templates"
    assert {p.name for p in folder.iterdir()} == {"report.html", "side.html", "report.css"}
