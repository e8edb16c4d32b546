"""The pages of wards: a code is read as of a day, and leads to the data that have rows for it."""

import re

import pytest

from .ward_samples import wards  # noqa: F401

pytestmark = pytest.mark.platform


def text(html: str) -> str:
    """Return a page's text without its tags, on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.split("<main")[-1].split("<footer")[0]).split())


def test_there_is_a_page_before_the_wards_are_published(catalogue):
    assert "Danh sách phường, xã chưa được công bố." in catalogue.page("/phuong-xa").text
    assert catalogue.page("/phuong-xa/00004").status_code == 404


def test_a_code_is_read_as_of_the_day(wards):  # noqa: F811
    now = text(wards.page("/phuong-xa/00004").text)
    assert "Phường Ba Đình" in now
    assert "hiểu theo ngày 01/07/2025 trở về sau" in now
    assert "Đến hết ngày 30/06/2025, mã 00004 là của đơn vị khác: Phường Trúc Bạch, Quận Ba Đình" in now
    before = text(wards.page("/phuong-xa/00004?ngay=2025-06-30").text)
    assert "Phường Trúc Bạch" in before
    assert "hiểu theo ngày 30/06/2025 trở về trước" in before
    assert "Nay thuộc về Phường Ba Đình : toàn bộ" in before
    assert text(wards.page("/phuong-xa/00004?date=2026-01-01").text) == now


def test_a_code_that_went_out_of_use_tells_what_became_of_its_unit(wards):  # noqa: F811
    page = wards.page("/phuong-xa/00006")
    assert page.status_code == 200
    assert re.findall(r'href="/phuong-xa/(\d+)">([^<]+)</a>: ([^<]+)<', page.text) == [
        ("00008", "Phường Ngọc Hà", "một phần, một phần dân số "),
        ("00004", "Phường Ba Đình", "một phần, phần dân số còn lại, có thể không có ai "),
    ]
    assert wards.page("/phuong-xa/00006?ngay=2025-07-01").status_code == 404


@pytest.mark.parametrize("path", ["99999", "4", "00004x", "00008?ngay=2025-06-30", "..%2f..%2fabout"])
def test_what_is_no_code_on_that_day_is_not_there(wards, path):  # noqa: F811
    assert wards.page(f"/phuong-xa/{path}").status_code == 404


def test_an_odd_day_leads_to_the_page_of_today(wards):  # noqa: F811
    answer = wards.page("/phuong-xa/00004?ngay=31/02/2025")
    assert (answer.status_code, answer.headers["location"].endswith("/phuong-xa/00004")) == (302, True)


def listed(html: str) -> dict[str, tuple[str, str]]:
    """Return dataset: (link, rows) of the table of data with rows for a unit."""
    body = html.split("<tbody>")[1].split("</tbody>")[0]
    rows = re.findall(r'href="(/(?:en/)?dataset/([\w-]+)\?[^"]+)".*?hn-number">(\d+)<', body, re.DOTALL)
    return {f"{dataset} {link.partition('in=')[2].partition('#')[0]}": (link, rows) for link, dataset, rows in rows}


def test_a_unit_lists_the_data_with_rows_of_its_own_time_only(wards):  # noqa: F811
    now = listed(wards.page("/phuong-xa/00004").text)
    assert {dataset: rows for dataset, (_, rows) in now.items()} == {
        "ward-notes unit": "3", "ward-crosswalk new_code": "2", "wards ward_code": "1",
    }  # fmt: skip
    before = listed(wards.page("/phuong-xa/00004?ngay=2025-06-30").text)
    assert {dataset: rows for dataset, (_, rows) in before.items()} == {
        "ward-notes unit": "2", "ward-crosswalk old_code": "1", "wards-before-2025 ward_code": "1",
    }  # fmt: skip
    link = now["wards ward_code"][0].replace("&amp;", "&")
    assert link == "/dataset/wards?q=00004&in=ward_code#data"
    table = wards.page(link).text.split('id="data"')[1].split("</section>")[0]
    assert "Ba Đình" in table
    assert "Ngọc Hà" not in table


def test_units_are_found_by_name_code_and_former_name(wards):  # noqa: F811
    def found(query: str, path: str = "/phuong-xa") -> list[str]:
        html = wards.page(path, params={"q": query}).text
        return re.findall(r'href="(?:/en)?/(?:phuong-xa|wards)/(\d{5})"', html)

    assert found("") == ["00004", "00008", "00454"]
    assert found("ba dinh") == found("BA ĐÌNH") == ["00004"]
    assert found("00454") == found("xa dong anh", "/en/wards") == ["00454"]
    assert found("truc bach") == ["00004"]
    assert found("vinh phuc") == ["00004", "00008"]
    assert found("không có") == []
    assert "<script>x" not in wards.page("/phuong-xa", params={"q": "<script>x"}).text


def test_both_addresses_and_both_languages_show_the_same_unit(wards):  # noqa: F811
    assert wards.page("/wards/00454").text.count("Xã Đông Anh") == wards.page("/phuong-xa/00454").text.count(
        "Xã Đông Anh"
    )
    english = wards.page("/en/wards/00454").text
    assert "Đông Anh Commune" in english
    assert 'href="/en/wards"' in english
    assert "Đông Anh Township" in text(english)
